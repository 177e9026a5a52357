#!/bin/sh
# restore.sh --swap: the restored database takes the place of the old one in one transaction, and the old one stays.
# shellcheck disable=SC2016,SC2046
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric <<'SQL'
create role owner createdb;
create role reader;
alter database matric owner to owner;
create table notes as select i as id, md5(i::text) as body from generate_series(1, 2000) i;
SQL
name=matric$(stamped 1).sql.zst.enc
store "$name" matric '|' mm-compress -m zstd '|' mm-seal -R recipients

# What is set for the database after the backup was made is to stay.
psql -qX -d matric <<'SQL'
alter database matric set search_path to '';
alter database matric set work_mem to '7MB';
alter database matric set app.motto to 'it''s "odd" \ here';
alter role reader in database matric set search_path to "$user", public, "odd, path";
alter role reader in database matric set statement_timeout to '5s';
grant connect on database matric to reader with grant option;
revoke temporary, connect on database matric from public;
alter database matric connection limit 99;
comment on database matric is 'it''s ours';
delete from notes where id > 10;
SQL
properties() { picture "$1" | tail -n +2; }
kept() { databases | grep _before_ || :; }
rows() { ask "$1" 'select count(*) from public.notes'; }
set_before=$(properties matric)

ok 'a backup is swapped in' restore --swap -i key "$name"
said 'database matric is restored' '... and that is said'
old=$(kept)
said "DROP DATABASE \"$old\";" '... and how to drop the old one'
is 2000 "$(rows matric)" '... it is under the name'
ok '... and the old one under another' expr "$old" : 'matric_before_[0-9]\{8\}_[0-9]\{6\}$'
is 10 "$(rows "$old")" '... with what it had'
is "$set_before" "$(properties matric)" '... owner, rights, settings and comment of the database are those of the old one'

# Sessions: they end, and whoever comes back at once does not come between.
knock() { while :; do psql -XAtqd matric -c 'select pg_sleep(0.05)' >/dev/null 2>&1 || sleep 0.01; done; }
psql -Xqd matric -c 'select pg_sleep(3600)' >/dev/null 2>&1 &
sleeper=$!
knock &
knocker=$!
dropdb "$old"
ok 'a database that is in use is swapped all the same' restore --swap -i key "$name"
kill "$knocker"
wait "$knocker" 2>/dev/null || :
exits 2 '... and its sessions have ended' wait "$sleeper"
is 2000 "$(rows matric)" '... as it was in the backup'
dropdb "$(kept)"

# What keeps it from being renamed: a transaction that was prepared.
stop_server() { cluster_as_owner "$(cluster_programs)/pg_ctl" -D "$tap_dir/pg/data" -w -s -m fast stop; }
start_server() { cluster_as_owner "$(cluster_programs)/pg_ctl" -D "$tap_dir/pg/data" -w -s -l "$tap_dir/pg/server.log" start; }
stop_server
echo max_prepared_transactions = 5 >>pg/data/postgresql.conf
start_server
prepare() { psql -Xqd matric -c 'begin' -c 'update public.notes set body = body where id = 1' -c "prepare transaction 'held'"; }
prepare
exits 2 'what cannot be renamed is trouble' restore --swap -i key "$name"
said 'database matric is as it was; what was restored stays as matric_restored_20260117_023001' '... but what was restored is not thrown away'
is 2000 "$(rows matric_restored_20260117_023001)" '... all of it is there'
is '' "$(kept)" '... and the other is where it was'
dropdb matric_restored_20260117_023001

psql -Xqd matric -c "rollback prepared 'held'"

