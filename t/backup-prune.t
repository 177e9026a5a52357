#!/bin/sh
# backup.sh prune: what the policy drops goes, whole, and nothing else ever does; adopt and accept.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

ok 'a backup to begin with' sealed make
cp -r home first
first=first/$(basename "$(newest)")
# aged DAYS [WORD] - a copy of the first backup, with its manifest, as if made so many days ago; its name in $made.
aged() {
	made=${2:-matric}_backup_$(date -u -d "now - $1 days" +%Y%m%d_%H%M%S).sql.zst.enc
	cp "$first" "home/$made"
	sed "s/${first##*/}/$made/" "$first.manifest" >"home/$made.manifest"
	mkdir -p state/rows && : >"state/rows/$made"
	echo "$made" >>made
}
good() { find home -maxdepth 1 -name "${1:-matric}_backup_*.enc.manifest" | wc -l; }

for days in 1 2 3 5 6 8 9 20; do aged "$days"; done
aged 30 other
cp -r home before

# What the old script left, what people put beside it, and what only looks like ours.
mkdir home/migrations
for name in matric_backup_20190101_000000.sql matric_backup_20190102_000000.sql.gz matric_backup_20190103_000000.sql.xz \
	matric_backup_20190104_000000.sql.gz.enc matric_backup_20190105_000000.sql.gzip matric_backup_20190106_000000.sql.gz.KEEP \
	matric_backup_20190107_000000.sql.partial matric_backup_20190230_000000.sql.gz matric_backup_20190108_000000.sql.gz.manifest \
	age-identity-escrow.txt README 'README important.txt' migrations/matric_backup_20190109_000000.sql.gz \
	matric2_backup_20190101_000000.sql.gz matric_backup_20190101_000000.sql.gz.suspect "matric_backup_20190101_000000
.sql.gz" '-rf' ' ' 'a*'; do
	echo old >"home/$name"
	touch -d 2019-01-01 "home/$name"
	printf '%s\0' "$name" >>foreign
done
ln -s /etc/passwd home/matric_backup_20190110_000000.sql.gz
mkdir home/matric_backup_20190111_000000.sql.gz
foreign_there() { (cd home && xargs -0 ls -d -- >/dev/null) <foreign && test -L home/matric_backup_20190110_000000.sql.gz && test -d home/matric_backup_20190111_000000.sql.gz; }
ok 'a home full of the old script'"'"'s backups and other things' foreign_there

was=$(find home | sort | cksum)
would() { backup -n prune >would; }
ok 'prune -n' would
is "$was" "$(find home | sort | cksum)" '... drops nothing'
is 6 "$(wc -l <would)" '... and says what would go: three backups and their manifests'
ok 'prune' backup prune
is '' "$(sed 's/^would drop //' would | while read -r f; do [ ! -e "$f" ] || echo "$f"; done)" '... drops exactly that'
is 6 "$(good)" 'within seven days all stay'
is "$(for days in 8 9 20; do date -u -d "now - $days days" +%Y%m%d; done)" \
	"$(for f in before/matric_*.manifest; do f=${f##*/}; [ -e "home/$f" ] || echo "$f" | sed 's/.*_backup_\(.\{8\}\).*/\1/'; done | sort -r)" 'the three that were older are those that went'
ok 'nothing of anybody else, and no backup without a manifest' foreign_there
is 1 "$(good other)" 'nor what has another BACKUP_NAME'
is 6 "$(find state/rows -name 'matric_*' | wc -l)" 'the rows of what went are forgotten'
is '' "$(leftovers)" 'nothing else is left'

# The name has the time; what the file system says of it is nothing.
touch -d 2001-01-01 home/matric_backup_*.enc
ok 'a file that claims to be old' backup prune
is 6 "$(good)" '... stays, if its name does not'

keep() { BACKUP_KEEP=$1 backup prune; }
ok 'another policy' keep last=4
is 4 "$(good)" '... is obeyed'
ok 'one that would keep a single one' keep last=1
is 3 "$(good)" '... leaves the three newest good ones all the same'
exits 78 'a policy that is none is a wrong setting' keep weekly=often
exits 78 'BACKUP_RETAIN=0' env BACKUP_RETAIN=0 sh "$top/scripts/backup.sh" prune
exits 78 'BACKUP_RETAIN=abc' env BACKUP_RETAIN=abc sh "$top/scripts/backup.sh" prune
exits 78 'BACKUP_RETAIN set and empty' env BACKUP_RETAIN= sh "$top/scripts/backup.sh" prune

# When the clock has jumped, nothing goes.
rm home/matric_backup_*.enc home/matric_backup_*.enc.manifest
for days in 100 101 102 103 104; do aged "$days"; done
exits 3 'when all are older than the policy reaches' backup prune
is 5 "$(good)" '... nothing is dropped'
aged -2
exits 3 'when the newest is in the future' backup prune
is 6 "$(good)" '... nothing is dropped'
rm "home/$made" "home/$made.manifest"
ok 'a run makes a backup' sealed make
exits 3 '... but after a hundred days without one it drops nothing' backup prune
is 6 "$(good)" '... nothing'
rm home/matric_backup_*.enc home/matric_backup_*.enc.manifest

