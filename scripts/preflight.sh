# preflight.sh - sourced: everything that is wrong or missing, all of it at once, before anything is dumped.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	preflight_settings	do the settings make sense by themselves?
#	preflight_tools		are the programs there?
#	preflight_directories	home, state and temporary files: there, ours, to be written to?
#	preflight_status	78 if a setting was wrong, else 1 if something is missing, else 0
#
# Each finding is a line in the log, with the command that mends it.  Sets home, state, lock, suffix, keep (the policy).
# With touches=no nothing is made.  grants.sh looks into the database.

preflight_wrongs=0
preflight_lacks=0

# wrong TEXT - a setting is wrong.
wrong() {
	log ERROR "$1"
	preflight_wrongs=$((preflight_wrongs + 1))
}

# lack TEXT [COMMAND] - something is missing, and COMMAND mends it.
lack() {
	log ERROR "$1${2:+; mend it by: $2}"
	preflight_lacks=$((preflight_lacks + 1))
}

preflight_status() {
	[ "$preflight_wrongs" -eq 0 ] || return 78
	[ "$preflight_lacks" -eq 0 ] || return 1
}

# one_of KEY WORD... - its value must be one of these.
one_of() {
	preflight_key=$1
	preflight_has=$(conf_value "$1")
	shift
	for preflight_word; do
		[ "$preflight_has" != "$preflight_word" ] || return 0
	done
	wrong "$preflight_key: '$preflight_has' is none of: $*"
}

# agrees KEY COMMAND... - the tool that will get the value is asked whether it takes it; it says why not.
agrees() {
	preflight_key=$1
	shift
	preflight_said=$("$@" 2>&1 >/dev/null </dev/null) || wrong "$preflight_key: $preflight_said"
}

# sealing_words - print mm-seal's words for BACKUP_ENCRYPT or BACKUP_PASSPHRASE_FILE, a line each; nothing: not sealed.
sealing_words() {
	case $BACKUP_ENCRYPT in
	'') [ -z "$BACKUP_PASSPHRASE_FILE" ] || printf -- '-p\n%s\n' "$BACKUP_PASSPHRASE_FILE" ;;
	age1* | ssh-*) printf '%s\n' "$BACKUP_ENCRYPT" | tr , '\n' | awk '{ sub(/^ +/, ""); sub(/ +$/, "") } $0 != "" { print "-r"; print }' ;;
	*) printf -- '-R\n%s\n' "$BACKUP_ENCRYPT" ;;
	esac
}

# preflight_sealing - can we seal as we are told to?
preflight_sealing() {
	if [ -n "$BACKUP_ENCRYPT" ] && [ -n "$BACKUP_PASSPHRASE_FILE" ]; then
		wrong 'BACKUP_ENCRYPT and BACKUP_PASSPHRASE_FILE: a backup is sealed to recipients or by a passphrase, not both'
	elif [ -n "$BACKUP_ENCRYPT$BACKUP_PASSPHRASE_FILE" ]; then
		preflight_ifs=$IFS
		IFS='
'
		set -f
		# A line each, and so they are meant to split.
		# shellcheck disable=SC2046
		agrees "${BACKUP_ENCRYPT:+BACKUP_ENCRYPT}${BACKUP_PASSPHRASE_FILE:+BACKUP_PASSPHRASE_FILE}" mm-seal $(sealing_words)
		set +f
		IFS=$preflight_ifs
		suffix=$suffix$(mm-seal -s)
	fi
}

# preflight_compression - the end of a backup's name, and whether method, level and threads fit each other.
preflight_compression() {
	suffix=.sql
	[ "$pgdump_format" != directory ] || suffix=.sql.tar
	if preflight_z=$(mm-compress -s -m "$BACKUP_COMPRESS" 2>/dev/null); then
		suffix=$suffix$preflight_z
		agrees 'COMPRESS_LEVEL, COMPRESS_THREADS' mm-compress -m "$BACKUP_COMPRESS" \
			${COMPRESS_LEVEL:+-l "$COMPRESS_LEVEL"} ${COMPRESS_THREADS:+-T "$COMPRESS_THREADS"}
	else
		wrong "BACKUP_COMPRESS: '$BACKUP_COMPRESS' is none of: $(mm-compress --list | cut -d' ' -f1 | tr -s '\n\t' '  ')"
	fi
}

# preflight_policy - $keep, from BACKUP_KEEP or, as within so many days, from BACKUP_RETAIN.
preflight_policy() {
	case $BACKUP_RETAIN in
	'' | *[!0-9]* | 0*) [ -n "$BACKUP_KEEP" ] || wrong "BACKUP_RETAIN: '$BACKUP_RETAIN' is no number of days, 1 or more" ;;
	esac
	keep=${BACKUP_KEEP:-within=${BACKUP_RETAIN}d,least=3}
	agrees "${BACKUP_KEEP:+BACKUP_KEEP}${BACKUP_KEEP:-BACKUP_RETAIN}" mm-prune "$keep" any
}

