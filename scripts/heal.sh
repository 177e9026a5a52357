# heal.sh - sourced: a copy that is suspect, of a backup that is good at home, is sent again as if it had broken off.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	heal_view PLACE NAME	print the listing in $tmp/there and $tmp/there.lines as mm-prune(1) is to see it: of such copies neither
#				manifest nor mark
#	heal_note PLACE BACKUP	all of it has been sent, and proven: if it was such a copy, its mark is to go
#	heal_unmark PLACE	remove these marks, if we may; else whoever comes with another credential to drop what is old
#
# Who sends may be one who can only add.  So what was healed is noted in $state/healed, and not sent once more while its mark is there.

# heal_noted PLACE - print the file with the names of what was healed there.
heal_noted() {
	printf '%s/healed/%s\n' "$state" "$(place_spelt "$1")"
}

heal_view() {
	heal_noted=$(heal_noted "$1")
	[ -e "$heal_noted" ] || heal_noted=/dev/null
	mm-prune -0 --list "$2" <"$tmp/home" >"$tmp/heal.home" && mm-prune -0 --list "$2" <"$tmp/there" >"$tmp/heal.there" &&
		awk -F '\t' '
			file == "home" { good[$3] = $1 == "good"; next }
			file == "there" { if ($1 == "suspect" && good[$3]) again[$3] = 1; next }
			file == "noted" { delete again[$0]; next }
			{ name = $0; sub(/\.(suspect|manifest)$/, "", name); if (name == $0 || !(name in again)) print }
		' file=home "$tmp/heal.home" file=there "$tmp/heal.there" file=noted "$heal_noted" file=lines "$tmp/there.lines" >"$tmp/heal.seen" &&
		tr '\n' '\0' <"$tmp/heal.seen"
}

heal_note() {
	grep -Fqx -e "$2.suspect" "$tmp/there.lines" || return 0
	log INFO "$1: $2 was suspect, and is whole again"
	mkdir -p -- "$state/healed" && printf '%s\n' "$2" >>"$(heal_noted "$1")"
}

heal_unmark() {
	heal_noted=$(heal_noted "$1")
	[ -s "$heal_noted" ] || return 0
	if sed 's/$/.suspect/' "$heal_noted" | place_drop "$1" 2>/dev/null; then
		rm -f -- "$heal_noted"
	else
		log NOTICE "$1: the marks .suspect of backups that are whole again could not be removed yet: $(grep -c . "$heal_noted")"
	fi
}
