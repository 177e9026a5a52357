#!/bin/sh
# test-backup-restore.sh - the drill: is what we have a backup?  Restore one, and see.
#
#	test-backup-restore.sh [-v] [-c conf] [--from place] [-i identity ... | -p passfile] [--server] [--sample] [backup]
#
# The newest good backup of a place, home if none is named, or with --sample any of them, is restored into a throwaway cluster of
# the server's own major version, which is made for it below BACKUP_TEMP_DIR, or with --server into a scratch database of the
# server that PGHOST and the like say; every table must have the rows that the archive said.  The time that it took, which is what
# a restore would take, goes into the companion BACKUP.drill, the state directory and METRICS_DIR.  Nothing else stays, whatever
# ends us.  While it runs, the database lies on this disk as it lies on the server's.
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

# usage - say how we are called.
usage() {
	echo 'usage: test-backup-restore.sh [-v] [-c conf] [--from place] [-i identity ... | -p passfile] [--server] [--sample] [backup]' >&2
	exit 78
}

# read_command_line WORD... - our options; $keys are restore.sh's, a line each.
read_command_line() {
	conf='' place='' keys='' in_cluster=yes sample=no is_locked=no
	while [ $# -gt 0 ]; do
		case $1 in -c | --from | -i | -p) [ $# -ge 2 ] || usage ;; esac
		case $1 in
		-c) conf=$2; shift ;;
		--from) place=$2; shift ;;
		-i | -p) keys="$keys$1
$2
"; shift ;;
		-v) LOG_LEVEL=DEBUG ;;
		--server) in_cluster=no ;;
		--sample) sample=yes ;;
		--locked) is_locked=yes ;;
		-*) usage ;;
		*) break ;;
		esac
		shift
	done
	[ $# -le 1 ] || usage
	backup=${1-}
}

# load_configuration - the settings, the place, and where we remember.
load_configuration() {
	conf_tools "$here"
	[ -n "$conf" ] || [ ! -e "$conf_default" ] || conf=$conf_default
	[ -z "$conf" ] || [ -e "$conf" ] || { log ERROR "$conf: there is no such file"; exit 78; }
	conf_load "$conf" || exit
	conf_tools "$here"
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

# server_version DIR - print the major version of the server whose programs these are.
server_version() {
	"$1/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# server_programs - print the directory of the server's programs, of the major version of the backup or, failing that, a newer one.
server_programs() {
	major=$(sed -n 's/^# server: \([0-9]*\).*/\1/p' "$tmp/manifest")
	for programs in ${PG_BINDIR:+"$PG_BINDIR"} $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5n); do
		[ -x "$programs/initdb" ] || continue
		version=$(server_version "$programs")
		[ "$version" -ge "${major:-0}" ] || continue
		[ "$version" = "${major:-$version}" ] || log NOTICE "no server of version $major here: version $version has to do"
		printf '%s\n' "$programs"
		return
	done
	log ERROR "no server of version $major or newer here: apt-get install postgresql-$major, or say --server"
	return 2
}

# make_target - a cluster of our own, or the server that is configured; $where for the log.
make_target() {
	where="the server of PGHOST=${PGHOST-}"
	[ "$in_cluster" = yes ] || return 0
	programs=$(server_programs) || return
	# The cluster belongs to another user when we are root, who must get there.
	[ "$(id -u)" -ne 0 ] || chmod 711 "$BACKUP_TEMP_DIR" "$tmp"
	cluster_start "$tmp/pg" "$programs" drill || return 2
	where="a throwaway cluster, PostgreSQL $(server_version "$programs")"
	unset PGPASSFILE PGPASSWORD PGSERVICE PGOPTIONS PGSSLMODE
	PATH=$programs:$PATH
}

# restore_it - by restore.sh, which counts rows as well; its status.
restore_it() {
	# A throwaway cluster has none of the roles; whose things are is not what a drill asks.
	[ "$in_cluster" = no ] || set -- --no-owner --no-acl --no-tablespaces
	drill_ifs=$IFS
	IFS='
'
	set -f
	set -- --from "$place" $keys --to "$scratch" "$@" "$backup"
	set +f
	IFS=$drill_ifs
	began=$(date +%s)
	st=0
	sh "$here/restore.sh" ${conf:+-c "$conf"} "$@" >"$tmp/said" 2>&1 </dev/null || st=$?
	took=$(($(date +%s) - began))
	log_lines "$([ "$st" -eq 0 ] && echo DEBUG || echo ERROR)" <"$tmp/said"
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

# drop_target - nothing of it stays.
drop_target() {
	[ "$in_cluster" = no ] || { cluster_stop "$tmp/pg"; return; }
	[ -z "$scratch" ] || printf 'set client_min_messages = warning;\ndrop database if exists :"name";\n' |
		psql -wqX -v ON_ERROR_STOP=1 -v name="$scratch" -d "$(pgdump_conninfo postgres)" ||
		log ERROR "database $scratch could not be dropped"
}

# clean_up STATUS - leave with that status.
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	drop_target || :
	rm -rf -- "$tmp"
	exit "$1"
}

# drill - the whole of it, under the lock.
drill() {
	for left in "$BACKUP_TEMP_DIR"/drill.*; do
		[ ! -d "$left" ] || { ! [ -d "$left/pg" ] || cluster_stop "$left/pg"; rm -rf -- "$left"; }
	done
	scratch=''
	tmp=$(mktemp -d "$BACKUP_TEMP_DIR/drill.XXXXXX")
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	choose || return
	place_fetch "$place" "$backup.manifest" >"$tmp/manifest" || { log ERROR "$backup.manifest: cannot be read"; return 2; }
	make_target || return
	scratch=mm_drill_$(date -u +%Y%m%d_%H%M%S)_$$
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
	if [ "$is_locked" = yes ]; then
		drill
	else
		# Whatever ends us, mm-pipe leaves no process behind, the server's included.
		exec mm-pipe -L "$state/drill.lock" sh "$0" --locked "$@" </dev/null
	fi
}

main "$@"; exit