preflight_settings() {
	case $BACKUP_DEST in
	/*) ;;
	*) wrong "BACKUP_DEST: '$BACKUP_DEST' is not an absolute path" ;;
	esac
	for preflight_key in BACKUP_REQUIRE_MOUNT BACKUP_SHARED BACKUP_GLOBALS BACKUP_PLAINTEXT_SPOOL VERIFY_RESTORE; do
		one_of "$preflight_key" yes no true false
	done
	one_of BACKUP_PROVE auto yes no
	one_of LOG_LEVEL DEBUG INFO NOTICE WARN ERROR
	case $BACKUP_LOCK_WAIT in
	'' | 0* | [!0-9]*) wrong "BACKUP_LOCK_WAIT: '$BACKUP_LOCK_WAIT' is no time that PostgreSQL takes, as 5min" ;;
	esac
	agrees BACKUP_STALL mm-pipe -t "$BACKUP_STALL" true
	pgdump_read_options || wrong 'PGDUMP_OPTIONS cannot be had'
	preflight_compression
	preflight_sealing
	preflight_policy
	case $BACKUP_NAME$PGDATABASE in *'
'*) wrong 'BACKUP_NAME and PGDATABASE have one line each' ;; esac
	pgdump_split "$PGDATABASE$BACKUP_EXCLUDE" >/dev/null || wrong 'PGDATABASE, BACKUP_EXCLUDE: a quote is not closed'
}

# need PROGRAM PACKAGE - it must be in PATH.
need() {
	command -v "$1" >/dev/null || lack "there is no $1 in PATH" "apt-get install $2"
}

preflight_tools() {
	for preflight_word in mm-pipe mm-verify mm-compress mm-seal mm-key mm-land mm-prune; do
		command -v "$preflight_word" >/dev/null || lack "there is no $preflight_word in PATH" 'make install'
	done
	set -f
	# A command's words are meant to split.
	# shellcheck disable=SC2046
	set -- $(pgdump_command)
	set +f
	need "$1" postgresql-client
	[ -n "$PGDUMP" ] || need psql postgresql-client
	! conf_yes VERIFY_RESTORE || need pg_restore postgresql-client
	[ "$pgdump_format" != directory ] || need tar tar
}

# is_ours DIR - is it a directory of ours or root's that nobody else can write to, unless it is one for all, as /tmp is?
is_ours() {
	[ -d "$1" ] || return 1
	# The numbers are all that is read, and they come before the name.
	# shellcheck disable=SC2012
	ls -ldn -- "$1/." | awk -v me="$(id -u)" '{
		exit !(($3 == me || $3 == 0) && ((substr($1, 6, 1) != "w" && substr($1, 9, 1) != "w") || $1 ~ /^.........[tT]/))
	}'
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

# preflight_own KEY DIR - a directory for ourselves, made if that is possible.
preflight_own() {
	[ "$touches" = no ] || [ -d "$2" ] || mkdir -p -- "$2" 2>/dev/null || :
	! will_be_made "$2" || return 0
	if [ ! -d "$2" ]; then
		lack "$1: there is no directory $2" "install -d -m 0700 -o $(id -un) '$2'"
	elif ! is_ours "$2"; then
		lack "$1: others can write to $2, or it is another user's" "chown $(id -un) '$2' && chmod 0700 '$2'"
	elif ! can_write "$2"; then
		lack "$1: nothing can be written to $2" "look at: ls -ld '$2'; df '$2'"
	fi
}

# make_home - make BACKUP_DEST if its parent is there, for BACKUP_GROUP to look into.
make_home() {
	[ "$touches" = yes ] && [ ! -d "$BACKUP_DEST" ] && mkdir -- "$BACKUP_DEST" 2>/dev/null && [ -n "$BACKUP_GROUP" ] || return 0
	{ chgrp -- "$BACKUP_GROUP" "$BACKUP_DEST" && chmod 0750 -- "$BACKUP_DEST"; } ||
		wrong "BACKUP_GROUP: $BACKUP_DEST cannot be given to group $BACKUP_GROUP"
}

# preflight_home - leave its path, free of links, in $home.
preflight_home() {
	make_home
	home=$BACKUP_DEST
	! will_be_made "$home" || return 0
	home=$(cd -P -- "$BACKUP_DEST" 2>/dev/null && pwd -P) || home=''
	if [ -z "$home" ]; then
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
	if [ -L "$lock" ] || { [ -e "$lock" ] && [ ! -f "$lock" ]; }; then
		wrong "LOCK_FILE: $lock is no plain file"
	elif [ "$touches" = yes ] && [ -n "$home" ] && ! { : >>"$lock"; } 2>/dev/null; then
		lack "LOCK_FILE: $lock cannot be written" "leave LOCK_FILE empty, for a lock at home"
	fi
}

preflight_directories() {
	preflight_home
	find_state
	preflight_own BACKUP_STATE "$state"
	preflight_own BACKUP_TEMP_DIR "$BACKUP_TEMP_DIR"
	preflight_lock
}
