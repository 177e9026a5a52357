#!/bin/sh
# restore.sh --in-place: into the database that is there, in one transaction, compared before that ends; or as it was.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric <<'SQL'
create table notes (id int primary key, body text);
insert into notes select i, md5(i::text) from generate_series(1, 2000) i;
create table marks (note int references notes, mark text);
insert into marks select i, 'x' from generate_series(1, 2000) i;
create schema more;
create table more.things as select i from generate_series(1, 30) i;
select lo_from_bytea(4711, 'a large object');
SQL
name=matric$(stamped 1).sql.zst.enc
store "$name" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
backed_up=$(picture matric)
spoil() {
	psql -qX -d matric -c 'delete from marks' -c 'delete from notes where id > 20' -c 'alter table notes add column spoilt int' \
		-c "select lo_put(4711, 0, 'A LARGE')" -c 'drop table more.things' >/dev/null
}
spoil
spoilt=$(picture matric)

in_place() { restore --in-place "$@" -i key "$name"; }
exits 78 'without a terminal it has to be said that it is meant' in_place
said "--yes matric says that it is meant" '... and how is said'
exits 78 '... of the right database' in_place --yes postgres
typed() { echo "$1" | script -qec "sh $top/scripts/restore.sh --from home --in-place -i key $name" /dev/null; }
exits 78 'at a terminal the name has to be typed back' typed yes
said 'Type its name to go on' '... when asked'
is "$spoilt" "$(picture matric)" '... and nothing is done'
ok 'typed back' typed matric
is "$backed_up" "$(picture matric)" '... the database is as it was backed up'
is matric "$(databases)" '... under its name'
spoil
psql -qX -d matric -c 'create table since as select 1'
ok 'what has come since' in_place --yes matric
is 1 "$(ask matric 'select count(*) from since')" '... stays'
psql -qX -d matric -c 'drop table since'
is "$backed_up" "$(picture matric)" '... and the rest is as it was backed up'

# Whatever fails: nothing has changed.
spoil
psql -qX -d matric -c 'create view of_notes as select id from notes'
stays=$(picture matric)
exits 2 'what is in the way' in_place --yes matric
said 'other objects depend on it' '... is said'
said 'nothing was restored' '... before any data was loaded'
is "$stays" "$(picture matric)" '... and nothing has changed'
psql -qX -d matric -c 'drop view of_notes'
stays=$(picture matric)
cp "home/$name" whole
perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, -1, 2; read $f, $b, 1; seek $f, -1, 2; print $f ~$b & "\xff"' "home/$name"
exits 1 'a backup whose last byte has changed is bad' in_place --yes matric
is "$stays" "$(picture matric)" '... and nothing has changed'
mv whole "home/$name"
manifest=$(cat "home/$name.manifest")
echo "$manifest" | sed 's/^# rows: .*/# rows: 1/' >"home/$name.manifest"
exits 1 'one that is not that of its manifest is bad' in_place --yes matric
is "$stays" "$(picture matric)" '... and nothing has changed'
echo "$manifest" >"home/$name.manifest"

# An index that cannot be made comes after all rows and large objects.
createdb late
psql -qX -d late <<'SQL' >/dev/null
create function doubled(i int) returns int immutable language plpgsql as
	$$begin if current_setting('app.fails', true) = 'yes' then raise exception 'no index today'; end if; return i * 2; end$$;
create table notes as select i as id from generate_series(1, 2000) i;
create table lines (line text);
insert into lines values ('BEGIN;'), ('COMMIT;'), (''), ('--'), ('-- PostgreSQL database dump complete'), ('--'), ('COMMIT;');
create index on notes (doubled(id));
select lo_from_bytea(0, decode(repeat('00ff', 200000), 'hex'));
SQL
store "late$(stamped 2).sql.zst" late '|' mm-compress -m zstd
ok 'rows that look like the end of a transaction' restore --in-place --yes late "late$(stamped 2).sql.zst"
cp .stderr warnings
is 7 "$(ask late 'select count(*) from lines')" '... come back as rows'
is 2 "$(ask late "select count(*) from lines where line = 'COMMIT;'")" '... unchanged'
warns() { grep WARN warnings; }
exits 1 '... without a warning' warns
psql -qX -d late -c 'delete from notes where id > 5' -c "alter database late set app.fails to 'yes'" -c "drop index notes_doubled_idx"
stays=$(picture late)
exits 2 'an index that cannot be made' restore --in-place --yes late "late$(stamped 2).sql.zst"
said 'no index today' '... is said'
said 'the backup is good' '... and that it is not the fault of the backup'
is "$stays" "$(picture late)" '... and nothing has changed'
dropdb late

