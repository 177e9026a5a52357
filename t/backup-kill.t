#!/bin/sh
# backup.sh killed, wherever it is and whichever of its processes: no backup that is none, no good one gone, nothing runs on, the
# lock is free; and the next run takes away what was left, and nothing else.
# shellcheck disable=SC2119
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"

ok 'a good backup' backup make
for days in 1 2 3; do aged $days; done
# What looks as if a run had left it, and is not ours to remove.
mkdir -p tmp/run.1.another tmp/theirs
echo plain >tmp/run.1.another/spool
echo old >home/matric_backup_20190101_000000.sql.gz
mkfifo never
exec 5<>never
mm-land -E "$tap_dir/home/foreign" <never >/dev/null 2>&1 5<&- &
foreign=$!
mkdir -p elsewhere state/making/1
echo "$tap_dir/elsewhere" >state/making/1/matric_backup_20200101_000000.sql
touch elsewhere/matric_backup_20200101_000000.sql
remember

# Each is killed under another shell than the one before.
next_shell() {
	case $shell in dash) shell=busybox ;; busybox) shell=mksh ;; mksh) shell=bash ;; *) shell=dash ;; esac
	# To busybox rm is no program.
	[ "$at$shell" != pruningbusybox ] || shell=dash
}

# The driver alone: what it has started hears of it, and tidies up.
for at in begin dump linked landed proven recorded globals spool pruning; do
	next_shell
	halt_at $at
	signal KILL "$driver"
	finish
	is '' "$(faults)" "the driver killed: $at ($shell)"
	# What was logged it alone would have removed; what was to be dropped and has lost its manifest the next run drops.
	rm -f tmpdir/mm-log.*
	[ $at != pruning ] || backup prune >said 2>&1
	is '' "$(left)" '... nothing half-done is left'
done

# All of them at once, as when the machine fails.
for at in begin dump linked landed proven recorded globals spool pruning; do
	next_shell
	halt_at $at
	kill_all
	finish
	is '' "$(faults plain)" "all killed: $at ($shell)"
	is '' "$(next_run)" '... the next run is good, and takes away what was left'
done

# One of those in between.
for at in dump proven; do
	for whom in front keeper inner; do
		next_shell
		halt_at $at
		front=$(child mm-pipe)
		keeper=$(child mm-keeper "$front")
		case $whom in
		front) signal KILL "$front" ;;
		keeper) signal KILL "$keeper" ;;
		inner) signal KILL "$(child sh "$keeper")" ;;
		esac
		finish
		is 1 "$st" "killed at $at, the $whom ($shell): no backup was made"
		is '' "$(faults)" '... nothing is broken'
		is '' "$(next_run)" '... and the next run is good'
	done
done

ok 'who else was writing there' kill -s 0 $foreign
kill $foreign
done_testing
