# preflight.sh - sourced: everything that is wrong or missing, all of it at once, before anything is dumped.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	preflight_settings	do the settings make sense by themselves?
#	preflight_tools		are the programs there?
#	preflight_status	78 if a setting was wrong, else 1 if something is missing, else 0
#
# Each finding is a line in the log, with the command that mends it.  Sets suffix and keep (the policy).
# directories.sh looks at the disk, grants.sh into the database, send.sh at the places.

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
	age1* | ssh-*) sealing_recipients ;;
	*) printf -- '-R\n%s\n' "$BACKUP_ENCRYPT" ;;
	esac
}

# sealing_recipients - for those that BACKUP_ENCRYPT itself has, apart by commas.
sealing_recipients() {
	sealing_left=$BACKUP_ENCRYPT,
	while [ -n "$sealing_left" ]; do
		sealing_one=${sealing_left%%,*} sealing_left=${sealing_left#*,}
		sealing_one=${sealing_one#"${sealing_one%%[! ]*}"}
		sealing_one=${sealing_one%"${sealing_one##*[! ]}"}
		[ -z "$sealing_one" ] || printf -- '-r\n%s\n' "$sealing_one" || return
	done
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
	[ -n "$BACKUP_KEEP" ] || agrees BACKUP_RETAIN mm-prune "$keep" any
	for preflight_key in BACKUP_KEEP BACKUP_KEEP_RSYNC BACKUP_KEEP_S3; do
		preflight_has=$(conf_value "$preflight_key")
		case $preflight_has in '' | forever) ;; *) agrees "$preflight_key" mm-prune "$preflight_has" any ;; esac
	done
}

# preflight_place PLACE - is it written as a place is?
preflight_place() {
	place_known "$1" || wrong "'$1' is no place: /directory, [user@]host:/directory or s3://bucket/prefix"
}

# preflight_places - is each written as a place is, and is there one that can be home?
preflight_places() {
	preflight_all=$(pgdump_split "$BACKUP_REMOTE_RSYNC $BACKUP_REMOTE_S3") || wrong 'BACKUP_REMOTE_RSYNC, BACKUP_REMOTE_S3: a quote is not closed'
	each_line "$preflight_all" preflight_place
	! preflight_word=$(place_rsync_refused) ||
		wrong "RSYNC_OPTIONS: '$preflight_word' is not taken, since a backup could be harmed by it; backup.conf(5) has those that are"
	case $BACKUP_DEST$preflight_all in
	'') wrong 'BACKUP_DEST is empty, and there is no other place that could be home' ;;
	*'
'*) [ -n "$BACKUP_DEST" ] || wrong 'BACKUP_DEST is empty, and of several places none is home' ;;
	*:/[!/]*) [ -n "$BACKUP_DEST" ] || wrong "BACKUP_DEST is empty, and $preflight_all cannot be home: what ssh carries ends the same way whether it is whole or not" ;;
	esac
	case $BACKUP_LIMIT_RATE in '' | [1-9]*[0-9KMG] | [1-9]) ;; *) wrong "BACKUP_LIMIT_RATE: '$BACKUP_LIMIT_RATE' is no number of bytes a second, as 10M" ;; esac
}

preflight_settings() {
	case $BACKUP_DEST in
	/* | '') ;;
	*) wrong "BACKUP_DEST: '$BACKUP_DEST' is not an absolute path" ;;
	esac
	preflight_places
	for preflight_key in BACKUP_REQUIRE_MOUNT BACKUP_SHARED BACKUP_GLOBALS BACKUP_PLAINTEXT_SPOOL MIGRATION_REMOTE; do
		one_of "$preflight_key" yes no true false
	done
	one_of BACKUP_PROVE auto yes no
	one_of VERIFY_RESTORE yes no true false full
	one_of NOTIFY_ON failure always change
	one_of LOG_LEVEL DEBUG INFO NOTICE WARN ERROR
	case $BACKUP_LOCK_WAIT in
	'' | 0* | [!0-9]*) wrong "BACKUP_LOCK_WAIT: '$BACKUP_LOCK_WAIT' is no time that PostgreSQL takes, as 5min" ;;
	esac
	agrees BACKUP_STALL mm-pipe -t "$BACKUP_STALL" true
	pgdump_read_options || wrong 'PGDUMP_OPTIONS cannot be had'
	preflight_compression
	preflight_sealing
	preflight_policy
	for preflight_key in $(conf_keys); do
		eval "preflight_has=\$$preflight_key"
		case $preflight_has in *'
'*) wrong "$preflight_key: has more than one line" ;; esac
	done
	agrees --wait mm-pipe --wait "$wait" true
	pgdump_split "$PGDATABASE$BACKUP_EXCLUDE" >/dev/null || wrong 'PGDATABASE, BACKUP_EXCLUDE: a quote is not closed'
}

# need PROGRAM PACKAGE - it must be in PATH.
need() {
	command -v "$1" >/dev/null || lack "there is no $1 in PATH" "apt-get install $2"
}

preflight_tools() {
	case "$BACKUP_DEST $BACKUP_REMOTE_S3" in *s3://*) preflight_has='mm-s3put mm-s3get mm-s3ls mm-s3rm' ;; *) preflight_has='' ;; esac
	for preflight_word in mm-pipe mm-verify mm-compress mm-seal mm-key mm-land mm-prune $preflight_has; do
		command -v "$preflight_word" >/dev/null || lack "there is no $preflight_word in PATH" 'make install'
	done
	set -f
	# A command's words are meant to split.
	# shellcheck disable=SC2046
	set -- $(pgdump_command)
	set +f
	need "$1" postgresql-client
	[ -n "$PGDUMP" ] || need psql postgresql-client
	case $VERIFY_RESTORE in no | false) ;; *) need pg_restore postgresql-client ;; esac
	[ "$pgdump_format" != directory ] || need tar tar
	case " $BACKUP_REMOTE_RSYNC" in *:/*) need rsync rsync && need ssh openssh-client ;; esac
}
