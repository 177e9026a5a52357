# phases.sh - sourced: what backup.sh does, database by database.
# shellcheck shell=sh disable=SC2015,SC2031,SC2034,SC2154,SC2317
#
#	find_databases		$databases, a line each; what is wrong with them goes to preflight.sh
#	each_database FUNCTION	call it with each of them
#	make_all		the phase make: 0, 3 or 1 as all, some or none of the databases have a new backup
#	cleanup_old_backups	the phase prune at home: 0, or 3 if something could not be dropped or must not be
#	would			what make and prune would do, on standard output, with nothing touched
#
# The phases need home's lock.

# find_databases - list them once.
find_databases() {
	databases=$(pgdump_databases) || {
		databases=''
		lack 'the databases that PGDATABASE means could not be listed' 'starting the server, or set PGHOST, PGPORT'
		return 0
	}
	case $databases in
	'') lack 'PGDATABASE and BACKUP_EXCLUDE leave no database' ;;
	*'
'*) [ -z "$BACKUP_NAME" ] || wrong 'BACKUP_NAME names the backups of one database; several are named after themselves' ;;
	esac
}

# each_database FUNCTION - call it with each; $asked of them, of which it failed for $failures: those in $failed.
each_database() {
	asked=0 failures=0 failed=''
	while IFS= read -r database <&3 && [ -n "$database" ]; do
		asked=$((asked + 1))
		"$1" "$database" || { failures=$((failures + 1)) failed="$failed $database"; }
	done 3<<-LINES
		$databases
	LINES
	[ "$failures" -eq 0 ]
}

# create_backup DB - the phase make, for one database.
create_backup() {
	preflight_lacks=0
	grants_check "$1"
	preflight_status || { log ERROR "no backup was made of database $1"; return 1; }
	make_backup "$1" || return
	retention_watch "${BACKUP_NAME:-$1}" "$name" || log WARN "$name: could not be compared with the one before"
	name=''
}

# make_all - the phase make: 0, 3 or 1 as all, some or none of the databases have a new backup.
make_all() {
	make_sweep || log WARN 'not all that an earlier run left could be removed'
	retention_resume || log WARN 'not all that an earlier run meant to drop could be removed'
	st=0
	each_database create_backup || st=1
	[ "$asked" -le 1 ] || log INFO "$asked databases${failed:+; NO backup of:$failed}"
	[ "$st" -eq 0 ] || [ "$failures" -ge "$asked" ] || st=3
	return "$st"
}

# prune_one DB - the phase prune, for one database at home.
prune_one() {
	retention_prune "${BACKUP_NAME:-$1}"
}

# cleanup_old_backups - the phase prune: 0, or 3 if something could not be dropped or must not be.
cleanup_old_backups() {
	retention_resume || log WARN 'not all that an earlier run meant to drop could be removed'
	each_database prune_one || return 3
}

# would - for -n: what the command would do, with nothing touched.
would() {
	case $command in all | make) each_database would_make ;; esac
	case $command in all | prune) tmp=$(mktemp -d) && each_database prune_one ;; esac
}

# would_make DB - say what would be made of it.
would_make() {
	printf 'would make %s/%s_backup_%s%s\n' "$home" "$(mm-prune --spell "${BACKUP_NAME:-$1}")" "$(date -u +%Y%m%d_%H%M%S)" "$suffix"
}
