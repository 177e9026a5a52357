#!/bin/sh
# The configurations of the design, run: their paths are moved below the test's directory by the environment, which wins.
# The words of $later are meant to split.
# shellcheck disable=SC2016,SC2086
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
unset LOG_FILE

# example NAME - t/data/conf-NAME.conf in ./conf, with its password in a file of ours.
example() {
	sed "s,/etc/matric-memory/pgpass,$tap_dir/pgpass,; s,/etc/matric-memory/backup-key.pub,$tap_dir/recipients," "$top/t/data/conf-$1.conf" >conf
	chmod 600 conf
}
umask 077
echo 'not asked for' >pgpass
export LOG_FILE="$tap_dir/log"
# Nobody is to be told, and no place reached, that the examples name.
later='BACKUP_REMOTE_RSYNC= BACKUP_REMOTE_S3= NOTIFY_EMAIL= NOTIFY_WEBHOOK='
# run [KEY=VALUE...] - the driver with ./conf.
run() { env $later "$@" sh "$top/scripts/backup.sh" -c conf make; }

example minimal
ok 'the minimal one of 5.1' run
is sql.gz "$(newest | cut -d. -f2-)" '... compresses by gzip'
example schema
ok 'the one of 3.1, with every key' run LOCK_FILE="$tap_dir/lock"
ok '... has its lock where it says' test -f lock
example production
ok 'the one for production of 5.2' run
is sql.zst.enc "$(newest | cut -d. -f2-)" '... compresses by zstd and seals'
ok '... for the key that it names' mm-verify -i key <"$(newest)"
example frequent
ok 'the frequent one of 5.3' run
is sql.zst.enc "$(newest | cut -d. -f2-)" '... compresses by zstd and seals'
ok '... and pg_restore has read the table of contents' env $later VERIFY_RESTORE=true sh "$top/scripts/backup.sh" -c conf make
example appended
ok 'what troubleshooting appends' run
example parallel
exits 78 'the parallel dump of 9.2' run
said 'BACKUP_PLAINTEXT_SPOOL=yes' '... is refused, with the reason'
ok '... until it is allowed' run BACKUP_PLAINTEXT_SPOOL=yes
is sql.tar.gz "$(newest | cut -d. -f2-)" '... and then made'
ok 'backup.conf.example' sh -c 'install -m 600 "$top/backup.conf.example" conf'
ok '... runs as it is' run

# Who wins.
example minimal
elsewhere() { BACKUP_DEST=$tap_dir/elsewhere run; }
ok 'a backup to elsewhere, as 3.2 has it' elsewhere
is 2 "$(find elsewhere -name 'matric_backup_*' | wc -l)" '... is there'
once() { BACKUP_ENCRYPT=$tap_dir/recipients run && expr "$(newest)" : '.*\.enc$'; }
ok 'one that is sealed, once' once
fast() { BACKUP_COMPRESS=none run && expr "$(newest)" : '.*\.sql$'; }
ok 'one that is not compressed, once' fast
echo "BACKUP_ENCRYPT=$tap_dir/recipients" >>conf
plain() { BACKUP_ENCRYPT='' run && expr "$(newest)" : '.*\.sql\.gz$'; }
ok 'what the environment sets to nothing is nothing' plain
ok '... and the file has its way again' sh -c 'true'
ok 'a setting of the file' run
is sql.gz.enc "$(newest | cut -d. -f2-)" '... counts without one of the environment'
printf 'PGOPTIONS="-c statement_timeout=1"\nPGAPPNAME=x\n' >>conf
exits 1 'variables of libpq reach pg_dump' run
said 'statement timeout' '... as the server says'

# What is wrong with the file.
example minimal
echo 'BACKUP_RETIAN=3' >>conf
ok 'a key that nobody knows' run
said "line $(wc -l <conf): unknown key BACKUP_RETIAN" '... is a warning, with its line'
example minimal
before=$(backups)
printf 'BACKUP_DEST=$(touch %s/ran)\nBACKUP_KEEP=`id`\n' "$tap_dir" >>conf
exits 78 'a line that would run something' run
said "line $(wc -l <conf)" '... is refused with its line'
said "line $(($(wc -l <conf) - 1))" '... as is the other'
absent '... and was not run' ran
example minimal
chmod 622 conf
exits 78 'a file that others can write to' run
example minimal
mkdir directory
exits 78 'a directory' sh "$top/scripts/backup.sh" -c directory make
mkfifo fifo
exits 78 'a FIFO' timeout 10 sh "$top/scripts/backup.sh" -c fifo make
exits 78 'a file that is not there' sh "$top/scripts/backup.sh" -c missing make
is "$before" "$(backups)" 'nothing was made'

# The log.
ok 'a run with a log' run
ok '... in which it tells of the backup' grep -q "^20.*Z INFO backup.sh: .*$(basename "$(newest)")" log
is 600 "$(stat -c %a log)" '... that we alone read'
nolog() { run LOG_FILE=/no/such/dir/log; }
ok 'a log that cannot be written costs no backup' nolog
said 'cannot be written; going on without it' '... and that is said'
is 1 "$(grep -c 'going on without it' "$tap_said")" '... once'
full() { run LOG_FILE=/dev/full; }
ok 'nor does a full disk under it' full
quiet() { run LOG_LEVEL=ERROR LOG_FILE=; }
ok 'LOG_LEVEL=ERROR' quiet
silent '... says nothing of what is good'
noisy() { run LOG_LEVEL=DEBUG; }
ok 'LOG_LEVEL=DEBUG' noisy
said 'DEBUG backup.sh: pg_dump: ' '... says all that pg_dump says'
journal() (
	exec 2>journal
	JOURNAL_STREAM=$(stat -L -c %d:%i journal) run PGDATABASE="$1"
)
exits 1 'under systemd' journal nosuch
ok '... lines have their priority' grep -q '^<3>backup.sh: ' journal
ok 'and good ones theirs' journal matric
ok '... too' grep -q '^<6>backup.sh: ' journal
closed() { run 2>&-; }
ok 'with standard error closed' closed
is '' "$(leftovers)" 'nothing else is left'
done_testing
