#!/bin/sh
# backup.sh ended while it sends to a host or a bucket, or drops there, at each step: no place shows a backup that is none, nothing
# runs on here, and the next run heals it.
# shellcheck disable=SC2015,SC2016,SC2119
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
sshd_start "$tap_dir/sshd"
swift_start "$tap_dir/swift"
proxy_start "$tap_dir/proxy"
psql -qX -d matric -c 'truncate much'

# Where the test wants it a tool tells that it is there, and never comes further.
cat >halting/tool <<'EOT'
#!/bin/sh
tool=${0##*/}
PATH=$halts_path
there() { echo $$ >"$halts_dir/there"; }
stay() { there; read -r _ <"$halts_dir/go"; }
case $halts:$tool:$*: in
# The proxy sees to it that it never ends.
data:mm-s3put:*.enc:) there ;;
between:mm-s3put:*.manifest: | between:rsync:*.manifest\ *) stay ;;
drop:mm-s3rm:*)
	while read -r name; do
		case $name in *.manifest) echo "$name" | mm-s3rm "$@" || exit ;; *) stay ;; esac
	done
	;;
drop:ssh:*'sh -e:') { head -n 1; stay; } | ssh "$@"; exit ;;
esac
exec "$tool" "$@"
EOT
for tool in mm-s3put mm-s3rm rsync ssh; do ln -sf tool "halting/$tool"; done

# of KIND - the one place is of that kind.
of() {
	BACKUP_REMOTE_RSYNC='' BACKUP_REMOTE_S3='' place=s3://$S3_BUCKET/nightly
	case $1 in ssh) place=$SSH_HOST:$tap_dir/sshd/box BACKUP_REMOTE_RSYNC=$place ;; s3) BACKUP_REMOTE_S3=$place ;; esac
	export BACKUP_REMOTE_RSYNC BACKUP_REMOTE_S3 S3_OPTIONS="--endpoint-url $S3_PROXY --retry-time 20s"
}
# keeps POLICY - it keeps that.
keeps() { export BACKUP_KEEP_RSYNC="$1" BACKUP_KEEP_S3="$1"; }
here() { find home -name 'matric_backup_*' | sed 's|.*/||' | sort; }
there() { sh "$top/scripts/place.sh" list "$place" | tr '\000' '\n' | sort; }
# bad - print what has a manifest there and is not what that says.
bad() {
	there | sed -n 's/\.manifest$//p' >shown
	while IFS= read -r one; do
		sh "$top/scripts/place.sh" fetch "$place" "$one.manifest" >manifest
		sh "$top/scripts/place.sh" fetch "$place" "$one" | mm-verify -i key -x manifest >why 2>&1 || echo "$one: $(cat why)"
	done <shown
}
unfinished() { there >there.now && grep 'enc$' there.now | while read -r one; do grep -qxF "$one.manifest" there.now || echo "$one"; done | grep -q .; }
part() { find sshd/box -name '.matric_backup_*' | grep -q .; }

# on_its_way WHERE - start a run, and return when it is there.
on_its_way() {
	case $kind$1 in
	sshdata)
		BACKUP_LIMIT_RATE=5K setsid sh "$top/scripts/backup.sh" send >said 2>&1 </dev/null &
		driver=$!
		eventually 60 part
		;;
	s3data) proxy_faults "$tap_dir/proxy" 'Put/*enc stall-at 5000' && halt data sh "$top/scripts/backup.sh" send ;;
	*between) halt between sh "$top/scripts/backup.sh" send && eventually 60 unfinished ;;
	*drop) keeps last=1,least=1 && halt drop sh "$top/scripts/backup.sh" prune && eventually 60 unfinished ;;
	esac
}

ok 'a backup' backup make
for kind in ssh s3; do
	of $kind
	keeps forever
	for how in KILL TERM; do
		for at in data between drop; do
			backup make >said 2>&1 && { [ $at != drop ] || backup send >said 2>&1; } || cat said
			ok "$kind, on its way: $at" on_its_way $at
			if [ $how = KILL ]; then kill_all; else signal TERM "$driver"; fi
			finish
			is "$([ $how = KILL ] && echo 137 || echo 143)" "$st" "... ended by $how"
			ok '... nothing runs on here' eventually 60 none_runs
			proxy_faults "$tap_dir/proxy"
			is '' "$(bad)" '... there is no backup that is none'
			ok '... the next run' backup "$([ $at = drop ] && echo prune || echo send)"
			is '' "$(bad)" '... leaves none'
			if [ $at = drop ]; then
				is "$(here | tail -n 2)" "$(there)" '... and finishes what was to be dropped'
			else
				is "$(here)" "$(there)" '... and sends all there is'
			fi
			keeps forever
		done
	done
done
is '' "$(leftovers)" 'nothing else is left'
done_testing
