# restore-table.sh - sourced: the backups at a place, as a person wants to see them.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	table_print		those that source_list found, newest first, each with the command that restores it
#	person_size BYTES	print it as people say it

# seconds STAMP - from then until now.
seconds() {
	printf '%s %s\n' "$1" "$(date -u +%Y%m%d_%H%M%S)" | awk '
		function days(y, m, d) { if (m < 3) { y--; m += 12 } return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d }
		function time(s) { return days(substr(s, 1, 4), substr(s, 5, 2) + 0, substr(s, 7, 2)) * 86400 + substr(s, 10, 2) * 3600 + substr(s, 12, 2) * 60 + substr(s, 14, 2) }
		{ print time($2) - time($1) }'
}

# person_age SECONDS, person_size BYTES - as people say it.
person_age() {
	awk -v s="$1" 'BEGIN { if (s < 5400) printf "%d minutes\n", s / 60; else if (s < 129600) printf "%d hours\n", s / 3600; else printf "%d days\n", s / 86400 }'
}
person_size() {
	case $1 in '' | *[!0-9]*) echo '?'; return ;; esac
	awk -v n="$1" 'BEGIN { u = "BKMGTP"; for (i = 1; n >= 999.5 && i < 6; i++) n /= 1024; printf(n < 9.95 && i > 1 ? "%.1f%s\n" : "%.0f%s\n", n, substr(u, i, 1)) }'
}

# table_line BACKUP - one backup of the table, as mm-prune --list has it; its manifest is in $table, if it has one.
table_line() {
	table_ifs=$IFS
	IFS='	'
	# Neither a state nor a time nor a name has a blank.
	# shellcheck disable=SC2086
	set -- $1
	IFS=$table_ifs
	manifest=$(cat -- "$table/$3.manifest" 2>/dev/null) || manifest=''
	printf '%s  %-10s  %10s ago  %5s  ' "$2" "$1" "$(person_age "$(seconds "$2")")" "$(person_size "$(source_size "$3")")"
	if [ -n "$manifest" ]; then
		case $(source_fact sealed) in 0) printf 'not sealed' ;; *) printf 'sealed for %s' "$(source_fact sealed)" ;; esac
		printf ', %s, database %s, %s rows' "$([ "$(source_fact proved)" = yes ] && echo proven || echo 'not proven')" \
			"$(source_fact database | tr -d '\000-\037\177')" "$(source_fact rows)"
		! source_globals "$3" >/dev/null || printf ', with roles'
	else
		printf 'no manifest: its run was broken off, or another program made it'
	fi
	printf '\n    %s%s %s\n' "$again" "$([ "$1" = good ] || echo ' -f')" "$3"
}

table_print() {
	[ -n "$backups" ] || fail 2 "$place: there is no backup here"
	table=$(mktemp -d "$(temporary_place)/mm-restore.XXXXXX")
	trap 'rm -rf -- "$table"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	# What is at hand is at hand: a manifest that cannot be had is one line less known.
	printf '%s\n' "$backups" | sed 's/^.*	//; s/$/.manifest/' >"$table/all"
	printf '%s\n' "$names" | grep -Fxf "$table/all" >"$table/wanted" || :
	place_gather "$place" "$table/wanted" "$table" || log WARN "$place: not all manifests could be read"
	each_line "$backups" table_line
}
