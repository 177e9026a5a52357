#!/bin/sh
# restore.sh: databases with everything odd in them come back the same, from every kind of dump, whatever they are called.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

odd=' my "Dä'"'"'tä $base\=?; -x'
createdb odd
psql -qX -d odd >/dev/null <<'SQL'
create role "Gäst ""x""";
create extension pg_trgm;
create schema "we ird";
create table "we ird"."na""me
nl" (a int, "b ü" text);
insert into "we ird"."na""me
nl" values (1, E'multi\nline\ttab\\'), (2, null), (3, E'\\.');
grant select ("b ü") on "we ird"."na""me
nl" to "Gäst ""x""";
create table "täble\x41" as select n, md5(n::text) as m from generate_series(1, 50) as n;
create table empty (x int);
create table no_columns ();
insert into no_columns default values;
create table part (id int, t text, made int generated always as (id * 2) stored) partition by range (id);
create table part_1 partition of part for values from (0) to (10);
create table part_2 partition of part for values from (10) to (20) partition by hash (t);
create table part_2a partition of part_2 for values with (modulus 2, remainder 0);
create table part_2b partition of part_2 for values with (modulus 2, remainder 1);
insert into part select n, 'text ' || n from generate_series(0, 19) as n;
create table counted (id int generated always as identity (start 100), s serial, v text default 'x' check (v <> ''));
insert into counted (v) select 'v' || n from generate_series(1, 20) n;
create table parent (id int primary key);
create table child (more text) inherits (parent);
insert into parent select generate_series(1, 3);
insert into child select n, 'c' from generate_series(4, 10) n;
create table referring (id int references parent on delete cascade deferrable initially deferred);
insert into referring select generate_series(1, 3);
create type mood as enum ('sad', 'ok', 'happy');
create domain positive as int check (value > 0);
create table typed (m mood, p positive, r int4range, j jsonb, a text[], exclude using gist (r with &&));
insert into typed values ('ok', 3, '[1,5)', '{"k": [1, null]}', '{a,"b c"}');
create materialized view seen as select count(*) from part;
create view looking as select * from part where id > 5;
create function touch() returns trigger language plpgsql as $$begin new.v := upper(new.v); return new; end$$;
create trigger touching before insert on counted for each row execute function touch();
alter table counted enable row level security;
alter table counted force row level security;
create policy mine on counted using (v = current_user);
create rule nothing as on insert to empty do instead nothing;
SQL
psql -qX -d odd >/dev/null <<'SQL'
create function watch() returns event_trigger language plpgsql as $$begin end$$;
create event trigger watching on ddl_command_end execute function watch();
create publication telling for table part;
create statistics together (dependencies) on n, m from "täble\x41";
comment on table part is E'it''s\nALTER TABLE part';
alter default privileges in schema "we ird" grant select on tables to "Gäst ""x""";
select lo_from_bytea(0, decode(repeat('abcdef', 5000), 'hex')), lo_from_bytea(4000000000, 'hi\012there'), lo_from_bytea(0, '');
SQL
psql -qX -d postgres -v name="$odd" <<'SQL'
alter database odd rename to :"name";
alter database :"name" set search_path to "we ird", public;
comment on database :"name" is E'one\nALTER DATABASE odd SET nothing';
SQL
ok 'a database has a name like no other' test "$(databases)" = "$odd"
word=$(mm-prune --spell "$odd")
custom=$word$(stamped 1).sql.zst.enc
store "$custom" "$odd" '|' mm-compress -m zstd '|' mm-seal -R recipients
before=$(picture "$odd")

ok 'it is restored' restore -i key "$custom"
is "$before" "$(picture "${odd}_restored_20260117_023001")" '... to the last byte'
ok '... quicker, its indexes four at a time' restore -i key -j 4 --to hurried "$custom"
is "$before" "$(picture hurried)" '... the same'
dropdb hurried
ok '... in the place of the old one' restore --swap -i key "$custom"
is "$before" "$(picture "$odd")" '... the same'
ok '... and in place' restore --in-place --yes "$odd" -i key "$custom"
is "$before" "$(picture "$odd")" '... the same'

# Every kind of dump.
for kind in 'c -Z5' 'c -Z0 --inserts' 'c -Z0 --load-via-partition-root' t p; do
	name=$word$(stamped 2).sql.gz
	rm -f "home/$name"*
	dump="-F$kind" store "$name" "$odd" '|' mm-compress
	ok "from pg_dump -F$kind" restore --to copy "$name"
	case $kind in
	p) is "$(picture "$odd" | head -n 1)" "$(picture copy | head -n 1)" '... the same comes, but for what belongs to the database itself' ;;
	*) is "$before" "$(picture copy)" '... the same comes' ;;
	esac
	dropdb copy
done
said 'rows were not compared' '... and that a script does not say how many rows it has is said'

