# survey.sh - sourced: every place looked at, all at once, in a time that is bounded, by whoever may only look.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	survey_configure CONF PLACE	the settings, from that file or, if it is empty, from where they usually are; 78, and said, if
#				they cannot be used.  Sets $home, which is PLACE and the only one unless that is empty, and
#				$state.  Nothing is made, and nothing is logged to a file.
#	survey_series		print the names of backups that the settings ask for, a line each; none: whatever is there
#	survey_places		print home and the other places, a line each, none of them twice
#	survey_seconds TIME	print it in seconds: 10, 10s, 2m, 1h
#	survey_open		make a directory in $tmp for each place of standard input, a line each; $places is how many
#	survey SECONDS VERB	do that, by place.sh, at each of them:
#					$tmp/N/place	the place
#					$tmp/N/VERB	what was printed
#					$tmp/N/VERB.why	in a line, what was the matter; not there: nothing was
#					$tmp/N/blind	... we may not look there; `sizes' has what was sent
#				For `gather' the files that $tmp/N/want names come into $tmp/N/got; where it names none nobody is
#				asked.
#	survey_end		end what is at work still
#
# A place that does not answer in that time is left to itself, even if it cannot be ended: nobody waits for a dead disk.
# Needs log.sh and conf.sh.

# shellcheck source=scripts/lines.sh
. "$here/lines.sh"
# shellcheck source=scripts/pgdump.sh
. "$here/pgdump.sh"
# shellcheck source=scripts/runs.sh
. "$here/runs.sh"
# shellcheck source=scripts/preflight.sh
. "$here/preflight.sh"
# shellcheck source=scripts/places.sh
. "$here/places.sh"
# shellcheck source=scripts/retention.sh
. "$here/retention.sh"
# shellcheck source=scripts/send.sh
. "$here/send.sh"

