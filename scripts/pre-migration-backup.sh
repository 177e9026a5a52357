#!/bin/sh
# pre-migration-backup.sh [-c conf] [--wait time] - a backup that was begun after it was asked for, proven, and kept for 30 days.
#
# It goes to the directory migrations at home, which the nightly retention never looks into.  BACKUP_COMPRESS (none),
# BACKUP_RETAIN (30) and BACKUP_KEEP are those of the environment, not of the configuration, which are meant for every
# night; all else is the configuration's.  Nothing is sent to another place unless MIGRATION_REMOTE=yes.  A backup that is
# running is waited for, 6 hours unless --wait says otherwise: it may have begun before the last change.
#
# On standard output, when all is well: the directory and the name of the backup, a line each.
# Exit status: 0 it is there; else that of backup.sh: DO NOT PROCEED.
# shellcheck disable=SC2034	# settings are exported
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/pgdump.sh
. "$here/pgdump.sh"

# refuse STATUS TEXT - there is no backup to fall back on.
refuse() {
	log ERROR "$2; DO NOT PROCEED with the migration"
	exit "$1"
}

# read_command_line WORD... - $conf and $wait.
read_command_line() {
	conf='' wait=6h
	while [ $# -ge 2 ]; do
		case $1 in
		-c) conf=$2 ;;
		--wait) wait=$2 ;;
		*) break ;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || refuse 78 'usage: pre-migration-backup.sh [-c conf] [--wait time]'
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
}

# settings - the configuration's, but for what is different before a migration.
settings() {
	BACKUP_COMPRESS=${BACKUP_COMPRESS-none} BACKUP_RETAIN=${BACKUP_RETAIN-30} BACKUP_KEEP=${BACKUP_KEEP-}
	conf_tools "$here"
	conf_load "$conf" || exit
	conf_tools "$here"
	case $BACKUP_DEST in /*) ;; *) refuse 78 'BACKUP_DEST: home is no directory here, so there is no directory migrations in it' ;; esac
	database=$(pgdump_split "$PGDATABASE") || refuse 78 'PGDATABASE: a quote is not closed'
	case $database in
	'' | '*' | *"
"*) refuse 78 "PGDATABASE: '$PGDATABASE' is not one database; say which one is to be changed: PGDATABASE=name" ;;
	esac
	LOCK_FILE=${LOCK_FILE:-$BACKUP_DEST/.lock}
	BACKUP_DEST=$BACKUP_DEST/migrations BACKUP_PROVE=yes
	conf_yes MIGRATION_REMOTE || BACKUP_REMOTE_RSYNC='' BACKUP_REMOTE_S3=''
	conf_export
}

# good_ones - print the time and the name of each good backup there, the newest first.
good_ones() {
	[ ! -d "$BACKUP_DEST" ] || find "$BACKUP_DEST" ! -name "$(basename -- "$BACKUP_DEST")" -prune -type f | sed 's|.*/||' |
		mm-prune --list "${BACKUP_NAME:-$database}" | sed -n 's/^good	//p'
}

# made_since STAMP KNOWN - print the newest, if it was begun at that time or later; in that second itself it can be one of KNOWN.
made_since() {
	good_ones | KNOWN=$2 awk -F '\t' -v asked="$1" '
		BEGIN { n = split(ENVIRON["KNOWN"], line, "\n"); for (i = 1; i <= n; i++) known[line[i]] = 1 }
		$1 >= asked && !($0 in known) { print $2; exit }'
}

main() {
	read_command_line "$@"
	settings
	known=$(good_ones)
	asked=$(date -u +%Y%m%d_%H%M%S)
	st=0
	sh "$here/backup.sh" ${conf:+-c "$conf"} --wait "$wait" all || st=$?
	made=$(made_since "$asked" "$known")
	[ -n "$made" ] || refuse "$([ "$st" -ne 0 ] && echo "$st" || echo 1)" 'no backup was made'
	[ "$st" -eq 0 ] || refuse "$st" "$BACKUP_DEST/$made was made, but something else failed"
	grep -qx '# proved: yes' "$BACKUP_DEST/$made.manifest" || refuse 1 "$made: was not proven"
	printf '%s\n' "$BACKUP_DEST" "$made"
}

main "$@"; exit
