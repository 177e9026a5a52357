#!/bin/sh
# backup.sh - back up PostgreSQL databases: make, prove and record them at home, and drop what is too old.
# The page is mm-backup(8); backup.conf.example has the settings.
#
# Exit status: 0 all is done; 3 a backup was made and something else failed; 1 none was made, or check found something
# missing; 75 another run is at work; 78 the configuration is wrong; 128 + n ended by signal n.
# shellcheck disable=SC2015,SC2031,SC2317	# functions are called by their names
set -eu
umask 077
export LC_ALL=C

# What others set for themselves is not meant for us, nor the gate of the mm-pipe that we may be a stage of.
unset CDPATH TAR_OPTIONS MM_GATE
# By whatever link we were called, and from wherever, be it a directory that has gone.
here=$(readlink -f -- "$0")
here=${here%/*}
[ -d "$(pwd -P 2>/dev/null)" ] || cd /
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/lines.sh
. "$here/lines.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/pgdump.sh
. "$here/pgdump.sh"
# shellcheck source=scripts/runs.sh
. "$here/runs.sh"
# shellcheck source=scripts/preflight.sh
. "$here/preflight.sh"
# shellcheck source=scripts/directories.sh
. "$here/directories.sh"
# shellcheck source=scripts/words.sh
. "$here/words.sh"
# shellcheck source=scripts/grants.sh
. "$here/grants.sh"
# shellcheck source=scripts/places.sh
. "$here/places.sh"
# shellcheck source=scripts/patience.sh
. "$here/patience.sh"
# shellcheck source=scripts/journal.sh
. "$here/journal.sh"
# shellcheck source=scripts/prove.sh
. "$here/prove.sh"
# shellcheck source=scripts/make.sh
. "$here/make.sh"
# shellcheck source=scripts/retention.sh
. "$here/retention.sh"
# shellcheck source=scripts/adopt.sh
. "$here/adopt.sh"
# shellcheck source=scripts/heal.sh
. "$here/heal.sh"
# shellcheck source=scripts/send.sh
. "$here/send.sh"
# shellcheck source=scripts/readback.sh
. "$here/readback.sh"
# shellcheck source=scripts/metrics.sh
. "$here/metrics.sh"
# shellcheck source=scripts/notify.sh
. "$here/notify.sh"
# shellcheck source=scripts/phases.sh
. "$here/phases.sh"

# usage - say how we are called.
usage() {
	cat >&2 <<-'EOF'
		usage: backup.sh [-nv] [-c conf] [--wait time] [make | send | [--if-made] prune]
		       backup.sh [-v] [-c conf] check
		       backup.sh [-v] [-c conf] readback [place ...]
		       backup.sh [-v] [-c conf] [--wait time] [-i identity] adopt name
		       backup.sh [-v] [-c conf] [--wait time] accept name
	EOF
	exit 78
}

# read_command_line WORD... - our options and what to do.
read_command_line() {
	conf='' wait=0 dry=no progress='' identities='' is_locked=no operands='' if_made=no
	while [ $# -gt 0 ]; do
		case $1 in
		-c | --configuration | --wait | -i | --identity) [ $# -ge 2 ] || usage ;;
		esac
		case $1 in
		-n | --dry-run) dry=yes ;;
		-v | --verbose) progress=-v ;;
		-nv | -vn) dry=yes progress=-v ;;
		-c | --configuration) conf=$2; shift ;;
		--wait) wait=$2; shift ;;
		--if-made) if_made=yes ;;
		-i | --identity) identities="$identities-i
$2
"; shift ;;
		--locked) is_locked=yes ;;
		--) shift; break ;;
		-*) usage ;;
		*) break ;;
		esac
		shift
	done
	command=${1:-all} operand=${2-}
	case $command in
	all | check | make) [ $# -le 1 ] || usage ;;
	readback) [ "$dry" = no ] || usage; shift; operands=$(printf '%s\n' "$@") ;;
	send | prune) [ $# -le 1 ] || [ "$is_locked" = yes ] || usage ;;
	settle | drop) [ "$is_locked" = yes ] || usage ;;
	adopt | accept | notice) [ $# -eq 2 ] || usage ;;
	*) usage ;;
	esac
	case $command$dry$if_made in pruneno* | *no) ;; *) usage ;; esac
	touches=yes
	case $command$dry in check* | *yes) touches=no ;; esac
}

# load_configuration - every setting has its value, for us and for those we start.
load_configuration() {
	conf_tools "$here"
	if [ "$is_locked" = yes ]; then
		conf_load '' || exit
		return
	fi
	# The instance of a template is named after its configuration, and so its notice goes where that says.
	case $command$conf$operand in
	notice*@*.service) conf=${operand#*@} conf=${conf_default%/*}/${conf%.service}.conf ;;
	esac
	if [ -n "$conf" ]; then
		[ -e "$conf" ] || { log ERROR "$conf: there is no such file"; exit 78; }
	elif [ -e "$conf_default" ]; then
		conf=$conf_default
	else
		log NOTICE "there is no $conf_default; the environment and the defaults have to do"
	fi
	conf_load "$conf" || exit
	[ -z "$progress" ] || [ "$LOG_LEVEL" != INFO ] || LOG_LEVEL=DEBUG
	conf_tools "$here"
	conf_export
}

# validate_environment - 78 or 1, with all that is wrong or missing said, before anything is begun.
validate_environment() {
	preflight_settings
	preflight_tools
	preflight_directories
	[ "$command" != check ] || reach_places
	case $command$touches$is_locked in
	adopt* | accept*) ;;
	# A run asks when it has the lock: what it starts there a signal ends at once, and a server can be very slow to answer.
	allyesno | makeyesno) preflight_status || find_databases ;;
	*) find_databases ;;
	esac
	# A run asks each database when its turn comes, but all of them if it cannot begin anyway.
	case $command$is_locked in
	checkno) each_database grants_check || : ;;
	allno | makeno) preflight_status || each_database grants_check || : ;;
	esac
	preflight_status || exit
}

# clean_up STATUS - leave with that status and nothing half-done.
clean_up() {
	trap '' HUP INT TERM
	trap - EXIT
	for job in $jobs $notify_jobs; do kill -s TERM "$job" 2>/dev/null || :; done
	patience_last
	case $is_locked in yes) make_undo ;; *) hook_late "$1" ;; esac || :
	[ "$tells" = no ] || tell "$1" || :
	[ -z "$tmp" ] || rm -rf -- "$tmp"
	exit "$1"
}

# start LOCK COMMAND [OPERAND] - ourselves again, under that lock, for one phase; it is one more of $jobs.
start() {
	start_lock=$1
	shift
	start_ifs=$IFS
	IFS='
'
	set -f
	# The words of -i are a line each, and are meant to split.
	# shellcheck disable=SC2086
	set -- --locked ${progress:+-v} $identities "$@"
	set +f
	IFS=$start_ifs
	mm-pipe --with-parent -L "$start_lock" --wait "$wait" sh "$here/backup.sh" "$@" </dev/null &
	jobs="$jobs $!"
}

# locked COMMAND [OPERAND] - a phase under home's lock, to its end; its status.
locked() {
	start "$lock" "$@"
	st=0
	wait "${jobs# }" || st=$?
	jobs=''
	# A trouble of mm-pipe's, or a death, is no backup.
	case $st in 0 | 1 | 3 | 75 | 78 | 129 | 130 | 143) ;; *) st=1 ;; esac
	return "$st"
}

# run - the command, and what comes after it.
run() {
	run_st=0
	case $command in
	all) all || run_st=$? ;;
	send) run_timed send distribute_backup send || run_st=$? ;;
	prune) run_timed prune prune_all || run_st=$? ;;
	readback) run_timed readback readback_all || run_st=$? ;;
	*) locked "$command" ${operand:+"$operand"} || run_st=$? ;;
	esac
	last_note "$run_st"
	hook_now "$run_st"
}

main() {
	jobs='' at_work='' tmp='' home='' tells=no log_tail=${log_tail-}
	read_command_line "$@"
	[ "$is_locked" = yes ] || export run_by=$$
	trap 'clean_up $?' EXIT
	trap 'clean_up 129' HUP
	trap 'clean_up 130' INT
	trap 'clean_up 143' TERM
	load_configuration
	preflight_person "$BACKUP_DEST" || exit
	begin
	[ "$command" != notice ] || { find_state; notify_unit "$operand"; return 0; }
	case $is_locked$dry in nono) last_begin ;; esac
	validate_environment
	case $is_locked$dry$command in
	*check) log INFO 'nothing is wrong and nothing is missing' ;;
	yes*) work ;;
	noyes*) would ;;
	*) run ;;
	esac
}

main "$@"; exit
