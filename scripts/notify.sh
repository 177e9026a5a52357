# notify.sh - sourced: who hears of a run, how it went in numbers, and the administrator's hooks.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	begin			from here on what is logged is kept, and the run is told of when it ends
#	tell STATUS		it has ended: to NOTIFY_EMAIL, NOTIFY_WEBHOOK and NOTIFY_PING, as NOTIFY_ON has it, and to METRICS_DIR
#	after STATUS		BACKUP_POST_HOOK, after a run that made, or tried to make, backups; our status then
#	notify_unit UNIT	for OnFailure= of a service: what its run could not say any more
#	run_hook KEY		run that setting, a command, if there is one; its status
#
# Nothing of this changes how a run ends, but for a hook.  A notification takes 12 seconds at the most.  $log_tail has what
# was logged.  Addresses are secrets: mm-post(1) has them from the environment, and never says them.

# notify_wanted STATUS - does NOTIFY_ON want this one told?  A run that found another at work is none.
notify_wanted() {
	notify_last=$(cat -- "$state/last-status" 2>/dev/null) || notify_last=0
	case $NOTIFY_ON$1 in
	*75) return 1 ;;
	always*) return 0 ;;
	change*) [ "$1" != "$notify_last" ] ;;
	*) [ "$1" -ne 0 ] ;;
	esac
}

# notify_title STATUS - how it went, in a line.
notify_title() {
	case $1 in
	0) notify_went=good ;;
	3) notify_went='made, but not all is well' ;;
	78) notify_went='none: the configuration is wrong' ;;
	129 | 130 | 143) notify_went="ended by a signal ($1)" ;;
	*) notify_went="FAILED ($1)" ;;
	esac
	printf 'backup of %s on %s: %s\n' "$(printf '%s' "$PGDATABASE" | tr -d '\000-\037\177')" "$(uname -n)" "$notify_went"
}

# notify_text - the last lines of the log.
notify_text() {
	tail -n 60 -- "$log_tail" 2>/dev/null || echo 'There is no log of this run.'
}

# notify_mail TITLE <TEXT - by whatever stands in for sendmail here.
notify_mail() {
	for notify_program in sendmail /usr/sbin/sendmail msmtp; do
		command -v "$notify_program" >/dev/null || continue
		{
			printf 'To: %s\nSubject: %s\n' "$NOTIFY_EMAIL" "$1"
			printf 'Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n'
			cat
		} | timeout 10 "$notify_program" -oi -t
		return
	done
	echo 'there is neither sendmail nor msmtp here' >&2
	return 2
}

# notify_by CHANNEL COMMAND... - one notification, in the background; that it arrived is noted for the unit's notice.
notify_by() {
	(
		notify_channel=$1
		shift
		notify_said=$(notify_text | "$@" 2>&1 >/dev/null) || {
			log WARN "$notify_channel: nobody could be told: $notify_said"
			exit
		}
		{ printf '%s %s\n' "${INVOCATION_ID:-none}" "$notify_channel" >>"$state/notified"; } 2>/dev/null || :
	) &
	notify_jobs="$notify_jobs $!"
}

# notify_told CHANNEL - has the run of the unit that we speak of used it already?
notify_told() {
	[ -n "$notify_of" ] && grep -Fqx -e "$notify_of $1" "$state/notified" 2>/dev/null
}

# notify_post KEY WORD... - mm-post to the address that this setting holds.
notify_post() {
	export "${1?}"
	notify_key=$1
	shift
	mm-post -t 10s --url-env "$notify_key" "$@"
}

# notify_all STATUS TITLE - every channel that is configured, at once.
notify_all() {
	[ "$1" -eq 0 ] && notify_result=success || notify_result=fail
	[ -z "$NOTIFY_EMAIL" ] || notify_told NOTIFY_EMAIL || notify_by NOTIFY_EMAIL notify_mail "$2"
	[ -z "$NOTIFY_WEBHOOK" ] || notify_told NOTIFY_WEBHOOK ||
		notify_by NOTIFY_WEBHOOK notify_post NOTIFY_WEBHOOK --status "$notify_result" --title "$2"
	notify_ping "$notify_result"
}

# notify_ping STATUS - it hears of every run: what it raises is the alarm when nothing comes.
notify_ping() {
	[ -z "$NOTIFY_PING" ] || notify_told NOTIFY_PING || notify_by NOTIFY_PING notify_post NOTIFY_PING --format ping --status "$1"
}

