# send.sh - sourced: every place gets what home has, it lacks and its policy keeps; then what its policy drops goes there.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	send_places		print the configured places but home, a line each
#	send_policy PLACE	print what is kept there; the word forever: nothing is ever dropped
#	send_all PLACE		send what is lacking, newest first; not 0, and said, if something still is
#	reach_places		lack, by preflight.sh, what cannot be reached
#	send_prune PLACE	drop what is too old, if the newest backup of home is there
#
# It works from listings alone: a place that was down gets at the next run what it lacks by then.  A backup's manifest is
# sent last, and only when the far side has what the manifest says.  Needs $home, $state and $tmp, and the place's lock.

# send_listed VALUE - the places that it has, a line each; home is none of them.
send_listed() {
	pgdump_split "$1" | HOME_IS=$home awk '$0 != ENVIRON["HOME_IS"]'
}

send_places() {
	send_listed "$BACKUP_REMOTE_RSYNC"
	send_listed "$BACKUP_REMOTE_S3"
}

send_policy() {
	case $1 in
	s3://*) printf '%s\n' "${BACKUP_KEEP_S3:-$keep}" ;;
	*) printf '%s\n' "${BACKUP_KEEP_RSYNC:-$keep}" ;;
	esac
}

# send_window PLACE - print of which backups that place gets what it lacks, as mm-prune(1) has it: there nothing is for ever.
send_window() {
	send_policy "$1" | sed 's/^forever$/within=1000000d/'
}

# send_there PLACE - what is there, in $tmp/there with NULs and in $tmp/there.lines.  Who may send but not look knows what was
# sent.
send_there() {
	send_known=$state/sent/$(place_spelt "$1") || return
	if place_list "$1" >"$tmp/there" 2>"$tmp/said"; then
		log_lines WARN <"$tmp/said"
	elif place_may_not "$(cat "$tmp/said")"; then
		log NOTICE "$1: we may not see what is there; going by what was sent"
		{ [ ! -e "$send_known" ] || tr '\n' '\0' <"$send_known"; } >"$tmp/there" || return
	else
		log_lines ERROR <"$tmp/said"
		log ERROR "$1: cannot be reached, or not listed"
		return 1
	fi
	tr '\000\n' '\n?' <"$tmp/there" >"$tmp/there.lines"
}

# send_note NAME - remember that this was sent.
send_note() {
	mkdir -p -- "$state/sent" && printf '%s\n' "$1" >>"$send_known"
}

# send_stranger PLACE - has another host put the newest backup of ours there?  Two hosts that prune each other keep nothing.
send_stranger() {
	! conf_yes BACKUP_SHARED || return 1
	send_newest=$(mm-prune -0 --list "$2" <"$tmp/there" | awk -F '\t' '$1 == "good" { print $3; exit }')
	[ -n "$send_newest" ] && [ ! -e "$home/$send_newest" ] || return 1
	send_host=$(place_fetch "$1" "$send_newest.manifest" 2>/dev/null | sed -n 's/^# host: //p')
	[ -n "$send_host" ] && [ "$send_host" != "$(uname -n)" ] || return 1
	log ERROR "$1: host $send_host sends its backups of $2 there too; give each host a place of its own, or say BACKUP_SHARED=yes"
}

# send_sweep PLACE - what rsync had under way when the far side was cut off: a file of home's, hidden, with six letters more.  We
# have the lock, so nobody is at it.
send_sweep() {
	[ "${1#*:/}" != "$1" ] || return 0
	tr '\000\n' '\n?' <"$tmp/home" | awk 'NR == FNR { home[$0] = 1; next }
		/^\..*\.[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]$/ && (substr($0, 2, length($0) - 8) in home)' \
		- "$tmp/there.lines" | place_drop "$1" || log NOTICE "$1: a file that was broken off could not be removed"
}

# send_wanted PLACE NAME - print what is to be sent there of the backups of this name, in order.
send_wanted() {
	heal_view "$1" "$2" >"$tmp/seen" &&
		mm-prune -0 -w "$tmp/home" "$(send_window "$1")" "$2" <"$tmp/seen"
}

# send_sum_of MANIFEST - print the SHA-256 of the backup that this file is about.
send_sum_of() {
	sed -n 's/^\([0-9a-f]\{64\}\) [ *].*/\1/p' "$1"
}

# send_expected FILE - print the SHA-256 that the file must have: by its manifest, if it is a backup, else by itself.
send_expected() {
	if [ -e "$home/$1.manifest" ]; then
		send_sum_of "$home/$1.manifest"
	else
		send_digest "$1"
	fi
}

# send_digest FILE - print the SHA-256 of what home has.
send_digest() {
	place_until "$(place_bytes "$home/$1")"
	sha256sum <"$home/$1" | cut -d' ' -f1
}

