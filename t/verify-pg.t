#!/bin/sh
# What pg_dump 15, 17 and 18 write, in every format, is good as it is, counted right, and bad when cut anywhere.
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod a+x .
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
sh "$top/t/pg-newer.sh"
cluster_start "$tap_dir/pg"

# pg_dump_of VERSION ARGUMENT... - that version's pg_dump.
pg_dump_of() {
	version=$1
	shift
	case $version in
	15) pg_dump "$@" ;;
	*) "$top/build/pg-newer/$version/pg_dump" "$@" ;;
	esac
}

# verify FILE - check it; the report goes to .report.
verify() { mm-verify -o .report <"$1"; }

# fact KEY - what the last report says about it.
fact() { sed -n "s/^# $1: //p" .report; }

# tar_of DIRECTORY - print it as a tar whose first member is its table of contents.
tar_of() { (cd "$1" && find . -type f ! -name toc.dat | sed 's,^\./,,' | sort | tar -cf - toc.dat -T -); }

for database in odd small void schemas objects; do
	createdb "$database"
done
psql -Xq odd >/dev/null <<'EOF'
create schema "we ird";
create table "we ird"."na""me
nl" (a int, "b ü" text);
insert into "we ird"."na""me
nl" values (1, E'multi\nline\ttab\\'), (2, null), (3, E'\\.');
create table "täble" as select n, md5(n::text) as m from generate_series(1, 50) as n;
create table empty (x int);
create table no_columns ();
insert into no_columns default values;
insert into no_columns default values;
create table part (id int, t text) partition by range (id);
create table part_1 partition of part for values from (0) to (10);
create table part_2 partition of part for values from (10) to (20);
insert into part select n, repeat('x', 50000) from generate_series(0, 19) as n;
create materialized view seen as select count(*) from part;
select lo_from_bytea(0, decode(repeat('abcdef', 5000), 'hex')), lo_from_bytea(4000000000, 'hi\012there'), lo_from_bytea(0, '');
EOF
psql -Xq small >/dev/null <<'EOF'
create table a as select n, md5(n::text) from generate_series(1, 20) as n;
create table "B c" (x text);
select lo_from_bytea(0, 'some bytes');
EOF
psql -XAtc "select 'create schema s' || n || ';' from generate_series(1, 1000) as n" schemas | psql -Xq schemas
psql -Xqc "select lo_from_bytea(0, n::text::bytea) from generate_series(1, 2500) as n" objects >/dev/null

