# patience.sh - sourced: how long a place is waited for, so that one whose disk hangs holds up nothing but itself.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	patience_begin PLACE	our work there begins: from now on $place_clock has until when it is right to wait for us
#	patience_until BYTES	what we do now may take BACKUP_STALL, and a second more for each MiB of so many bytes; without
#				BYTES, as long as it takes
#	patience_end		it is done
#	patience_wait JOB PLACE	wait for JOB, which is at work there; its status, or 3, and said, if that takes too long: then it is
#				told to end, and nobody waits for it any more
#	patience_lost PLACE [RUN]	does the run that is at work there, or that one if it is, take too long?
#	patience_last		wait for all of $jobs and $notify_jobs, which were told to end; whom nobody can kill is left
#	start_at PLACE LOCK COMMAND	ourselves again, for that place, under that lock: one more that await_places waits for
#	await_places KIND TEXT	until all of them have ended
#	patience_bell SECONDS	the bell rings every so often; $bell is its process.  Whoever waits then gets status 142.
#
# A process that waits for a dead disk cannot be ended, by nobody.  The mm-s3 tools watch over themselves, so a bucket has no clock.
# Needs $state; $run_by is the process id of the run.

trap : ALRM

# patience_clock PLACE - print the file that has until when it is right to wait, and for which run.
patience_clock() {
	patience_word=$(place_spelt "$1") && printf '%s/working/%s\n' "$state" "$patience_word"
}

patience_begin() {
	case $1 in
	s3://*) place_clock='' ;;
	*) place_clock=$(patience_clock "$1") && mkdir -p -- "$state/working" 2>/dev/null || place_clock='' ;;
	esac
	place_until 0
}

# A clock that cannot be set is better none than one that has run down, and costs no backup.
patience_until() {
	[ -n "$1" ] && patience_now=$(date +%s) && {
		awk -v now="$patience_now" -v stall="$BACKUP_STALL" -v bytes="$1" -v run="${run_by-}" 'BEGIN {
			unit["m"] = 60; unit["h"] = 3600; unit["d"] = 86400
			last = substr(stall, length(stall))
			printf "%.0f %s\n", now + stall * (last in unit ? unit[last] : 1) + bytes / 1048576, run
		}' >"$place_clock"
	} 2>/dev/null || rm -f -- "$place_clock" 2>/dev/null || :
}

patience_end() {
	[ -z "${place_clock-}" ] || rm -f -- "$place_clock"
}

patience_lost() {
	patience_file=$(patience_clock "$1") && patience_now=$(date +%s) || return
	[ -f "$patience_file" ] &&
		awk -v now="$patience_now" -v run="${2-}" '{ lost = $1 + 0 < now + 0 && (run == "" || $2 == run) } END { exit !lost }' "$patience_file" 2>/dev/null
}

patience_wait() {
	while :; do
		patience_st=0
		wait "$1" || patience_st=$?
		[ "$patience_st" -eq 142 ] || return "$patience_st"
		! patience_lost "$2" "$run_by" || break
	done
	log ERROR "$2: nothing has come of it for too long, as if a disk or mount hung there; given up for this run"
	kill -s TERM "$1" 2>/dev/null || :
	return 3
}

# mm-pipe kills its own half a minute after they were told.
patience_last() {
	[ -n "$jobs$notify_jobs" ] || return 0
	patience_bell 45
	for job in $jobs $notify_jobs; do
		# A bash that was waiting for it when the signal came waits for ever for one that is gone.
		kill -s 0 "$job" 2>/dev/null || continue
		patience_st=0
		wait "$job" || patience_st=$?
		[ "$patience_st" -ne 142 ] || break
	done
	kill -s TERM "$bell" 2>/dev/null || :
}

# Who tidies up hears no signals; the bell has to.
patience_bell() {
	# shellcheck disable=SC2016
	(trap - HUP INT TERM
	exec mm-pipe --with-parent sh -c 'while sleep "$1"; do kill -s ALRM "$2" || exit; done' - "$1" $$ >/dev/null 2>&1 </dev/null) &
	bell=$!
}

# start_at PLACE LOCK COMMAND - one more that await_places waits for.
start_at() {
	start "$2" "$3" "$1"
	at_work="$at_work${jobs##* } $1
"
}

# await_places KIND TEXT - until all that were started have ended; 3 if one failed.  TEXT is for a place that another run is at; KIND
# is what distinguishes their clocks (patience.sh) from those of other work there.
await_places() {
	[ -n "$at_work" ] || return 0
	await_st=0 await_kind=$1 await_text=$2
	patience_bell 5
	jobs="$jobs $bell"
	each_line "$at_work" await_there
	kill -s TERM "$bell" 2>/dev/null || :
	wait "$bell" || :
	jobs='' at_work=''
	return "$await_st"
}

# await_there JOB_PLACE - for await_places: the one, a blank, and the other.
await_there() {
	job_st=0 await_clock=${1#* }$await_kind
	patience_wait "${1%% *}" "$await_clock" || job_st=$?
	case $job_st in
	0) return ;;
	75) patience_lost "$await_clock" || { log NOTICE "$await_text"; return 0; } ;;
	esac
	[ "$job_st" -ne 75 ] || log ERROR "${1#* }: an earlier run has been at work there for too long; does a disk or mount hang there?"
	await_st=3
}