# notify_wait - until all have been told, or given up.
notify_wait() {
	for notify_job in $notify_jobs; do
		wait "$notify_job" || :
	done
	notify_jobs=''
}

notify_jobs='' notify_of=''

notify_start() {
	case $command in all | make) ;; *) return 0 ;; esac
	rm -f -- "$state/notified" 2>/dev/null || :
	notify_ping start
	notify_wait
}

notify_end() {
	[ "$1" -ne 75 ] || return 0
	if notify_wanted "$1"; then
		notify_all "$1" "$(notify_title "$1")"
	else
		case $command in all | make) notify_ping "$([ "$1" -eq 0 ] && echo success || echo fail)" ;; esac
	fi
	notify_wait
	{ rm -f -- "$state/last-status" && printf '%s\n' "$1" >"$state/last-status"; } 2>/dev/null || :
}

notify_unit() {
	log_tail=/dev/null notify_of=${MONITOR_INVOCATION_ID-}
	log ERROR "$1 failed: ${MONITOR_SERVICE_RESULT-}, ${MONITOR_EXIT_CODE-} ${MONITOR_EXIT_STATUS-}; look with: journalctl -u $1"
	notify_all 1 "$1 on $(uname -n) failed: ${MONITOR_SERVICE_RESULT-} ${MONITOR_EXIT_STATUS-}"
	notify_wait
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

# metrics_line NAME VALUE TYPE HELP - one metric of this command at this home.
metrics_line() {
	printf '# HELP %s %s\n# TYPE %s %s\n%s{home="%s",command="%s"} %s\n' "$1" "$4" "$1" "$3" "$1" "$metrics_home" "$command" "$2"
}

metrics_end() {
	[ -n "$METRICS_DIR" ] || return 0
	metrics_now=$(date +%s)
	metrics_home=$(printf '%s' "$home" | sed 's/[\\"]/\\&/g')
	metrics_file=$METRICS_DIR/mm_backup_run.$(printf '%s' "$home" | cksum | tr -dc 0-9).$command.prom
	metrics_good=$(sed -n 's/^mm_backup_run_last_success_timestamp_seconds{.*} //p' "$metrics_file" 2>/dev/null) || metrics_good=''
	[ "$1" -ne 0 ] || metrics_good=$metrics_now
	{
		metrics_line mm_backup_run_timestamp_seconds "$metrics_now" gauge 'When the last run of this command ended.'
		metrics_line mm_backup_run_status "$1" gauge 'Exit status of the last run: 0 good, 3 partial, 1 no backup, 75 busy, 78 configuration.'
		metrics_line mm_backup_run_duration_seconds $((metrics_now - began)) gauge 'How long the last run took.'
		[ -z "$metrics_good" ] || metrics_line mm_backup_run_last_success_timestamp_seconds "$metrics_good" gauge \
			'When a run of this command last ended with status 0.'
	} >"$metrics_file.$$" 2>/dev/null && chmod 644 "$metrics_file.$$" && mv -f -- "$metrics_file.$$" "$metrics_file" || {
		rm -f -- "$metrics_file.$$"
		log WARN "METRICS_DIR: $metrics_file could not be written"
	}
}

# begin_sweep - remove what runs have left there that were killed, and so are no more.
begin_sweep() {
	for begin_log in "${TMPDIR:-/tmp}"/mm-log.*.*; do
		begin_pid=${begin_log##*/mm-log.}
		[ ! -f "$begin_log" ] || kill -s 0 "${begin_pid%%.*}" 2>/dev/null || rm -f -- "$begin_log" 2>/dev/null || :
	done
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
	metrics_end "$1"
	notify_end "$1"
	rm -f -- "$log_tail" "$log_tail.hook"
}

# after STATUS - a hook that fails spoils a good run.
after() {
	case $command in all | make) ;; *) return "$1" ;; esac
	[ "$1" -ne 75 ] || return "$1"
	# What is written down there is this run's only if it made something.
	BACKUP_STATUS=$1 BACKUP_MADE=''
	case $1 in 0 | 3) BACKUP_MADE=$(cat -- "$state/made" 2>/dev/null) || : ;; esac
	export BACKUP_STATUS BACKUP_MADE
	run_hook BACKUP_POST_HOOK || { [ "$1" -ne 0 ] || return 3; }
	return "$1"
}
