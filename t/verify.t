#!/bin/sh
# mm-verify: a stored backup is good, bad, or nobody can tell; each has its status, and a report means good.
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod a+x .
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -Xqd postgres -c 'create table notes as select n, md5(n::text) from generate_series(1, 20000) n'
pg_dump -Fc -Z0 postgres | cat >dump
umask 077
mm-key >key 2>public
mm-key >other 2>>public
umask 022
mm-key --recipient <key >recipients
mm-key --recipient <other >>recipients
mm-key 2>>public | cat >stranger
echo 'correct horse' >pass

check() { mm-verify -o report "$@" <backup; }
fact() { sed -n "s/^# $1: //p" report; }

# manifest - print that of ./backup, as the driver makes it.
manifest() { printf '# manifest: 1\n# dump-bytes: %s\n# rows: 20000\n# odd: thing\n' "$(wc -c <dump)"; sha256sum backup; }

for method in none gzip zstd xz; do
	mm-compress -m "$method" <dump >backup
	ok "a dump compressed with $method is good" check
	is "$method 0 20000 dump" "$(fact method) $(fact sealed) $(fact rows) $(fact depth)" '... and the report says what it is'
	mm-compress -m "$method" <dump | mm-seal -R recipients >backup
	ok "... sealed too, with the key" check -i key
	is "$method 2 20000 dump" "$(fact method) $(fact sealed) $(fact rows) $(fact depth)" '... and the report says what it is'
	ok '... with the other key as well' check -i other
	exits 1 '... but not with a key that it was not sealed for' check -i stranger
	head -c "$(($(wc -c <backup) - 100))" backup >shorter
	mv shorter backup
	exits 1 '... but not when it is cut' check -i key
done
zstd -qc dump | age -R recipients >backup
ok 'what stock zstd and age made is good' check -i key
age -a -R recipients <dump >backup
ok '... armored too' check -i key
mm-seal -p pass <dump >backup
ok 'under a passphrase it is good' check -p pass
is "$(wc -c <backup)" "$(fact stored-bytes)" '... and its size is reported'
echo wrong >wrong
exits 1 '... but not under another' check -p wrong

mm-compress -m zstd <dump | mm-seal -R recipients >backup
rm report
exits 2 'sealed, with neither key nor manifest, nobody can tell' check
said 'without a key (-i, -p) or a manifest (-x) nobody can tell' '... and that is said'
absent '... and there is no report' report
manifest >good
ok 'with its manifest it is good' check -x good
is 'sealed 2' "$(fact depth) $(fact sealed)" '... as far as it was looked at'
ok 'with manifest and key it is good' check -x good -i key
is dump "$(fact depth)" '... all the way down'
sed 's/rows: 20000/rows: 19999/' good >altered
exits 1 'a manifest with other rows does not fit' check -x altered -i key
said 'rows are 20000, and it says 19999' '... and that is said'
sed 's/^[0-9a-f]\{8\}/00000000/' good >altered
exits 1 'nor does one with another digest' check -x altered
sed 's/manifest: 1/manifest: 2/' good >altered
exits 2 'a manifest of another version is trouble' check -x altered
head -n 3 good >altered
exits 2 'so is one without a digest' check -x altered
exits 2 'so is a backup in its place' check -x backup
exits 2 'so is none' check -x missing
head -c 2000 backup >shorter
cp backup whole
mv shorter backup
exits 1 'a sealed backup that is cut is not that of its manifest' check -x good
headed=$(mm-seal -R recipients </dev/null | wc -c)
head -c "$((headed - 16 + 65552 + 5))" whole >backup
exits 1 'one of a length that none has is bad without a key too' check
said 'cut short' '... and that is said'
mm-seal -a -R recipients <dump | head -n 20 >backup
exits 1 'armor without its end is bad without a key too' check
cp dump backup
ok 'a key is no need for what is not sealed' check -i key
age -R recipients <dump | gzip >backup
exits 1 'what is sealed inside is no dump' check -i key
seq 1 100000 >backup
exits 1 'what is no dump is bad' check
: >backup
exits 1 'what is empty is bad' check
said 'the dump is empty' '... and that is said'

# An archive whose first text is a gigabyte long, and nothing but that: some 40 KB of zstd.
perl -e 'print "PGDMP\1\16\0\4\10\1", "\0" x 40, pack("CV", 0, 1 << 30); print "\0" x (1 << 20) for 1 .. 1024' |
	zstd -qc >backup
by_pipe() { mm-pipe -o stages cat backup '|' mm-verify </dev/null; }
exits 1 'a bomb is bad' by_pipe
said 'in its table of contents' '... for what is not in it'
ok '... and was followed in little memory' test "$(awk '$2 == "mm-verify" { print $7 }' stages)" -lt 300000

cp dump backup
as_json() {
	mm-verify -J <backup | perl -MJSON::PP -0777 -ne '$r = decode_json($_);
		print join(" ", $r->{rows}, $r->{method}, $r->{"rows-of"}{q("public"."notes")}), "\n"'
}
ok 'the report as JSON' as_json
said '20000 none 20000' '... has numbers, texts, and the rows of each table'
to_full() { mm-verify <backup >/dev/full; }
exits 2 'a report that does not fit is trouble' to_full
exits 2 '... in a file of its own too' mm-verify -o /dev/full <backup
ok '... and the device is still there' test -c /dev/full
exits 2 'so is one whose directory is missing' mm-verify -o no/where <backup
no_stdin() { mm-verify <&-; }
exits 2 'so is a closed stdin' no_stdin
no_stdout() { mm-verify >&- <backup; }
exits 2 'so is a closed stdout' no_stdout
exits 2 'so is a key file that is none' check -i dump
exits 2 '-P with a key is a mistake' mm-verify -P -i key
exits 2 '--drain without -P too' mm-verify --drain
exits 2 'and an argument' mm-verify backup
done_testing
