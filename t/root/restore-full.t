#!/bin/sh
# restore.sh onto a disk that is too small: whatever was asked for, the database that is there stays as it is.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/backups.sh"

mkdir small
mount -t tmpfs -o size=64M none small
at_exit='cluster_stop "$tap_dir/pg"; umount "$tap_dir/small"'
chown "$(cluster_as_owner id -u)" small
chmod 700 small
psql -Xqd postgres -c "create tablespace small location '$tap_dir/small'" -c 'create database matric tablespace small'
psql -Xqd matric -c 'create table notes (id int, body text)' -c "insert into notes values (1, 'here')"
name=matric$(stamped 1).sql.zst
# Fill it, back it up, and take it out again: the backup has more than there is room for beside what is there.
psql -Xqd matric -c 'begin' -c "insert into notes select i, repeat(md5(i::text), 30) from generate_series(2, 36000) i" -c 'commit'
store "$name" matric '|' mm-compress -m zstd
psql -Xqd matric -c 'delete from notes where id > 1' -c 'vacuum full notes' -c checkpoint
before=$(picture matric)
free() { df -Pk small | awk 'NR == 2 { print $4 }'; }
room=$(free)

for way in '' --swap '--in-place --yes matric'; do
	dd if=/dev/zero of=small/ballast bs=1k count="$(($(free) - 30000))" 2>/dev/null
	# The words of a command are meant to split.
	# shellcheck disable=SC2086
	exits 2 "a disk that gets full, ${way:-into a new database}" restore $way "$name"
	said 'No space left on device' '... is said'
	rm small/ballast
	is matric "$(databases)" '... no database is left'
	is "$before" "$(picture matric)" '... the original is as it was'
	psql -Xqd postgres -c checkpoint
	ok '... and what was there is free again' test "$(free)" -ge $((room - 2000))
done
ok 'where there is room' restore --swap "$name"
is 36000 "$(ask matric 'select count(*) from notes')" '... it is restored'
is small "$(ask postgres "select spcname from pg_database d join pg_tablespace t on dattablespace = t.oid where datname = 'matric'")" \
	'... and lies where the old one does'
done_testing
