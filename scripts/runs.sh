# runs.sh - sourced: whose run this is, so that two configurations do not take each other's past for their own.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	run_of			$run_home and $run_name tell this configuration from others: its home, as it is written there, and
#				BACKUP_NAME or PGDATABASE
#	run_id			print a number for these two, to be part of a file's name
#	run_file WHAT		print the path of what is remembered of it between two runs, below $state/runs
#	run_keeps WHAT <TEXT	remember that; it is whole or what it was.  Not 0 if it cannot be written
#	run_adds WHAT LINE	for a run, and not for a later one: a line more of what those who tell of it will want to know
#	run_has WHAT		print those lines
#	run_timed PHASE COMMAND...	run it; how long it took is one of the lines `phases'
#
# The lines are kept beside $log_tail, the log of this very run, in which its phases take part.

run_of() {
	run_home=${BACKUP_DEST:-$(pgdump_split "$BACKUP_REMOTE_S3 $BACKUP_REMOTE_RSYNC" | head -n 1)}
	run_name=${BACKUP_NAME:-$PGDATABASE}
}

run_id() {
	printf '%s\n%s' "$run_home" "$run_name" | cksum | tr -dc 0-9
}

run_file() {
	run_of
	printf '%s/runs/%s.%s\n' "$state" "$(run_id)" "$1"
}

run_keeps() {
	run_kept=$(run_file "$1")
	{ mkdir -p -- "${run_kept%/*}" && cat >"$run_kept.$$" && mv -f -- "$run_kept.$$" "$run_kept"; } 2>/dev/null
}

run_adds() {
	[ -z "${log_tail-}" ] || { printf '%s\n' "$2" >>"$log_tail.$1"; } 2>/dev/null || :
}

run_has() {
	[ -z "${log_tail-}" ] || cat -- "$log_tail.$1" 2>/dev/null || :
}

run_timed() {
	timed_phase=$1 timed_since=$(date +%s) timed_st=0
	shift
	"$@" || timed_st=$?
	run_adds phases "$timed_phase $(($(date +%s) - timed_since))"
	return "$timed_st"
}
