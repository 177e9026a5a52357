#!/bin/sh
# TERM, INT and HUP end backup.sh wherever it is, at once, and leave nothing half-done: before the manifest nothing of the name,
# after it the whole backup. Whether the signal is for it alone, or for all its processes, as systemd has it.
# shellcheck disable=SC2119
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"

ok 'a good backup' backup make
for days in 1 2 3; do aged $days; done
remember

whom=all
# turn - another shell, and another way to be told, than the last time.
turn() {
	case $shell in dash) shell=busybox ;; busybox) shell=mksh ;; mksh) shell=bash ;; *) shell=dash ;; esac
	# To busybox rm is no program.
	[ "$at$shell" != pruningbusybox ] || shell=dash
	case $whom in all) whom=one ;; *) whom=all ;; esac
}
# tell SIGNAL - send it to whom it is for.
tell() {
	[ $whom != one ] || signal "$1" "$driver"
	# shellcheck disable=SC2046
	[ $whom != all ] || signal "$1" $(running | awk '{ print $1 }')
}
now() { echo $(($(date +%s%N) / 1000000)); }
# The promise is two seconds, where a check takes a sixth of one.
begun=$(now)
backup check >/dev/null 2>&1
allowed=$((2000 + 6 * ($(now) - begun)))
# many_new - print how many backups with a manifest are new.
many_new() { find home -name '*.manifest' | grep -vxcFf known || :; }
# ends SIGNAL STATUS NEW DESC [COMMAND] - the run that waits ends with that status, soon, and with that many whole backups more;
# what is then left, COMMAND takes away.
ends() {
	begun=$(now)
	tell "$1"
	finish
	took=$(($(now) - begun))
	is "$2 $3" "$st $(many_new)" "$4"
	ok "... within two seconds, or what a busy machine makes of them: $took" test $took -lt $allowed
	shift 4
	"$@" >/dev/null 2>&1
	is '' "$(faults; left)" '... nothing is broken, nothing half-done is left'
}

prune() { backup prune; }
for at in asking begin dump linked landed proven recorded globals spool pruning hook; do
	new=0 after=true
	case $at in
	recorded | hook) new=1 ;;
	# What was to be dropped, and has lost its manifest, the next one drops.
	pruning) after=prune ;;
	esac
	for sig in TERM:143 INT:130 HUP:129; do
		case $at$sig in globals[!T]* | spool[!T]* | asking[!TH]* | hook[!TH]*) continue ;; esac
		turn
		halt_at $at
		ends ${sig%:*} ${sig#*:} $new "${sig%:*} at $at, for $whom ($shell)" "$after"
	done
done

# While another run has the lock.
mkfifo up never
mm-pipe -L home/.lock sh -c "echo >up; read x <never" </dev/null 2>/dev/null &
holder=$!
cat up
waits() { readlink "/proc/$(child mm-pipe)/fd/"* | grep -q 'home/\.lock$'; }
for shell in dash busybox mksh bash; do
	halts=none
	PATH=$tap_dir/under-$shell:$PATH MM_BUILD=$build setsid sh "$top/scripts/backup.sh" --wait 1m make >said 2>&1 </dev/null &
	driver=$!
	ok "a run that waits for its turn ($shell)" eventually 60 waits
	whom=one
	tell TERM
	finish
	is 143 "$st" '... can be told to go'
done
kill $holder
wait $holder || :
is '' "$(faults; left)" '... and leaves nothing'

mkdir metrics
export METRICS_DIR="$tap_dir/metrics"
halt_at preflight
unset METRICS_DIR
whom=all
ends TERM 143 0 'TERM before anything has begun'
ok '... which the metrics tell' grep -q 'status{.*} 143$' metrics/*
halt_at dump
tell TERM
ends TERM 143 0 'TERM, and TERM again'

# Who ignores HUP when it starts, as under nohup, goes on ignoring it.
for shell in dash busybox mksh bash; do
	halt dump env --ignore-signal=HUP sh "$top/scripts/backup.sh" make
	whom=all
	tell HUP
	go_on
	finish
	is '0 1' "$st $(many_new)" "HUP under nohup ($shell)"
	is '' "$(faults; left)" '... changes nothing'
done

# ^Z stops what is in the foreground; the rest goes on without it.
halt_at dump
kill -s STOP -- "-$driver"
go_on
eventually 60 grep -q '^State:.T' "/proc/$driver/status"
one_new() { [ "$(many_new)" -eq 1 ]; }
eventually 60 one_new
kill -s CONT -- "-$driver"
finish
is '0 1' "$st $(many_new)" 'stopped and continued'
is '' "$(faults; left)" '... changes nothing'

# ^C, at a terminal, is for what is in the foreground there.
mkfifo keys
exec 7<>keys
export SHELL=/bin/sh
for shell in dash busybox mksh bash; do
	# shellcheck disable=SC2016
	halt dump sh -c 'exec script -qefc "exec sh $top/scripts/backup.sh make" /dev/null <keys'
	whom=none
	printf '\003' >&7
	ends INT 130 0 "^C at a terminal ($shell)"
done
done_testing
