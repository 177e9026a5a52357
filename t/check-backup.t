#!/bin/sh
# check-backup.sh: home and every other place in one question, and never OK where there is trouble.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"; daemon_stop "$tap_dir" mute'
swift_start "$tap_dir/swift"
proxy_start "$tap_dir/proxy"
sshd_start "$tap_dir/sshd"
box=$tap_dir/sshd/box
far=$SSH_HOST:$box
bucket=s3://$S3_BUCKET/nightly
promtool=$(sh "$top/t/promtool.sh")
mkdir near
export BACKUP_REMOTE_RSYNC="$tap_dir/near $far" BACKUP_REMOTE_S3="$bucket" S3_OPTIONS="--endpoint-url $S3_PROXY --retry-time 1s --timeout 30s"

# The machine may be slow: what has to be quick says so.
check() { sh "$top/scripts/check-backup.sh" -t 60s "$@"; }
# line STATUS PATTERN DESC [OPTION...] - it exits with STATUS; its one line on stdout, left in got, is like PATTERN.
line() {
	want=$1 pattern=$2 desc=$3
	shift 3
	line_began=$(date +%s)
	exits "$want" "$desc" check "$@"
	took=$(($(date +%s) - line_began))
	cp "$tap_dir/.stdout" got
	ok '... and says so' grep -qE -e "$pattern" got
}
# aged DIR TIME [WORD] - a good backup there, of then by its name, which is left in $made.
aged() {
	made=${3:-matric}_backup_$(date -u -d "$2" +%Y%m%d_%H%M%S).sql.gz
	head -c 5000 /dev/zero >"$1/$made"
	echo '# manifest: 1' >"$1/$made.manifest"
}
# clean FILE - promtool finds nothing to say about it, and it ends in a newline.
clean() { [ -s "$1" ] && "$promtool" check metrics <"$1" && [ -z "$(tail -c 1 "$1")" ]; }
# has LINE FILE - it has that line, once.
has() { [ "$(grep -cxF -e "$1" "$2")" = 1 ]; }

# All is well.
line 2 "^BACKUP CRITICAL - $tap_dir/near: matric: no good backup; $far: matric: no good .*; $bucket: matric: no good .*; $tap_dir/home: there is no such directory" \
	'before the first backup'
ok 'a backup goes to three places' sealed
line 0 "^BACKUP OK - $tap_dir/home: matric: newest [0-9]+s old, .* KiB, 1 good; $tap_dir/near: .*; $far: matric: newest .*; $bucket: matric: newest" \
	'all is well'
is 1 "$(wc -l <got)" '... in one line'
ok '... of less than 4 KB' test "$(wc -c <got)" -lt 4096
silent '... and nothing on standard error'
# Each figure, as Monitoring Plugins write it, with the size that the file has.
size=$(wc -c <"$(newest)")
figures() { sed 's/^[^|]*| //' got | grep -oE "'[^'=|]+'=[0-9.]+(s|B)?;[0-9:]*;[0-9:]*;0" | wc -l; }
is 12 "$(figures)" '... with age, size and count of each place'
for place in "$tap_dir/home" "$tap_dir/near" "$far" "$bucket"; do
	ok "... the size at $place" grep -qF "'$place matric size'=${size}B;" got
done
for shell in dash 'busybox sh' mksh bash; do
	# The words of a shell are meant to split.
	# shellcheck disable=SC2086
	ok "$shell" $shell "$top/scripts/check-backup.sh" -t 60s
	silent '... nothing on standard error'
done
absent 'nothing is made in the state directory' state/lock
is '' "$(find /tmp -maxdepth 1 -name 'mm-check.*' -user "$(id -un)" -newer key)" '... and nothing is left in /tmp'

# One place behind the others.
name=$(basename "$(newest)")
mv near/"$name.manifest" .
line 2 "^BACKUP CRITICAL - $tap_dir/near: matric: no good backup, 1 unfinished; $tap_dir/home: .*OK|near: matric: no good" 'one that is unfinished at one place'
mv "$name.manifest" near
echo 'found bad' >"$box/$name.suspect"
line 2 "^BACKUP CRITICAL - $far: matric: no good backup, 1 suspect; " 'one that is suspect at one place'
aged "$box" '30 hours ago'
line 1 "^BACKUP WARNING - $far: matric: newest 30h0m old \(-w 26h\), 4\.9 KiB, 1 good, 1 suspect; " 'one that is late at one place'
line 0 '^BACKUP OK' 'where that is in time' -w 31h
line 2 "^BACKUP CRITICAL - $far: .*\(-c 29h\)" 'where it is too late' -C 29h
line 1 "^BACKUP WARNING - .*1 good \(--count 2\)" 'too few' -w 31h --count 2
line 2 "^BACKUP CRITICAL - $far: .*4\.9 KiB \(--min-size 5K\)" 'too small' -w 31h --min-size 5K
rm "$box/$name.suspect" "$box/$made" "$box/$made.manifest"
aged home '1 hour'
line 1 "^BACKUP WARNING - $tap_dir/home: matric: .*one of [0-9_]* lies in the future" 'one of the future'
rm "home/$made" "home/$made.manifest"
line 0 '^BACKUP OK' 'and all is well again'

