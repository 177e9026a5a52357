#!/bin/sh
# What a backup is made with dies under it: each stage, the server's process, the server. No backup is made, the log says what
# died and of what, nothing is left; and the next run is good.
# shellcheck disable=SC2016,SC2119
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"

ok 'a good backup' backup make
remember

# failed WORDS DESC - that run has made nothing, broken nothing, left nothing, and its log has a line with these words.
failed() {
	finish
	is 1 "$st" "$2"
	exits 0 "... which is said: $1" grep -q "ERROR backup.sh: .*$1" said
	is '' "$(faults; left)" '... nothing is broken and nothing is left'
}
# stage NAME - the process of the stage of this name.
stage() { ps -o pid=,args= -s "$driver" | awk -v name="$1" '$3 ~ name "$" || $2 ~ name "$" { print $1; exit }'; }

for name in pg_dump mm-verify mm-compress mm-seal mm-land; do
	halt_at dump
	signal KILL "$(stage $name)"
	failed "stage [1-5] $name: killed by signal 9" "$name killed in mid-COPY"
done
for at in globals spool; do
	halt_at $at
	signal KILL "$halted"
	failed 'stage 1 [a-z_]*: killed by signal 9' "the source killed: $at"
done
halt_at linked
signal KILL "$halted"
failed 'stage 5 mm-land: killed by signal 9' 'mm-land killed when it had given the name'
halt_at landed
signal KILL "$halted"
failed 'stage 2 mm-verify: killed by signal 9' 'the proof killed'
halt_at proven
signal KILL "$halted"
failed 'manifest could not be written' 'mm-land killed before it wrote the manifest'

halt_at dump
backends() { psql -qXAt -d postgres -c "select $1 from pg_stat_activity where application_name = 'pg_dump'"; }
backends 'pg_terminate_backend(pid)' >/dev/null
go_on
failed 'Command was: COPY public.much' 'the server ends the session'
halt_at dump
. "$top/scripts/cluster.sh"
bin=$(cluster_programs)
cluster_as_owner "$bin/pg_ctl" -D "$tap_dir/pg/data" -m immediate -w -s stop
go_on
failed 'no backup was made of database matric' 'the server stops, at once'
exits 1 'a run without a server' backup make
said 'starting the server' '... says so'
is '' "$(left)" '... and leaves nothing'
cluster_as_owner "$bin/pg_ctl" -D "$tap_dir/pg/data" -l "$tap_dir/pg/server.log" -w -s start
is '' "$(next_run)" 'and when the server is back, all is well'

# A lock that does not come.
psql -qX -d matric >held 2>&1 <<'END' &
begin; lock table much; select 'locked'; select pg_sleep(30); commit;
END
holder=$!
eventually 60 grep -q locked held
impatient() { BACKUP_LOCK_WAIT=500 backup make; }
exits 1 'a table is locked for too long' impatient
said 'LOCK TABLE public.much' '... and named'
psql -qXAt -d postgres -c "select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^select pg_sleep'" >/dev/null
wait $holder || :
is '' "$(left)" '... nothing is left'

# What a disk may answer at the last moment, for the backup and for its manifest.
mkdir failing
cat >failing/mm-land <<'END'
#!/bin/sh
# mm-land, to which the disk says $answer when it lands what $lands says.
case $1 in
"$BACKUP_DEST"/*"$lands") exec strace -D -qq -o /dev/null -e trace=write,fsync,linkat -e inject="$answer" "$build/mm-land" "$@" ;;
*) exec "$build/mm-land" "$@" ;;
esac
END
chmod +x failing/mm-land
failing() { PATH=$tap_dir/failing:$PATH MM_BUILD=$build ASAN_OPTIONS=detect_leaks=0 backup make; }
export answer lands
for lands in .enc .manifest; do
	for answer in write:error=EDQUOT:when=1 fsync:error=ENOSPC:when=1 linkat:error=ENOSPC fsync:error=EIO:when=2; do
		exits 1 "the disk says $answer to *$lands" failing
		said 'ERROR backup.sh: mm-land: ' '... which is said'
		is '' "$(left)" '... and nothing is left'
	done
done

# Where there is no O_TMPFILE, what is being written has a hidden name.
mkdir hiding
cat >hiding/mm-land <<'END'
#!/bin/sh
# mm-land on a file system without O_TMPFILE.
ASAN_OPTIONS=detect_leaks=0 exec strace -D -qq -o /dev/null -e trace=openat -P "$BACKUP_DEST" -e inject=openat:error=EOPNOTSUPP:when=1 \
	"$build/mm-land" "$@"
END
chmod +x hiding/mm-land
path=$PATH
PATH=$tap_dir/hiding:$PATH
halt_at dump
ok 'without O_TMPFILE there is a hidden file' sh -c 'ls home/.mm-land.*.partial'
signal TERM "$driver"
finish
is '' "$(faults; left)" '... which goes when the run is ended'
halt_at dump
kill_all
finish
PATH=$path
ok '... stays when all are killed' sh -c 'ls home/.mm-land.*.partial'
is '' "$(faults; next_run)" '... and goes at the next run'
done_testing
