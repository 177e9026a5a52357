#!/bin/sh
# Before a migration: a proven backup that was begun after it was asked for, or no migration; and the way back works.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

migrate() { sh "$top/scripts/run-migration.sh" "$@"; }
before() { sh "$top/scripts/pre-migration-backup.sh" "$@"; }
ask() { psql -qXAt -d matric -c "$1"; }
there() { find home/migrations -name 'matric_backup_*' ! -name '*.manifest' 2>/dev/null | wc -l; }

mkdir home place
cat >conf <<END
BACKUP_COMPRESS=zstd
BACKUP_RETAIN=3
BACKUP_REMOTE_RSYNC=$tap_dir/place
END
chmod 600 conf
cat >good.sql <<'END'
alter table secret_notes add column mood text default 'ok';
create table moods (m text);
END
printf 'create table half (x int);\nselect 1 / 0;\ncreate table other (x int);\n' >bad.sql

ok 'a backup before a migration' before -c conf
is 1 "$(there)" '... is in the directory migrations'
said "$tap_dir/home/migrations" '... which is said'
is 0 "$(find home -maxdepth 1 -name '*_backup_*' | wc -l)" '... and not among those of the night'
is '# method: none # proved: yes' "$(grep -h -e method -e proved home/migrations/*.manifest | paste -sd ' ')" '... not compressed, and proven'
is 0 "$(find place -type f | wc -l)" '... and sent nowhere'
remote() { MIGRATION_REMOTE=yes before -c conf; }
ok 'with MIGRATION_REMOTE=yes' remote
is 2 "$(find place -name '*.sql' | wc -l)" '... it is sent'

ok 'a migration' migrate -c conf good.sql
is ok "$(ask 'select distinct mood from secret_notes')" '... is done'
said 'restore.sh' '... and the way back is said'
printed() { sed -n 's/^    \(.*--swap.*\)/\1/p' "$tap_said"; }
printed >back
is 3 "$(there)" '... after a backup'

# As it was printed, wherever somebody is by then, and whatever is said there of a server.
moods() { ask "select count(*) from pg_attribute where attrelid = 'secret_notes'::regclass and attname = 'mood'"; }
elsewhere() { (cd / && env -u PGHOST -u PGPORT -u PGUSER "$@"); }
is 1 "$(moods)" 'before the way back it is there'
ok 'the way back, as printed' elsewhere sh "$tap_dir/back"
is 0 "$(moods)" '... takes the database back'
mkdir "it's here"
cat conf - >"it's here/other.conf" <<END
PGHOST=$PGHOST
PGPORT=$PGPORT
PGUSER=$PGUSER
PGDATABASE=matric
BACKUP_DEST=$tap_dir/home
END
chmod 600 "it's here/other.conf"
configured() { env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE -u BACKUP_DEST sh "$top/scripts/run-migration.sh" -c "it's here/other.conf" good.sql; }
ok 'a migration of a server that only the configuration knows' configured
printed >back
is 1 "$(moods)" '... is done'
ok '... and the way back, as printed' elsewhere -u BACKUP_DEST sh "$tap_dir/back"
is 0 "$(moods)" '... takes the database back'
as_owner() { env PGUSER=owner sh "$top/scripts/run-migration.sh" -c "it's here/other.conf" good.sql; }
psql -qX -d postgres -c 'create role owner superuser login'
ok 'a migration by a role that the environment names' as_owner
printed >back
ok '... and the way back, as printed' elsewhere sh "$tap_dir/back"
is 0 "$(moods)" '... takes the database back'

exits 1 'a migration that fails half way' migrate -c conf bad.sql
is 0 "$(ask "select count(*) from pg_tables where tablename in ('half', 'other')")" '... changes nothing'
said 'is as it was' '... and says so'
# unsaid TEXT DESC - the last command has not said that.
unsaid() { is 0 "$(grep -cF -e "$1" "$tap_said")" "$2"; }
printf 'begin;\ncreate table half (x int);\ncommit;\nselect 1 / 0;\n' >commits.sql
commits() { TMPDIR="$tap_dir/it's here" migrate -c conf commits.sql; }
exits 1 'one that commits by itself, and then fails' commits
is 1 "$(ask "select count(*) from pg_tables where tablename = 'half'")" '... has changed something'
unsaid 'is as it was' '... which is not denied'
said 'what it had committed stays in matric. The way back: ' '... but said, with the way back'
sed -n 's/^.*The way back: //p' "$tap_said" >back
ok '... which, as printed' elsewhere sh "$tap_dir/back"
is 0 "$(ask "select count(*) from pg_tables where tablename = 'half'")" '... takes the database back'
printf 'rollback;\ncreate table half (x int);\nselect 1 / 0;\n' >rolls.sql
exits 1 'one that rolls back by itself, goes on, and then fails' migrate -c conf rolls.sql
unsaid 'is as it was' '... is not said to have changed nothing'
ask 'drop table half'
printf 'savepoint a;\nrollback to savepoint a;\nrollback work to a;\nselect 1 / 0;\n' >saves.sql
exits 1 'one with savepoints that fails' migrate -c conf saves.sql
said 'is as it was' '... has changed nothing'
printf 'create table half (x int);\nrollback;\n' >undone.sql
exits 1 'one that undoes itself' migrate -c conf undone.sql
said 'rolled back the transaction itself' '... is not called done'
printf 'create table half (x int);\n\\c postgres\ncreate table half (x int);\n' >leaves.sql
count=$(there)
exits 78 'one that goes to another database' migrate -c conf leaves.sql
is "$count" "$(there)" '... is refused before a backup is made'
unreached() { PGHOST=$tap_dir/nowhere migrate -c conf good.sql; }
exits 1 'a server that cannot be reached' unreached
is 0 "$(moods)" '... changes nothing'
# Killed while its server is at work.
printf 'create table half (x int);\nselect pg_sleep(60);\n' >sleeps.sql
sh "$top/scripts/run-migration.sh" -c conf sleeps.sql >said_asleep 2>&1 &
asleep=$!
sleeping() { ask "select 'yes' from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active'" | grep -q yes; }
eventually 60 sleeping
kill -s KILL "$(pgrep -x psql -P "$asleep")"
sleep 1
ask "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active'" >/dev/null
st=0
wait "$asleep" || st=$?
is '1 1' "$st $(grep -c 'is as it was' said_asleep)" 'its psql killed: the server is waited for, and then it is said how it is'
exits 1 'one without a transaction' migrate -c conf --no-transaction bad.sql
is 1 "$(ask "select count(*) from pg_tables where tablename in ('half', 'other')")" '... stops at the error'
printf 'create index concurrently on secret_notes (id);\n' >index.sql
ok 'what cannot be in one' migrate -c conf --no-transaction index.sql

