# retention.sh - sourced: what goes, and that it goes whole; what a sudden shrinking means.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	retention_prune NAME	drop from home what the policy drops of the backups of this BACKUP_NAME
#	retention_resume	finish drops that were cut short: a backup whose manifest has gone and that was to go
#	retention_watch NAME FILE	the newest backup, FILE, is much smaller than the one before: drop nothing of NAME
#				until somebody says `backup.sh accept FILE`
#	retention_accept FILE	it is right as it is
#
# Needs $home, $state, $keep and $tmp, and home's lock.  mm-prune(1) decides; here its word is carried out.

# retention_word NAME - how that name is spelt in the names of files.
retention_word() {
	mm-prune --spell "$1"
}

# retention_list [NAME] - the backups at home, a line each in $tmp/list: state, stamp, name; the newest first.
retention_list() {
	place_list "$home" >"$tmp/there" && mm-prune -0 --list "$@" <"$tmp/there" >"$tmp/list"
}

# The order is mm-prune's: a manifest goes before its backup.  So a drop that is killed leaves a backup without one, which
# nobody would ever drop again; hence the journal, which says what was to go.
retention_prune() {
	retention_of=$(retention_word "$1") || return
	if [ -e "$state/shrunk/$retention_of" ]; then
		log WARN "$1: the newest backup is suddenly much smaller, so nothing is dropped; look at it, and if it is right:" \
			"backup.sh accept $(cut -d' ' -f2 "$state/shrunk/$retention_of")"
		return 1
	fi
	place_list "$home" >"$tmp/there" || { log ERROR "$home: cannot be listed"; return 1; }
	mm-prune -0 "$keep" "$1" <"$tmp/there" >"$tmp/drop" 2>"$tmp/said" || {
		log_lines WARN <"$tmp/said"
		return 1
	}
	[ -s "$tmp/drop" ] || return 0
	if [ "$dry" = yes ]; then
		sed "s|^|would drop $home/|" "$tmp/drop"
		return 0
	fi
	mkdir -p -- "$state/dropping" && { printf '%s\n' "$home" && cat "$tmp/drop"; } >"$state/dropping/$retention_of" &&
		place_drop "$home" <"$tmp/drop" && rm -f -- "$state/dropping/$retention_of" || {
		log ERROR "$home: not all that was to go could be removed"
		return 1
	}
	log_lines INFO <<-LINES
		$(sed "s|^|dropped $home/|" "$tmp/drop")
	LINES
	retention_forget
}

# retention_forget - the rows of backups that have gone need not be remembered.
retention_forget() {
	while IFS= read -r retention_name; do
		rm -f -- "$state/rows/$retention_name"
	done <"$tmp/drop"
}

retention_resume() {
	for retention_journal in "$state"/dropping/*; do
		[ -f "$retention_journal" ] && [ "$(head -n 1 -- "$retention_journal")" = "$home" ] || continue
		retention_list || return
		# What lost its manifest and was to go, with what stands beside it.
		awk -F '\t' 'NR == FNR { if ($1 == "unfinished") bare[$3] = 1; next }
			FNR > 1 { for (name in bare) if ($0 == name || index($0, name ".") == 1) print }' \
			"$tmp/list" "$retention_journal" >"$tmp/drop" || return
		place_drop "$home" <"$tmp/drop" && rm -f -- "$retention_journal" || return
	done
}

# retention_bytes FILE - how long a dump that backup holds.
retention_bytes() {
	sed -n 's/^# dump-bytes: \([0-9]*\)$/\1/p' "$home/$1.manifest"
}

retention_watch() {
	retention_of=$(retention_word "$1") || return
	if [ -e "$state/shrunk/$retention_of" ]; then
		retention_was=$(cut -d' ' -f1 "$state/shrunk/$retention_of")
	else
		retention_list "$1" || return
		retention_last=$(awk -F '\t' -v new="$2" '$1 == "good" && $3 != new { print $3; exit }' "$tmp/list")
		[ -n "$retention_last" ] || return 0
		retention_was=$(retention_bytes "$retention_last")
	fi
	retention_is=$(retention_bytes "$2")
	# Not the shell's own arithmetic, which has 32 bits in some.
	if awk -v was="${retention_was:-0}" -v is="${retention_is:-0}" 'BEGIN { exit !(was >= 1048576 && is * 2 < was) }'; then
		log WARN "$2: its dump has $retention_is bytes; the one before had $retention_was"
		mkdir -p -- "$state/shrunk" && printf '%s %s\n' "$retention_was" "$2" >"$state/shrunk/$retention_of"
	else
		rm -f -- "$state/shrunk/$retention_of"
	fi
}

retention_accept() {
	for retention_file in "$state"/shrunk/*; do
		[ -f "$retention_file" ] && [ "$(cut -d' ' -f2 "$retention_file")" = "$1" ] || continue
		rm -f -- "$retention_file" && log INFO "$1: accepted"
		return
	done
	log ERROR "$1: nothing is known against it"
	return 1
}
