#!/bin/sh
# A drill that is killed, with all that it has started: what it has left is taken away by whatever comes next, and is never
# backed up; what is somebody else's stays.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
[ "$(id -u)" -ne 0 ] || chmod 711 .
drill="$top/scripts/test-backup-restore.sh"
mkdir tmpdir
export TMPDIR="$tap_dir/tmpdir"

ask() { psql -qXAt -d "${2:-postgres}" -c "$1"; }
# A table whose rows take their time, where they are restored.
ask "create function slow(int) returns boolean language plpgsql as
	\$\$ begin if current_database() like 'mm\\_drill%' then perform pg_catalog.pg_sleep(0.1); end if; return true; end \$\$" matric
ask 'create table crawls (i int check (public.slow(i)))' matric
ask 'insert into crawls select generate_series(1, 600)' matric
ok 'a backup' sealed make

# left - print what a drill has left anywhere.
left() {
	ask "select datname from pg_database where datname ~ '^mm_drill_[0-9]'"
	find tmp tmpdir state/drilling -mindepth 1
	pgrep -f "$tap_dir/tmp/drill" || :
}
# ours - print the processes of the drill, its server's too.
ours() { { ps -o pid= -s "$driver"; pgrep -f "$tap_dir/tmp/drill"; } | sort -u; }
none() { [ -z "$(ours)" ]; }
copying() { ask "select 'yes' from pg_stat_activity where datname like 'mm\\_drill%' and query like 'COPY%crawls%'" | grep -q yes; }
copying_in() { PGHOST=$(echo "$tap_dir"/tmp/drill.*/pg) PGPORT=5432 PGUSER=drill copying; }
begun() { ls state/drilling/mm_drill_* && ls -d tmp/drill.*; }
server() { ls tmp/drill.*/pg/data/postmaster.pid; }
# killed WHEN WORD... - a drill, and when that is so all of it is killed at one moment.
killed() {
	when=$1
	shift
	setsid sh "$drill" -i key "$@" >said 2>&1 </dev/null &
	driver=$!
	eventually 20 "$when" || { echo "# never came to $when"; sed 's/^/# /' said; }
	# shellcheck disable=SC2046
	kill -s STOP $(ours) 2>/dev/null || :
	# shellcheck disable=SC2046
	kill -s KILL $(ours) 2>/dev/null || :
	wait "$driver" || :
	eventually 20 none
}
sweep() { sh "$drill" --sweep; }
quick() { sh "$drill" -i key "$small"; }
every() { PGDATABASE='*' BACKUP_EXCLUDE=postgres sealed make; }

# A backup that is back in a moment.
ask 'create database small'
rows small
PGDATABASE=small sealed make 2>/dev/null
small=$(basename "$(find home -name 'small_*.enc')")

killed begun --server
ok 'killed when it has begun: --sweep' sweep
is '' "$(left)" '... leaves nothing of it'
killed copying --server
ok 'killed while it restores into the server: there is something left' test -n "$(left)"
ok '... and --sweep' sweep
is '' "$(left)" '... leaves nothing of it'
killed copying --server
ok 'the same, and the next drill, elsewhere' quick
is '' "$(left)" '... leaves nothing of it'

ask 'create database mm_drill_mine'
killed copying --server
ok 'the same, and the next backup of all databases' every
is '' "$(left)" '... leaves nothing of it'
is 0 "$(find home -name 'mm_drill_[0-9]*' | wc -l)" '... and has not backed it up'
is 2 "$(find home -name 'mm_drill_mine_*' | wc -l)" '... but what only looks like that'

# With a server that has moved, the note knows which it was.
killed copying --server
moved() { PGHOST=/nowhere sh "$drill" --sweep; }
ok 'the same, and a configuration that means another server: --sweep' moved
is '' "$(left)" '... leaves nothing of it'
unreachable() {
	echo 'server' >state/drilling/mm_drill_20260101_000000_1
	printf 'PGHOST=%s\n' "$tap_dir/nowhere" >>state/drilling/mm_drill_20260101_000000_1
	sweep
}
exits 2 'what cannot be reached' unreachable
ok '... is kept in mind' test -f state/drilling/mm_drill_20260101_000000_1
ok '... and hinders nobody' quick
rm state/drilling/mm_drill_20260101_000000_1

killed server
ok 'killed while its own server starts: the next drill' quick
is '' "$(left)" '... leaves nothing of it'
killed copying_in
ok 'killed while it restores into its own server: plain text is left' test -n "$(left)"
ok '... and the next backup' sealed make
is '' "$(left)" '... leaves nothing of it'
killed copying_in
sleep 1000 &
bystander=$!
pidfile=$(echo tmp/drill.*/pg/data/postmaster.pid)
printf '%s\n' "$bystander" >pid
sed 1d "$pidfile" >>pid
cat pid >"$pidfile"
ok 'a process that has the number of its server by now' sweep
is '' "$(left)" '... does not keep it'
ok '... and lives' kill "$bystander"

# Where two share a directory, one does not take from the other.
setsid sh "$drill" -i key --server >said 2>&1 </dev/null &
driver=$!
eventually 20 copying
other() { BACKUP_STATE=$tap_dir/other quick; }
ok 'a drill of another, which has the same BACKUP_TEMP_DIR' other
ok '... takes nothing from one that is at work' test -n "$(find tmp -path '*drill*/work')"
exits 75 '... whose things are not swept while it is at work' sweep
kill "$driver"
st=0
wait "$driver" || st=$?
is 143 "$st" 'TERM'
is '' "$(left)" '... leaves nothing of it'
done_testing
