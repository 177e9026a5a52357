# phases.sh - sourced: what backup.sh does, database by database.
# shellcheck shell=sh disable=SC2015,SC2031,SC2034,SC2154,SC2317
#
#	find_databases		$databases, a line each; what is wrong with them goes to preflight.sh
#	each_database FUNCTION	call it with each of them
#	make_all		the phase make: 0, 3 or 1 as all, some or none of the databases have a new backup
#	distribute_backup PHASE	that phase at every place but home, at once
#	settle PLACE		the phases send and prune there
#	cleanup_old_backups	the phase prune at home: 0, or 3 if something could not be dropped or must not be
#	work			$command, for whoever has the lock: of home, or of the place $operand
#	all, prune_all		all phases at all places; the phase prune at all of them
#	hook_now STATUS		BACKUP_POST_HOOK after a run; our status then
#	hook_late STATUS	the same after one that was told to end, if its first hook had begun; it has 30 seconds
#	would			what make and prune would do, on standard output, with nothing touched
#
# The phases need home's lock.

# known_databases - print those of the last time, for what needs no server.
known_databases() {
	case $command in send | prune | settle | drop | readback) cat -- "$(run_file databases)" 2>/dev/null ;; *) return 1 ;; esac
}

# remember_databases - for the next time.  Several of us do so at once.
remember_databases() {
	[ "$touches" != no ] && [ "$PGDATABASE" = '*' ] || return 0
	printf '%s\n' "$databases" | run_keeps databases || :
}

# find_databases - list them once.
find_databases() {
	databases=$(pgdump_databases) && remember_databases || databases=$(known_databases) || {
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
	asked=0 failures=0 failed='' asks=$1
	each_line "$databases" ask_database
	[ "$failures" -eq 0 ]
}

# ask_database DB - for each_database.
ask_database() {
	asked=$((asked + 1))
	"$asks" "$1" || { failures=$((failures + 1)) failed="$failed $1"; }
}

# create_backup DB - the phase make, for one database.
create_backup() {
	preflight_lacks=0 full=no
	grants_check "$1"
	preflight_status || { log ERROR "no backup was made of database $1"; return 1; }
	make_backup "$1" || { rescue_backup "$1"; return 1; }
	retention_watch "${BACKUP_NAME:-$1}" "$name" || log WARN "$name: could not be compared with the one before"
	name=''
}

# rescue_backup DB - home has no room: a second dump, straight to the bucket, if there is one.
rescue_backup() {
	bucket=$(send_listed "$BACKUP_REMOTE_S3" | head -n 1)
	[ "$full" = yes ] && [ -n "$bucket" ] || return 0
	log WARN "$home is full; dumping database $1 straight to $bucket"
	under=$home home=$bucket
	! make_backup "$1" || rescued=$((rescued + 1))
	home=$under name=''
}

# make_all - the phase make: 0, 3 or 1 as all, some or none of the databases have a new backup.
make_all() {
	# From now on BACKUP_POST_HOOK is due, however the run ends: not before we have the lock, since what another run has stopped is not ours.
	[ -z "$log_tail" ] || { true >"$log_tail.begun"; } 2>/dev/null || :
	run_hook BACKUP_PRE_HOOK || { log ERROR 'so no backup is made'; return 1; }
	make_sweep || log WARN 'not all that an earlier run left could be removed'
	retention_resume "$home" || log WARN 'not all that an earlier run meant to drop could be removed'
	drill_sweep
	st=0 rescued=0 partly=no
	each_database create_backup || st=1
	[ "$asked" -le 1 ] || log INFO "$asked databases${failed:+; NO backup at home of:$failed}"
	[ "$st" -eq 0 ] || [ $((failures - rescued)) -ge "$asked" ] || st=3
	[ "$st$partly" != 0yes ] || st=3
	return "$st"
}

# prune_one DB - the phase prune, for one database at home.
prune_one() {
	retention_prune "$home" "$keep" "${BACKUP_NAME:-$1}"
}

# cleanup_old_backups - the phase prune: 0, or 3 if something could not be dropped or must not be.
cleanup_old_backups() {
	retention_resume "$home" || log WARN 'not all that an earlier run meant to drop could be removed'
	each_database prune_one || return 3
}

# settle PLACE - the phases send and prune there.
settle() {
	settle_st=0
	send_all "$1" || settle_st=3
	send_prune "$1" || settle_st=3
	return "$settle_st"
}

# distribute_backup PHASE - that phase at every place, at once; 3 if it failed at one.  A place where yesterday's is still at
# work is left to that, and one that hangs to itself.
distribute_backup() {
	distributes=$1
	each_line "$(send_places)" start_there
	await_places '' 'what is lacking there is left to the run that is at work there'
}

# start_there PLACE - for distribute_backup.
start_there() {
	start_at "$1" "$(place_lock "$1")" "$distributes"
}

# work - a phase, under the lock of home or, with a place for operand, of that; who reads back has locks of its own.
work() {
	case $command in readback) apart=' read back' ;; *) apart='' ;; esac
	id=$(printf '%s' "$home${operand:+ at $operand}$apart" | cksum | tr -dc 0-9)
	making=$state/making/${id:?}
	# We have the lock, so what is left of this kind nobody uses.
	rm -rf -- "$BACKUP_TEMP_DIR/run.$id".* || log WARN "$BACKUP_TEMP_DIR: not all that an earlier run left could be removed"
	tmp=$(mktemp -d "$BACKUP_TEMP_DIR/run.$id.XXXXXX") || { log ERROR "$BACKUP_TEMP_DIR: no directory could be made there"; return 1; }
	st=0
	case $command in settle | send | drop | readback) patience_begin "$operand$apart" ;; esac
	case $command in
	make) make_all || st=$? ;;
	prune) cleanup_old_backups || st=$? ;;
	settle) settle "$operand" || st=$? ;;
	send) send_all "$operand" || st=3 ;;
	drop) send_prune "$operand" || st=3 ;;
	readback) readback "$operand" || st=$? ;;
	adopt) adopt "$operand" || st=$? ;;
	accept) retention_accept "$operand" || st=$? ;;
	esac
	patience_end
	return "$st"
}

