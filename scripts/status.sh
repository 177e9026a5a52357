#!/bin/sh
# status.sh - every backup at every place, what the next run drops and sends, and what somebody should look into; on one screen.
# The page is mm-status(8).
#
# Exit status: 0 it is shown; 3 it is, but for a place that could not be looked at; 2 trouble; 78 the command line or the
# configuration is wrong.
# shellcheck disable=SC2015,SC2034,SC2317	# what is sourced uses it; the trap calls it
set -eu
umask 077
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) is_utf8=yes ;; *) is_utf8=no ;; esac
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/directories.sh
. "$here/directories.sh"
# shellcheck source=scripts/phases.sh
. "$here/phases.sh"
# shellcheck source=scripts/survey.sh
. "$here/survey.sh"
# shellcheck source=scripts/status-facts.sh
. "$here/status-facts.sh"
# shellcheck source=scripts/status-plan.sh
. "$here/status-plan.sh"
# shellcheck source=scripts/status-trouble.sh
. "$here/status-trouble.sh"
# shellcheck source=scripts/status-screen.sh
. "$here/status-screen.sh"
# shellcheck source=scripts/status-json.sh
. "$here/status-json.sh"

# usage - say how we are called.
usage() {
	echo 'usage: status.sh [-aJ] [-c conf] [-t timeout] [--from place]' >&2
	exit 78
}

# read_command_line WORD... - our options.
read_command_line() {
	while [ $# -gt 0 ]; do
		case $1 in
		-c | --configuration | -t | --timeout | --from) [ $# -ge 2 ] || usage ;;
		esac
		case $1 in
		-a | --all) count=1000000 ;;
		-J | --json) show=json ;;
		-aJ | -Ja) count=1000000 show=json ;;
		-c | --configuration) conf=$2; shift ;;
		-t | --timeout) timeout=$2; shift ;;
		--from) from=$2; shift ;;
		*) usage ;;
		esac
		shift
	done
	seconds=$(survey_seconds "$timeout") || { log ERROR "-t: '$timeout' is no time such as 10s"; exit 78; }
}

# configure - the settings, the places in $tmp/places, and the names that are asked for, with their words, in $tmp/series.
configure() {
	conf_tools "$here"
	for tool in mm-conf mm-json mm-pipe mm-prune; do
		command -v "$tool" >/dev/null || { log ERROR "there is no $tool in PATH"; exit 2; }
	done
	case $from in . | .. | ./* | ../*) from=$(cd -- "$from" && pwd) || exit 78 ;; esac
	[ -z "$from" ] || place_known "$from" || { log ERROR "--from: '$from' is no place"; exit 78; }
	survey_configure "$conf" "$from" || exit
	preflight_policy
	touches=no
	preflight_lock
	preflight_status || exit
	survey_places >"$tmp/places" && survey_open <"$tmp/places" || exit 2
	survey_series >"$tmp/names" || exit 2
	: >"$tmp/series"
	[ -n "$from" ] || each_line "$(cat -- "$tmp/names")" spell
}

# spell NAME - add it, and the word that it is in names of files, to $tmp/series.
spell() {
	printf '%s\t%s\n' "$1" "$(mm-prune --spell "$1")" >>"$tmp/series"
}

# clean_up STATUS - leave with that status.
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	[ -z "$tmp" ] || survey_end
	[ -z "$tmp" ] || rm -rf -- "$tmp"
	exit "$1"
}

main() {
	conf='' from='' timeout=10 count=10 show=screen tmp=''
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	read_command_line "$@"
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-status.XXXXXX") || exit 2
	configure
	now=$(date +%s)
	survey "$seconds" sizes
	facts_of_places "$count"
	survey "$seconds" gather
	facts >"$tmp/facts"
	troubles "$tmp/facts" >"$tmp/troubles"
	cat -- "$tmp/troubles" >>"$tmp/facts"
	"$show" "$tmp/facts" || exit 2
	set -- "$tmp"/*/sizes.why
	[ ! -e "$1" ] || exit 3
}

main "$@"; exit
