# directories.sh - sourced: home, what we remember and what is temporary: there, ours, to be written to?
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	preflight_directories	makes what is not there, sets $home, $state and $lock, and says what is wrong or missing by
#				preflight.sh's wrong and lack.  With touches=no nothing is made.
#	preflight_person DIR	78, and said, if we are root and DIR is somebody's, who could not use what root makes there

# is_ours DIR - is it a directory of ours or root's that nobody else can write to, unless it is one for all, as /tmp is?
is_ours() {
	[ -d "$1" ] || return 1
	# The numbers are all that is read, and they come before the name.
	# shellcheck disable=SC2012
	ls -ldn -- "$1/." 2>/dev/null | awk -v me="$(id -u)" '
		{ ours = ($3 == me || $3 == 0) && ((substr($1, 6, 1) != "w" && substr($1, 9, 1) != "w") || $1 ~ /^.........[tT]/) }
		END { exit !ours }'
}

# can_write DIR - can a file be made there?  A check makes none, and believes test(1).
can_write() {
	[ "$touches" = yes ] || { [ -w "$1" ]; return; }
	preflight_probe=$(mktemp "$1/.mm-probe.XXXXXX" 2>/dev/null) && rm -f -- "$preflight_probe"
}

# will_be_made DIR - it is not there, but a run will make it.
will_be_made() {
	[ "$touches" = no ] && [ ! -e "$1" ] && [ -w "$(dirname -- "$1")" ]
}

preflight_person() {
	[ "$(id -u)" -eq 0 ] && [ -d "$1" ] || return 0
	# Of these columns the owner is the third, whatever the name is like.
	# shellcheck disable=SC2012
	preflight_owner=$(ls -ld -- "$1/." | awk 'NR == 1 { print $3 }')
	case $preflight_owner in '' | root) return 0 ;; esac
	log ERROR "$1 is user $preflight_owner's, who could not use what root makes there; say: runuser -u $preflight_owner -- and the same again"
	return 78
}

# preflight_own KEY DIR - a directory for ourselves, made if that is possible.
preflight_own() {
	[ "$touches" = no ] || [ -d "$2" ] || mkdir -p -- "$2" 2>/dev/null || :
	! will_be_made "$2" || return 0
	if [ ! -d "$2" ]; then
		lack "$1: there is no directory $2" "install -d -m 0700 -o $(id -un) '$2'"
	elif ! can_write "$2"; then
		lack "$1: nothing can be written to $2" "chown -R $(id -un) '$2', or make room: df '$2'"
	elif ! is_ours "$2"; then
		lack "$1: others can write to $2, or it is another user's" "chown $(id -un) '$2' && chmod 0700 '$2'"
	fi
}

# make_home - make BACKUP_DEST if its parent is there, for BACKUP_GROUP to look into.
make_home() {
	[ "$touches" = yes ] && [ ! -d "$BACKUP_DEST" ] && mkdir -- "$BACKUP_DEST" 2>/dev/null && [ -n "$BACKUP_GROUP" ] || return 0
	{ chgrp -- "$BACKUP_GROUP" "$BACKUP_DEST" && chmod 0750 -- "$BACKUP_DEST"; } ||
		wrong "BACKUP_GROUP: $BACKUP_DEST cannot be given to group $BACKUP_GROUP"
}

# preflight_home - leave its path, free of links, in $home; or the one place there is, if that is to be home.
preflight_home() {
	home=$BACKUP_DEST
	[ -n "$home" ] || home=$(pgdump_split "$BACKUP_REMOTE_S3 $BACKUP_REMOTE_RSYNC")
	case $home in /*) preflight_home_here ;; esac
}

preflight_home_here() {
	BACKUP_DEST=$home
	make_home
	home=$BACKUP_DEST
	! will_be_made "$home" || return 0
	home=$(cd -P -- "$BACKUP_DEST" 2>/dev/null && pwd -P) || home=''
	if [ -z "$home" ] && [ -d "$BACKUP_DEST" ]; then
		lack "BACKUP_DEST: nobody but its owner gets into $BACKUP_DEST" "chown -R $(id -un) '$BACKUP_DEST'"
	elif [ -z "$home" ]; then
		lack "BACKUP_DEST: there is no directory $BACKUP_DEST" "install -d -m 0700 -o $(id -un) '$BACKUP_DEST'"
	elif ! can_write "$home"; then
		lack "BACKUP_DEST: nothing can be written to $home" \
			"chown $(id -un) '$home', or mount -o remount,rw its file system, or make room there"
	elif conf_yes BACKUP_REQUIRE_MOUNT && [ "$(df -P -- "$home" | awk 'NR == 2 { print $NF }')" = / ]; then
		lack "BACKUP_REQUIRE_MOUNT: nothing is mounted at $home" "mount '$home'"
	fi
}

# find_state - where we remember things between two runs, in $state.
find_state() {
	state=$BACKUP_STATE
	[ -z "$state" ] || return 0
	state=/var/lib/matric-memory
	[ "$touches" = no ] || mkdir -p -- "$state" 2>/dev/null || :
	[ -w "$state" ] || state=${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/matric-memory
}

# preflight_lock - $lock, which is home's.
preflight_lock() {
	lock=${LOCK_FILE:-$home/.lock}
	case $home in s3://*) lock=${LOCK_FILE:-$state/lock} ;; esac
	if [ -L "$lock" ] || { [ -e "$lock" ] && [ ! -f "$lock" ]; }; then
		wrong "LOCK_FILE: $lock is no plain file"
	elif [ "$touches" = yes ] && [ -n "$home" ] && ! { true >>"$lock"; } 2>/dev/null; then
		lack "LOCK_FILE: $lock cannot be written" \
			"$([ -e "$lock" ] && echo "chown $(id -un) '$lock'" || echo 'leaving LOCK_FILE empty, for a lock at home')"
	fi
}

preflight_directories() {
	preflight_home
	find_state
	preflight_own BACKUP_STATE "$state"
	preflight_own BACKUP_TEMP_DIR "$BACKUP_TEMP_DIR"
	preflight_lock
}