# place_lock PLACE - the lock under which we work at a place.
place_lock() {
	case $home in
	s3://*) printf '%s/lock.%s\n' "$state" "$(place_spelt "$1")" ;;
	*) printf '%s/.lock.%s\n' "$home" "$(place_spelt "$1")" ;;
	esac
}

# all - make; send and prune everywhere; prune home last, since the others copy from it, and not if nothing was made.
all() {
	made=0
	locked make || made=$?
	case $made in
	0 | 3) run_timed send distribute_backup settle || made=3 ;;
	1) run_timed send distribute_backup send || :; return 1 ;;
	*) return "$made" ;;
	esac
	run_timed prune locked prune || made=3
	return "$made"
}

# prune_all - every place, then home; 3 if it failed somewhere, 75 if another run has home.
prune_all() {
	[ "$if_made" = no ] || last_made || { log NOTICE 'the last run made no backup, so nothing is dropped'; return 0; }
	pruned=0
	distribute_backup drop || pruned=3
	st=0
	locked prune || st=$?
	case $st in 0) ;; 75) pruned=75 ;; *) pruned=3 ;; esac
	return "$pruned"
}

hook_now() {
	[ -z "$log_tail" ] || rm -f -- "$log_tail.begun"
	after "$1"
}

hook_late() {
	[ -n "$log_tail" ] && [ -e "$log_tail.begun" ] || return 0
	hook_limit=30
	hook_now "$1"
}

# would - for -n: what the command would do, with nothing touched.
would() {
	tmp=$(mktemp -d)
	case $command in all | make) each_database would_make ;; esac
	case $command in all | send) would_send ;; esac
	case $command in all | prune) each_database prune_one ;; esac
}

# would_make DB - say what would be made of it.
would_make() {
	printf 'would make %s/%s_backup_%s%s\n' "$home" "$(mm-prune --spell "${BACKUP_NAME:-$1}")" "$(date -u +%Y%m%d_%H%M%S)" "$suffix"
}

# would_send - say what each place lacks, and what would be dropped there.
would_send() {
	place_list "$home" >"$tmp/home" || return
	send_places >"$tmp/places"
	while IFS= read -r place <&4; do
		send_there "$place" && each_database would_send_database
	done 4<"$tmp/places"
}

# would_send_database DB - the same for one database, at $place.
would_send_database() {
	send_wanted "$place" "${BACKUP_NAME:-$1}" | sed "s|^|would send to $place: |"
	retention_prune "$place" "$(send_policy "$place")" "${BACKUP_NAME:-$1}"
}