# A place that is down.
mv near away
line 3 "^BACKUP UNKNOWN - $tap_dir/near: there is no such directory, or we may not look into it; $tap_dir/home: matric: newest" 'a disk that is away'
mv away near
SSH_OPTIONS='-F none -p 1' line 3 "^BACKUP UNKNOWN - $far: ssh: .*Connection refused; $tap_dir/home: matric: newest" 'a host that is down'
as_rrsync() (
	SSH_OPTIONS=$(sshd_options "$tap_dir/sshd" rrsync) BACKUP_REMOTE_RSYNC=$SSH_HOST:/ BACKUP_REMOTE_S3=''
	export SSH_OPTIONS BACKUP_REMOTE_RSYNC BACKUP_REMOTE_S3
	check
)
ok 'a host that runs rsync alone' as_rrsync
said "$SSH_HOST:/: matric: newest" '... is seen'
SSH_OPTIONS="$(sshd_options "$tap_dir/sshd" shut)" line 3 "^BACKUP UNKNOWN - $far: .*; $tap_dir/home: matric" 'a host that lets us run nothing'
S3_OPTIONS="--endpoint-url http://127.0.0.1:1 --retry-time 1s" line 3 "^BACKUP UNKNOWN - $bucket: mm-s3ls: .*; $tap_dir/home: matric: newest" 'a server that is down'
AWS_SECRET_ACCESS_KEY=wrong line 3 "^BACKUP UNKNOWN - $bucket: mm-s3ls: .*SignatureDoesNotMatch" 'a wrong secret'

# Who may send and not look.
proxy_faults "$tap_dir/proxy" 'List answer 403 AccessDenied'
line 0 "; $bucket: matric: newest .* old, 1 good" 'a credential that may not list goes by what was sent'
exits 0 'and says so' check
said "$bucket: we may not see what is there; going by what was sent" '... on standard error'
BACKUP_STATE=$tap_dir/nowhere line 3 "^BACKUP UNKNOWN - $bucket: .*AccessDenied" 'where that is not known either, it is UNKNOWN'

# A place that does not answer: a bucket, a host.
proxy_faults "$tap_dir/proxy" 'List stall'
S3_OPTIONS="--endpoint-url $S3_PROXY" line 3 "^BACKUP UNKNOWN - $bucket: no answer within 2 seconds; $tap_dir/home: matric: newest" \
	'a bucket that does not answer' -t 2s
ok '... costs no more than that' test "$took" -le 20
proxy_faults "$tap_dir/proxy"
daemon_mute "$tap_dir"
SSH_OPTIONS="-F none -p $port" line 3 "^BACKUP UNKNOWN - $far: no answer within 2 seconds; $tap_dir/home: matric: newest" \
	'a host that does not answer' -t 2
ok '... costs no more than that' test "$took" -le 20
gone() { ! pgrep -f "place[.]sh sizes $far" >/dev/null; }
ok '... and nothing is left at work' eventually 5 gone
for shell in dash 'busybox sh' mksh bash; do
	# shellcheck disable=SC2086
	SSH_OPTIONS="-F none -p $port" $shell "$top/scripts/check-backup.sh" >got 2>&1 &
	checker=$!
	sleep 1
	kill "$checker"
	ended=0
	wait "$checker" || ended=$?
	is 3 "$ended" "$shell: a check that is ended is UNKNOWN"
	is 'BACKUP UNKNOWN - the check was cut short' "$(cat got)" '... and says so'
	ok '... and nothing is left at work' eventually 5 gone
done
is '' "$(find /tmp -maxdepth 1 -name 'mm-check.*' -user "$(id -un)" -newer key)" '... nor in /tmp'

# Several databases, each of which has to be there.
psql -qX -d postgres -c 'create database second'
both() { PGDATABASE='matric second' check "$@"; }
exits 2 'a second database without a backup' both
said "BACKUP CRITICAL - $tap_dir/home: second: no good backup; " '... is missed'
said "; $bucket: matric: newest" '... while the first is all right'
ok 'backups of both' env PGDATABASE='*' BACKUP_EXCLUDE=postgres sh "$top/scripts/backup.sh"
ok '... are there' both
said " '$bucket second age'=" '... with figures of their own'
star() { PGDATABASE='*' check; }
ok 'of all databases, those of the last run' star
other() { BACKUP_DEST=$tap_dir/other BACKUP_REMOTE_RSYNC='' BACKUP_REMOTE_S3='' PGDATABASE='*' BACKUP_EXCLUDE=second sh "$top/scripts/backup.sh" make; }
ok 'a run of another configuration, of all databases but others' other
ok '... is not the last run of this one' star
excluded() { PGDATABASE='matric second' BACKUP_EXCLUDE=second check; }
aged home '3 days ago' third
ok '... and no other' star
moved() { mv near/second_* . && BACKUP_STATE=$tap_dir/nowhere star; }
exits 2 'where that is not known, whatever is anywhere' moved
said "BACKUP CRITICAL - $tap_dir/home: third: newest" '... is judged'
said "; $tap_dir/near: second: no good backup" '... everywhere'
ok 'one that is excluded' excluded
mv second_* near
rm home/third_*
renamed() { BACKUP_NAME='an odd name' check; }
exits 2 'BACKUP_NAME' renamed
said "$tap_dir/home: an%20odd%20name: no good backup" '... is what is looked for'

