#!/bin/sh
# test-backup-restore.sh - the drill: is what we have a backup?  Restore one, and see.
#
#	test-backup-restore.sh [-v] [-c conf] [--wait time] [--from place] [-i identity ... | -p passfile] [--server] [--sample] [backup]
#	test-backup-restore.sh [-v] [-c conf] [--wait time] --sweep
#
# The newest good backup of a place, home if none is named, or with --sample any of them, is restored into a throwaway cluster of
# the server's own major version, which is made for it below BACKUP_TEMP_DIR, or with --server into a scratch database of the
# server that PGHOST and the like say; every table must have the rows that the archive said.  The time that it took, which is what
# a restore would take, goes into the companion BACKUP.drill, the state directory and METRICS_DIR.  Nothing else stays; what is
# left by one that was killed, the next drill, the next backup, or --sweep takes away.  While it runs, the database lies on this
# disk as it lies on the server's.
#
# Exit status: 0 it came back; 1 it did not: the backup is bad; 2 trouble; 75 another drill is at work; 78 usage, configuration.
# shellcheck disable=SC2015,SC2034,SC2086,SC2317
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/log.sh
. "$here/log.sh"
# shellcheck source=scripts/conf.sh
. "$here/conf.sh"
# shellcheck source=scripts/lines.sh
. "$here/lines.sh"
# shellcheck source=scripts/pgdump.sh
. "$here/pgdump.sh"
# shellcheck source=scripts/places.sh
. "$here/places.sh"
# shellcheck source=scripts/preflight.sh
. "$here/preflight.sh"
# shellcheck source=scripts/directories.sh
. "$here/directories.sh"
# shellcheck source=scripts/runs.sh
. "$here/runs.sh"
# shellcheck source=scripts/metrics.sh
. "$here/metrics.sh"
# shellcheck source=scripts/cluster.sh
. "$here/cluster.sh"
# shellcheck source=scripts/drill-server.sh
. "$here/drill-server.sh"
# shellcheck source=scripts/restore-database.sh
. "$here/restore-database.sh"
# shellcheck source=scripts/drill-scratch.sh
. "$here/drill-scratch.sh"

# usage - say how we are called.
usage() {
	cat >&2 <<-'END'
		usage: test-backup-restore.sh [-v] [-c conf] [--wait time] [--from place] [-i identity ... | -p passfile]
		                              [--server] [--sample] [backup]
		       test-backup-restore.sh [-v] [-c conf] [--wait time] --sweep
	END
	exit 78
}

# read_command_line WORD... - our options; $keys are restore.sh's, a line each.
read_command_line() {
	conf='' wait=0 place='' keys='' in_cluster=yes sample=no task=drill is_locked=no
	while [ $# -gt 0 ]; do
		case $1 in -c | --wait | --from | -i | -p) [ $# -ge 2 ] || usage ;; esac
		case $1 in
		-c) conf=$2; shift ;;
		--wait) wait=$2; shift ;;
		--from) place=$2; shift ;;
		-i | -p) keys="$keys$1
$2
"; shift ;;
		-v) LOG_LEVEL=DEBUG ;;
		--server) in_cluster=no ;;
		--sample) sample=yes ;;
		--sweep) task=sweep ;;
		--locked) is_locked=yes ;;
		-*) usage ;;
		*) break ;;
		esac
		shift
	done
	[ $# -le 1 ] || usage
	backup=${1-}
	[ "$task" = drill ] || [ -z "$backup" ] || usage
}

# load_configuration - the settings, the place, and where we remember.
load_configuration() {
	conf_tools "$here"
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
	[ -z "$conf" ] || [ -e "$conf" ] || { log ERROR "$conf: there is no such file"; exit 78; }
	conf_load "$conf" || exit
	conf_tools "$here"
	mm-pipe --wait "$wait" true </dev/null 2>/dev/null || { log ERROR "--wait: '$wait' is no time such as 10m"; exit 78; }
	place=${place:-$BACKUP_DEST}
	[ -n "$place" ] || place=$(pgdump_split "$BACKUP_REMOTE_S3 $BACKUP_REMOTE_RSYNC" | head -n 1)
	place_known "$place" || { log ERROR "--from: '$place' is no place"; exit 78; }
	[ -n "$keys" ] || [ -z "$BACKUP_PASSPHRASE_FILE" ] || keys="-p
$BACKUP_PASSPHRASE_FILE
"
	touches=yes
	find_state
	preflight_person "$state" || exit
	preflight_own BACKUP_STATE "$state"
	preflight_own BACKUP_TEMP_DIR "$BACKUP_TEMP_DIR"
	preflight_status || exit 2
}

