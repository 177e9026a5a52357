# status-facts.sh - sourced: what is known of all backups at all places, as lines with tabs between their fields.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	facts_of_places COUNT	after `survey ... sizes': which backups are where, in $tmp/at; those of which more is to be told, the
#				newest COUNT of each name, in $tmp/shown; and what `survey ... gather' is to fetch to tell it
#	facts			print all there is to know, a line for a fact:
#
#	head	HOST NOW SUITE			a time is in seconds since 1970
#	place	N PLACE home|copy WHY POLICY busy|idle blind|-	WHY: it could not be looked at
#	name	WORD asked			there are backups of this name, or it is asked for
#	at	N STATE BACKUP SIZE TIME WORD
#	more	WORD COUNT TIME			so many are not shown, the oldest of then
#	backup	BACKUP WORD TIME SIZE SEALED PROVED DATABASE TABLES ROWS DRILL WHEN SECONDS	as its manifest and its drill have it
#	next	TIME				the next run, if systemd knows
#	last	TIME RESULT			the last
#	drop	N BACKUP WHY			what the next run drops
#	lack	N BACKUP			what it sends
#	trouble	TEXT				see status-trouble.sh
#
# What is empty is not known.

# facts_tell KIND FIELD... - print a line.
facts_tell() {
	facts_line=$1
	shift
	for facts_field; do
		facts_line="$facts_line	$(printf '%s' "$facts_field" | tr '\t\n' '  ' | tr -d '\000-\010\013-\037\177')"
	done
	printf '%s\n' "$facts_line"
}

# facts_each COMMAND - call it with the number of each place that was looked at.
facts_each() {
	facts_n=0
	while [ "$facts_n" -lt "$places" ]; do
		facts_n=$((facts_n + 1))
		[ -e "$tmp/$facts_n/sizes.why" ] || "$1" "$facts_n" || return
	done
}

# facts_list N - the names there, in $tmp/N/names; the backups among them, to $tmp/at.
facts_list() {
	tr '\000\n' '\n?' <"$tmp/$1/sizes" >"$tmp/$1/lines"
	sed 's/^.*	//' "$tmp/$1/lines" >"$tmp/$1/names"
	mm-prune --list -v <"$tmp/$1/names" >"$tmp/$1/list" || return
	awk -F '\t' -v OFS='\t' -v n="$1" '
		NR == FNR { if (NF > 1) size[$NF] = $(NF - 1); next }
		{ print "at", n, $1, $3, size[$3], $4, $5 }' "$tmp/$1/lines" "$tmp/$1/list" >>"$tmp/at"
}

# facts_choose COUNT - of the backups in $tmp/at the newest so many of each name; how many more there are goes to $tmp/more.
facts_choose() {
	sort -t '	' -k 7,7 -k 6,6nr -k 4,4 "$tmp/at" | awk -F '\t' -v OFS='\t' -v most="$1" -v more="$tmp/more" '
		function end() { if (left > 0) print "more", word, left, oldest >more }
		$4 == before { next }
		{ before = $4 }
		$7 != word { end(); word = $7; n = left = 0 }
		++n <= most { print; next }
		{ left++; oldest = $6 }
		END { end() }' >"$tmp/shown"
}

# facts_want - of each backup that is shown, the manifest and the drill from the first place that has them; and every mark that one is suspect.
facts_want() {
	awk -F '\t' -v tmp="$tmp" -v places="$places" '
		BEGIN { for (n = 1; n <= places; n++) while ((getline name <(tmp "/" n "/names")) > 0) has[n, name] = 1 }
		function want(end,   n) {
			for (n = 1; n <= places; n++) if ((n, $4 end) in has) { print $4 end >(tmp "/" n "/want"); return }
		}
		FILENAME == tmp "/shown" { want(".manifest"); want(".drill"); next }
		$3 == "suspect" { print $4 ".suspect" >(tmp "/" $2 "/want") }' "$tmp/shown" "$tmp/at"
}

facts_of_places() {
	: >"$tmp/at"
	: >"$tmp/more"
	facts_each facts_list && facts_choose "$1" && facts_want
}

# facts_backups - what the manifests and drills say.
facts_backups() {
	awk -F '\t' -v OFS='\t' -v tmp="$tmp" -v places="$places" -v state="$state" '
		function read(file, into,   line, at) {
			split("", into)
			while ((getline line <file) > 0) {
				at = index(line, ": ")
				if (substr(line, 1, 2) == "# " && at > 0) { into[substr(line, 3, at - 3)] = substr(line, at + 2); into["is"] = 1 }
			}
			close(file)
			return "is" in into
		}
		function find(name, into,   n) {
			for (n = 1; n <= places; n++) if (read(tmp "/" n "/got/" name, into)) return
		}
		function field(into, key,   text) {
			text = key in into ? into[key] : ""
			gsub(/[[:cntrl:]]/, " ", text)
			return text
		}
		{
			find($4 ".manifest", m)
			find($4 ".drill", d)
			if (!("is" in d)) read(state "/drills/" $4, d)
			print "backup", $4, $7, $6, field(m, "stored-bytes"), field(m, "sealed"), field(m, "proved"), field(m, "database"),
				field(m, "tables"), field(m, "rows"), field(d, "result"), field(d, "when"), field(d, "seconds")
		}' "$tmp/shown"
}

# facts_busy FILE - does somebody hold that lock?  To try it would be to take it from a run that begins just then.
facts_busy() {
	[ -f "$1" ] && [ -r /proc/locks ] || return
	# The number is all that is read, and it comes before the name.
	# shellcheck disable=SC2012
	facts_inode=$(ls -id -- "$1" | awk '{ print $1 }')
	awk -v end=":$facts_inode" '$2 == "FLOCK" && substr($6, length($6) - length(end) + 1) == end { found = 1 } END { exit !found }' /proc/locks
}

# facts_policy N - print what is kept there.
facts_policy() {
	if [ "$1" -eq 1 ]; then
		printf '%s\n' "$keep"
	else
		send_policy "$(cat -- "$tmp/$1/place")"
	fi
}

# facts_place N - the place itself.
facts_place() {
	facts_at=$(cat -- "$tmp/$1/place")
	facts_kind=home facts_lock=$lock
	[ "$1" -eq 1 ] || facts_kind=copy facts_lock=$(place_lock "$facts_at")
	facts_tell place "$1" "$facts_at" "$facts_kind" "$(cat -- "$tmp/$1/sizes.why" 2>/dev/null)" \
		"$([ -n "$from" ] || facts_policy "$1")" "$(facts_busy "$facts_lock" && echo busy || echo idle)" \
		"$([ -e "$tmp/$1/blind" ] && echo blind || echo -)"
}

# facts_names - of which names there are backups, or have to be.
facts_names() {
	{
		cut -f 7 "$tmp/at"
		[ -n "$from" ] || sed 's/^.*	\(.*\)$/\1	asked/' "$tmp/series"
	} | sort -r | awk -F '\t' -v OFS='\t' '$1 != "" && !told[$1]++ { print "name", $1, $2 }' | sort
}

facts() {
	facts_tell head "$(uname -n)" "$now" "$suite"
	facts_n=0
	while [ "$facts_n" -lt "$places" ]; do
		facts_n=$((facts_n + 1))
		facts_place "$facts_n"
	done
	facts_names
	cat -- "$tmp/at" "$tmp/more"
	facts_backups
	[ -n "$from" ] || plan
}
