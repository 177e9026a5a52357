#!/bin/sh
# Several runs of backup.sh at once: one at a home, in any number of homes, and none takes what is another's.
# shellcheck disable=SC2016,SC2119
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"

ok 'a good backup' backup make
remember
new() { find "${1:-home}" -name '*.manifest' | grep -vxcFf known || :; }

halt_at dump
exits 75 'a second run, while one is at work' backup make
said 'another run holds the lock' '... says so'
is 1 "$(grep -vc 'there is no /etc' "$tap_said")" '... in one line'
exits 75 'a prune' backup prune
exits 75 'one that would wait, but not for so long' backup --wait 1s make
ok 'to ask what it would do takes no lock' backup -n
ok 'nor does a check' backup check
PATH=$tap_dir/under-dash:$PATH MM_BUILD=$build sh "$top/scripts/backup.sh" --wait 5m make >waited 2>&1 </dev/null &
waits=$!
waiting() { readlink "/proc/$(child mm-pipe $waits)/fd/"* | grep -q 'home/\.lock$'; }
ok 'one that waits' eventually 60 waiting
go_on
finish
is 0 "$st" 'the first one ends well'
st=0
wait $waits || st=$?
is '0 2' "$st $(new)" '... and so does the one that has waited'
is '' "$(faults; left)" 'nothing is broken, nothing is left'

# Many at one moment.
mkfifo start
exec 9<>start
for i in 1 2 3 4 5; do
	{ read -r _ <start; many=0; backup make >"many.$i" 2>&1 9<&- || many=$?; echo $many >"many.$i.st"; } &
done
for i in 1 2 3 4 5; do echo >&9; done
wait
exec 9>&-
is "$(cat many.*.st | grep -c '^0')" "$(new)" 'five at one moment: as many backups as ended well'
is 0 "$(cat many.*.st | grep -vc -e '^0$' -e '^75$')" '... and the others found the lock held'
ok '... one of them at least' test "$(new)" -ge 1
is '' "$(faults; left)" '... and nothing is left'

# The lock may be elsewhere, and be that of two homes.
mkdir second
cp -p home/matric* second/
locked() { LOCK_FILE=$tap_dir/lock BACKUP_DEST=$tap_dir/$1 sh "$top/scripts/backup.sh" make; }
export LOCK_FILE="$tap_dir/lock"
halt_at dump
unset LOCK_FILE
exits 75 'two homes under one lock' locked second
signal TERM "$driver"
finish
ok '... one after the other' locked second
is 1 "$(($(new second) - 1))" '... is another matter'
rm -rf second state/rows state/making
is '' "$(faults)" 'nothing is broken'
remember

# Two homes with one state directory and one for temporary files, at one moment, even by their clocks.
mkdir fixed second
cat >fixed/date <<'END'
#!/bin/sh
# date, which stands still.
case $* in *Y%m%d_*) echo 20260301_120000 ;; *) PATH=$path exec date "$@" ;; esac
END
chmod +x fixed/date
export path="$PATH"
PATH=$tap_dir/fixed:$PATH
halt=1
halt_at landed
first=$driver first_dir=$halts_dir
halt=2
export BACKUP_DEST="$tap_dir/second"
halt_at landed
export BACKUP_DEST="$tap_dir/home"
PATH=$path
is 2 "$(find state/making -name 'matric_backup_20260301_120000*' | wc -l)" 'two homes at one moment: two notes of what is under way'
kill_all
finish
driver=$first halts_dir=$first_dir
go_on
finish
is '0 1' "$st $(new)" 'one of them killed, the other ends well'
is '' "$(faults)" '... and is whole'
ok '... while the file of the one that was killed is there' test -e second/matric_backup_20260301_120000.sql.zst.enc
left >/dev/null
ok 'the next run at its home' backup make
ok '... leaves it alone' test -e second/matric_backup_20260301_120000.sql.zst.enc
at_second() { BACKUP_DEST=$tap_dir/second sh "$top/scripts/backup.sh" make; }
ok 'the next run there' at_second
absent '... takes it away' second/matric_backup_20260301_120000.sql.zst.enc
is 1 "$(new second)" '... and makes its own'
rm -rf second/matric* state/rows state/making
mkdir state/rows

# What is known of one home is not known of the other.
psql -qX -d matric -c "create table more as select i, repeat(md5(i::text), 10) from generate_series(1, 20000) i"
ok 'a large backup here' backup make
psql -qX -d matric -c 'drop table more; truncate much'
ok 'then a small one' backup make
said 'the one before had' '... is noticed'
ok 'one of another home' at_second
for days in 9 10 11; do aged $days; done
exits 3 '... does not make up for it' backup prune
said 'backup.sh accept' '... nothing is dropped'
accepts() { BACKUP_DEST=$tap_dir/$1 sh "$top/scripts/backup.sh" accept "$(basename "$(newest)")"; }
exits 1 'nor can it be accepted there' accepts second
ok '... but here' accepts home
ok '... and then all is as ever' backup prune
done_testing
