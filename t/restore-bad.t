#!/bin/sh
# restore.sh and a backup that is bad, or cannot be opened: whatever is wrong with it, nothing of it is left on the server.
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric -c 'create table notes as select i as id, repeat(md5(i::text), 10) as body from generate_series(1, 5000) i' \
	-c 'create index on notes (id)'
sealed=matric$(stamped 1).sql.zst.enc plain=matric$(stamped 2).sql
store "$sealed" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
store "$plain" matric
cp -r home good
untouched=$(picture matric)

# flip FILE AT - change one byte of it.
flip() { perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, $ARGV[1], 0; read $f, $b, 1; seek $f, $ARGV[1], 0; print $f ~$b & "\xff"' "$1" "$2"; }

# nothing_left WHAT - after a restore that failed.
nothing_left() {
	is matric "$(databases)" "... $1: no database of it is there"
	is "$untouched" "$(picture matric)" "... $1: and the original is as it was"
	is '' "$(ls tmp)" "... $1: nor a temporary file"
	rm -rf home
	cp -r good home
}

for way in '' --swap '--in-place --yes matric'; do
	for name in "$sealed" "$plain"; do
		size=$(stat -c %s "home/$name")
		head -c "$((size / 2))" "good/$name" >"home/$name"
		# The words of a command are meant to split.
		# shellcheck disable=SC2086
		exits 1 "$name cut in the middle is bad, ${way:-into a new database}" restore $way -i key "$name"
		nothing_left cut
		head -c "$((size - 1))" "good/$name" >"home/$name"
		# shellcheck disable=SC2086
		exits 1 "$name that lacks its last byte is bad" restore $way -i key "$name"
		nothing_left 'its last byte'
		flip "home/$name" "$((size * 2 / 3))"
		# shellcheck disable=SC2086
		exits 1 "$name with a byte changed is bad" restore $way -i key "$name"
		nothing_left changed
		sed "s/rows: 5000/rows: 4999/" "good/$name.manifest" >"home/$name.manifest"
		# shellcheck disable=SC2086
		exits 1 "$name with a manifest that says something else is bad" restore $way -i key "$name"
		nothing_left 'another manifest'
	done
	sed 's/^[0-9a-f]\{64\}/'"$(printf %064d 0)/" "good/$plain.manifest" >"home/$plain.manifest"
	# shellcheck disable=SC2086
	exits 1 'one that is not the file of its manifest is bad' restore $way "$plain"
	nothing_left 'not its manifest'
	printf garbage >"home/$plain"
	# shellcheck disable=SC2086
	exits 1 'one that is no dump at all is bad' restore $way "$plain"
	nothing_left garbage
done

# What changes a number makes SQL fail before the end shows that the file is bad.
createdb large
psql -qX -d large -c 'create table a as select i as id from generate_series(1, 5000) i' \
	-c 'create table b as select i as id, repeat(md5(i::text), 10) as body from generate_series(1, 60000) i'
large=large$(stamped 4).sql
store "$large" large
dropdb large
perl -0777 -pi -e 's/2500\n/2x00\n/' "home/$large"
exits 1 'one whose damage shows as an SQL error is bad all the same' restore "$large"
said 'looking whether the backup is to blame' '... and was looked at'
nothing_left 'damage as SQL'

mm-key >stranger 2>said_by_key
exits 1 'with a key that it was not sealed for it is bad' restore -i stranger "$sealed"
nothing_left 'another key'
exits 2 'without a key it is trouble' restore "$sealed"
said 'it is sealed for 1 X25519; say -i with the identity of one of them' '... and what is needed is said'
exits 2 'a key file that is missing is trouble' restore -i missing "$sealed"
echo 'correct horse' >pass
store "matric$(stamped 3).sql.enc" matric '|' mm-seal -p pass
exits 2 'one under a passphrase needs that' restore "matric$(stamped 3).sql.enc"
said 'say -p with the file that has its passphrase' '... and that is said'
ok '... and opens with it' restore -p pass --to under_passphrase "matric$(stamped 3).sql.enc"
dropdb under_passphrase
echo wrong >wrong
exits 1 '... but not with another' restore -p wrong "matric$(stamped 3).sql.enc"
nothing_left 'another passphrase'
done_testing
