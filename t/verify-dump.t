#!/bin/sh
# mm-verify --dump: a stored backup, opened and checked on the way to its reader; of a bad one the end never comes.
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod a+x .
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
createdb notes
psql -XqAtd notes >/dev/null <<'SQL'
create table notes (id int primary key, body text);
insert into notes select n, md5(n::text) from generate_series(1, 20000) n;
create index on notes (body);
create table note_marks (note int references notes, mark "char");
insert into note_marks select n, 'x' from generate_series(1, 20000) n;
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touched before update on notes for each row execute function touch();
create materialized view shorts as select id from notes where body < '1';
create role guest;
grant select on notes to guest;
comment on index notes_body_idx is 'für Ähnliches';
select lo_from_bytea(0, 'a large object');
SQL
pg_dump -Fc -Z0 notes | cat >dump
umask 077
mm-key >key 2>public
mm-key >stranger 2>>public
umask 022
mm-key --recipient <key >recipients

opens() { mm-verify --dump -o report "$@" <backup >out; }
fact() { sed -n "s/^# $1: //p" report; }

# manifest - print that of ./backup, as the driver makes it.
manifest() { printf '# manifest: 1\n# dump-bytes: %s\n# rows: 40000\n' "$(wc -c <dump)"; sha256sum backup; }

# swap_byte AT - change one byte of ./backup.
swap_byte() { perl -e 'open my $f, "+<", "backup" or die; seek $f, $ARGV[0], 0; read $f, $b, 1; seek $f, $ARGV[0], 0; print $f ~$b & "\xff"' "$1"; }

for method in none gzip zstd xz; do
	for seal in no yes; do
		layers="$method, sealed: $seal"
		set --
		mm-compress -m "$method" <dump >backup
		[ "$seal" = no ] || { mm-seal -R recipients <backup >sealed; mv sealed backup; set -- -i key; }
		manifest >good
		ok "$layers: a backup is opened" opens "$@" -x good
		same dump out '... down to the dump'
		is "$method 40000 dump" "$(fact method) $(fact rows) $(fact depth)" '... and the report says what it was'
		rm report
		sed 's/^[0-9a-f]\{8\}/00000000/' good >other
		exits 1 "$layers: one that is not that of its manifest is bad" opens "$@" -x other
		absent '... and has no report' report
		is "$(($(wc -c <dump) - 65536))" "$(wc -c <out)" '... and the end of its dump is kept back'
		swap_byte $(($(wc -c <backup) / 2))
		exits 1 "$layers: one of which a byte has changed is bad" opens "$@" -x good
		absent '... and has no report' report
		ok '... and less than its dump has passed' test "$(wc -c <out)" -lt "$(wc -c <dump)"
		head -c "$(($(wc -c <backup) * 2 / 3))" backup >shorter
		mv shorter backup
		exits 1 "$layers: one that is cut is bad" opens "$@"
	done
done
mm-compress -m zstd <dump | mm-seal -R recipients >backup
exits 1 'with a key that it was not sealed for, it is bad' opens -i stranger
exits 2 'with none nobody can tell' opens
said 'a key is needed' '... and that is said'
is 0 "$(wc -c <out)" '... and nothing passes'
key_by_pipe() { mm-verify --dump -i /dev/fd/3 3<&0 <backup >out; }
cat_key() { head -n 9 key | key_by_pipe; }
ok 'a key may come through a pipe' cat_key
same dump out '... and opens'
pg_dump notes >plain
cp plain backup
ok 'a script passes' opens
same plain out '... unchanged'
pg_dump -Ft notes | cat >backup
ok 'so does a tar archive' opens
same backup out '... unchanged'
seq 1 100000 >backup
exits 1 'what is no dump does not' opens
is 0 "$(wc -c <out)" '... none of it'

