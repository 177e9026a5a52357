#!/bin/sh
# restore.sh: parts of a backup; and what the server lacks, said before any data is loaded.
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric <<'SQL'
create role owner;
create role "odd ""role" login;
create extension pg_trgm;
create schema notes;
create schema "O ther";
create table notes.notes (id int primary key, body text);
insert into notes.notes select i, md5(i::text) from generate_series(1, 1000) i;
create index on notes.notes using gin (body gin_trgm_ops);
create table "O ther".notes as select i from generate_series(1, 20) i;
create table "O ther"."T'a ble" as select i from generate_series(1, 30) i;
create table public.rest as select i from generate_series(1, 40) i;
alter table notes.notes owner to owner;
grant select on notes.notes to "odd ""role";
select lo_from_bytea(0, 'a large object');
SQL
name=matric$(stamped 1).sql.zst
store "$name" matric '|' mm-compress -m zstd
psql -qX -d matric -c 'drop owned by owner' -c 'drop schema notes cascade' -c 'drop owned by "odd ""role"'
tables() { ask "$1" "select relnamespace::regnamespace || '.' || relname from pg_class where relkind = 'r' and relnamespace > 16384 or relnamespace = 'public'::regnamespace order by 1" | tr '\n' ' '; }

ok 'a table is restored' restore --to part --table "T'a ble" "$name"
is "\"O ther\".T'a ble " "$(tables part)" '... alone'
is 30 "$(ask part "select count(*) from \"O ther\".\"T'a ble\"")" '... every row'
dropdb part
ok 'tables of one name, and another' restore --to part --table notes --table rest "$name"
is '"O ther".notes notes.notes public.rest ' "$(tables part)" '... are those of every schema'
dropdb part
ok '... or of one' restore --to part --table notes --schema 'O ther' "$name"
is '"O ther".notes ' "$(tables part)" '... alone'
dropdb part
ok 'a schema is restored' restore --to part --schema notes "$name"
is 'notes.notes ' "$(tables part)" '... alone'
is 1000 "$(ask part "select count(*) from notes.notes where body like '%%'")" '... every row'
is 2 "$(ask part "select count(*) from pg_indexes where schemaname = 'notes'")" '... with its indexes'
dropdb part
ok '... and quicker' restore -j 2 --to part --schema notes "$name"
is 2 "$(ask part "select count(*) from pg_indexes where schemaname = 'notes'")" '... with the same'
dropdb part
ok 'the schema alone' restore --to part --schema-only "$name"
is '"O ther".T'"'"'a ble "O ther".notes notes.notes public.rest ' "$(tables part)" '... has every table'
is 0 "$(ask part 'select (select count(*) from notes.notes) + (select count(*) from public.rest)')" '... and no row'
dropdb part
exits 2 'a table that is not in the backup is trouble' restore --to part --table nosuch "$name"
said 'table "nosuch" not found' '... and that is said'
is matric "$(databases)" '... and no database is made'
damaged() { perl -pi -e 'BEGIN { $/ = \1 } $_ = ~$_ & "\xff" if $. == 5000' "home/$name" && restore --to part --table rest "$name"; }
cp "home/$name" whole
exits 1 'a part of a backup that is damaged elsewhere is bad' damaged
is matric "$(databases)" '... and no database is made'
mv whole "home/$name"

# What is not here.
psql -qX -d postgres -c 'drop role owner' -c 'drop role "odd ""role"'
exits 2 'where roles are missing' restore --to part "$name"
said 'role owner does not exist: CREATE ROLE "owner";' '... the owner is named, with the command that makes it'
said 'role odd "role does not exist: CREATE ROLE "odd ""role";' '... and who has rights'
said 'nothing was restored' '... and that it was looked at first'
is matric "$(databases)" '... and no database is made'
exits 2 '... without owners' restore --no-owner --to part "$name"
said 'CREATE ROLE "odd ""role";' '... those with rights'
unnamed() { ! grep -q 'CREATE ROLE "owner"' .stderr; }
ok '... alone are named' unnamed
ok 'without owners and rights it is restored' restore --no-owner --no-acl --to part "$name"
is matric "$(ask part "select relowner::regrole from pg_class where relname = 'notes' limit 1")" '... and belongs to who restored it'
dropdb part
ok 'a part that needs no such role' restore --schema 'O ther' --to part "$name"
dropdb part
psql -qX -d postgres -c 'create role owner' -c 'create role "odd ""role"'
ok 'where they have been made' restore --to part "$name"
is owner "$(ask part "select relowner::regrole from pg_class where relname = 'notes' and relnamespace = 'notes'::regnamespace")" '... so is it'
dropdb part

extensions=$(pg_config --sharedir)/extension
without_extension() {
	# The server finds an extension by this file, and this archive has been told another name for it.
	mm-compress -d <"home/$name" | perl -0777 -pe 's/pg_trgm/pg_nope/g' | mm-compress -m zstd >"home/nope$(stamped 2).sql.zst"
	restore -f --to part "nope$(stamped 2).sql.zst"
}
ok 'the extension is one of the server' test -e "$extensions/pg_trgm.control"
exits 2 'where an extension is missing' without_extension
said 'extension pg_nope is not on the server'"'"'s machine: apt-get install postgresql-15-pg-nope' '... it is named, with a guess where it is'
is matric "$(databases)" '... and no database is made'

dump='-Fp'
store "script$(stamped 3).sql" matric
exits 78 'a script has no parts' restore --to part --table rest "script$(stamped 3).sql"
is matric "$(databases)" '... and no database is made'
done_testing
