#!/bin/sh
# restore.sh - a backup back into a database: beside the one that is there, in its place, or into it; and which there are.
# The page is mm-restore(8).
#
# Exit status: 0 it is done; 1 the backup is bad, or not what is in it came out; 2 trouble; 75 another restore to the same
# database is at work; 78 the command line or the configuration is wrong; 128 + n ended by signal n.
# shellcheck disable=SC2034	# what is sourced uses it
set -eu
umask 077
export LC_ALL=C PGCLIENTENCODING=UTF8

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/places.sh
. "$here/places.sh"
# shellcheck source=scripts/restore-source.sh
. "$here/restore-source.sh"
# shellcheck source=scripts/restore-database.sh
. "$here/restore-database.sh"
# shellcheck source=scripts/restore-load.sh
. "$here/restore-load.sh"
# shellcheck source=scripts/restore-rehearse.sh
. "$here/restore-rehearse.sh"
# shellcheck source=scripts/restore-globals.sh
. "$here/restore-globals.sh"
# shellcheck source=scripts/restore-ways.sh
. "$here/restore-ways.sh"

# usage - say how we are called.
usage() {
	cat >&2 <<-'END'
		usage: restore.sh [-nvf] [-c conf] [--from place] [-i identity ... | -p passfile] [-j jobs]
		                  [--to database] [--swap | --in-place [--yes database]] [--table table ...] [--schema schema ...]
		                  [--schema-only | --data-only] [--no-owner] [--no-acl] [--no-tablespaces] [--spool]
		                  [--globals | --globals-only] [backup | --latest]
		Without a backup: which there are, and what restores each.
	END
	exit 78
}

# fail STATUS TEXT... - say it, and end.
fail() {
	fail_st=$1
	shift
	[ $# -eq 0 ] || log ERROR "$*"
	exit "$fail_st"
}

# takes_value OPTION - is the next word, or what comes after =, its value?
takes_value() {
	case $1 in
	-c | --configuration | --from | -i | --identity | -p | --passphrase-file | -j | --jobs | --to | --yes | --table | --schema) ;;
	*) return 1 ;;
	esac
}

# take_value OPTION VALUE - an option that has one.
take_value() {
	case $1 in
	-c | --configuration) conf=$2 ;;
	--from) from=$2 ;;
	-i | --identity) identities="$identities $(quoted "$2")" ;;
	-p | --passphrase-file) passfile=$2 ;;
	-j | --jobs) jobs=$2 ;;
	--to) to=$2 ;;
	--yes) yes=$2 ;;
	--table) tables="$tables $(quoted "$2")" select_words="$select_words --strict-names $(quoted "--table=$2")" ;;
	--schema) schemas="$schemas $(quoted "$2")" select_words="$select_words --strict-names $(quoted "--schema=$2")" ;;
	esac
	case $1 in --to | --yes | --table | --schema) ;; *) basics="$basics $1 $(quoted "$2")" ;; esac
	again="$again $1 $(quoted "$2")"
}

# take_flag OPTION - an option that has none.
take_flag() {
	case $1 in
	-n | --dry-run) dry=yes ;;
	-v | --verbose) verbose=--verbose ;;
	-f | --force) force=yes ;;
	--latest) latest=yes ;;
	--swap | --in-place) [ "$mode" = new ] || usage; mode=${1#--} ;;
	--schema-only | --data-only) [ -z "$only" ] || usage; only=${1#--} only=${only%-only} select_words="$select_words $1" ;;
	--no-owner | --no-acl | --no-tablespaces) privilege_words="$privilege_words $1" select_words="$select_words $1" ;;
	--spool) may_spool=yes ;;
	--globals | --globals-only) globals=${1#--} ;;
	*) usage ;;
	esac
}

# read_command_line WORD... - our options, and what to restore.  $again is how to call us so once more, without a backup; in
# $basics are no options that say what becomes of it.
read_command_line() {
	dry=no conf='' from='' identities='' passfile='' jobs=1 to='' yes='' tables='' schemas='' mode=new only='' force=no
	latest=no select_words='' privilege_words='' verbose='' may_spool=no globals='' operand=''
	again=$(quoted "$0")
	[ -x "$0" ] || again="sh $again"
	basics=$again
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; break ;;
		--*=*)
			takes_value "${1%%=*}" || usage
			take_value "${1%%=*}" "${1#*=}"
			;;
		-[cijp]?*)
			take_value "${1%"${1#-?}"}" "${1#-?}"
			;;
		-[nvf]?*)
			split=$1
			shift
			set -- "${split%"${split#-?}"}" "-${split#-?}" "$@"
			continue
			;;
		-?*)
			if takes_value "$1"; then
				[ $# -ge 2 ] || usage
				take_value "$1" "$2"
				shift
			else
				take_flag "$1"
				[ "$1" = --latest ] || again="$again $1"
			fi
			;;
		*) break ;;
		esac
		shift
	done
	case $latest$# in no[01] | yes0) ;; *) usage ;; esac
	operand=${1-}
	case $operand in */*) [ -z "$from" ] || usage; from=${operand%/*} operand=${operand##*/} from=${from:-/} ;; esac
}

