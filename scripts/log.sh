# log.sh - sourced: what the scripts say, and where.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	log_name=backup.sh		who speaks
#	log INFO 'text'			DEBUG, INFO, NOTICE, WARN or ERROR; what is below LOG_LEVEL is not said
#	log_lines WARN <file		one for each line of it
#
# It goes to standard error: as it stands for a person, with the priorities of sd-daemon(3) for the journal, dated
# for anything else; and to LOG_FILE, which is opened for each line, so that it may be rotated at any time.
# A log that cannot be written never costs a backup: that is said once, and what was to be done is done.

log_name=${0##*/}

# Who reads us may go before we do.
trap '' PIPE
# A standard descriptor that is closed would be the next file that any program opens.  (A copy to itself tells nothing.)
(true 3>&2) || exec 2>/dev/null
(true 3>&1) 2>/dev/null || exec >/dev/null
(true 3<&0) 2>/dev/null || exec </dev/null

# log_rank LEVEL - print its number in syslog(3), which the journal understands.
log_rank() {
	case $1 in
	ERROR) echo 3 ;;
	WARN) echo 4 ;;
	NOTICE) echo 5 ;;
	INFO) echo 6 ;;
	*) echo 7 ;;
	esac
}

# log_start - find out, once, who reads standard error.
log_start() {
	log_form=dated
	if [ -t 2 ]; then
		log_form=person
	elif [ -n "${JOURNAL_STREAM-}" ] && [ "$(stat -L -c %d:%i "/proc/$$/fd/2" 2>/dev/null)" = "$JOURNAL_STREAM" ]; then
		log_form=journal
	fi
}

# log_file LINE - append it to LOG_FILE; say once that this does not work, in our children too.
log_file() {
	[ -n "${LOG_FILE-}" ] && [ -z "${LOG_FAILS-}" ] || return 0
	[ ! -p "$LOG_FILE" ] && { printf '%s\n' "$1" >>"$LOG_FILE"; } 2>/dev/null || {
		export LOG_FAILS=yes
		log WARN "LOG_FILE: $LOG_FILE cannot be written; going on without it"
	}
}

log() {
	[ "$(log_rank "$1")" -le "$(log_rank "${LOG_LEVEL:-INFO}")" ] || return 0
	[ -n "${log_form-}" ] || log_start
	log_level=$1
	shift
	log_dated="$(date -u +%Y-%m-%dT%H:%M:%SZ) $log_level $log_name: $*"
	case $log_form in
	person) printf '%s: %s\n' "$log_name" "$*" ;;
	journal) printf '<%s>%s: %s\n' "$(log_rank "$log_level")" "$log_name" "$*" ;;
	*) printf '%s\n' "$log_dated" ;;
	esac >&2 || :
	log_file "$log_dated"
	# What a notification will tell, if one is sent.
	[ -z "${log_tail-}" ] || { printf '%s\n' "$log_dated" >>"$log_tail"; } 2>/dev/null || :
}

log_lines() {
	while IFS= read -r log_line || [ -n "$log_line" ]; do
		log "$1" "$(printf '%s' "$log_line" | tr -d '\000-\010\013-\037\177')"
	done
}
