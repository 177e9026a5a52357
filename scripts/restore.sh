#!/bin/sh
# restore.sh - a backup back into a database: beside the one that is there, in its place, or into it; and which there are.
# The page is mm-restore(8).
#
# Exit status: 0 it is done; 1 the backup is bad, or not what is in it came out; 2 trouble; 75 another restore to the same
# database is at work; 78 the command line or the configuration is wrong; 128 + n ended by signal n.
# shellcheck disable=SC2034,SC2119	# what is sourced uses it
set -eu
umask 077
export LC_ALL=C PGCLIENTENCODING=UTF8

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/lines.sh
. "$here/lines.sh"
# shellcheck source=scripts/pgdump.sh
. "$here/pgdump.sh"
# shellcheck source=scripts/directories.sh
. "$here/directories.sh"
# shellcheck source=scripts/places.sh
. "$here/places.sh"
# shellcheck source=scripts/restore-options.sh
. "$here/restore-options.sh"
# shellcheck source=scripts/restore-table.sh
. "$here/restore-table.sh"
# shellcheck source=scripts/words.sh
. "$here/words.sh"
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

# fail STATUS TEXT... - say it, and end.
fail() {
	fail_st=$1
	shift
	[ $# -eq 0 ] || log ERROR "$*"
	exit "$fail_st"
}

# load_configuration - what the configuration says, if there is one; a bare machine has none, and needs none.
load_configuration() {
	# Who makes backups can often not make databases: only a user that somebody named is meant.
	conf_settings=$(printf '%s\n' "$conf_settings" | grep -v -e '^PGUSER=' -e '^PGDATABASE=')
	conf_tools "$here"
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
	if [ -n "$conf" ]; then
		[ -e "$conf" ] || fail 78 "$conf: there is no such file"
		conf_load "$conf" || exit
		conf_tools "$here"
		conf_export
	fi
	place=${from:-${BACKUP_DEST-/var/backups/matric-memory}}
	[ -n "$place" ] || place=$(pgdump_split "${BACKUP_REMOTE_S3-} ${BACKUP_REMOTE_RSYNC-}" | head -n 1)
	[ -n "$identities$passfile" ] || passfile=${BACKUP_PASSPHRASE_FILE-}
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
	BACKUP_STATE=${BACKUP_STATE-} touches=yes
	find_state
	mkdir -p -- "$state" || return
	printf '%s/restore.%s.lock\n' "$state" "$(target_id)"
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
	source_near
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
	[ -n "$operand" ] || [ "$latest" = yes ] || { table_print; return; }
	source_choose
	near=$place
	[ "$(source_fact sealed)" = 0 ] || [ -n "$identities$passfile" ] || source_needs_key
	database_reach
	choose_target
	[ "$dry" = no ] || { would; return; }
	[ "$mode" != in-place ] || [ "$globals" = globals-only ] || confirm
	lock=$(lock_file) || fail 2 'no place for a lock'
	exec mm-pipe --grace 1h -L "$lock" sh "$here/restore.sh" --locked "$name" "$target" "$@"
}

main "$@"; exit
