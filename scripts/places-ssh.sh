# places-ssh.sh - sourced by places.sh: how a host is reached by ssh, and by rsync over it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	place_ssh PLACE COMMAND		that line, on the far side, by a shell
#	place_path PLACE NAME		print that file as a word of such a line
#	place_has_shell PLACE		is there one, or only rsync?
#	place_rsync WORD...		rsync, as we always call it
#	place_rsync_refused		print the first word of RSYNC_OPTIONS that is not taken; not 0 if all are

# place_host PLACE - as ssh wants it, without brackets.
place_host() {
	printf '%s\n' "${1%%:/*}" | tr -d '[]'
}

# place_path PLACE NAME - that file on the far side, as one word for its shell.
place_path() {
	place_dir=/${1#*:/}
	printf "'%s'\n" "$(printf '%s/%s\n' "${place_dir%/}" "$2" | sed "s/'/'\\\\''/g")"
}

# place_ssh_words - print how ssh is called, as rsync takes it too: it never asks, and never waits for ever.
place_ssh_words() {
	printf '%s\n' "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 ${SSH_OPTIONS-}"
}

# place_ssh PLACE COMMAND - that line, on the far side, by a shell.
place_ssh() {
	set -f
	# shellcheck disable=SC2046
	set -- $(place_ssh_words) -T -- "$(place_host "$1")" "$2"
	set +f
	"$@"
}

# place_has_shell PLACE - is there one, or only rsync?
place_has_shell() {
	[ "$(place_ssh "$1" 'echo mm-shell' 2>/dev/null </dev/null | tail -n 1)" = mm-shell ]
}

# place_rsync_refused - those that are taken say how bytes travel.  Others could leave a part under a backup's name, change or
# remove what is here or there, or make a listing or a comparison say what is not so.
place_rsync_refused() (
	set -f
	for place_word in ${RSYNC_OPTIONS-}; do
		case $place_word in
		--compress | --old-compress | --new-compress | --whole-file | --no-whole-file | --fsync | --blocking-io) ;;
		--ipv4 | --ipv6 | --protect-args | --secluded-args | --old-args) ;;
		--bwlimit=?* | --timeout=?* | --rsync-path=?* | --sockopts=?* | --protocol=?* | --block-size=?*) ;;
		--compress-level=?* | --zl=?* | --compress-choice=?* | --zc=?* | --compress-threads=?* | --skip-compress=?*) ;;
		- | -*[!zW46s]* | [!-]*) printf '%s\n' "$place_word"; return ;;
		esac
	done
	return 1
)

# place_rsync WORD... - rsync, as we always call it.  A bare number would be KiB to it.  What an alias in ~/.popt says of parts does
# not count.
place_rsync() {
	if place_word=$(place_rsync_refused); then
		echo "RSYNC_OPTIONS: '$place_word' is not taken" >&2
		return 2
	fi
	case ${BACKUP_LIMIT_RATE-} in *[0-9]) place_rate=${BACKUP_LIMIT_RATE}B ;; *) place_rate=${BACKUP_LIMIT_RATE-} ;; esac
	set -f
	# shellcheck disable=SC2086
	set -- -e "$(place_ssh_words)" --timeout=300 ${place_rate:+--bwlimit="$place_rate"} ${RSYNC_OPTIONS-} \
		--no-partial --no-inplace --no-append "$@"
	set +f
	rsync "$@" </dev/null
}
