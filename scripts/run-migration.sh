#!/bin/sh
# run-migration.sh [-c conf] [--wait time] [--no-transaction] file.sql - change the database, with a way back.
#
# First a backup is made and proven (pre-migration-backup.sh); without one nothing is changed.  Then psql runs the file, in one
# transaction, and stops at the first error: the database is changed wholly or not at all.  A file can end that transaction itself;
# so the server is asked what became of it.  --no-transaction is for files that cannot be in one, because of CREATE INDEX
# CONCURRENTLY, say; then what came before the error stays.
# In the end it is said where the backup lies, and which command takes the database back to it.
#
# Exit status: 0 done; 1 the migration failed, or was not committed; 78 usage or configuration; else that of backup.sh, and nothing was changed.
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
# shellcheck source=scripts/words.sh
. "$here/words.sh"

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
	[ -z "$whole" ] || ! grep -Eq '^[[:space:]]*\\(c|connect)([[:space:]]|$)' "$file" ||
		{ log ERROR "$file: \\connect leaves the transaction behind; without that, or with --no-transaction"; exit 78; }
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
	[ -z "$conf" ] || [ -e "$conf" ] || { log ERROR "$conf: there is no such file"; exit 78; }
	# The way back is taken from wherever somebody is then.
	case $conf in '' | /*) ;; *) conf=$(cd -- "$(dirname -- "$conf")" && pwd)/$(basename -- "$conf") ;; esac
}

# remember_server - $server: what the environment, and not the configuration, says of the server, as words for env(1).
remember_server() {
	server=''
	for variable in $pgdump_variables; do
		eval "[ -z \"\${$variable+set}\" ] || server=\"\$server $variable=\$(shell_word \"\$$variable\")\""
	done
}

# migrate - the file, to its end or not at all.
migrate() {
	[ -z "$whole" ] || set -- --single-transaction -v mm_report="$tmp/transaction" -f "$here/migration-begin.sql"
	psql -wqX -v ON_ERROR_STOP=1 -d "$(pgdump_conninfo "$database")" "$@" -f "$file"
}

# became - print what became of the transaction: aborted, or as if it had been; committed; in progress; nothing, if that is not known.
became() {
	[ -s "$tmp/transaction" ] || { echo aborted; return; }
	turn=0 found='in progress'
	# A server goes on for a while when its client has gone.
	while [ "$found" = 'in progress' ] && [ "$turn" -lt 20 ]; do
		[ "$turn" -eq 0 ] || sleep 0.5
		turn=$((turn + 1))
		found=$(echo "select txid_status(:'number'::bigint)" | pgdump_ask "$database" -v number="$(cat -- "$tmp/transaction")" 2>/dev/null) || found=''
	done
	printf '%s\n' "$found"
}

# goes_on - can the file, or one that it reads, have committed something after it had rolled back the transaction itself?
goes_on() {
	grep -Eq '\\(i|ir|include|include_relative|gexec)([[:space:]]|$)' "$file" ||
		grep -Eiw 'rollback|abort' "$file" | grep -Eiqv 'rollback([[:space:]]+(work|transaction))?[[:space:]]+to'
}

# outcome - after a failure: what is in the database now?
outcome() {
	[ -n "$whole" ] || { echo "what came before the error stays in $database"; return; }
	case $(became) in
	aborted) goes_on && echo "the transaction was rolled back; what the file committed after that, if it did, stays in $database" ||
		echo "the database $database is as it was" ;;
	committed) echo "but the file ended the transaction itself, and what it had committed stays in $database" ;;
	*) echo "what stays of it in $database is not known: the server does not say what became of the transaction" ;;
	esac
}

# way_back - the command that gives the database as it was.
way_back() {
	printf '%ssh %s%s --from %s --swap %s\n' "${server:+env$server }" "$(shell_word "$here/restore.sh")" "${conf:+ -c $(shell_word "$conf")}" \
		"$(shell_word "$where")" "$(shell_word "$backup")"
}

# fail TEXT - say it, and how to undo what was done.
fail() {
	log ERROR "$1. The way back: $(way_back)"
	exit 1
}

main() {
	read_command_line "$@"
	remember_server
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
	database=$(pgdump_split "$PGDATABASE")
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-migrate.XXXXXX")
	trap 'rm -rf -- "$tmp"' EXIT
	# Who ends us ends psql, or waits for it: then we say what has become of the database.
	trap : HUP INT TERM
	printf 'Backup: %s/%s\nRunning %s on database %s ...\n' "$where" "$backup" "$file" "$database"
	migrate || fail "$file failed; $(outcome)"
	[ -z "$whole" ] || [ "$(became)" != aborted ] || fail "$file came to its end, but it has rolled back the transaction itself"
	echo '\dt' | psql -wX -d "$(pgdump_conninfo "$database")"
	printf 'Done.  Should it have to be undone, add -i with the key if the backup is sealed:\n    %s\n' "$(way_back)"
}

main "$@"; exit