# Killed while it waits to rename, and just after it has: there is always one database of the name, and a next run goes on.
ours() { pgrep -f "[r]estore.sh --locked .*$tap_dir"; }
active() { [ "$(ask postgres "select count(*) from pg_stat_activity where query like '$1' and ($2)")" -ge 1 ]; }
psql -Xqd postgres -c begin -c 'alter database matric connection limit 98' -c 'select pg_sleep(3600)' >/dev/null 2>&1 &
holder=$!
eventually 30 active 'select pg_sleep(3600)' "state = 'active'"
restore --swap -i key "$name" >out 2>&1 &
runner=$!
ok 'a swap waits' eventually 120 active 'alter database%' "wait_event_type = 'Lock'"
scratch=$(databases | grep _restoring_)
killed=$(ours)
# shellcheck disable=SC2086
kill -s KILL $(for one in $killed; do pgrep -P "$one" -x psql || :; done) $killed 2>/dev/null || :
wait "$runner" 2>/dev/null || :
kill "$holder"
wait "$holder" 2>/dev/null || :
ask postgres "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(3600)' or application_name like 'mm-restore.%'" >/dev/null
gone() { ! active '%' "application_name like 'mm-restore.%'"; }
eventually 30 gone
is '' "$(kept)" 'killed before the swap: the old one is where it was'
is 2000 "$(rows matric)" '... with what it has'
is 2000 "$(rows "$scratch")" '... and the restored one is left beside it'
psql -qXd matric -c 'delete from public.notes where id > 20'
ok 'the next swap goes on' restore --swap -i key "$name"
said "DROP DATABASE $scratch;" '... names what the killed one has left'
is '2000 20' "$(rows matric) $(rows "$(kept)")" '... and does what it should'
dropdb "$scratch"
dropdb "$(kept)"
psql -qXd matric -c 'delete from public.notes where id > 30'
killed_after() { RESTORE_POST_HOOK="kill -s KILL \$(pgrep -f '[r]estore.sh --locked .*$tap_dir')" restore --swap -i key "$name"; }
exits 137 'one that is killed after the swap' killed_after
is '2000 30' "$(rows matric) $(rows "$(kept)")" '... has swapped'
ok 'the next one' restore --swap -i key "$name"
is '2' "$(kept | wc -l)" '... swaps again'
for old in $(kept); do dropdb "$old"; done

# Hooks.
told() { cat told 2>/dev/null || :; }
hooked() { RESTORE_PRE_HOOK='echo "pre $RESTORE_DATABASE ${RESTORE_BACKUP##*/} $RESTORE_STATUS" >>told; '"$1" \
	RESTORE_POST_HOOK='echo "post $RESTORE_DATABASE ${RESTORE_BACKUP##*/} $RESTORE_STATUS" >>told; '"$2" restore --swap -i key "$name"; }
ok 'with hooks' hooked : :
is "pre matric $name 0
post matric $name 0" "$(told)" '... both are run, and know what for'
dropdb "$(kept)"
rm told
exits 2 'a pre-hook that fails stops it' hooked 'exit 3' :
said 'RESTORE_PRE_HOOK failed with status 3' '... which is said'
is "pre matric $name 0" "$(told)" '... the other is not run'
is '' "$(kept)" '... nothing is swapped'
is 2000 "$(rows matric_restored_20260117_023001)" '... and what was restored stays'
dropdb matric_restored_20260117_023001
rm told
exits 2 'a post-hook that fails is trouble' hooked : 'exit 4'
said 'RESTORE_POST_HOOK failed with status 4' '... which is said'
said 'database matric is restored' '... but the database is restored'
is 1 "$(kept | wc -l)" '... and swapped'
dropdb "$(kept)"
rm told
prepare
exits 2 'when the swap itself fails' hooked : :
is "pre matric $name 0
post matric $name 2" "$(told)" '... the post-hook is run, and is told'
psql -Xqd matric -c "rollback prepared 'held'"
dropdb matric_restored_20260117_023001
hook_of_new() { RESTORE_PRE_HOOK='echo pre >>told' RESTORE_POST_HOOK='echo post >>told' restore -i key --to beside "$name"; }
rm told
ok 'beside the database' hook_of_new
is '' "$(told)" '... no hook is run'

ok 'where there is nothing to swap with' restore --swap --to elsewhere -i key "$name"
is 2000 "$(rows elsewhere)" '... the restored one gets the name'
is '' "$(kept)" '... and nothing is kept'
done_testing