# A trigger that swallows rows is there only where the tables are not made anew.
ok 'rows alone go into tables that are there' sh -c 'psql -qX -d matric -c "truncate notes, marks" -c "alter table notes drop column spoilt"'
store "only$(stamped 2).sql.zst" matric '|' mm-compress -m zstd
ok '... of the one that was asked for' in_place --yes matric --data-only --table notes
is '2000 0' "$(ask matric 'select count(*) from notes') $(ask matric 'select count(*) from marks')" '... and no other'
psql -qX -d matric <<'SQL'
create function swallow() returns trigger language plpgsql as 'begin if new.mark = ''x'' and new.note % 100 = 0 then return null; end if; return new; end';
create trigger swallowing before insert on marks for each row execute function swallow();
SQL
stays=$(picture matric)
exits 1 'rows that do not get there are missed' in_place --yes matric --data-only --table marks
said 'marks: 2000 rows in the archive, 1980 in the database' '... and that is said'
is "$stays" "$(picture matric)" '... and nothing has changed'
psql -qX -d matric -c 'drop table marks' -c 'drop function swallow'

ok 'a schema is restored in its place' in_place --yes matric --schema more
is 30 "$(ask matric 'select count(*) from more.things')" '... all of it'
is '' "$(ask matric "select to_regclass('marks')")" '... and nothing else'

# Hooks.
told() { cat told 2>/dev/null || :; }
hooked() { RESTORE_PRE_HOOK='echo "pre $RESTORE_STATUS" >>told; '"$1" RESTORE_POST_HOOK='echo "post $RESTORE_STATUS" >>told' in_place --yes matric; }
ok 'with hooks' hooked :
is "pre 0
post 0" "$(told)" '... both are run'
is "$backed_up" "$(picture matric)" '... and the database is as it was backed up'
rm told
spoil
stays=$(picture matric)
exits 2 'a pre-hook that fails stops it' hooked 'exit 3'
is 'pre 0' "$(told)" '... the other is not run'
is "$stays" "$(picture matric)" '... and nothing has changed'
rm told
psql -qX -d matric -c 'create view of_notes as select id from notes'
exits 2 'when it fails' hooked :
is "pre 0
post 2" "$(told)" '... the post-hook is told'
psql -qX -d matric -c 'drop view of_notes'

psql -Xqd matric -c 'select pg_sleep(300)' >/dev/null 2>&1 &
sleeper=$!
eventually 10 sh -c 'psql -XAtqd postgres -c "select 1 from pg_stat_activity where query like '\''%pg_sleep(300)'\''" | grep -q 1'
ok 'a session in the database' in_place --yes matric
said '1 sessions are in database matric' '... is noticed, and left alone'
ok '... as long as it is not in the way' kill "$sleeper"
wait "$sleeper" 2>/dev/null || :

exits 2 'a database that is not there cannot be restored in its place' restore --in-place --yes nosuch --to nosuch -i key "$name"
createdb staging
ok 'another database can be named' restore --in-place --yes staging --to staging -i key "$name"
is "$backed_up" "$(picture staging)" '... and is filled'
dump=-Ft store "tar$(stamped 3).sql.gz" staging '|' mm-compress
ok 'from a tar archive' restore --in-place --yes staging --to staging "tar$(stamped 3).sql.gz"
is "$backed_up" "$(picture staging)" '... the same'
dump=-Fp store "script$(stamped 4).sql.gz" staging '|' mm-compress
exits 78 'a script cannot be restored in place' restore --in-place --yes staging --to staging "script$(stamped 4).sql.gz"
said '--swap' '... but otherwise'
done_testing
