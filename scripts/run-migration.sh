#!/bin/sh
# run-migration.sh [-c conf] [--wait time] [--no-transaction] file.sql - change the database, with a way back.
#
# First a backup is made and proven (pre-migration-backup.sh); without one nothing is changed.  Then psql runs the file, in one
# transaction, and stops at the first error: the database is changed wholly or not at all.  --no-transaction is for files that
# cannot be in one, because of CREATE INDEX CONCURRENTLY, say; then what came before the error stays.
# In the end it is said where the backup lies, and which command takes the database back to it.
#
# Exit status: 0 done; 1 the migration failed; 78 usage or configuration; else that of backup.sh, and nothing was changed.
# shellcheck disable=SC2015
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

# usage - say how we are called.
usage() {
	echo 'usage: run-migration.sh [-c conf] [--wait time] [--no-transaction] file.sql' >&2
	exit 78
}

# read_command_line WORD... - $conf, $wait, $whole (psql's word for one transaction) and $file.
read_command_line() {
	conf='' wait=6h whole=--single-transaction
	while [ $# -gt 1 ]; do
		case $1 in
		-c) conf=$2; shift ;;
		--wait) wait=$2; shift ;;
		--no-transaction) whole='' ;;
		*) usage ;;
		esac
		shift
	done
	case ${1--} in -*) usage ;; esac
	file=$1
	[ -r "$file" ] && [ ! -d "$file" ] || { log ERROR "$file: no such file, or it cannot be read"; exit 78; }
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
}

# quoted WORD - as a shell takes it.
quoted() {
	printf "'%s'\n" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"
}

# migrate - the file, to its end or not at all.
migrate() {
	psql -wqX -v ON_ERROR_STOP=1 $whole -d "$(pgdump_conninfo "$PGDATABASE")" -f "$file"
}

# way_back - the command that gives the database as it was.
way_back() {
	printf 'sh %s --from %s --swap %s\n' "$(quoted "$here/restore.sh")" "$(quoted "$where")" "$(quoted "$backup")"
}

main() {
	read_command_line "$@"
	(conf_tools "$here" && conf_load "$conf") || exit
	echo "Making a backup before $file ..."
	st=0
	made=$(sh "$here/pre-migration-backup.sh" ${conf:+-c "$conf"} --wait "$wait") || st=$?
	[ "$st" -eq 0 ] || { log ERROR "nothing was changed"; exit "$st"; }
	where=${made%%
*} backup=${made#*
}
	conf_load "$conf"
	conf_tools "$here"
	printf 'Backup: %s/%s\nRunning %s on database %s ...\n' "$where" "$backup" "$file" "$PGDATABASE"
	migrate || {
		log ERROR "$file failed;$([ -n "$whole" ] && echo " the database $PGDATABASE is as it was" || echo " what came before the error stays in $PGDATABASE"). The way back: $(way_back)"
		exit 1
	}
	echo '\dt' | psql -wX -d "$(pgdump_conninfo "$PGDATABASE")"
	printf 'Done.  Should it have to be undone, add -i with the key if the backup is sealed:\n    %s\n' "$(way_back)"
}

main "$@"; exit
