#!/bin/sh
# backup.sh [make] - dump one database into a whole, sealed, recorded backup at home, or leave nothing of its name.
#
# Settings come from the environment; one that is set and empty counts as set:
#	BACKUP_DEST		home: the directory that the backups go to (/var/backups/matric-memory)
#	BACKUP_COMPRESS		a method of `mm-compress --list` (gzip)
#	BACKUP_ENCRYPT		a file of age recipients; empty: not sealed
#	COMPRESS_THREADS	threads for it; empty: as many as we may use
#	PGDUMP_OPTIONS		more options for pg_dump
#	BACKUP_NAME		the first word of a backup's name (the database's name)
# and those of libpq: PGDATABASE and PGUSER (matric), PGHOST, PGPASSFILE ...
#
# Exit status: 0 the backup is there; 1 none was made; 75 another run holds the lock; 78 the settings are wrong.
set -eu
umask 077

# say TEXT... - a line for whoever reads the log.
say() { printf 'backup.sh: %s\n' "$*" >&2; }

# refuse TEXT... - the settings are wrong; nothing has been touched.
refuse() {
	say "$*"
	exit 78
}

# load_configuration - give every setting its default, and find the tools: beside us if they were built there.
load_configuration() {
	here=$(cd -- "$(dirname -- "$0")" && pwd)
	[ ! -x "$here/../build/mm-pipe" ] || PATH=$here/../build:$PATH
	export LC_ALL=C PATH PGDATABASE="${PGDATABASE-matric}" PGUSER="${PGUSER-matric}"
	home=${BACKUP_DEST-/var/backups/matric-memory} method=${BACKUP_COMPRESS-gzip} recipients=${BACKUP_ENCRYPT-}
	threads=${COMPRESS_THREADS-} options=${PGDUMP_OPTIONS-} word=${BACKUP_NAME-$PGDATABASE}
}

# validate_environment - ask each tool early for what it will be asked later; leave the name's end in $suffix.
validate_environment() {
	case $home in /*) ;; *) refuse "BACKUP_DEST: '$home' is not an absolute path" ;; esac
	case $word in '' | *[!A-Za-z0-9_.-]* | [.-]*) refuse "BACKUP_NAME: '$word' cannot stand in a file's name" ;; esac
	command -v pg_dump >/dev/null || refuse 'no pg_dump here: install postgresql-client'
	suffix=.sql$(mm-compress -s -m "$method") || refuse "BACKUP_COMPRESS: '$method' is no method of mm-compress"
	[ -n "$recipients" ] || return 0
	mm-seal -R "$recipients" </dev/null >/dev/null || refuse "BACKUP_ENCRYPT: '$recipients' cannot be used"
	suffix=$suffix$(mm-seal -s)
}

# create_database_dump - $home/$name from the database, in one transaction; report and receipt in $tmp.
create_database_dump() {
	set -f
	# Options are words, and are meant to split.
	# shellcheck disable=SC2086
	set -- pg_dump -w --format=custom --compress=0 --lock-wait-timeout=5min $options '|' \
		mm-verify -P -o "$tmp/report" '|' mm-compress -m "$method" ${threads:+-T "$threads"}
	set +f
	[ -z "$recipients" ] || set -- "$@" '|' mm-seal -R "$recipients"
	mm-pipe --with-parent "$@" '|' mm-land "$home/$name" >"$tmp/receipt" </dev/null
}

# write_manifest - land what is known of $name, last.  Without it the backup was never finished.
write_manifest() {
	{
		printf '# %s: %s\n' manifest 1 name "$name" host "$(uname -n)" \
			started "$started" ended "$(date -u +%Y-%m-%dT%H:%M:%SZ)" method "$method"
		# Who can read the place need not know the schema: no table is named here.
		sed '/^# rows\./d' "$tmp/report" && cat "$tmp/receipt"
	} >"$tmp/manifest" && mm-land "$home/$name.manifest" <"$tmp/manifest" >/dev/null
}

# make_backup - one backup, whole at home with its manifest, or nothing of its name.
make_backup() {
	started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	while candidate=${word}_backup_$(date -u +%Y%m%d_%H%M%S)$suffix && [ -e "$home/$candidate" ]; do
		sleep 1		# a name has seconds, and one run has each
	done
	name=$candidate
	create_database_dump || { say "no backup was made of database $PGDATABASE"; return 1; }
	write_manifest || { say "the manifest could not be written: no backup was made"; return 1; }
	say "$home/$name: whole, $(wc -c <"$home/$name") bytes"
}

# clean_up STATUS - leave with that status and nothing half-done.  The pipeline has ended by now: sh waits for it.
# shellcheck disable=SC2317	# the trap calls it
clean_up() {
	trap - EXIT
	[ -z "$name" ] || [ -e "$home/$name.manifest" ] || rm -f -- "$home/$name"
	rm -rf -- "$tmp"
	exit "$1"
}

main() {
	case $* in '' | make | '--locked make') ;; *) refuse 'usage: backup.sh [make]' ;; esac
	load_configuration
	validate_environment
	if [ "${1-}" != --locked ]; then
		[ -d "$home" ] || mkdir -- "$home" || refuse "BACKUP_DEST: '$home' cannot be made"
		exec mm-pipe -L "$home/.lock" sh "$0" --locked make </dev/null
	fi
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-backup.XXXXXX") && name=''
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	make_backup
}

main "$@"; exit
