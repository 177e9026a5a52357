# retention.sh - sourced: what goes, and that it goes whole; what a sudden shrinking means.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	retention_prune PLACE POLICY NAME	drop there what the policy drops of the backups of this BACKUP_NAME
#	retention_resume PLACE		finish drops there that were cut short: a backup whose manifest has gone and that was to go
#	retention_watch NAME FILE	the newest backup, FILE, is much smaller than the one before: drop nothing of NAME
#					until somebody says `backup.sh accept FILE`
#	retention_accept FILE		it is right as it is
#	retention_list PLACE [NAME]	the backups there, a line each in $tmp/list: state, stamp, name; the newest first
#
# Needs $home, $state and $tmp, and the place's lock.  mm-prune(1) decides; here its word is carried out.

retention_list() {
	retention_at=$1
	shift
	place_list "$retention_at" >"$tmp/there" && mm-prune -0 --list "$@" <"$tmp/there" >"$tmp/list"
}

# place_spelt PLACE - as a word for a file's name.
place_spelt() {
	mm-prune --spell "$1" 2>/dev/null || printf '%s' "$1" | cksum | tr ' ' -
}

# retention_drop PLACE NAME - remove there what $tmp/drop has.  The order is mm-prune's: a manifest goes before its backup.  So
# a drop that is killed leaves a backup without one, which nobody would ever drop again; hence the journal.
retention_drop() {
	retention_journal=$state/dropping/$(place_spelt "$1").$(mm-prune --spell "$2") &&
		{ printf '%s\n' "$1" && cat "$tmp/drop"; } >"$tmp/dropping" && note "$tmp/dropping" "$retention_journal" || return
	retention_st=0
	place_drop "$1" <"$tmp/drop" 2>"$tmp/said" || retention_st=$?
	if [ "$retention_st" -eq 0 ]; then
		log_lines WARN <"$tmp/said"
		sed "s|^|dropped $1/|" "$tmp/drop" | log_lines INFO
		rm -f -- "$retention_journal"
	elif [ "$retention_st" -eq 4 ] || { place_may_not "$(cat "$tmp/said")" && retention_untouched "$1"; }; then
		log NOTICE "$1: nothing can be removed there by us; what is too old stays: $(grep -c 'manifest$' "$tmp/drop") backups"
		rm -f -- "$retention_journal"
	else
		log_lines ERROR <"$tmp/said"
		log ERROR "$1: not all that was to go could be removed"
		return 1
	fi
}

# retention_untouched PLACE - is what was to go first still there?
retention_untouched() {
	place_list "$1" >"$tmp/there" && tr '\0' '\n' <"$tmp/there" | grep -qxF -e "$(head -n 1 -- "$tmp/drop")"
}

# retention_of NAME - print the file that notes how small home's newest backup of this name suddenly is.
retention_of() {
	retention_home=$(place_spelt "$home") && printf '%s/shrunk/%s.%s\n' "$state" "$retention_home" "$(mm-prune --spell "$1")"
}

# retention_held NAME - is nothing to be dropped, since the newest backup is suddenly so small?
retention_held() {
	retention_noted=$(retention_of "$1")
	[ -e "$retention_noted" ] || return
	log WARN "$1: the newest backup is suddenly much smaller, so nothing is dropped; look at it, and if it is right:" \
		"backup.sh accept $(cut -d' ' -f2 "$retention_noted")"
}

retention_prune() {
	[ "$2" != forever ] || return 0
	! retention_held "$3" || return 1
	place_list "$1" >"$tmp/there" || { log ERROR "$1: cannot be listed"; return 1; }
	mm-prune -0 "$2" "$3" <"$tmp/there" >"$tmp/drop" 2>"$tmp/said" || {
		log_lines WARN <"$tmp/said"
		return 1
	}
	[ -s "$tmp/drop" ] || return 0
	if [ "$dry" = yes ]; then
		sed "s|^|would drop $1/|" "$tmp/drop"
		return 0
	fi
	retention_drop "$1" "$3" || return
	[ "$1" != "$home" ] || retention_forget
}

# retention_forget - the rows of backups that have gone need not be remembered.
retention_forget() {
	while IFS= read -r retention_name; do
		rm -f -- "$state/rows/$retention_name"
	done <"$tmp/drop"
}

retention_resume() {
	for retention_journal in "$state"/dropping/*; do
		[ -f "$retention_journal" ] && [ "$(head -n 1 -- "$retention_journal")" = "$1" ] || continue
		retention_list "$1" || return
		# What lost its manifest and was to go, with what stands beside it.
		awk -F '\t' 'NR == FNR { if ($1 == "unfinished") bare[$3] = 1; next }
			FNR > 1 { for (name in bare) if ($0 == name || index($0, name ".") == 1) print }' \
			"$tmp/list" "$retention_journal" >"$tmp/drop" || return
		place_drop "$1" <"$tmp/drop" && rm -f -- "$retention_journal" || return
	done
}

# retention_bytes FILE - how long a dump that backup holds.
retention_bytes() {
	place_fetch "$home" "$1.manifest" | sed -n 's/^# dump-bytes: \([0-9]*\)$/\1/p'
}

retention_watch() {
	retention_noted=$(retention_of "$1") || return
	if [ -e "$retention_noted" ]; then
		retention_was=$(cut -d' ' -f1 "$retention_noted")
	else
		retention_list "$home" "$1" || return
		retention_last=$(awk -F '\t' -v new="$2" '$1 == "good" && $3 != new { print $3; exit }' "$tmp/list")
		[ -n "$retention_last" ] || return 0
		retention_was=$(retention_bytes "$retention_last")
	fi
	retention_is=$(retention_bytes "$2")
	# Not the shell's own arithmetic, which has 32 bits in some.
	if awk -v was="${retention_was:-0}" -v is="${retention_is:-0}" 'BEGIN { exit !(was >= 1048576 && is * 2 < was) }'; then
		log WARN "$2: its dump has $retention_is bytes; the one before had $retention_was"
		printf '%s %s\n' "$retention_was" "$2" >"$tmp/shrunk" && note "$tmp/shrunk" "$retention_noted"
	else
		rm -f -- "$retention_noted"
	fi
}

retention_accept() {
	for retention_file in "$state/shrunk/$(place_spelt "$home")".*; do
		[ -f "$retention_file" ] && [ "$(cut -d' ' -f2 "$retention_file")" = "$1" ] || continue
		rm -f -- "$retention_file" && log INFO "$1: accepted"
		return
	done
	log ERROR "$1: nothing is known against it"
	return 1
}
