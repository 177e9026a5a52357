#!/bin/sh
# Several databases, odd names, and odd contents: each gets a backup of its own that gives it back.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

# make DATABASE - create it, with the script on standard input.
make_db() {
	createdb -T template0 -- "$1"
	psql -qX -v ON_ERROR_STOP=1 -d "dbname='$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")'" >/dev/null
}
# of WORD - the newest backup whose name begins so.
of() { find home -name "$1_backup_*" ! -name '*.manifest' | sort | tail -n 1; }
# back WORD DATABASE - restore its newest backup into a new database `back`, and compare all that pg_dump says of the two.
back() {
	dropdb --if-exists back && createdb -T template0 back || return
	mm-seal -d -i key <"$(of "$1")" | mm-compress -d | pg_restore --exit-on-error -d back || return
	pg_dump --restrict-key=x -d "dbname='$2'" >was 2>/dev/null || pg_dump -d "dbname='$2'" | grep -v -e '^.restrict' -e '^.unrestrict' >was
	pg_dump --restrict-key=x -d back >is 2>/dev/null || pg_dump -d back | grep -v -e '^.restrict' -e '^.unrestrict' >is
	[ -s was ] && cmp was is
}

make_db empty </dev/null
make_db 'Odd name, ("quoted")' <<'END'
create table "Täble, ""odd"" \ 'name'" ("column 1" int primary key, "größe" text);
insert into "Täble, ""odd"" \ 'name'" select i, 'żółć ' || i from generate_series(1, 100) i;
END
make_db 'ключ' <<'END'
create table t as select 1 as x;
END
make_db blobs <<'END'
select lo_from_bytea(0, decode(repeat(md5(i::text), 1000), 'hex')) from generate_series(1, 20) i;
END
make_db schemas <<'END'
select format('create schema s%s', i) from generate_series(1, 1000) i \gexec
END
make_db shapes <<'END'
create table parts (id bigint generated always as identity, at date not null, note text) partition by range (at);
create table parts_2025 partition of parts for values from ('2025-01-01') to ('2026-01-01');
create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01') partition by hash (id);
create table parts_2026_0 partition of parts_2026 for values with (modulus 2, remainder 0);
create table parts_2026_1 partition of parts_2026 for values with (modulus 2, remainder 1);
insert into parts (at, note) select date '2025-06-01' + i, 'note ' || i from generate_series(1, 400) i;
create table boxes (w numeric, h numeric, area numeric generated always as (w * h) stored);
insert into boxes (w, h) select i, i / 7.0 from generate_series(1, 50) i;
create type mood as enum ('sad', 'ok', 'happy');
create domain positive as int check (value > 0);
create table people (id serial primary key, m mood default 'ok', p positive, parent int references people, tags text[], j jsonb, b bytea, r int4range);
insert into people (m, p, parent, tags, j, b, r) select 'happy', i, nullif(i - 1, 0), array['a', null, 'ü'], '{"k": [1, null]}', '\xdeadbeef', '[1,5)' from generate_series(1, 30) i;
create unlogged table passing as select 1;
create view happy as select * from people where m = 'happy';
create materialized view totals as select m, count(*) from people group by m;
create function twice(int) returns int language sql as 'select $1 * 2';
create sequence odd start 7 increment 3;
select nextval('odd');
create rule none as on delete to boxes do instead nothing;
END

several() { PGDATABASE='matric empty, "Odd name, (""quoted"")" ключ blobs schemas shapes' sealed make; }
ok 'seven databases are backed up' several
is 14 "$(backups)" '... each in a backup of its own'
said '7 databases' '... and one line reports them all'
ok 'an empty database comes back' back empty empty
is '# tables: 0' "$(grep tables "$(of empty).manifest")" '... and is a backup all the same'
ok 'a database with an odd name, and a table with one' back 'Odd%20name%2C%20%28%22quoted%22%29' 'Odd name, ("quoted")'
ok 'a name that is not ASCII' back '%D0%BA%D0%BB%D1%8E%D1%87' 'ключ'
ok 'large objects and nothing else' back blobs blobs
ok 'a thousand empty schemas' back schemas schemas
ok 'partitions, generated columns, types, views, sequences, rules' back shapes shapes

all() { PGDATABASE='*' BACKUP_EXCLUDE='schemas "Odd name, (""quoted"")"' sealed make; }
rm home/*
dropdb back
ok 'PGDATABASE=* is every database' all
is 'blobs empty matric postgres shapes ключ' "$(for f in home/*.manifest; do sed -n 's/^# database: //p' "$f"; done | sort | paste -sd ' ')" \
	'... but those of BACKUP_EXCLUDE'

# One of several that fails costs the others nothing.
rm home/*
some() { PGDATABASE='empty nosuch matric' sealed make; }
exits 3 'one that is not there: the others are made, and the status is 3' some
is 4 "$(backups)" '... made'
said 'NO backup at home of: nosuch' '... and it is named'
exits 1 'none of them there' env PGDATABASE='nosuch neither' sh "$top/scripts/backup.sh" make
named() { PGDATABASE='empty matric' BACKUP_NAME=one sealed make; }
exits 78 'BACKUP_NAME cannot name two' named
said 'BACKUP_NAME names the backups of one database' '... and says so'
unclosed() { PGDATABASE='empty "matric' sealed make; }
exits 78 'a quote that is not closed is a wrong setting' unclosed
one() { BACKUP_NAME='main db' sealed make; }
ok 'a backup has the name that it is given' one
ok '... spelt for a file' test -e "$(of main%20db)"
is '# database: matric' "$(grep '# database' "$(of main%20db).manifest")" '... whatever the database is called'

# By the directory format, which puts plain text on disk.
spooled() { PGDATABASE=shapes PGDUMP_OPTIONS='--format=directory --jobs=2' BACKUP_PLAINTEXT_SPOOL=${1-yes} sealed make; }
exits 78 '--format=directory is refused' spooled no
said 'BACKUP_PLAINTEXT_SPOOL=yes' '... unless it is said that plain text may be on disk'
ok 'with that it is made' spooled
is sql.tar.zst.enc "$(of shapes | cut -d. -f2-)" '... a tar of the directory'
ok '... followed to its end' grep -q '^# rows: 481$' "$(of shapes).manifest"
unpacked() {
	mkdir unpacked && mm-seal -d -i key <"$(of shapes)" | mm-compress -d | tar -xf - -C unpacked || return
	dropdb --if-exists back && createdb -T template0 back && pg_restore --exit-on-error -j 2 -d back unpacked
}
ok '... that stock tools unpack' unpacked
is 480 "$(psql -qXAt -d back -c 'select (select count(*) from parts) + (select count(*) from boxes) + (select count(*) from people)')" '... into all its rows'
is '' "$(leftovers)" '... and the directory is gone'
plain() { PGDATABASE=shapes PGDUMP_OPTIONS=--format=$1 sealed make; }
for format in plain tar; do
	ok "a dump in the format $format" plain $format
	ok '... is a backup' mm-verify -i key -x "$(of shapes).manifest" <"$(of shapes)"
done
design() { PGDUMP_OPTIONS='--format=custom --compress=9' sealed make; }
ok 'the options of the design, compressed by pg_dump' design
is '' "$(leftovers)" 'nothing else is left'
done_testing