survey_configure() {
	# Who only looks has no log.
	LOG_FILE='' survey_conf=$1
	if [ -n "$survey_conf" ]; then
		[ -e "$survey_conf" ] || { log ERROR "$survey_conf: there is no such file"; return 78; }
	elif [ -d "${conf_default%/*}" ] && [ ! -x "${conf_default%/*}" ]; then
		log ERROR "$conf_default: we may not look for it"
		return 78
	elif [ -e "$conf_default" ]; then
		survey_conf=$conf_default
	fi
	conf_load "$survey_conf" || return
	conf_tools "$here"
	# place.sh is told by the environment.
	export SSH_OPTIONS RSYNC_OPTIONS S3_OPTIONS S3_PUT_OPTIONS BACKUP_LIMIT_RATE
	[ -z "$2" ] || BACKUP_DEST=$2 BACKUP_REMOTE_RSYNC='' BACKUP_REMOTE_S3=''
	preflight_places
	preflight_status || return
	home=${BACKUP_DEST:-$(pgdump_split "$BACKUP_REMOTE_S3 $BACKUP_REMOTE_RSYNC")}
	case $home$2 in
	/*) home=$(cd -P -- "$home" 2>/dev/null && pwd -P) || home=$BACKUP_DEST ;;
	s3://* | *"$2") ;;
	*) log ERROR "BACKUP_DEST: '$home' is not an absolute path"; return 78 ;;
	esac
	state=${BACKUP_STATE:-/var/lib/matric-memory}
	[ -n "$BACKUP_STATE" ] || [ -r "$state" ] || state=${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/matric-memory
}

survey_series() {
	if [ -n "$BACKUP_NAME" ]; then
		printf '%s\n' "$BACKUP_NAME"
	elif [ "$PGDATABASE" != '*' ]; then
		pgdump_databases
	else
		# As they were when the server was last asked.
		cat -- "$(run_file databases)" 2>/dev/null || :
	fi
}

survey_places() {
	survey_places=$(send_places) || return
	printf '%s\n' "$home" "$survey_places" | awk '$0 != "" && !seen[$0]++'
}

survey_seconds() {
	case $1 in
	'' | *[!0-9smh]* | [!0-9]* | *[smh]?* | 0* | ???????*) return 1 ;;
	*m) echo $((${1%m} * 60)) ;;
	*h) echo $((${1%h} * 3600)) ;;
	*) echo "${1%s}" ;;
	esac
}

survey_open() {
	places=0
	while IFS= read -r survey_place; do
		places=$((places + 1))
		mkdir -- "$tmp/$places" "$tmp/$places/got" && printf '%s\n' "$survey_place" >"$tmp/$places/place" || return
	done
}

# survey_run JOB COMMAND... - run it, its process id in the file JOB meanwhile; its status.
survey_run() {
	survey_job=$1
	shift
	"$@" </dev/null 3>&- &
	echo $! >"$survey_job"
	wait $!
}

# survey_at N VERB - there; when it has ended, N and its status go to descriptor 3.
survey_at() {
	survey_st=0
	survey_dir=$tmp/$1
	set -- "$1" "$2" "$(cat -- "$survey_dir/place")"
	[ "$2" != gather ] || set -- "$@" "$survey_dir/want" "$survey_dir/got"
	survey_n=$1
	shift
	survey_run "$survey_dir/job" mm-pipe --with-parent --grace 1s sh "$here/place.sh" "$@" >"$survey_dir/$1" 2>"$survey_dir/said" ||
		survey_st=$?
	printf '%s %s\n' "$survey_n" "$survey_st" >&3
}

# survey_ring SECONDS - then, the word late goes to descriptor 3.
survey_ring() {
	survey_run "$tmp/job" mm-pipe --with-parent sleep "$1" >/dev/null 2>&1 && echo late >&3
}

# survey_reason FILE - of what was said there, the line that tells most, fit for a line of text.
survey_reason() {
	LC_ALL=C tr -d '\000-\011\013-\037\177' <"$1" | awk '
		/^mm-pipe: / || /^Warning: / || /^\*\* / || $0 == "" { next }
		!found++ { print }
		END { if (!found) print "it could not be listed" }' | cut -c 1-300
}

# survey_note N STATUS VERB - what became of it there.
survey_note() {
	rm -f -- "$tmp/$1/job"
	if [ "$2" -eq 0 ]; then
		rm -f -- "$tmp/$1/$3.why"
		return
	fi
	survey_reason "$tmp/$1/said" >"$tmp/$1/$3.why"
	# Who may send and not look knows what was sent.
	survey_sent=$state/sent/$(place_spelt "$(cat -- "$tmp/$1/place")")
	[ "$3" = sizes ] && [ -r "$survey_sent" ] && place_may_not "$(cat -- "$tmp/$1/said")" || return 0
	tr '\n' '\0' <"$survey_sent" >"$tmp/$1/sizes" && mv -- "$tmp/$1/sizes.why" "$tmp/$1/blind"
}

# survey_wait VERB - take note of each place that has done, until all have, or it is late.
survey_wait() {
	while [ "$survey_left" -gt 0 ] && read -r survey_n survey_st <&3 && [ "$survey_n" != late ]; do
		survey_left=$((survey_left - 1))
		survey_note "$survey_n" "$survey_st" "$1"
	done
}

survey() {
	rm -f -- "$tmp/fifo"
	mkfifo -- "$tmp/fifo" || return
	exec 3<>"$tmp/fifo"
	survey_n=0 survey_left=0
	while [ "$survey_n" -lt "$places" ]; do
		survey_n=$((survey_n + 1))
		[ "$2" != gather ] || [ -s "$tmp/$survey_n/want" ] || continue
		printf 'no answer within %s seconds\n' "$1" >"$tmp/$survey_n/$2.why"
		survey_left=$((survey_left + 1))
		survey_at "$survey_n" "$2" &
	done
	survey_ring "$1" &
	survey_wait "$2"
	survey_end
	exec 3>&-
}

survey_end() {
	for survey_job in "$tmp"/*/job "$tmp/job"; do
		[ ! -s "$survey_job" ] || { kill -s TERM "$(cat -- "$survey_job")" 2>/dev/null || :; rm -f -- "$survey_job"; }
	done
}