# send_suspect FILE - what home has is not what its manifest says.
send_suspect() {
	log ERROR "$home/$1: not what its manifest says; marked as suspect"
	printf '%s: read back for sending, it had not the SHA-256 of its manifest\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$home/$1.suspect"
	return 1
}

# send_differs PLACE FILE - what went there is not what it should be: which of the two has gone bad?
send_differs() {
	printf '%s\n' "$2" | place_drop "$1" 2>/dev/null || log WARN "$1/$2: this copy is bad and could not be removed"
	[ "$(send_digest "$2")" = "$send_sum" ] || { send_suspect "$2"; return; }
	log ERROR "$1: $2 arrived damaged; removed there"
	return 1
}

# send_way PLACE - how is what arrived there compared?  Found out once, when there is something to send.
send_way() {
	[ -z "$send_by" ] || return 0
	send_by='the SHA-256 of what is there'
	! place_tells "$1" || return 0
	send_by="rsync's checksum"
	log NOTICE "$1: no sha256sum can be run there; rsync compares what arrives with what home has"
}

# send_file PLACE FILE - one file of home's, whole, or nothing of its name.
send_file() {
	send_again=''
	! grep -Fqx -e "$2" "$tmp/there.lines" || send_again=again
	send_sum=$(send_expected "$2") || return
	send_way "$1"
	# Who compares by rsync knows only that what is there is what is here; so that is looked at first.
	case $send_by in rsync*) [ "$(send_digest "$2")" = "$send_sum" ] || { send_suspect "$2"; return; } ;; esac
	send_got=$(place_send "$1" "$home/$2" $send_again 2>"$tmp/said") || {
		log_lines ERROR <"$tmp/said"
		log ERROR "$1: $2 could not be sent"
		return 1
	}
	log_lines WARN <"$tmp/said"
	[ -n "$send_got" ] || case $send_by in rsync*) send_got=$send_sum ;; *) send_got=$(send_digest "$2") || return ;; esac
	[ "$send_got" = "$send_sum" ] || send_differs "$1" "$2" || return
	send_note "$2"
}

# send_queue PLACE - the names of standard input; when one of a backup fails, the rest of that backup is left out.
send_queue() {
	send_failed=/ send_st=0
	while IFS= read -r send_name <&3; do
		case $send_name in "$send_failed" | "$send_failed".*) continue ;; esac
		[ -e "$home/$send_name" ] || { log NOTICE "$send_name: has gone from home meanwhile; not sent"; send_failed=$send_name; continue; }
		send_file "$1" "$send_name" || { send_failed=$send_name send_st=1; continue; }
		[ ! -e "$home/$send_name.manifest" ] || log INFO "sent $send_name to $1; compared by $send_by"
		case $send_name in *.manifest) heal_note "$1" "${send_name%.manifest}" ;; esac
	done
	return "$send_st"
}

# send_name PLACE NAME - what is lacking there of the backups of this name.
send_name() {
	! send_stranger "$1" "$2" || return 1
	send_wanted "$1" "$2" >"$tmp/wanted" || return
	send_queue "$1" 3<"$tmp/wanted"
}

# send_database DB - for each_database, at $place.
send_database() {
	place_until 0
	send_name "$place" "${BACKUP_NAME:-$1}"
}

send_all() {
	place=$1 send_by=''
	place_list "$home" >"$tmp/home" || { log ERROR "$home: cannot be listed"; return 1; }
	send_there "$1" || return
	send_sweep "$1"
	send_all_st=0
	each_database send_database || send_all_st=1
	heal_unmark "$1"
	return "$send_all_st"
}

# send_prune_database DB - for each_database, at $place.
send_prune_database() {
	place_until 0
	send_of=${BACKUP_NAME:-$1}
	retention_list "$home" "$send_of" || return
	send_newest=$(awk -F '\t' '$1 == "good" { print $3; exit }' "$tmp/list")
	retention_list "$place" "$send_of" 2>"$tmp/said" || { place_may_not "$(cat "$tmp/said")"; return; }
	if ! awk -F '\t' -v newest="$send_newest" '$1 == "good" && $3 == newest { found = 1 } END { exit !found }' "$tmp/list"; then
		log WARN "$place: the newest backup of $send_of is not there, so nothing is dropped"
		return 1
	fi
	retention_prune "$place" "$(send_policy "$place")" "$send_of"
}

send_prune() {
	place=$1
	retention_resume "$1" 2>/dev/null || log WARN "$1: not all that an earlier run meant to drop could be removed"
	heal_unmark "$1"
	each_database send_prune_database
}

# reach_place PLACE - can it be listed?
reach_place() {
	reach_said=$(place_list "$1" 2>&1 >/dev/null) || place_may_not "$reach_said" ||
		lack "$1: cannot be reached, or not listed: $reach_said" "looking at what it says"
}

# reach_places - for a check: can each place be listed?
reach_places() {
	each_line "$(send_places)" reach_place
}