# In a pipeline that is a transaction: what pg_restore does in one of its own is undone.
restores() {
	psql -Xqd postgres -c 'drop database if exists copy' -c 'create database copy template template0'
	mm-pipe cat backup '|' mm-verify --dump -i key -x good '|' pg_restore --exit-on-error --single-transaction -d copy </dev/null
}
tables() { psql -XAtd copy -c "select count(*) from pg_class where relnamespace = 'public'::regnamespace"; }
mm-compress -m zstd <dump | mm-seal -R recipients >backup
manifest >good
ok 'in a pipeline a good backup is restored' restores
is 20000 "$(psql -XAtd copy -c 'select count(*) from note_marks')" '... every row'
cp backup whole
head -c "$(($(wc -c <whole) - 1))" whole >backup
exits 1 'one that lacks its last byte is not' restores
is 0 "$(tables)" '... not even a table'
cp whole backup
swap_byte $(($(wc -c <backup) - 1))
exits 1 'nor is one whose last byte has changed' restores
is 0 "$(tables)" '... not even a table'
cp whole backup
sed 's/rows: 40000/rows: 39999/' good >other
mv other good
exits 1 'nor is one of which the manifest says something else' restores
is 0 "$(tables)" '... not even a table'

# The head.
cp dump backup
ok 'the head of an archive is kept' opens --head head
same dump out '... while it passes'
is 600 "$(stat -c %a head)" '... which only its owner reads'
ok '... and is small' test "$(stat -c %s head)" -lt 20000
is "$(pg_restore -l dump)" "$(pg_restore -l head)" 'pg_restore lists it as it does the archive'
script() { pg_restore "$@" | sed '/^\\restrict/d; /^\\unrestrict/d'; }
is "$(script --schema-only -f - dump)" "$(script --schema-only -f - head)" '... and prints the same schema'
unhurried() {
	createdb -T template0 one && pg_restore --exit-on-error -d one dump
}
hurried() {
	createdb -T template0 two && pg_restore --exit-on-error --section=pre-data --section=data -d two <dump &&
		pg_restore --exit-on-error -j 4 --section=post-data -d two head
}
ok 'data from the archive, and what comes after it from the head' hurried
ok '... beside a plain restore' unhurried
is "$(pg_dump one | sed '/restrict/d' | sha256sum)" "$(pg_dump two | sed '/restrict/d' | sha256sum)" '... make the same database'
rm head
peek() { mm-pipe --early cat backup '|' mm-verify --dump --head head '|' pg_restore -l </dev/null >list; }
ok 'a reader may stop early' peek
ok '... and has its list' grep -q 'TABLE public notes' list
ok '... and the head is there' test -s head
rm head
head -c 3000 dump >backup
exits 1 'an archive that is cut in its table of contents is bad' opens --head head
absent '... and has no head, nor a part of it' head*
pg_dump -Ft notes | cat >backup
exits 2 'a tar archive has no head to keep' opens --head head
said 'only an archive in custom format' '... and that is said'
cp plain backup
exits 2 'nor has a script' opens --head head
absent '... and there is none' head*
{ head -c 6 dump && printf '\377' && tail -c +8 dump; } >backup
exits 2 'nor one of a version to come' opens --head head
said 'not known' '... and that is said'
cp dump backup
exits 2 'a head that cannot be written is trouble' opens --head no/where
exits 2 '... and so is one that does not fit' sh -c 'ulimit -f 1; trap "" XFSZ; exec mm-verify --dump --head head <backup >/dev/null'
absent '... and there is none' head*

gone() { mm-verify --dump "$@" -o report <dump | head -c 10 >out; }
st() { (gone "$@"; :); }
rm -f report
ok 'when the reader has gone' st
absent '... there is no verdict' report
ok 'with --drain' st --drain
is 40000 "$(fact rows)" '... there is one'
to_full() { mm-verify --dump <dump >/dev/full; }
exits 2 'a full disk is trouble' to_full
no_stdout() { mm-verify --dump <dump >&-; }
exits 2 'so is a closed stdout' no_stdout
report_to_full() { mm-verify --dump -o /dev/full <dump >out; }
exits 2 'so is a report that does not fit' report_to_full
is "$(($(wc -c <dump) - 65536))" "$(wc -c <out)" '... and the end is kept back'
terminal() { script -qec 'mm-verify --dump <dump' /dev/null; }
unset -f script
exits 2 'a terminal gets nothing' terminal
said 'not for a terminal' '... and is told why'
exits 2 '-P and --dump are two things' mm-verify -P --dump
exits 2 '--head needs --dump' mm-verify --head head
done_testing