# check_command_line - that what is asked for can be had together.
check_command_line() {
	case $jobs in '' | 0* | *[!0-9]*) fail 78 "-j $jobs: that is no number of jobs" ;; esac
	[ -z "$identities" ] || [ -z "$passfile" ] || [ "$passfile" != "$identities" ] || usage
	case $mode/$only in
	swap/?*) fail 78 "--swap with --$only-only would put a part in the place of the whole" ;;
	new/data) fail 78 '--data-only needs tables that are there: --in-place' ;;
	in-place/schema) fail 78 '--in-place with --schema-only would empty the tables' ;;
	esac
	[ "$mode" != swap ] || [ -z "$tables$schemas" ] || fail 78 '--swap with a part of the backup would put that in the place of the whole'
	[ "$mode" != in-place ] || [ -z "$tables" ] || [ "$only" = data ] || fail 78 '--in-place with --table would take from the' \
		'tables their indexes, constraints and triggers: add --data-only, for rows into the tables that are there, or restore with --to'
	[ "$mode" != in-place ] || [ "$jobs" -eq 1 ] || fail 78 '--in-place is one transaction, and that has one job'
	[ -z "$yes" ] || [ "$mode" = in-place ] || fail 78 '--yes is for --in-place'
}

# load_configuration - what the configuration says, if there is one; a bare machine has none, and needs none.
load_configuration() {
	# Who makes backups can often not make databases: only a user that somebody named is meant.
	conf_settings=$(printf '%s\n' "$conf_settings" | grep -v -e '^PGUSER=' -e '^PGDATABASE=')
	conf_tools "$here"
	conf_usual=${conf_default:-/etc/matric-memory/backup.conf}
	[ -n "$conf" ] || [ ! -e "$conf_usual" ] || conf=$conf_usual
	if [ -n "$conf" ]; then
		[ -e "$conf" ] || fail 78 "$conf: there is no such file"
		conf_load "$conf" || exit
		conf_tools "$here"
	fi
	place=${from:-${BACKUP_DEST-/var/backups/matric-memory}}
	# A directory may be relative here, as it may in any command; from a configuration it may not.
	[ -z "$from" ] || [ ! -d "$from" ] || place=$(cd -- "$from" && pwd)
	place_known "$place" || fail 78 "$place: there is no such place"
	[ "${BACKUP_PLAINTEXT_SPOOL-no}" != yes ] || may_spool=yes
}

# target_id - print a number for $target on that server.
target_id() {
	printf '%s\n' "${PGHOST-}:${PGPORT-}:$target" | cksum | tr -c '0-9\n' .
}

# lock_file - print the name of the lock for restores to $target.
lock_file() {
	locks=${BACKUP_STATE:-/var/lib/matric-memory}
	[ -n "${BACKUP_STATE-}" ] || { [ -d "$locks" ] && [ -w "$locks" ]; } || locks=${XDG_STATE_HOME:-${HOME:-/tmp}/.local/state}/matric-memory
	mkdir -p -- "$locks" || return
	printf '%s/restore.%s.lock\n' "$locks" "$(target_id)"
}

# clean_up STATUS - leave with that status and nothing half-done.
# shellcheck disable=SC2317	# the trap calls it
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	clean_st=$1
	[ -z "${maintenance-}" ] || { database_stop && database_drop; } || :
	[ -z "$hooked" ] || after_hook "$clean_st" || :
	[ -z "$tmp" ] || rm -rf -- "$tmp"
	exit "$clean_st"
}

# work NAME TARGET WORD... - what main has decided, under the lock.
work() {
	name=$1 target=$2
	shift 2
	read_command_line "$@"
	load_configuration
	tmp='' scratch='' hooked='' watched=''
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	tmp=$(temporary_place)/mm-restore.$(id -u).$(target_id)
	# We have the lock, so what is left of this kind nobody uses.
	rm -rf -- "$tmp".*
	tmp=$(mktemp -d "$tmp.XXXXXX")
	PGAPPNAME=mm-restore.$$ RESTORE_REPORT=$tmp/report RESTORE_FOUND=$tmp/found
	RESTORE_ROWS='s/^# rows\.\(.*\): \([0-9]*\)$/\1	\2/p'
	export PGAPPNAME RESTORE_REPORT RESTORE_FOUND RESTORE_ROWS
	[ ! -t 2 ] || watched=-v
	operand=$name force=yes
	source_list
	source_choose
	source_keys
	database_reach
	[ -z "$globals" ] || globals_restore
	[ "$globals" = globals-only ] || restore_"$(echo "$mode" | tr - _)"
}

main() {
	[ "${1-}" != --locked ] || { shift; work "$@"; return; }
	read_command_line "$@"
	check_command_line
	load_configuration
	source_list
	[ -n "$operand" ] || [ "$latest" = yes ] || { source_table; return; }
	source_choose
	[ "$(source_fact sealed)" = 0 ] || [ -n "$identities$passfile" ] || source_needs_key
	database_reach
	choose_target
	[ "$dry" = no ] || { would; return; }
	[ "$mode" != in-place ] || [ "$globals" = globals-only ] || confirm
	lock=$(lock_file) || fail 2 'no place for a lock'
	exec mm-pipe --grace 1h -L "$lock" sh "$here/restore.sh" --locked "$name" "$target" "$@"
}

main "$@"; exit
