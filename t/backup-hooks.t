#!/bin/sh
# What a hook before the backup has stopped, the one after it starts again: also when the run is told to end.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
mkdir tmpdir place
export TMPDIR="$tap_dir/tmpdir"
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done
shell=dash

# start WORD... - backup.sh, its hooks those below, in the background; by then the first has begun.
start() {
	rm -f here hooked
	PATH=$tap_dir/under-$shell:$PATH MM_BUILD=$build BACKUP_REMOTE_RSYNC=$tap_dir/place BACKUP_PRE_HOOK="$pre" BACKUP_POST_HOOK="$post" \
		env --default-signal=INT,QUIT,HUP setsid sh "$top/scripts/backup.sh" "$@" >said 2>&1 </dev/null &
	driver=$!
}
# told SIGNAL - to end, when the first hook is at work.
told() {
	eventually 20 test -e here || sed 's/^/# /' said
	# shellcheck disable=SC2046
	case $whom in
	one) kill -s "$1" "$driver" ;;
	all) kill -s "$1" $(ps -o pid= -s "$driver") 2>/dev/null || : ;;
	esac
	st=0
	wait "$driver" || st=$?
}
pre='echo pre >>hooked; touch here; sleep 60'
# In SigIgn the bits of HUP, INT and TERM are 0x4003.
cat >after <<'END'
echo "post $BACKUP_STATUS $BACKUP_COMMAND $BACKUP_HOME $BACKUP_PLACES" >>hooked
# In SigIgn the bits of HUP and TERM are 0x4001.
echo "deaf $((0x$(sed -n 's/^SigIgn:.*\(........\)$/\1/p' /proc/$$/status) & 0x4001))" >>hooked
END
post='. ./after'
whom=one
for sig in TERM:143 INT:130 HUP:129; do
	for shell in dash busybox mksh bash; do
		start make
		told "${sig%:*}"
		is "${sig#*:}" "$st" "${sig%:*} to $whom while the first hook is at work ($shell)"
		is "pre post ${sig#*:} make $tap_dir/home $tap_dir/place deaf 0" "$(paste -sd ' ' hooked)" \
			'... and the other is run, knows how it ended and of which places, and hears signals'
		is '' "$(find tmpdir -mindepth 1)$(leftovers)" '... and nothing is left'
		case $whom in one) whom=all ;; *) whom=one ;; esac
	done
done
shell=dash

# Later: while the database is dumped.
mkdir late
pre='echo pre >>hooked' here_file=$tap_dir/here
export here_file
PATH=$tap_dir/late:$PATH
printf '#!/bin/sh\ntouch "$here_file"\nsleep 60\n' >late/pg_dump
chmod +x late/pg_dump
start
told TERM
is "143 pre post 143 all $tap_dir/home $tap_dir/place deaf 0" "$st $(paste -sd ' ' hooked)" 'TERM while the database is dumped'
rm late/pg_dump

# A run that has not begun has stopped nothing.
pre='echo pre >>hooked'
mkfifo up never
mm-pipe -L home/.lock sh -c "echo >up; read x <never" </dev/null 2>/dev/null &
holder=$!
cat up
start --wait 1m make
waits() { readlink /proc/[0-9]*/fd/* 2>/dev/null | grep -c "$tap_dir/home/.lock" | grep -qx '[2-9]'; }
eventually 20 waits
touch here
told TERM
is 143 "$st" 'TERM while another run has the lock'
absent '... no hook is run: what the other has stopped is its own' hooked
kill "$holder"
wait "$holder" || :

# One that hangs.
pre='touch here; sleep 60' post='echo post >>hooked; sleep 1000; echo never >>hooked'
start make
begun=$(date +%s)
told TERM
took=$(($(date +%s) - begun))
is '143 post' "$st $(paste -sd ' ' hooked)" 'a hook that hangs after TERM'
ok "... has 30 seconds, and does not hold the run for ever: $took" test "$took" -ge 29 -a "$took" -le 60
done_testing
