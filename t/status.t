#!/bin/sh
# status.sh: every backup at every place on one screen, and as JSON; what it foretells is what the next run does.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; swift_stop "$tap_dir/swift"; daemon_stop "$tap_dir" mute'
swift_start "$tap_dir/swift"
sshd_start "$tap_dir/sshd"
box=$tap_dir/sshd/box
far=$SSH_HOST:$box
bucket=s3://$S3_BUCKET/nightly
mkdir near
export BACKUP_REMOTE_RSYNC="$tap_dir/near $far" BACKUP_REMOTE_S3="$bucket" S3_OPTIONS="--endpoint-url $S3_ENDPOINT --retry-time 1s"

# The machine may be slow: what has to be quick says so.
status() { LC_ALL=${locale-C} sh "$top/scripts/status.sh" -t 60s "$@"; }
# shows STATUS DESC [OPTION...] - it exits with STATUS; its screen is left in screen, and fits into 80 columns.
shows() {
	want=$1 desc=$2
	shift 2
	exits "$want" "$desc" status "$@"
	cp "$tap_dir/.stdout" screen
	is '' "$(LC_ALL=C.UTF-8 perl -CS -ne 'chomp; print "$_\n" if length > 80 && / .* /' screen)" '... in 80 columns'
}
# row PATTERN DESC - a line of the screen is like that.
row() { ok "$2" grep -qE -e "$1" screen; }
# told TEXT DESC - it is in the screen, be it over several lines.
told() { ok "$2" sh -c 'tr -s " \n" " " <screen | grep -qF -e "$1"' - "$1"; }
# json EXPRESSION [OPTION...] - print that of status.sh -J, which is j.
json() {
	expression=$1
	shift
	status -J "$@" >got || [ $? -eq 3 ]
	python3 -c "import json
j = json.load(open('got'))
at = {p['place']: p for p in j['places']}
of = {b['backup']: b for b in j['backups']}
print($expression)"
}
# aged DIR TIME [WORD] - a good backup there, of then by its name, which is left in $made.
aged() {
	made=${3:-matric}_backup_$(date -u -d "$2" +%Y%m%d_%H%M%S).sql.gz
	head -c "${bytes:-5000}" /dev/zero >"$1/$made"
	printf '# %s: %s\n' manifest 1 name "$made" database matric sealed 0 proved no stored-bytes "${bytes:-5000}" >"$1/$made.manifest"
	(cd "$1" && sha256sum "$made" >>"$made.manifest")
}
day() { date -u -d "$1" '+%Y-%m-%d %H:%M'; }

# ageless <SCREEN - as it would be a minute later as well.
ageless() { sed '1d; s/ *[0-9]*m / /; s/ *[0-9]*m$//'; }
# is_json FILE - another reader of JSON says so.
is_json() { python3 -m json.tool "$1"; }

# Nothing yet.
shows 3 'before the first backup'
row "^  a  $tap_dir/home$" 'home is named'
row '^     cannot be looked at: there is no such directory' '... and said not to be there'
row '^  d  s3://mm-test/nightly .* 0 good ' 'a place is empty'
row '^  no backup at all$' 'nothing is there'
told "! there is no good backup of matric at $far" '... which is trouble'

ok 'a backup goes to three places' sealed
name=$(basename "$(newest)")
fact() { sed -n "s/^# $1: //p" "home/$name.manifest"; }
size=$(fact stored-bytes)
shows 0 'one backup'
silent '... and nothing on standard error'
row '^  begun \(UTC\)  +age +size +sealed proven drill +a b c d$' 'a column for each place'
row "^  20[0-9-]{8} [0-9:]{5} +[0-9]+m +[0-9]+K  #+  for $(fact sealed)  yes    -  +\+ \+ \+ \+\$" '... and the backup at each of them'
row '^  a b c d  keeps within=7d,least=3$' 'the policy'
ok 'no trouble' sh -c '! grep -q "To be looked into" screen'
ok 'no colours where there is no terminal' sh -c '! grep -q "$(printf "\033")" screen'
for shell in dash 'busybox sh' mksh bash; do
	# shellcheck disable=SC2086
	ok "$shell" env LC_ALL=C $shell "$top/scripts/status.sh" -t 60s
	silent '... nothing on standard error'
	is "$(ageless <screen)" "$(ageless <"$tap_dir/.stdout")" '... shows the same'
