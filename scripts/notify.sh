# notify.sh - sourced: who hears of a run, and the administrator's hooks.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	begin			from here on what is logged is kept, and the run is told of when it ends
#	tell STATUS		it has ended: to NOTIFY_EMAIL, NOTIFY_WEBHOOK and NOTIFY_PING, as NOTIFY_ON has it, and (metrics.sh) to
#				METRICS_DIR
#	after STATUS		BACKUP_POST_HOOK, after a run that made, or tried to make, backups; our status then
#	notify_unit UNIT	for OnFailure= of a service: what its run could not say any more
#	run_hook KEY		run that setting, a command, if there is one; its status
#
# Nothing of this changes how a run ends, but for a hook.  A run and the notice of its unit together take 24 seconds at the most
# for whoever does not answer: 6 at the start, 9 at the end, 9 for the notice.  $log_tail has what was logged.  Addresses are
# secrets: mm-post(1) has them from the environment, and never says them.

# notify_note CHANNEL - this one needs no notice of the unit any more: what it is to hear of this run it has heard.
notify_note() {
	[ -n "${INVOCATION_ID-}" ] || return 0
	notify_file=$(run_file "$command.told")
	{ mkdir -p -- "${notify_file%/*}" && printf '%s %s\n' "$INVOCATION_ID" "$1" >>"$notify_file"; } 2>/dev/null || :
}