# tar_of DIRECTORY - print it as backup.sh stores it.
tar_of() { { echo toc.dat && (cd "$1" && find . -type f ! -name toc.dat | sed 's,^\./,,'); } >files && tar -cf - -C "$1" -T files; }
for squeeze in 0 5; do
	name=$word$(stamped "1$squeeze").sql.tar.zst.enc
	pg_dump -Fd -j2 -Z$squeeze -f directory -d "$(named "$odd")"
	tar_of directory >tar
	mm-pipe cat tar '|' mm-verify -P -o report '|' mm-compress -m zstd '|' mm-seal -R recipients '|' mm-land "home/$name" </dev/null >receipt
	manifest "$name" "$odd" >"home/$name.manifest"
	rm -r directory tar
	exits 78 "a tar of a directory, -Z$squeeze, is not unpacked to disk" restore -i key --to copy "$name"
	said 'unpacked and unsealed on disk' '... and why not is said'
	ok '... unless that is allowed' restore -i key --spool -j 2 --to copy "$name"
	is "$before" "$(picture copy)" '... the same comes'
	is '' "$(ls tmp)" '... and nothing of it stays on disk'
	dropdb copy
done
allowed() { BACKUP_PLAINTEXT_SPOOL=yes restore -i key --in-place --yes "$odd" "$name"; }
ok '... as the configuration can too, in place' allowed
is "$before" "$(picture "$odd")" '... the same'

pg_dumpall --globals-only >script
mm-compress <script >"home/all$(stamped 3).sql.gz"
exits 2 'a script of a whole cluster is none of a database' restore -f --to copy "all$(stamped 3).sql.gz"
said 'makes its databases itself' '... and that is said'

# What pg_dump 17 and 18 wrote, if pg_restore can read it: ours cannot, and nothing is made of it.
sh "$top/t/pg-newer.sh"
for version in 17 18; do
	name=newer$(stamped "$version").sql
	mm-pipe "$top/build/pg-newer/$version/pg_dump" -Fc -Z0 -d "$(named "$odd")" '|' mm-verify -P -o report '|' mm-land "home/$name" </dev/null >receipt
	manifest "$name" "$odd" >"home/$name.manifest"
	exits 2 "pg_restore 15 cannot read what pg_dump $version wrote" restore --to copy "$name"
done
mkdir newer
ln -s "$top/build/pg-newer/18/pg_restore" newer/pg_restore
newer() { PATH=$PWD/newer:$PATH restore --to copy "$name"; }
exits 2 '... and one that can writes what this server does not know' newer
said 'transaction_timeout' '... which is said before any data is loaded'
is 0 "$(databases | grep -c '^copy$')" '... and nothing is made of it'

# Many large objects, more than one transaction could lock.
createdb many
psql -qX -d many -c 'select lo_create(0) from generate_series(1, 12000)' >/dev/null
store "many$(stamped 5).sql.gz" many '|' mm-compress
ok 'as many large objects as fit into no transaction' restore "many$(stamped 5).sql.gz"
is 12000 "$(ask "many_restored_20260117_023005" 'select count(*) from pg_largeobject_metadata')" '... come back'

# What keeps a database from being dropped does not keep one that is only tried.
createdb kept
psql -qX -d kept -c "create subscription heard connection 'dbname=nowhere' publication told with (connect = false)" 2>/dev/null
psql -qX -d kept -c 'create role listener' -c 'alter role listener in database kept set work_mem to 999' -c 'alter database kept is_template true' \
	-c 'alter database kept connection limit 0'
store "kept$(stamped 8).sql.gz" kept '|' mm-compress
ok 'a template with a subscription' restore --to kept_copy "kept$(stamped 8).sql.gz"
is "$(picture kept)" "$(picture kept_copy)" '... comes back'
is 0 "$(databases | grep -c _restoring_)" '... and nothing is left of the trial'
psql -qX -d kept -c 'alter role listener in database kept reset all' -c 'alter role listener in database kept_copy reset all' -c 'drop role listener'
exits 2 'one with settings for a role that is missing' restore --to kept_too "kept$(stamped 8).sql.gz"
said 'CREATE ROLE "listener";' '... says so'
ok '... and is restored without rights' restore --no-acl --to kept_too "kept$(stamped 8).sql.gz"

# Other encodings and long names.
createdb -T template0 -E LATIN1 --locale=C latin
PGCLIENTENCODING=UTF8 psql -qX -d latin -c 'create table "Ärger" as select '"'é'"' as "ß"'
store "latin$(stamped 6).sql.gz" latin '|' mm-compress
ok 'a database in LATIN1' restore --to latin_copy "latin$(stamped 6).sql.gz"
is "$(picture latin)" "$(picture latin_copy)" '... is LATIN1 again'
long=$(printf 'ä%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30)
createdb "$long"
store "long$(stamped 7).sql.gz" "$long" '|' mm-compress
ok 'a name that is nearly as long as can be' restore "long$(stamped 7).sql.gz"
is 1 "$(databases | grep -c '^ä*_restored_20260117_023007$')" '... is cut between two characters'
ok '... and is swapped' restore --swap "long$(stamped 7).sql.gz"
is 1 "$(databases | grep -c '^ä*_before_')" '... under its name'
done_testing
