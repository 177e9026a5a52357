#!/bin/sh
# restore.sh, ended by a signal in the middle of anything: no database of it is left, no session, no process, no file.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric <<'SQL'
create role owner;
create function slow(i int) returns int immutable language plpgsql as $$
begin
	if i = 500 and exists (select from pg_catalog.pg_roles where rolname = 'slow_' || lower(split_part(pg_catalog.current_query(), ' ', 1))) then
		perform pg_catalog.pg_sleep(60);
	end if;
	return i;
end $$;
create table notes (id int check (public.slow(id) > 0));
insert into notes select i from generate_series(1, 1000) i;
create index on notes (slow(id));
alter table notes owner to owner;
SQL
name=matric$(stamped 1).sql.zst.enc
store "$name" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
before=$(picture matric)

# started WORD... - restore in the background, with signals as they are for a command at a prompt.
started() {
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' sh "$top/scripts/restore.sh" --from home -i key "$@" "$name" </dev/null >out 2>&1 &
	runner=$!
}
busy() { [ "$(psql -XAtqd postgres -c "select count(*) from pg_stat_activity where application_name like 'mm-restore.%' and ($1)")" -ge 1 ]; }
ended() { wait "$runner"; }

# interrupted SIGNAL WHILE WORD... - end a restore with that, when one of its sessions does this.
interrupted() {
	signal=$1 while=$2
	shift 2
	started "$@"
	eventually 60 busy "$while" || { cat out; return 99; }
	kill -s "$signal" "$runner"
	ended
}

# nothing_left - after a restore that was ended.
nothing_left() {
	is matric "$(databases)" '... no database is left'
	is 0 "$(ask postgres "select count(*) from pg_stat_activity where application_name like 'mm-restore.%'")" '... nor a session'
	is '' "$(ls tmp)" '... nor a file'
	is '' "$(pgrep -f "$tap_dir/[h]ome" || :)" '... nor a process'
	is "$before" "$(picture matric)" '... and the original is as it was'
}

sleeps="wait_event = 'PgSleep'"
for way in '' --swap '--in-place --yes matric'; do
	psql -Xqd postgres -c 'create role slow_copy'
	# The words of a command are meant to split.
	# shellcheck disable=SC2086
	exits 143 "TERM among the rows, ${way:-into a new database}" interrupted TERM "$sleeps" $way
	nothing_left
	psql -Xqd postgres -c 'drop role slow_copy' -c 'create role slow_create'
	# shellcheck disable=SC2086
	exits 130 'INT while an index is made' interrupted INT "$sleeps" $way
	nothing_left
	psql -Xqd postgres -c 'drop role slow_create'
done
psql -Xqd postgres -c 'create role slow_create'
exits 129 'HUP while indexes are made side by side' interrupted HUP "$sleeps" -j 2
nothing_left
psql -Xqd postgres -c 'drop role slow_create' -c 'create role slow_analyze'
exits 143 'TERM while statistics are collected' interrupted TERM "$sleeps" --swap
nothing_left
psql -Xqd postgres -c 'drop role slow_analyze'

createdb wide
psql -XAtqc "select 'create table t' || i || ' (id serial primary key);' from generate_series(1, 800) i" postgres | psql -Xqd wide
wide=wide$(stamped 2).sql
store "$wide" wide
dropdb wide
narrow=$name name=$wide
exits 143 'TERM in the rehearsal' interrupted TERM "query like 'CREATE TABLE%' and datname like '%_restoring_%'"
nothing_left
name=$narrow

# One at a time.
psql -Xqd postgres -c 'create role slow_copy'
started
eventually 60 busy "$sleeps"
exits 75 'another restore to the same database is not begun' restore -i key "$name"
said 'another run holds the lock' '... and why is said'
psql -Xqd postgres -c 'drop role slow_copy'
ok 'one to another is' restore -i key --to other "$name"
kill -s TERM "$runner"
exits 143 'the first is ended' ended
dropdb other
nothing_left

# Killed without a word: whatever is left, the next one does what it should, and names it.
psql -Xqd postgres -c 'create role slow_copy'
started
eventually 60 busy "$sleeps"
kill -s KILL "$runner"
exits 137 'one is killed' ended
psql -Xqd postgres -c 'drop role slow_copy' -c "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'mm-restore.%'" >/dev/null
eventually 60 sh -c '! pgrep -f "$1/[h]ome"' - "$tap_dir"
createdb matric_restored_20260117_023001_restoring_20260101_000000
ok 'the next one goes on' restore -i key "$name"
said 'DROP DATABASE matric_restored_20260117_023001_restoring_20260101_000000;' '... and names what one has left'
is "$before" "$(picture matric_restored_20260117_023001)" '... and does what it should'
done_testing
