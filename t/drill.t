#!/bin/sh
# The drill: a backup is restored and every table counted; what does not come back is found; nothing stays.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
[ "$(id -u)" -ne 0 ] || chmod 711 .

drill() { sh "$top/scripts/test-backup-restore.sh" "$@"; }
fact() { sed -n "s/^# $2: //p" "$1"; }
clusters() { pgrep -f "$tap_dir/tmp/drill" || :; }

ok 'a backup' sealed make
name=$(basename "$(newest)")
ok 'a drill in a throwaway cluster' drill -i key
said 'came back with all its rows' '... and it came back'
is "good 3000 $name" "$(fact "home/$name.drill" result) $(fact "home/$name.drill" rows) $(fact "home/$name.drill" name)" '... which the companion says'
same "home/$name.drill" "state/drills/$name" '... and so does the state directory'
is '' "$(clusters)$(find tmp -mindepth 1)" '... and nothing of it stays'
ok 'a drill in the server that is there' drill --server -i key
is 0 "$(psql -qXAt -d postgres -c "select count(*) from pg_database where datname like '%drill%'")" '... and nothing of it stays'
sample() { drill --sample -i key; }
ok 'any backup' sample
mkdir place
cp home/*.enc home/*.manifest place
ok 'one at another place' drill --from "$tap_dir/place" -i key "$name"
is "$tap_dir/place" "$(fact "state/drills/$name" place)" '... which is noted'
mkdir metrics
measured() { METRICS_DIR=$tap_dir/metrics drill -i key; }
ok 'with METRICS_DIR' measured
ok '... there are metrics' grep -q '^mm_backup_run_status{home=".*",name="matric",command="drill"} 0$' metrics/*drill.prom
ok '... of how long it takes to have it back' \
	grep -q '^mm_backup_duration_seconds{home=".*",name="matric",command="drill",phase="restore"} [0-9]*$' metrics/*drill.prom
ok '... and when a backup came back last' grep -q '^mm_backup_last_verified_timestamp_seconds{home=".*",name="matric",command="drill"} [0-9]*$' \
	metrics/*drill.prom

exits 2 'a backup without its key' drill
age-keygen -o other 2>/dev/null
tap_run drill -i other
is 0 "$([ "$tap_status" -ne 0 ]; echo $?)" 'a wrong key'
printf X | dd of="home/$name" bs=1 seek=3000 conv=notrunc 2>/dev/null
exits 1 'a backup with a flipped bit' drill -i key
is bad "$(fact "home/$name.drill" result)" '... is noted as bad'
is '' "$(clusters)$(find tmp -mindepth 1)" '... and nothing of it stays'
rm home/*
exits 2 'no backup' drill -i key

# In the run itself.
full() { VERIFY_RESTORE=full sealed make; }
ok 'VERIFY_RESTORE=full' full
said 'restored, and all its rows came back' '... restores what was made'
name=$(basename "$(newest)")
is good "$(fact "home/$name.drill" result)" '... which the companion says'
logged() { LOG_FILE=$tap_dir/log VERIFY_RESTORE=full sealed make; }
ok '... with a log' logged
is 1 "$(grep -c 'INFO test-backup-restore.sh: .*: came back with all its rows' log)" '... which has what the drill said once, as it was said'
is '' "$(grep -v -e ' INFO ' -e 'NOTICE backup.sh: there is no' log)" '... and nothing that looks like trouble'
held() { mm-pipe -L state/drill.lock sh -c 'touch held; sleep 5' </dev/null & eventually 20 test -e held; }
held
exits 75 'while another drill is at work: a drill' drill -i key
patient() { drill --wait 1m -i key; }
ok '... waits if it is told to' patient
exits 78 '... for a time' drill --wait soon -i key
exits 78 '--sweep takes no backup' drill --sweep "$name"
rm held
held
ok '... and VERIFY_RESTORE=full waits by itself' full
plain() { VERIFY_RESTORE=full backup make; }
ok 'one that is not sealed' plain
killed() {
	sh "$top/scripts/test-backup-restore.sh" -i key >/dev/null 2>&1 &
	driver=$!
	eventually 20 sh -c 'ls tmp/drill.*/pg/data/postmaster.pid'
	kill -s "$1" "$driver"
	wait "$driver"
}
exits 143 'TERM in the middle' killed TERM
is '' "$(clusters)$(find tmp -mindepth 1)" '... leaves nothing'
exits 137 'KILL in the middle' killed KILL
gone() { [ -z "$(clusters)" ]; }
ok '... leaves no server' eventually 20 gone
ok '... and the next drill' drill -i key
is '' "$(find tmp -mindepth 1)" '... clears away the rest'
for shell in busybox mksh bash; do
	mkdir -p "bin-$shell"
	ln -sf "$(command -v $shell)" "bin-$shell/sh"
	under() { PATH=$tap_dir/bin-$shell:$PATH MM_BUILD=$build sh "$top/scripts/test-backup-restore.sh" -i key; }
	ok "a drill under $shell" under
done
# What takes three seconds and more to restore.
psql -qX -d postgres -c 'create database slow'
psql -qX -d slow -c "create function nap(int) returns boolean language plpgsql as
	\$\$ begin if current_database() like 'mm\\_drill%' then perform pg_catalog.pg_sleep(0.1); end if; return true; end \$\$" \
	-c 'create table naps (i int check (public.nap(i)))' -c 'insert into naps select generate_series(1, 32)'
PGDATABASE=slow sealed make 2>/dev/null
name=$(basename "$(find home -name 'slow_*.enc')")
begun=$(date +%s)
ok 'a backup that is restored in three seconds or more' drill -i key "$name"
wall=$(($(date +%s) - begun)) seconds=$(fact "home/$name.drill" seconds)
ok "... has the seconds in its companion: $seconds, of $wall in all" test "$seconds" -ge 3 -a "$seconds" -le "$wall"
# Where no server of the version can be had, it is said.
mkdir newer
cat >newer/mm-land <<'END'
#!/bin/sh
# mm-land, to which a manifest speaks of a server that nobody has yet.
case $1 in *.manifest) sed 's/^# server: .*/# server: 99.1/' >"$TMPDIR/manifest" && exec <"$TMPDIR/manifest" ;; esac
exec "$build/mm-land" "$@"
END
chmod +x newer/mm-land
nowhere() { TMPDIR=$tap_dir PATH=$tap_dir/newer:$PATH MM_BUILD=$build VERIFY_RESTORE=full sealed make; }
exits 3 'VERIFY_RESTORE=full without a server of that version' nowhere
said 'no server of version 99 or newer here: apt-get install postgresql-99' '... says what to do'
said 'is proven, but could not be restored for a trial' '... and that the backup is one'
exits 2 'a drill of it' drill -i key
done_testing