done
in_utf8() { locale=C.UTF-8 status; }
ok 'in a locale of UTF-8' in_utf8
said '█' '... bars are of blocks'
on_terminal() { TERM=xterm python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' sh "$top/scripts/status.sh" -t 60s </dev/null; }
ok 'on a terminal' on_terminal
said "$(printf '\033[1m')" '... there are colours'
no_colour() { NO_COLOR=1 on_terminal; }
exits 0 'with NO_COLOR' no_colour
ok '... there are none' sh -c '! grep -q "$(printf "\033")" "$1"' - "$tap_said"
mkdir scratch
elsewhere() { TMPDIR=$tap_dir/scratch status; }
ok 'with a directory for what is temporary' elsewhere
is '' "$(ls -A scratch)" '... nothing is left in it'
killed() { TMPDIR=$tap_dir/scratch timeout -s TERM 0.3 sh "$top/scripts/status.sh" >/dev/null 2>&1; }
exits 124 'ended by a signal' killed
is '' "$(ls -A scratch)" '... nothing is left either'

# The same for machines.
ok '-J' status -J
silent '... nothing on standard error'
cp "$tap_dir/.stdout" got
ok '... is JSON' is_json got
is "4 1 0 []" "$(json 'len(j["places"]), len(j["backups"]), j["not-shown"], j["trouble"]')" '... of all places and backups'
is "$size $(fact sealed) True matric $(fact tables) $(fact rows)" \
	"$(json "*[of['$name'][k] for k in ('size', 'sealed', 'proven', 'database', 'tables', 'rows')]")" '... with what the manifest says'
is "$tap_dir/home $tap_dir/near $far $bucket" "$(json "*[p['place'] for p in of['$name']['places']]")" '... where it is'
is "good $size good $size good $size good $size" "$(json "*[x for p in of['$name']['places'] for x in (p['state'], p['size'])]")" '... how it is there'

# A drill.
ok 'a drill' sh "$top/scripts/test-backup-restore.sh" --server -i key
shows 0 'after a drill'
row ' yes    good 0m +\+ ' '... is in the row'
is good "$(json "of['$name']['drill']['result']")" '... and in JSON'
rm "home/$name.drill"
shows 0 'a drill of another place'
row ' yes    good 0m ' '... is known from the state directory'
rm -r state/drills

# A place that is down.
down() { SSH_OPTIONS='-F none -p 1' "$@"; }
SSH_OPTIONS='-F none -p 1' shows 3 'a place that is down'
row '^     cannot be looked at: ssh: connect to host 127.0.0.1 port 1: ' '... is said to be'
row ' \+ \+ \? \+$' '... and the others are shown'
is "False True" "$(down json "at['$far']['seen'], at['$bucket']['seen']")" '... in JSON as well'
daemon_mute "$tap_dir"
began=$(date +%s)
SSH_OPTIONS="-F none -p $port" shows 3 'a place that does not answer' -t 2s
row '^     cannot be looked at: no answer within 2 seconds' '... is said not to'
ok '... and costs no more than that' test $(($(date +%s) - began)) -le 20

# What one place lacks is what the next run sends there, and what a policy drops is what it drops.
for days in 1 2 3 5 9 12; do
	aged home "$days days ago"
	cp "home/$made" "home/$made.manifest" near
done
export BACKUP_KEEP=within=4d,least=2 BACKUP_KEEP_RSYNC=within=10d BACKUP_KEEP_S3=forever
rm "near/$name" "near/$name.manifest"
shows 0 'more backups, and policies'
row '^  a +keeps within=4d,least=2$' 'the policy of home'
row '^  b c +keeps within=10d$' '... of the places'
row '^  d +keeps forever$' '... and of the bucket'
row '^  c  5 backups, the newest of them of '"$(day '1 day ago')" 'what is sent to one place'
row '^  d  6 backups' '... and to another'
row " - \+ o o\$" 'a backup that home drops and others get'
row '^  a  matric of '"$(day '5 days ago'): no part of the policy keeps it" 'what is dropped, and why'
# lacks PLACE, drops PLACE - what is to be sent and dropped there, a name a line.
lacks() { json "'\\n'.join(sorted(at['$1']['lacks']))" | sed '/^$/d'; }
drops() { json "'\\n'.join(sorted(d['backup'] for d in at['$1']['drops']))" | sed '/^$/d'; }
list() { sh "$top/scripts/place.sh" list "$1" | tr '\0' '\n' | sed -n 's/\.manifest$//p' | sort; }
n=0
for place in "$tap_dir/home" "$tap_dir/near" "$far" "$bucket"; do
	n=$((n + 1))
	drops "$place" >"will-drop.$n"
	lacks "$place" >"will-send.$n"
	list "$place" >"before.$n"
done
is '3 1 0 0' "$(wc -l will-drop.* | awk '!/total/ { printf "%s%s", s, $1; s = " " }')" 'so many go'
is '0 1 5 6' "$(wc -l will-send.* | awk '!/total/ { printf "%s%s", s, $1; s = " " }')" 'so many come'
ok 'the next run' sealed
new=$(basename "$(newest)") size=$(wc -c <"$(newest)")
n=0
for place in "$tap_dir/home" "$tap_dir/near" "$far" "$bucket"; do
	n=$((n + 1))
	list "$place" | grep -v "$new" >"after.$n"
	is "$(cat "will-drop.$n")" "$(comm -23 "before.$n" "after.$n")" "... drops at $place what was told"
	is "$(cat "will-send.$n")" "$(comm -13 "before.$n" "after.$n")" '... and sends there what was told'
done
shows 0 'after it'
ok '... nothing is to be sent' sh -c '! grep -q "The next run sends" screen'

# Many, and several names.
unset BACKUP_KEEP BACKUP_KEEP_RSYNC BACKUP_KEEP_S3
BACKUP_KEEP=within=100d
export BACKUP_KEEP
for days in 21 22 23 24 25 26 27 28 29 30 31 32 33; do bytes=$((days * 3000)) aged "$box" "$days days ago"; done
aged home '1 hour ago' other
shows 0 'many'
ok '... and a policy that keeps them' sh -c '! grep -q "The next run drops" screen'
is 11 "$(grep -cE '^  20[0-9-]{8} ' screen)" '... the newest ten of each name'
row "^  and [0-9]+ more, back to $(day '33 days ago'); -a shows all" '... and how many more'
connections() { grep -c '^Accepted' sshd/log/sshd; }
before=$(connections)
shows 0 '-a' -a
is 2 $(($(connections) - before)) '... asks a host twice, however many there are'
row "^  $(day '33 days ago') +33d +97K  #+  no +no  +-  +\. \. \+ \." '... one that only a far place has'
row '^other$' 'another name that is there'
is "$(for place in "$tap_dir/home" "$tap_dir/near" "$far" "$bucket"; do list "$place"; done | sort -u | wc -l)" \
	"$(grep -cE '^  20[0-9-]{8} ' screen)" '... all of them'
exits 0 '-aJ' status -aJ
cp "$tap_dir/.stdout" got
ok '... is JSON' is_json got
two() { PGDATABASE='matric second' shows "$@"; }
two 0 'a name that is asked for'
row '^second$' '... is shown'
told "! there is no good backup of second at $bucket" '... and missed'
rm home/other_* "$box"/*.gz "$box"/*.gz.manifest

# Trouble.
printf 'read back and \033[31mfound\007 bad\nmore\n' >"$box/$new.suspect"
shows 0 'a suspect one'
row ' \+ \+ ! \+$' '... is marked'
told "! $new at $far is suspect: read back and [31mfound bad" '... and told, without its control bytes'
is suspect "$(json "[p['state'] for p in of['$new']['places'] if p['place'] == '$far'][0]")" '... in JSON as well'
rm "$box/$new.suspect"
mv "near/$new.manifest" .
shows 0 'an unfinished one'
row ' \+ ~ \+ \+$' '... is marked'
told "! $new at $tap_dir/near has no manifest" '... and told'
mv "$new.manifest" near
echo more >>"near/$new"
shows 0 'one of another size than its manifest says'
told "! $new at $tap_dir/near has $((size + 5)) bytes, and its manifest says $size" '... is told'
cp "home/$new" near
aged home '3 hours'
shows 0 'one of the future'
row ' ahead ' '... is so'
told "! $made at $tap_dir/home lies in the future" '... and told'
told "! at $tap_dir/home nothing of matric is dropped: " '... and why nothing is dropped'
rm "home/$made" "home/$made.manifest"
dd if=/dev/urandom of=noise bs=1M count=4 2>/dev/null
psql -qX -d matric -c "create table big as select string_agg(md5(i::text || random()::text), '') as t from generate_series(1, 60000) i"
ok 'a large backup' sealed
psql -qX -d matric -c 'drop table big'
ok 'and a small one' sealed make
shows 0 'a backup that is suddenly small'
told '! nothing of matric is dropped, since its newest backup is suddenly so small' '... holds the rest'
told "backup.sh accept $(basename "$(newest)")" '... until somebody accepts it'
sh "$top/scripts/backup.sh" accept "$(basename "$(newest)")" 2>/dev/null
mm-pipe -L home/.lock --wait 10s sleep 60 </dev/null &
holder=$!
held() { ! mm-pipe -L home/.lock true </dev/null 2>/dev/null; }
eventually 5 held
shows 0 'a run at work'
row '^     a run is at work here$' '... is told'
is True "$(json "at['$tap_dir/home']['busy']")" '... in JSON as well'
kill "$holder"
wait "$holder" || :
making=state/making/$(printf '%s' "$tap_dir/home" | cksum | tr -dc 0-9)
mkdir -p "$making" state/dropping
echo "$tap_dir/home" >"$making/matric_backup_20260101_000000.sql.gz"
echo "$tap_dir/near" >state/dropping/x
ended=$(echo state/runs/*.make.status)
is 1 "$(echo "$ended" | wc -w)" 'a run has left how it ended'
echo 3 >"$ended"
echo 3 >"${ended%make.status}send.status"
echo 3 >"${ended%make.status}readback.status"
shows 0 'what runs left'
told 'a run was broken off while it made' '... one that was broken off'
told 'a removal was cut short at' '... a removal'
told 'the last run made a backup, and something else' '... and how the last one ended'
told 'the last run of send did not do all' '... of each command'
told 'the last run of readback did not do all' '... and of that which nothing else does'
rm "${ended%make.status}readback.status"
touch -d '1 minute' "${ended%make.status}all.status"
shows 0 'a run of all phases since then'
never() { ! grep -q 'the last run' screen; }
ok '... which went well, is what counts' never
rm -r "$making" state/dropping state/runs

# A bare machine.
bare() { env -i PATH="$PATH" HOME=/nonexistent "$@"; }
from() { bare ${SSH_OPTIONS:+SSH_OPTIONS="$SSH_OPTIONS"} S3_OPTIONS="$S3_OPTIONS" AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID" AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" AWS_REGION="$AWS_REGION" \
	sh "$top/scripts/status.sh" -t 60s --from "$@"; }
for place in "$tap_dir/near" "$far" "$bucket"; do
	ok "--from $place" from "$place"
	said "  a  $place" '... shows that'
	said 'for ' '... and what it has'
done
cd near
ok '--from .' from .
cd ..
said "  a  $tap_dir/near" '... is a directory here'
no_drop() { ! grep -q 'keeps\|next run' "$tap_said"; }
ok '... where nothing is known of policies' no_drop
exits 3 '--from a place that is not there' from /no/such/place
said 'cannot be looked at' '... which is said'
exits 78 '--from what is no place' from no:place
nothing() { bare sh "$top/scripts/status.sh" || [ $? -eq 3 ]; }
ok 'without anything' nothing
said '/var/backups/matric-memory' '... the default home'

# Configuration and command line.
exits 78 'an unknown option' status --frob
exits 78 'an option without its value' status -c
exits 78 'a time that is none' status -t soon
exits 78 'no such configuration' status -c nowhere.conf
echo 'BACKUP_DEST=$x' >broken.conf
exits 78 'a broken configuration' status -c broken.conf
exits 78 'a policy that is none' env BACKUP_KEEP=often sh "$top/scripts/status.sh"
full() { status >/dev/full; }
exits 2 'a full disk' full
json_full() { status -J >/dev/full; }
exits 2 '... for JSON' json_full
done_testing