# No backup, no migration.
cat >gone.sql <<'END'
drop table secret_notes;
END
no_backup() { PGDUMP_OPTIONS=--nonsense migrate -c conf gone.sql; }
exits 1 'without a backup' no_backup
said 'DO NOT PROCEED' '... it is said'
is 3000 "$(ask 'select count(*) from secret_notes')" '... and nothing is changed'
exits 78 'a file that is not there' migrate -c conf missing.sql
exits 78 'no file' migrate -c conf
exits 78 'a configuration that is not there' migrate -c missing.conf gone.sql
is 3000 "$(ask 'select count(*) from secret_notes')" 'nothing is changed'

# A nightly backup that runs is waited for: it may be older than the request.
mm-pipe -L home/.lock --wait 20s sh -c 'touch held; sleep 2' &
eventually 20 test -e held
waited() { begun=$(date +%s) && before -c conf && [ $(($(date +%s) - begun)) -ge 1 ]; }
ok 'a backup that runs is waited for' waited
mm-pipe -L home/.lock --wait 20s sh -c 'touch held2; sleep 8' &
eventually 20 test -e held2
exits 75 '... for so long and no longer' before -c conf --wait 1s
said 'DO NOT PROCEED' '... then it is said'
wait

# One database, or none is touched.
many() { PGDATABASE=$databases migrate -c conf good.sql; }
count=$(there)
for databases in '*' 'matric, postgres' ''; do
	exits 78 "PGDATABASE='$databases'" many
	said 'is not one database' '... is refused'
done
is "$count" "$(find home/migrations -name '*_backup_*' ! -name '*.manifest' | wc -l)" '... before any backup is made'
is 0 "$(moods)" '... and nothing is changed'

# What the environment says counts, and what the configuration says for every night does not.
method() { sed -n 's/^# method: //p' "$(find home/migrations -name '*.manifest' | sort | tail -n 1)"; }
squeezed() { BACKUP_COMPRESS=xz before -c conf; }
ok 'BACKUP_COMPRESS of the environment' squeezed
is xz "$(method)" '... counts'
sent=$(find place -type f | wc -l)
ok 'without it' before -c conf
is none "$(method)" '... it is none'
is "$sent" "$(find place -type f | wc -l)" '... and nothing is sent'

# A run of backup.sh that ends well, and has made nothing, or nothing that was proven.
mkdir odd
ln -s "$top"/scripts/* odd
rm odd/backup.sh
odd() { MM_BUILD=$build sh odd/run-migration.sh -c conf gone.sql; }
echo 'exit 0' >odd/backup.sh
exits 1 'a backup that was begun before it was asked for' odd
said 'no backup was made; DO NOT PROCEED' '... does not count'
is 3000 "$(ask 'select count(*) from secret_notes')" '... and nothing is changed'
echo 'BACKUP_PROVE=no exec sh "$top/scripts/backup.sh" "$@"' >odd/backup.sh
exits 1 'a backup that was not proven' odd
said 'was not proven; DO NOT PROCEED' '... does not count'
is 3000 "$(ask 'select count(*) from secret_notes')" '... and nothing is changed'

# The nightly run does not touch what is kept for the migrations.
count=$(there)
for days in 4 20 29 31 40; do
	one=$(find home/migrations -name '*.sql' | sort | head -n 1)
	old=matric_backup_$(date -u -d "now - $days days" +%Y%m%d_%H%M%S).sql
	cp "$one" "home/migrations/$old"
	sed "s/${one##*/}/$old/" "$one.manifest" >"home/migrations/$old.manifest"
done
ok 'the nightly run' backup -c conf
is $((count + 5)) "$(there)" '... leaves them alone'
ok 'and the next before a migration' before -c conf
is $((count + 4)) "$(there)" '... keeps those of thirty days'
is 0 "$(find home/migrations -name "$(basename "$old")*" | wc -l)" '... and drops what is older'
short() { BACKUP_RETAIN=10 before -c conf; }
ok 'with BACKUP_RETAIN=10 in the environment' short
is $((count + 3)) "$(there)" '... those of ten'
is '' "$(leftovers)" 'nothing else is left'
done_testing