for version in 15 17 18; do
	pg_dump_of "$version" -Fc -Z0 odd | cat >custom
	ok "$version: a custom archive is good" verify custom
	is '6 75 3' "$(fact tables) $(fact rows) $(fact large-objects)" '... tables, rows and large objects are counted'
	is 50 "$(fact 'rows."public"."täble"')" '... rows by table'
	is 3 "$(fact 'rows."we ird"."na""me\\x0anl"')" '... whatever its name'
	is odd "$(fact database)" '... the database is named'
	is "$(pg_dump_of "$version" --version | sed 's/.*(PostgreSQL) //')" "$(fact pg_dump)" '... and pg_dump'
	is "$(wc -c <custom)" "$(fact dump-bytes)" '... and the size'

	pg_dump_of "$version" -Fc -Z0 odd >file
	ok "$version: one written to a file is good" verify file
	pg_dump_of "$version" -Fc -Z0 -f named odd
	ok "$version: so is one whose offsets were filled in" verify named
	pg_dump_of "$version" -Fc odd | cat >custom
	ok "$version: a compressed one is good" verify custom
	is 'not checked' "$(fact rows)" '... and its rows are not counted'
	pg_dump_of "$version" -Fc -Z0 --inserts odd | cat >custom
	ok "$version: one with INSERT commands is good" verify custom
	is 'not checked' "$(fact rows)" '... and its rows are not counted'
	pg_dump_of "$version" -Fc -Z0 --schema-only odd | cat >custom
	ok "$version: one without data is good" verify custom
	is 0 "$(fact tables)" '... and has no tables with data'
	pg_dump_of "$version" -Ft odd | cat >tar
	ok "$version: a tar archive is good" verify tar
	is '6 75 3' "$(fact tables) $(fact rows) $(fact large-objects)" '... and counted'
	for squeeze in 0 5; do
		rm -rf directory
		pg_dump_of "$version" -Fd -j2 -Z$squeeze -f directory odd
		tar_of directory >tar
		ok "$version: a tar of a directory archive, -Z$squeeze, is good" verify tar
		is '6 3' "$(fact tables) $(fact large-objects)" '... and counted'
	done
	is 'not checked' "$(fact rows)" '... but not the rows of a compressed one'
	rm "$(find directory -name '*.dat.gz' ! -name 'blob*' | head -n 1)"
	tar_of directory >tar
	exits 1 "$version: ... and bad without one of its files" verify tar
	pg_dump_of "$version" odd >plain
	ok "$version: a script is good" verify plain
	pg_dump_of "$version" -v odd >plain 2>/dev/null
	ok "$version: a verbose script too" verify plain

	pg_dump_of "$version" -Fc -Z0 void | cat >custom
	ok "$version: an empty database is good" verify custom
	pg_dump_of "$version" -Fc -Z0 schemas | cat >custom
	ok "$version: 1000 empty schemas are good" verify custom
	pg_dump_of "$version" -Fc -Z0 objects | cat >custom
	ok "$version: large objects alone are good" verify custom
	is 2500 "$(fact large-objects)" '... and counted'
	pg_dump_of "$version" -Ft objects | cat >tar
	ok "$version: ... in a tar archive too" verify tar
	is 2500 "$(fact large-objects)" '... and counted'

	for format in c t p; do
		pg_dump_of "$version" -F$format small | cat >"$format$version"
	done
	pg_dump_of "$version" -Fc -Z0 small | cat >"0$version"
	pg_dump_of "$version" -Fc -Z0 void | cat >"v$version"
	pg_dump_of "$version" -Fc -Z0 small >"f$version"
	ok "$version: small ones, cut and flipped everywhere" \
		"$build/t/c-pgdump" "c$version" "t$version" "p$version" "0$version" "v$version"
done

# 17 and 18 append a second table of contents here; cut off, it leaves what restores.
ok '15: one written to a file, cut and flipped everywhere' "$build/t/c-pgdump" f15

for method in lz4 zstd; do
	pg_dump_of 17 -Fc -Z$method odd | cat >custom
	ok "compressed with $method, it is good" verify custom
	is 'not checked' "$(fact rows)" '... and its rows are not counted'
done
pg_dump_of 18 -Fc -Z0 --statistics odd | cat >custom
ok '18: one with statistics is good' verify custom

pg_dumpall >all
ok 'a script of the whole cluster is good' verify all
"$top/build/pg-newer/18/pg_dumpall" >all
ok 'so is that of 18' verify all
head -c "$(($(wc -c <all) / 2))" all >half
exits 1 'half of it is bad' verify half
pg_dumpall --globals-only >all
ok 'a script of roles and tablespaces is good' verify all

pg_dump -Fc -Z0 odd | cat >whole
head -c 600000 whole >shorter
exits 1 'an archive that is cut is bad' verify shorter
said 'the dump is cut: it ends at byte 600000, in the data of "public"."part_2"' '... and where is said'
head -c 2000 whole >shorter
exits 1 'so is one cut in its table of contents' verify shorter
said 'ends at byte 2000, in its table of contents' '... and where is said'
printf x | cat whole - >longer
exits 1 'something after the end is bad' verify longer

# tar_without MEMBER - make ./lacking, the archive ./whole without one member.
tar_without() {
	mkdir members
	tar -C members -xf whole
	tar -tf whole | grep -vxF -e "$1" | tar -C members --format=ustar -cf lacking -T -
	rm -r members
}

pg_dump -Ft odd | cat >whole
tar_without blob_4000000000.dat
exits 1 'a tar archive without one of its large objects is bad' verify lacking
said '2 large objects, but 3 in its lists' '... and that is said'
tar_without "$(tar -tf whole | sed -n 3p)"
exits 1 '... and one without a table' verify lacking
said '1 of 7 blocks of data are missing' '... and that is said'
tar_without restore.sql
ok '... but not one that another tar has written again' verify lacking
pg_dump -Ft small | cat >whole
printf X | dd of=whole bs=1 seek=108 conv=notrunc 2>/dev/null
exits 1 '... and one with a member whose header is damaged' verify whole
said 'checksum' '... and that is said'
done_testing
