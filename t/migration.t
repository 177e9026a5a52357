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
sed -n 's/^    \(sh .*--swap.*\)/\1/p' "$tap_said" >back
cp back kept-back
is 3 "$(there)" '... after a backup'

exits 1 'a migration that fails half way' migrate -c conf bad.sql
is 0 "$(ask "select count(*) from pg_tables where tablename in ('half', 'other')")" '... changes nothing'
said 'is as it was' '... and says so'
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

# The nightly run does not touch what is kept for the migrations.
count=$(there)
for days in 4 20; do
	one=$(find home/migrations -name '*.sql' | sort | head -n 1)
	old=matric_backup_$(date -u -d "now - $days days" +%Y%m%d_%H%M%S).sql
	cp "$one" "home/migrations/$old"
	sed "s/${one##*/}/$old/" "$one.manifest" >"home/migrations/$old.manifest"
done
ok 'the nightly run' backup -c conf
is $((count + 2)) "$(there)" '... leaves them alone'
ok 'and the next before a migration' before -c conf
is $((count + 3)) "$(there)" '... keeps those of thirty days'
is '' "$(leftovers)" 'nothing else is left'
done_testing