# Configuration.
cat >backup.conf <<END
BACKUP_DEST=$tap_dir/home
BACKUP_REMOTE_RSYNC=$tap_dir/near
PGDATABASE=matric
END
bare() { env -u BACKUP_DEST -u BACKUP_REMOTE_RSYNC -u BACKUP_REMOTE_S3 -u S3_OPTIONS sh "$top/scripts/check-backup.sh" -t 60s "$@"; }
ok 'a configuration' bare -c backup.conf
said "$tap_dir/near: matric: newest" '... says which places'
echo 'BACKUP_DSET=/x' >>backup.conf
ok 'a key that is not known' bare -c backup.conf
said 'unknown key BACKUP_DSET' '... is warned of, on standard error'
is 1 "$(wc -l <"$tap_dir/.stdout")" '... and not on standard output'
echo 'BACKUP_NAME=$x' >>backup.conf
wrong() { want=$1 desc=$2; shift 2; exits 3 "$desc" "$@"; cp "$tap_dir/.stdout" got; ok '... and says so' grep -qE -e "^BACKUP UNKNOWN - $want" got; is 1 "$(wc -l <got)" '... in one line'; }
wrong 'the configuration cannot be used: .*line 5' 'a broken configuration' bare -c backup.conf
wrong 'the configuration cannot be used: nowhere.conf: there is no such file' 'one that is not there' bare -c nowhere.conf
wrong "the configuration cannot be used: 'box:relative' is no place" 'a place that is none' env BACKUP_REMOTE_RSYNC=box:relative sh "$top/scripts/check-backup.sh"
wrong 'the configuration cannot be used: .*quote' 'an open quote' env BACKUP_REMOTE_RSYNC='"/x' sh "$top/scripts/check-backup.sh"
wrong 'usage: .--frob' 'an unknown option' check --frob
wrong 'usage: -w needs a value' 'an option without its value' check -w
wrong "-t: 'soon' is no time" 'a time that is none' check -t soon
wrong "-w: 'x' is no range" 'a range that is none' check -w x
wrong "-c: 'x' is no range" '... for critical' check -C x
exits 3 '-h' check -h
exits 3 '-V' check -V
wrong 'no temporary directory' 'no temporary directory' env TMPDIR=/no/such sh "$top/scripts/check-backup.sh"
mkdir few
for tool in sh dirname sed awk cat tr cut mktemp mkdir mkfifo rm grep stat id date; do ln -s "$(command -v $tool)" few; done
wrong 'there is no mm-conf in PATH' 'no tools' env PATH="$tap_dir/few" MM_BUILD=/no sh "$top/scripts/check-backup.sh"
mkdir broken
printf '#!/bin/sh\nkill -SEGV $$\n' >broken/mm-verify
chmod +x broken/mm-verify
wrong 'the check was cut short' 'a tool that dies' env PATH="$tap_dir/broken:$PATH" MM_BUILD="$build" sh "$top/scripts/check-backup.sh"
full() { check >/dev/full; }
exits 3 'a full disk' full

# Machines.
exits 0 'metrics' check --format prometheus -o age.prom
ok '... promtool finds no fault' clean age.prom
ok '... each family is introduced once' test -z "$(grep '^# ' age.prom | cut -d ' ' -f 2,3 | sort | uniq -d)"
for place in "$tap_dir/home" "$tap_dir/near" "$far" "$bucket"; do
	ok "... of $place" has "mm_backup_check_success{destination=\"$place\"} 1" age.prom
	ok '... with the state of its backups' has "mm_backup_check_state{destination=\"$place\",name=\"matric\"} 0" age.prom
done
is 644 "$(stat -c %a age.prom)" '... for all to read'
grep "$far" age.prom | grep -v _check_ >before
down() { SSH_OPTIONS='-F none -p 1' check --format prometheus -o age.prom; }
exits 3 'metrics, when a place is down' down
ok '... promtool finds no fault' clean age.prom
grep "$far" age.prom | grep -v _check_ >after
same before after '... what was said of it stays'
ok '... and that is said' has "mm_backup_check_success{destination=\"$far\"} 0" age.prom
cp age.prom before
exits 3 'metrics, when the configuration is wrong' bare -c backup.conf --format prometheus -o age.prom
same before age.prom '... stay as they are'
is '' "$(cat "$tap_dir/.stdout")" '... and nothing is on standard output'
exits 0 'JSON' check --format json
cp "$tap_dir/.stdout" got
is "OK 4 $bucket" "$(python3 -c 'import json; j = json.load(open("got")); print(j["state"], len(j["places"]), j["places"][3]["place"])')" '... is an object with every place'
done_testing