# choose - $backup, if none was named: the newest that is good, or with --sample any that is.
choose() {
	[ -z "$backup" ] || return 0
	set --
	case $PGDATABASE in '*' | *[!A-Za-z0-9_.-]*) [ -z "$BACKUP_NAME" ] || set -- "$BACKUP_NAME" ;; *) set -- "${BACKUP_NAME:-$PGDATABASE}" ;; esac
	place_list "$place" >"$tmp/there" || { log ERROR "$place: cannot be listed"; return 2; }
	backup=$(mm-prune -0 --list "$@" <"$tmp/there" | awk -F '\t' -v sample="$sample" -v seed="$(date +%s)" '
		$1 == "good" { name[n++] = $3 }
		END { srand(seed); if (n > 0) print name[sample == "yes" ? int(rand() * n) : 0] }')
	[ -n "$backup" ] || { log ERROR "$place: there is no good backup to try"; return 2; }
}

# relay LEVEL <FILE - what restore.sh said: a line that has a level keeps it, any other gets this one.
relay() {
	while IFS= read -r relayed || [ -n "$relayed" ]; do
		relay_text=${relayed#* } relay_level=$1
		case $relay_text in
		'DEBUG '* | 'INFO '* | 'NOTICE '* | 'WARN '* | 'ERROR '*) relay_level=${relay_text%% *} relayed=${relay_text#* } ;;
		esac
		printf '%s\n' "$relayed" | log_lines "$relay_level"
	done
}

# restore_it - by restore.sh, which counts rows as well; its status.
restore_it() {
	# A throwaway cluster has none of the roles; whose things are is not what a drill asks.
	[ "$in_cluster" = no ] || set -- --no-owner --no-acl --no-tablespaces
	[ -z "$restores_by" ] || set -- -c "$restores_by" "$@"
	drill_ifs=$IFS
	IFS='
'
	set -f
	set -- --from "$place" $keys --to "$scratch" "$@" "$backup"
	set +f
	IFS=$drill_ifs
	mkdir -- "$tmp/work" || return 2
	began=$(date +%s)
	st=0
	# What it needs lies below our directory; what it says, we log.
	BACKUP_TEMP_DIR=$tmp/work BACKUP_STATE=$tmp/work LOG_FILE='' log_tail='' sh "$here/restore.sh" "$@" >"$tmp/said" 2>&1 </dev/null || st=$?
	took=$(($(date +%s) - began))
	relay "$([ "$st" -eq 0 ] && echo DEBUG || echo ERROR)" <"$tmp/said"
	return "$st"
}

# figures - what was found out, as the companion has it.
figures() {
	printf '# %s: %s\n' drill 1 name "$backup" when "$(date -u +%Y-%m-%dT%H:%M:%SZ)" place "$(printf '%s' "$place" | tr -d '\000-\037\177')" \
		host "$(uname -n)" into "$where" seconds "$took" result "$1"
	sed -n 's/^# \(tables\|rows\|dump-bytes\): /&/p' "$tmp/manifest" 2>/dev/null || :
}

# record RESULT - the companion at home, the list in the state directory, and the metrics.
record() {
	figures "$1" >"$tmp/drill"
	mkdir -p -- "$state/drills" && cp -- "$tmp/drill" "$state/drills/$backup" || log WARN "$state/drills: cannot be written"
	case $BACKUP_DEST in
	/*)
		[ ! -e "$BACKUP_DEST/$backup.manifest" ] || { cp -- "$tmp/drill" "$BACKUP_DEST/.mm-drill.$$" &&
			mv -f -- "$BACKUP_DEST/.mm-drill.$$" "$BACKUP_DEST/$backup.drill"; } || log WARN "$backup.drill: cannot be written"
		;;
	esac
	[ -n "$METRICS_DIR" ] || return 0
	run_home=$place run_name=${backup%_backup_*} command=drill
	case $1 in
	good) metrics_end 0 "$run_name" "restore $took" "$run_name $(date +%s)" ;;
	*) metrics_end 1 "$run_name" "restore $took" '' ;;
	esac
}

# clean_up STATUS - leave with that status, and with nothing left.
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	[ -z "$note" ] || scratch_away "$note" || :
	exit "$1"
}

# drill - the whole of it, under the lock.
drill() {
	scratch_sweep || log WARN 'not all that earlier drills have left could be taken away'
	note=''
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	scratch_begin || { log ERROR "$state/drilling, $BACKUP_TEMP_DIR: cannot be written"; return 2; }
	choose || return
	place_fetch "$place" "$backup.manifest" >"$tmp/manifest" || { log ERROR "$backup.manifest: cannot be read"; return 2; }
	make_target || return
	log INFO "restoring $backup from $place into $where"
	st=0
	restore_it || st=$?
	case $st in 0) record good ;; 1) record bad ;; *) return "$st" ;; esac
	[ "$st" -eq 0 ] || { log ERROR "$backup: did not come back as it should"; return 1; }
	log INFO "$backup: came back with all its rows, in $took seconds"
}

main() {
	read_command_line "$@"
	load_configuration
	case $is_locked$task in
	yesdrill) drill ;;
	yessweep) scratch_sweep || exit 2 ;;
	# Whatever ends us, mm-pipe leaves no process behind, the server's included.
	*) exec mm-pipe -L "$state/drill.lock" --wait "$wait" sh "$0" --locked "$@" </dev/null ;;
	esac
}

main "$@"; exit
