# conf.sh - sourced: the settings, their defaults, and who wins.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	conf_load FILE		every setting gets its value: from the environment, where one that is set and empty counts;
#				else from FILE, read by mm-conf(1) and never run; else the default.  Without FILE there are
#				the environment and the defaults.  78, with the reason, if FILE cannot be used.
#	conf_export		hand all settings on to the programs we start; they then load without a file.
#	conf_yes KEY		is this setting yes or true?
#
# backup.conf.example says what each of them does.  Variables of libpq (PG...) and AWS_... are exported, wherever they
# were set.

# Which version of the suite this is, and where its configuration is.
suite=0.4
conf_default=/etc/matric-memory/backup.conf

# Each setting and its default, a line each.
conf_settings='BACKUP_DEST=/var/backups/matric-memory
BACKUP_NAME=
BACKUP_EXCLUDE=
BACKUP_TEMP_DIR=/tmp/matric-backup
BACKUP_STATE=
BACKUP_GROUP=
BACKUP_REQUIRE_MOUNT=no
BACKUP_REMOTE_RSYNC=
BACKUP_REMOTE_S3=
BACKUP_LIMIT_RATE=
BACKUP_SHARED=no
BACKUP_RETAIN=7
BACKUP_KEEP=
BACKUP_KEEP_RSYNC=
BACKUP_KEEP_S3=
BACKUP_COMPRESS=gzip
COMPRESS_LEVEL=
COMPRESS_THREADS=
BACKUP_ENCRYPT=
BACKUP_PASSPHRASE_FILE=
BACKUP_GLOBALS=no
BACKUP_PROVE=auto
VERIFY_RESTORE=false
BACKUP_STALL=15m
BACKUP_LOCK_WAIT=5min
PGDUMP=
PG_BINDIR=
PGDUMP_OPTIONS=
SSH_OPTIONS=
RSYNC_OPTIONS=
S3_OPTIONS=
S3_PUT_OPTIONS=
BACKUP_PLAINTEXT_SPOOL=no
LOCK_FILE=
LOG_FILE=/var/log/matric-memory/backup.log
LOG_LEVEL=INFO
NOTIFY_EMAIL=
NOTIFY_WEBHOOK=
NOTIFY_PING=
NOTIFY_ON=failure
METRICS_DIR=
BACKUP_PRE_HOOK=
BACKUP_POST_HOOK=
MIGRATION_REMOTE=no
RESTORE_PRE_HOOK=
RESTORE_POST_HOOK=
PGDATABASE=matric
PGUSER=matric'

# conf_is_set KEY - has somebody, in the environment or a line that came first, given it a value, be it an empty one?
conf_is_set() {
	eval "[ -n \"\${$1+set}\" ]"
}

# conf_value KEY - print its value; nothing if it has none.
conf_value() {
	eval "printf '%s' \"\${$1-}\""
}

conf_yes() {
	case $(conf_value "$1") in yes | true) ;; *) return 1 ;; esac
}

# conf_keys - print the name of each setting.
conf_keys() {
	printf '%s\n' "$conf_settings" | sed 's/=.*//'
}

# conf_take LINES - each line is KEY='value', as mm-conf writes it, or KEY=default; what is set stays.
conf_take() {
	conf_ifs=$IFS
	IFS='
'
	set -f
	for conf_line in $1; do
		conf_key=${conf_line%%=*}
		conf_is_set "$conf_key" || eval "$conf_line"
		case $conf_key in PG_BINDIR | PGDUMP | PGDUMP_OPTIONS) ;; PG* | AWS_*) export "${conf_key?}" ;; esac
	done
	set +f
	IFS=$conf_ifs
}

# conf_read FILE - take what it says.
conf_read() {
	[ ! -p "$1" ] || { log ERROR "$1: a FIFO is no configuration"; return 78; }
	# Keys hold no blanks: they are meant to split.  PG* is for mm-conf to understand.
	# shellcheck disable=SC2046,SC2086,SC2094
	conf_lines=$(set -f; mm-conf --name "$1" $(conf_keys) 'PG*' 'AWS_*' <"$1") || {
		log ERROR "$1: cannot be used; nothing was done"
		return 78
	}
	conf_take "$conf_lines"
}

conf_load() {
	[ -z "$1" ] || conf_read "$1" || return
	# Where nobody made the directory for the log, and nobody asked for one, there is none.
	conf_is_set LOG_FILE || [ -d /var/log/matric-memory ] || LOG_FILE=''
	conf_take "$conf_settings"
	# What systemd hands over as a credential is for us.
	if [ -r "${CREDENTIALS_DIRECTORY-}/pgpass" ] && [ -z "${PGPASSFILE-}${PGPASSWORD-}" ]; then
		export PGPASSFILE="$CREDENTIALS_DIRECTORY/pgpass"
	fi
	export LOG_FILE LOG_LEVEL
}

conf_export() {
	for conf_key in $(conf_keys); do
		# The addresses of notifications are secrets that those we start have no use for.
		case $conf_key in NOTIFY_*) ;; *) export "${conf_key?}" ;; esac
	done
}

# conf_tools HERE - the tools that were built beside the scripts come first, and PG_BINDIR's before all.
conf_tools() {
	[ -n "${MM_BUILD-}" ] || [ ! -x "$1/../build/mm-pipe" ] || PATH=$1/../build:$PATH
	[ -z "${PG_BINDIR-}" ] || PATH=$PG_BINDIR:$PATH
	export PATH suite conf_default
}
