#!/bin/sh
# README, "Larger databases": its commands make a physical backup and an archive of WAL, and a new server comes up from them.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod 755 .
at_exit='cluster_stop "$tap_dir/pg"; cluster_stop "$tap_dir/new"'

# The server runs as somebody else when we are root, who must get at everything.
mkdir bin archive
cp "$build"/mm-* bin
sed "/^#/!s,mm-[a-z],$tap_dir/bin/&,g" "$top/units/examples/archive-wal" >bin/archive-wal
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients
owner=$(cluster_as_owner id -u)
[ "$(id -u)" -ne 0 ] || chown "$owner" archive key

# line WORD - the line of README's section that has this word, its paths below here.
line() {
	sed -n '/^Larger databases/,/^Figures/s/^    //p' "$top/README" | grep -e "$1" |
		sed "s,/etc/\(matric-memory\|postgresql\)/recipients,$tap_dir/recipients,; s,/usr/local/share/doc/matric-memory/examples,$tap_dir/bin,; s, /archive/, $tap_dir/archive/,g; s,/root/key,$tap_dir/key,; s,mm-pipe,$tap_dir/bin/mm-pipe,; s,\([| ]\)mm-\(compress\|seal\|land\),\1$tap_dir/bin/mm-\2,g"
}

cluster_start pg
{
	line archive_command
	echo 'archive_mode = on'
} >>pg/data/postgresql.conf
bindir=$(cluster_programs)
ok 'a server with the archive_command' cluster_as_owner "$bindir/pg_ctl" -D "$tap_dir/pg/data" -l "$tap_dir/pg/server.log" -w -s restart
psql -qX -d postgres -c 'create table notes as select i from generate_series(1, 1000) i'
line pg_basebackup >base.sh
ok 'the base backup' sh -eu base.sh
psql -qX -d postgres -c 'insert into notes select i from generate_series(1001, 2000) i' -c 'select pg_switch_wal()' >/dev/null
last=$(psql -qXAt -d postgres -c 'select pg_walfile_name(pg_switch_wal())')
ok 'WAL is archived, sealed' eventually 30 test -e "archive/$last.zst.enc"
sum() { age -d -i key "$1" | zstd -dcq | sha256sum; }
is "$(cat "archive/$last.sha256")" "$(sum "archive/$last.zst.enc")" '... with the digest of what is in it'
ok '... so that stock age and zstd open it' sh -c 'age -d -i key "$1" | zstd -dcq | wc -c | grep -qx 16777216' - "archive/$last.zst.enc"
cluster_stop "$tap_dir/pg"

# The same segment once more, another one of its name, and a crash in between.
archives() { sh bin/archive-wal "$1" "archive/$last" recipients; }
age -d -i key "archive/$last.zst.enc" | zstd -dcq >segment
was=$(cksum <"archive/$last.zst.enc")
ok 'the same segment once more is archived already' archives segment
is "$was" "$(cksum <"archive/$last.zst.enc")" '... and nothing is written'
sed 's/./X/' segment >other
exits 1 'another one of that name is refused' archives other
said 'there is one of this name with other contents' '... and we say why'
is "$was" "$(cksum <"archive/$last.zst.enc")" '... and what is there stays'
mv "archive/$last.zst.enc" before
ok 'one that broke off after the digest' archives segment
is "$(sha256sum <segment)" "$(sum "archive/$last.zst.enc")" '... is completed'
rm "archive/$last.zst.enc"
exits 1 '... but not by another' archives other
absent '... of which nothing is there' "archive/$last.zst.enc"
mv before "archive/$last.zst.enc"

mkdir -p new/data
ok 'unpacked by stock tools' sh -c 'age -d -i key base.tar.zst.enc | zstd -dcq | tar -xf - -C new/data'
line restore_command >>new/data/postgresql.conf
cluster_configure "$tap_dir/new" | grep socket >>new/data/postgresql.conf
touch new/data/recovery.signal
chmod 700 new/data
[ "$(id -u)" -ne 0 ] || chown -R "$owner" new
sed -i "s/^archive_mode = on/archive_mode = off/" new/data/postgresql.conf
ok 'a new server recovers from both' cluster_as_owner "$bindir/pg_ctl" -D "$tap_dir/new/data" -l "$tap_dir/new/server.log" -w -s start
PGHOST=$tap_dir/new
ok '... to its end' eventually 30 sh -c '[ "$(psql -qXAt -d postgres -c "select pg_is_in_recovery()")" = f ]'
is 2000 "$(psql -qXAt -d postgres -c 'select count(*) from notes')" '... with all its rows'
done_testing