# notify_told CHANNEL - is that so of the run of the unit that we speak of?
notify_told() {
	[ -n "$notify_of" ] && grep -Fqx -e "$notify_of $1" "$state"/runs/*.told 2>/dev/null
}

# notify_remember STATUS - how the last run of this command ended.
notify_remember() {
	printf '%s\n' "$1" | run_keeps "$command.status" || :
}

# notify_wanted STATUS - does NOTIFY_ON want this one told?
notify_wanted() {
	case $NOTIFY_ON in
	always) return 0 ;;
	change) [ "$1" != "$(cat -- "$(run_file "$command.status")" 2>/dev/null || echo 0)" ] ;;
	*) [ "$1" -ne 0 ] ;;
	esac
}

# notify_title STATUS - how it went, in a line.
notify_title() {
	case $command in
	all | make) notify_what='backup of' notify_partly='made, but not all is well' ;;
	send) notify_what='sending backups of' notify_partly='not all is sent' ;;
	prune) notify_what='dropping old backups of' notify_partly='not all is well' ;;
	readback) notify_what='reading back backups of' notify_partly='not all is well' ;;
	*) notify_what="$command: backup of" notify_partly='not all is well' ;;
	esac
	case $1 in
	0) notify_went=good ;;
	3) notify_went=$notify_partly ;;
	78) notify_went='none: the configuration is wrong' ;;
	129 | 130 | 143) notify_went="ended by a signal ($1)" ;;
	*) notify_went="FAILED ($1)" ;;
	esac
	printf '%s %s on %s: %s\n' "$notify_what" "$(printf '%s' "$PGDATABASE" | tr -d '\000-\037\177')" "$(uname -n)" "$notify_went"
}

# notify_text - the last lines of the log: as much as a pipe holds, so that nobody waits for its reader.
notify_text() {
	notify_said=$(tail -n 60 -- "$log_tail" 2>/dev/null | tail -c 30000)
	printf '%s\n' "${notify_said:-There is no log of this run.}"
}

# notify_mail TITLE <TEXT - by whatever stands in for sendmail here.
notify_mail() {
	for notify_program in sendmail /usr/sbin/sendmail msmtp; do
		command -v "$notify_program" >/dev/null || continue
		{
			printf 'To: %s\nSubject: %s\n' "$NOTIFY_EMAIL" "$1"
			printf 'Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n'
			cat
		} | timeout -k 1 "$notify_seconds" "$notify_program" -oi -t
		return
	done
	echo 'there is neither sendmail nor msmtp here' >&2
	return 2
}

# notify_post KEY WORD... - mm-post to the address that this setting holds.
notify_post() {
	export "${1?}"
	notify_key=$1
	shift
	timeout -k 1 $((notify_seconds + 1)) mm-post -t "${notify_seconds}s" --url-env "$notify_key" "$@"
}

# notify_by CHANNEL COMMAND... - one notification, in the background; that it arrived is noted for the unit's notice.
notify_by() {
	(
		notify_channel=$1 notify_st=0
		shift
		# What it says goes to a file, since whoever a sendmail leaves behind may hold a pipe for as long as it likes.
		notify_says=${log_tail:+$log_tail.$notify_channel}
		{ : >"${notify_says:=/dev/null}"; } 2>/dev/null || notify_says=/dev/null
		notify_text | "$@" >/dev/null 2>"$notify_says" || notify_st=$?
		case $notify_st in
		0) notify_note "$notify_channel" ;;
		124 | 137) log WARN "$notify_channel: nobody could be told: no answer within $notify_seconds seconds" ;;
		*) log WARN "$notify_channel: nobody could be told: $(cat -- "$notify_says")" ;;
		esac
	) &
	notify_jobs="$notify_jobs $!"
}

# notify_people RESULT TITLE - mail and webhook, at once.
notify_people() {
	[ -z "$NOTIFY_EMAIL" ] || notify_told NOTIFY_EMAIL || notify_by NOTIFY_EMAIL notify_mail "$2"
	[ -z "$NOTIFY_WEBHOOK" ] || notify_told NOTIFY_WEBHOOK ||
		notify_by NOTIFY_WEBHOOK notify_post NOTIFY_WEBHOOK --status "$1" --title "$2"
}

# notify_ping RESULT - it hears of every backup: what it raises is the alarm when nothing comes; and of what else fails.
notify_ping() {
	case $command$1 in allf* | alls* | makef* | makes* | sendfail | prunefail | readbackfail | noticefail) ;; *) return 0 ;; esac
	[ -z "$NOTIFY_PING" ] || notify_told NOTIFY_PING || notify_by NOTIFY_PING notify_post NOTIFY_PING --format ping --status "$1"
}

# notify_wait - until all have been told, or given up.
notify_wait() {
	for notify_job in $notify_jobs; do
		wait "$notify_job" || :
	done
	notify_jobs=''
}

notify_jobs='' notify_of='' notify_seconds=8

notify_start() {
	rm -f -- "$(run_file "$command.told")" 2>/dev/null || :
	notify_seconds=4
	notify_ping start
	notify_wait
	notify_seconds=8
}

# notify_end STATUS - a run that found another at work is none, and what NOTIFY_ON withholds the unit does not tell either.
notify_end() {
	if [ "$1" -eq 75 ]; then
		for notify_channel in NOTIFY_EMAIL NOTIFY_WEBHOOK NOTIFY_PING; do notify_note "$notify_channel"; done
		return
	fi
	[ "$1" -eq 0 ] && notify_result=success || notify_result=fail
	if notify_wanted "$1"; then
		notify_people "$notify_result" "$(notify_title "$1")"
	else
		notify_note NOTIFY_EMAIL
		notify_note NOTIFY_WEBHOOK
	fi
	notify_ping "$notify_result"
	notify_wait
	notify_remember "$1"
}

notify_unit() {
	[ "${MONITOR_EXIT_STATUS-}" != 75 ] || return 0
	unset INVOCATION_ID
	notify_of=${MONITOR_INVOCATION_ID-}
	log_tail=$(mktemp "${TMPDIR:-/tmp}/mm-log.$$.XXXXXX") || log_tail=''
	log ERROR "$1 failed: ${MONITOR_SERVICE_RESULT-}, ${MONITOR_EXIT_CODE-} ${MONITOR_EXIT_STATUS-}; look with: journalctl -u $1"
	notify_people fail "$1 on $(uname -n) failed: ${MONITOR_SERVICE_RESULT-} ${MONITOR_EXIT_STATUS-}"
	notify_ping fail
	notify_wait
	begin_over
}

run_hook() {
	run_hook=$(conf_value "$1")
	[ -n "$run_hook" ] || return 0
	log DEBUG "$1: $run_hook"
	export BACKUP_COMMAND="$command" BACKUP_HOME="$home"
	BACKUP_PLACES=$(send_places) && export BACKUP_PLACES
	hook_said=${log_tail:+$log_tail.hook}
	hook_said=${hook_said:-/dev/null}
	# In the background, so that a signal does not have to wait for it; and not deaf to those that we may ignore by now.
	(trap - HUP INT TERM; exec ${hook_limit:+timeout -k 5 "$hook_limit"} sh -c "$run_hook") >"$hook_said" 2>&1 </dev/null &
	hook_job=$! hook_st=0
	jobs="$jobs $hook_job"
	wait "$hook_job" || hook_st=$?
	jobs=${jobs% "$hook_job"}
	log_lines INFO <"$hook_said"
	[ "$hook_st" -eq 0 ] || log ERROR "$1: the command ended with status $hook_st"
	return "$hook_st"
}

# begin_sweep - remove what runs have left there that were killed, and so are no more.
begin_sweep() {
	for begin_log in "${TMPDIR:-/tmp}"/mm-log.*.*; do
		begin_pid=${begin_log##*/mm-log.}
		[ ! -f "$begin_log" ] || kill -s 0 "${begin_pid%%.*}" 2>/dev/null || rm -f -- "$begin_log" 2>/dev/null || :
	done
}

# begin_over - nothing of ours stays.
begin_over() {
	[ -z "$log_tail" ] || rm -f -- "$log_tail" "$log_tail".*
}

# begin - of a run, and not of a phase of one.
begin() {
	case $is_locked$dry$command in nono*) ;; *) return 0 ;; esac
	case $command in check | notice) return 0 ;; esac
	find_state
	begin_sweep
	log_tail=$(mktemp "${TMPDIR:-/tmp}/mm-log.$$.XXXXXX") && export log_tail
	tells=yes began=$(date +%s)
	notify_start
}

# tell STATUS - once.
tell() {
	tells=no
	metrics_run "$1"
	notify_end "$1"
	begin_over
}

# after STATUS - a hook that fails spoils a good run.
after() {
	case $command in all | make) ;; *) return "$1" ;; esac
	[ "$1" -ne 75 ] || return "$1"
	BACKUP_STATUS=$1 BACKUP_MADE=$(run_has made)
	export BACKUP_STATUS BACKUP_MADE
	run_hook BACKUP_POST_HOOK || { [ "$1" -ne 0 ] || return 3; }
	return "$1"
}
