#!/bin/sh
# check-backup.sh - is the newest backup fresh, at home and at every other place?  A Monitoring Plugin, and a source of metrics.
# The page is mm-check(8).
#
# Exit status: 0 OK; 1 warning; 2 critical; 3 unknown, which is also what every kind of trouble is.
# shellcheck disable=SC2015,SC2034,SC2317	# what is sourced uses it; the trap calls it
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/words.sh
. "$here/words.sh"
# shellcheck source=scripts/survey.sh
. "$here/survey.sh"

# usage - print how we are called.
usage() {
	cat <<-'END'
		usage: check-backup.sh [-v] [-c conf] [-w range] [-C range] [--min-size size] [--count range] [-t timeout]
		                       [--format nagios | prometheus | json] [-o file]
		-c is the configuration; -w and -C are the ages for a warning (26h) and for critical (50h).
	END
}

# unknown TEXT - say that nothing is known, in a line of text if that is wanted, and end.
unknown() {
	is_told=yes
	case $format in nagios) printf 'BACKUP UNKNOWN - %s\n' "$(printf '%s' "$1" | tr '|\n' '/ ' | tr -d '\000-\037\177')" ;; esac
	log ERROR "$1"
	exit 3
}

# clean_up STATUS - leave with that status, unless it is no answer of a check.
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	[ -z "$tmp" ] || survey_end
	[ -z "$tmp" ] || rm -rf -- "$tmp"
	[ "$is_told" = yes ] || [ "$format" != nagios ] || echo 'BACKUP UNKNOWN - the check was cut short'
	[ "$is_told" = yes ] || exit 3
	exit "$1"
}

# read_command_line WORD... - our options; those for mm-verify(1) in its own words, quoted, in $words.
read_command_line() {
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) is_told=yes; usage; exit 3 ;;
		-V | --version) is_told=yes; echo "check-backup.sh $suite"; exit 3 ;;
		-v | --verbose) words="$words -v"; shift; continue ;;
		-c | -w | -C | -t | -o | --configuration | --warning | --critical | --timeout | --output | --min-size | --count | --format) ;;
		*) unknown "usage: '$1' is no option; see check-backup.sh --help" ;;
		esac
		[ $# -ge 2 ] || unknown "usage: $1 needs a value; see check-backup.sh --help"
		take_value "$1" "$2"
		shift 2
	done
}

# take_value OPTION VALUE - an option that has one.
take_value() {
	case $1 in
	-c | --configuration) conf=$2; return ;;
	-t | --timeout) timeout=$2; return ;;
	-C | --critical) set -- -c "$2" ;;
	--format) format=$2 ;;
	esac
	words="$words $1 $(shell_word "$2")"
}

# read_configuration - the settings; UNKNOWN, with a reason, if they cannot be used.
read_configuration() {
	conf_tools "$here"
	for tool in mm-conf mm-pipe mm-prune mm-verify; do
		command -v "$tool" >/dev/null || unknown "there is no $tool in PATH"
	done
	conf_st=0
	survey_configure "$conf" '' 2>"$tmp/said" || conf_st=$?
	cat -- "$tmp/said" >&2
	# Warnings come before what is wrong.
	[ "$conf_st" -eq 0 ] || unknown "the configuration cannot be used: $(sed 's/^[a-z-]*\(\.sh\)\{0,1\}: //; /: cannot be used; /d' "$tmp/said" | tail -n 1)"
}

# name_words - $words, and the names of backups that there have to be.
name_words() {
	survey_series >"$tmp/series" || unknown 'it is not known which databases are backed up'
	while IFS= read -r name; do
		words="$words --name $(shell_word "$name")"
	done <"$tmp/series"
}

# write_index - for mm-verify(1): each place, with the list of what is there or what was the matter.
write_index() {
	n=0
	while [ "$n" -lt "$places" ]; do
		n=$((n + 1))
		[ ! -e "$tmp/$n/blind" ] || log NOTICE "$(cat -- "$tmp/$n/place"): we may not see what is there; going by what was sent"
		if [ -e "$tmp/$n/sizes.why" ]; then
			printf '%s\t\t%s\n' "$(cat -- "$tmp/$n/place")" "$(cat -- "$tmp/$n/sizes.why")"
		else
			printf '%s\t%s\n' "$(cat -- "$tmp/$n/place")" "$tmp/$n/sizes"
		fi
	done >"$tmp/index"
}

main() {
	conf='' timeout=10 format=nagios words='' tmp='' is_told=no log_form=person
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	read_command_line "$@"
	seconds=$(survey_seconds "$timeout") || unknown "-t: '$timeout' is no time such as 10s"
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-check.XXXXXX") || unknown 'no temporary directory can be made'
	read_configuration
	name_words
	survey_places >"$tmp/places" && survey_open <"$tmp/places" || unknown 'the places cannot be taken from the configuration'
	survey "$seconds" sizes
	write_index
	eval "set -- $words"
	st=0
	mm-verify --age -0 --places "$tmp/index" "$@" </dev/null || st=$?
	case $st in 0 | 1 | 2 | 3) is_told=yes ;; esac
	exit "$st"
}

main "$@"; exit