# Suspects and the unfinished count for nothing.
for days in 1 2 3 6 8 9; do aged "$days"; done
for days in 1 2 3; do
	for f in home/matric_backup_"$(date -u -d "now - $days days" +%Y%m%d)"_*.enc; do echo 'bit rot' >"$f.suspect"; done
done
ok 'with the three newest suspected' backup prune
is 6 "$(good)" '... the three newest good ones stay'
rm home/*.suspect

# A drop that is killed between manifest and backup is finished by the next run.
mkdir deadly
cat >deadly/rm <<'END'
#!/bin/sh
# rm, and the end of whoever called it once a manifest has gone.
/bin/rm "$@" || exit
case $* in *.manifest) kill -s KILL "$PPID" ;; esac
END
chmod +x deadly/rm
aged 15
killed() { PATH=$tap_dir/deadly:$PATH MM_BUILD=$build backup prune; }
bare() { find home -maxdepth 1 -name 'matric_backup_*.enc' | while read -r f; do [ -e "$f.manifest" ] || echo "$f"; done | grep -v -c _2019; }
exits 3 'a prune that is killed when a manifest has gone' killed
is 1 "$(bare)" '... leaves a backup without one'
ok 'the next run' backup prune
is 0 "$(bare)" '... finishes that'
is 4 "$(good)" '... and drops no more than it should'

# A database that has suddenly shrunk drops nothing until somebody has looked.
psql -qX -d matric -c 'create table much as select i, md5(i::text) from generate_series(1, 60000) i'
ok 'a large backup' sealed make
psql -qX -d matric -c 'drop table much'
sleep 1
for days in 8 9 10; do aged "$days"; done
exits 3 'a run whose backup is suddenly small' sealed
said 'backup.sh accept' '... says what to do'
is 9 "$(good)" '... and drops nothing'
exits 3 'nor does the next' sealed
exits 1 'to accept another one is no answer' backup accept "${first##*/}"
ok 'accept' backup accept "$(basename "$(newest)")"
ok '... and all is as ever' sealed
is 8 "$(good)" '... what was to go went'

# Who drops only if a backup was made, as the service does.
aged 40
if_made() { sealed --if-made prune; }
for shape in 'a dump that fails' 'a server that does not answer'; do
	case $shape in
	*server*) exits 1 "$shape" env PGHOST=/nowhere sh "$top/scripts/backup.sh" make ;;
	*) exits 1 "$shape" env PGDATABASE=matric PGDUMP=/bin/false sh "$top/scripts/backup.sh" make ;;
	esac
	ok '... and after that' if_made
	said 'the last run made no backup, so nothing is dropped' '... nothing is dropped'
	is 9 "$(good)" '... and all are there'
	is '' "$(find state/runs -name '*.made')" '... since it is known'
done
exits 3 'a run in which a hook fails' env BACKUP_POST_HOOK=false sh "$top/scripts/backup.sh" make
ok '... has made a backup' if_made
is 8 "$(good)" '... so what is past its time goes'
ok '... and the next time' if_made
for wrong in '-n --if-made prune' '--if-made make' --if-made; do
	# shellcheck disable=SC2086
	exits 78 "$wrong makes no sense" backup $wrong
done

# The old script's backups are taken on, if they are whole.
cp "$first" home/matric_backup_20190201_120000.sql.zst.enc
exits 1 'a sealed one is not adopted without a key' backup adopt matric_backup_20190201_120000.sql.zst.enc
ok '... but with it' backup -i "$tap_dir/key" adopt matric_backup_20190201_120000.sql.zst.enc
ok '... and has a manifest that fits' mm-verify -i key -x home/matric_backup_20190201_120000.sql.zst.enc.manifest <home/matric_backup_20190201_120000.sql.zst.enc
is '# started: 2019-02-01T12:00:00Z' "$(grep started home/matric_backup_20190201_120000.sql.zst.enc.manifest)" '... which has the time from the name'
exits 1 'a second time' backup -i "$tap_dir/key" adopt matric_backup_20190201_120000.sql.zst.enc
said 'has a manifest already' '... there is nothing to do'
head -c 20000 "$first" >home/matric_backup_20190202_120000.sql.zst.enc
exits 1 'one that is cut short is not adopted' backup -i "$tap_dir/key" adopt matric_backup_20190202_120000.sql.zst.enc
ok '... and stays as it is' test -e home/matric_backup_20190202_120000.sql.zst.enc
absent '... without a manifest' home/matric_backup_20190202_120000.sql.zst.enc.manifest
exits 1 'what has no name of ours is not adopted' backup adopt README
exits 1 'nor what is not there' backup adopt matric_backup_20190203_120000.sql
exits 1 'nor a path' backup adopt ../home/README
is '' "$(leftovers)" 'nothing else is left'
done_testing
