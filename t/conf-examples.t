#!/bin/sh
# Every configuration of the design means what its author meant, and backup.conf.example is one that explains every key.
# Keys are words, and meant to split.
# shellcheck disable=SC2016,SC2086
. "${0%/*}/tap.sh"

(umask 077; printf 'it'\''s a $ecret\n' >pgpass)
# example NAME... - what mm-conf makes of t/data/conf-NAME.conf and those after it, with the password file here.
example() {
	for name; do cat "$top/t/data/conf-$name.conf"; done | sed "s,/etc/matric-memory/pgpass,$PWD/pgpass," >conf
	chmod 640 conf
	tap_run mm-conf $keys 'PG*' <conf
	cat "$tap_dir/.stdout"
	cat "$tap_dir/.stderr" >&2
}
# keys_of VARIABLE - the keys that conf.sh has in it.
keys_of() { sh -c '. "$1" && eval "printf \"%s\n\" \$$2" | sed "s/=.*//"' - "$top/scripts/conf.sh" "$1"; }
keys=$(keys_of conf_settings | tr '\n' ' ')

is "BACKUP_DEST='/var/backups/matric-memory'
BACKUP_TEMP_DIR='/tmp/matric-backup'
BACKUP_REMOTE_RSYNC=''
BACKUP_REMOTE_S3=''
BACKUP_RETAIN='7'
BACKUP_COMPRESS='gzip'
BACKUP_ENCRYPT=''
PGUSER='matric'
PGPASSWORD='matric'
PGHOST='localhost'
PGPORT='5432'
PGDATABASE='matric'
LOG_FILE='/var/log/matric-memory/backup.log'
LOG_LEVEL='INFO'
NOTIFY_EMAIL=''
NOTIFY_WEBHOOK=''
PGDUMP_OPTIONS=''
LOCK_FILE='/var/run/matric-backup.lock'
VERIFY_RESTORE='false'
COMPRESS_THREADS='4'" "$(example schema 2>warnings)" 'the configuration file of section 3.1'
is '' "$(cat warnings)" '... without a word'
is "BACKUP_DEST='/var/backups/matric-memory'
BACKUP_RETAIN='7'
BACKUP_COMPRESS='gzip'
PGUSER='matric'
PGPASSWORD='matric'
PGHOST='localhost'
PGPORT='5432'
PGDATABASE='matric'
LOG_FILE='/var/log/matric-memory/backup.log'" "$(example minimal 2>warnings)" 'the minimal one of 5.1'
is '' "$(cat warnings)" '... without a word'
is "BACKUP_DEST='/var/backups/matric-memory'
BACKUP_TEMP_DIR='/tmp/matric-backup'
BACKUP_RETAIN='14'
BACKUP_COMPRESS='zstd'
BACKUP_ENCRYPT='/etc/matric-memory/backup-key.pub'
BACKUP_REMOTE_RSYNC='backup@backup-1.example.com:/backups/matric'
BACKUP_REMOTE_S3='s3://prod-backups/matric-memory'
PGUSER='matric'
PGPASSWORD='it'\\''s a \$ecret'
PGHOST='localhost'
PGPORT='5432'
PGDATABASE='matric'
LOG_FILE='/var/log/matric-memory/backup.log'
LOG_LEVEL='INFO'
NOTIFY_EMAIL='ops@example.com'
NOTIFY_WEBHOOK='https://hooks.slack.com/services/XXX/YYY/ZZZ'
VERIFY_RESTORE='true'
COMPRESS_THREADS='8'" "$(example production 2>warnings)" 'the one for production of 5.2, its password from a file'
is '' "$(cat warnings)" '... without a word'
is "BACKUP_DEST='/var/backups/matric-memory'
BACKUP_RETAIN='3'
BACKUP_REMOTE_S3='s3://backups/matric/daily'
BACKUP_COMPRESS='zstd'
BACKUP_ENCRYPT='/etc/matric-memory/backup-key.pub'
PGUSER='matric'
PGPASSWORD='it'\\''s a \$ecret'
PGHOST='localhost'
PGPORT='5432'
PGDATABASE='matric'
LOG_FILE='/var/log/matric-memory/backup.log'
LOG_LEVEL='INFO'
VERIFY_RESTORE='true'" "$(example frequent 2>warnings)" 'the frequent one of 5.3, with a comment after a value'
is '' "$(cat warnings)" '... without a word'
is "PGDUMP_OPTIONS='--format=directory --jobs=4'" "$(example parallel)" 'the options of 9.2, in quotes'
is "BACKUP_COMPRESS='zstd'
PGDUMP_OPTIONS='--format=custom --compress=9'" "$(example appended | tail -n 2)" 'the lines of 6.5, in none'
is "BACKUP_ENCRYPT='/etc/matric-memory/backup-key.pub'
BACKUP_REMOTE_S3='s3://matric-memory-backups/postgres'
BACKUP_REMOTE_RSYNC='backup-server:/backups/matric-memory'
BACKUP_COMPRESS='zstd'
PGDUMP_OPTIONS='--format=custom --compress=9'" "$(example schema appended 2>warnings | tail -n 5)" 'what sections 4 and 6 append to the file counts'
is 5 "$(grep -c 'is set again; the line before (line [0-9]*) counts no more' warnings)" '... and each line is told that it is the second'

# --- backup.conf.example ----------------------------------------------------------------------------------
install -m 640 "$top/backup.conf.example" conf
ok 'backup.conf.example is good' mm-conf $keys 'PG*' 'AWS_*' <conf
silent '... without a word'
sed 's/^#\([A-Z][A-Z0-9_]*=\)/\1/' conf >all.conf
chmod 640 all.conf
ok 'with every default written out' mm-conf $keys 'PG*' 'AWS_*' <all.conf
silent '... as well'
explained() { sed -n 's/^#\{0,1\}\([A-Z][A-Z0-9_]*\)=.*/\1/p' conf; }
is "$(printf '%s\n' $keys | sort)" "$(explained | sort)" 'it has every key of conf.sh, once, and no other'
defaults() {
	sh -c '. "$1" && printf "%s\n" "$conf_settings"' - "$top/scripts/conf.sh" | while IFS= read -r line; do
		grep -qxF -e "$line" -e "#$line" conf || echo "$line"
	done
}
is '' "$(defaults)" '... with the default that conf.sh has'
# unexplained - the lines that set or show a key without a word before it, or before those that it stands with.
unexplained() { awk '/^#?[A-Z][A-Z0-9_]*=/ { if (!told) print; next } { told = /^#[ \t]/ }' conf; }
is '' "$(unexplained)" '... and something to say of each'
sed -n 's/^#	\([A-Z]\)/\1/p' conf | sed 's,\$(cat [^)]*),$(cat '"$PWD/pgpass"'),' >examples
ok 'what it gives as examples is good' mm-conf $keys <examples
is 5 "$(wc -l <"$tap_dir/.stdout")" '... all of it'
done_testing
