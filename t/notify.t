#!/bin/sh
# backup.sh tells: by mail, webhook and ping, when it should, once, and never at the cost of a backup; hooks; metrics.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
for name in http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY INVOCATION_ID; do unset "$name"; done
dir=$tap_dir/receiver
mkdir "$dir"
/usr/bin/python3 "$top/t/receiver.py" "$dir" &
at_exit="kill $!; cluster_stop \"\$tap_dir/pg\""
eventually 20 test -s "$dir/port"
origin=http://127.0.0.1:$(cat "$dir/port")

# A sendmail that keeps what it gets.
mkdir mail
cat >mail/sendmail <<'END'
#!/bin/sh
[ "$*" = '-oi -t' ] || exit 64
cat >>"$MAILBOX"
[ ! -e "$MAILBOX.broken" ] || exit 75
[ ! -e "$MAILBOX.slow" ] || { trap '' TERM; setsid sleep 25 & sleep 60; }
END
chmod +x mail/sendmail
export MAILBOX="$tap_dir/mailbox" MM_BUILD="$build" PATH="$tap_dir/mail:$PATH"
got() { find "$dir" -name '*.body' | wc -l; }
paths() { for f in "$dir"/*.path; do [ ! -e "$f" ] || { cat "$f" && echo; }; done | sort | paste -sd ' '; }
mails() { [ ! -e mailbox ] || grep -c '^Subject:' mailbox; }
clear_all() { rm -f mailbox "$dir"/*.body "$dir"/*.path "$dir"/*.headers; }
# with KEY=VALUE... - a run with these.
with() { env NOTIFY_EMAIL=ops@example.com NOTIFY_WEBHOOK="$origin/canary-hook" NOTIFY_PING="$origin/canary-ping" "$@" sh "$top/scripts/backup.sh" make; }

ok 'a good run' with A=b
is '' "$(mails)" '... is in no mail'
is '/canary-ping /canary-ping/start' "$(paths)" '... and the ping alone hears of it, at both ends'
clear_all
exits 1 'a run that fails' with PGPORT=1
is 1 "$(mails)" '... is in one mail'
ok '... to whom it should go' grep -qx 'To: ops@example.com' mailbox
ok '... which says what it is in its subject' grep -qx "Subject: backup of matric on $(uname -n): FAILED (1)" mailbox
ok '... and why in its text' grep -q 'database matric does not answer' mailbox
is '/canary-hook /canary-ping/fail /canary-ping/start' "$(paths)" '... and the webhook and the ping hear of it'
ok '... with the reason' grep -q 'does not answer' "$dir"/*.body
clear_all
exits 78 'a wrong setting' with BACKUP_COMPRESS=none BACKUP_RETAIN=x
is 1 "$(mails)" '... is told, too'
clear_all
ok 'with NOTIFY_ON=always' with NOTIFY_ON=always
is 1 "$(mails)" '... a good run is told'
ok '... as good' grep -q '^Subject: .*: good$' mailbox
clear_all
ok 'with NOTIFY_ON=change' with NOTIFY_ON=change
is '' "$(mails)" '... one that is as the one before is not'
exits 1 'the first that fails' with NOTIFY_ON=change PGPORT=1
exits 1 'the second' with NOTIFY_ON=change PGPORT=1
is 1 "$(mails)" '... are one mail'
ok 'one of another configuration' with NOTIFY_ON=change PGDATABASE=postgres
is 1 "$(mails)" '... is no news, and not compared with it'
ok 'and the first that is good' with NOTIFY_ON=change
is 2 "$(mails)" '... is another'
clear_all
nights() {
	for night in 1 2; do
		with "NIGHT=$night" NOTIFY_ON=change || return
		env NOTIFY_EMAIL=ops@example.com NOTIFY_PING="$origin/canary-ping" NOTIFY_ON=change BACKUP_REMOTE_RSYNC="$tap_dir/no/where" \
			sh "$top/scripts/backup.sh" send || [ $? -eq 3 ] || return
		env NOTIFY_EMAIL=ops@example.com NOTIFY_ON=change sh "$top/scripts/backup.sh" prune || return
	done
}
ok 'two nights with a dead place, a service each for make, send and prune' nights
is 1 "$(mails)" '... are one mail, with NOTIFY_ON=change'
ok '... about the sending' grep -qx "Subject: sending backups of matric on $(uname -n): not all is sent" mailbox
is '/canary-ping /canary-ping /canary-ping/fail /canary-ping/fail /canary-ping/start /canary-ping/start' "$(paths)" \
	'... and the ping hears of each backup and each failure'
clear_all
each() { for phase in make send prune; do env NOTIFY_EMAIL=ops@example.com NOTIFY_ON=always sh "$top/scripts/backup.sh" "$phase" || return; done; }
ok 'with NOTIFY_ON=always a night of make, send and prune' each
is 3 "$(mails)" '... is three mails'
is "backup dropping sending" "$(sed -n 's/^Subject: \([a-z]*\) .*: good$/\1/p' mailbox | sort | paste -sd ' ')" '... each about one'
clear_all
mm-pipe -L home/.lock --wait 5s sleep 20 &
holder=$!
eventually 5 sh -c '! mm-pipe -L home/.lock true 2>/dev/null'
exits 75 'a run that found another at work' with NOTIFY_ON=always
is '' "$(mails)" '... is no news'
busy() { env NOTIFY_EMAIL=ops@example.com MONITOR_SERVICE_RESULT=exit-code MONITOR_EXIT_STATUS=75 MONITOR_INVOCATION_ID=75 sh "$top/scripts/backup.sh" notice matric-backup.service; }
ok '... nor is it for the unit' busy
is '' "$(mails)" '... which tells nobody'
kill "$holder"
wait "$holder" || :

# Nobody there, somebody slow, somebody who refuses: the run is what it is.
clear_all
dead() { with NOTIFY_ON=always NOTIFY_WEBHOOK=http://127.0.0.1:1/canary-hook NOTIFY_PING=http://127.0.0.1:1/canary-ping; }
ok 'receivers that are away cost nothing' dead
said 'nobody could be told' '... but a word'
leaks() { grep -e canary-hook -e canary-ping "$tap_said"; }
exits 1 '... in which no address is' leaks
touch mailbox.broken
ok 'a sendmail that fails' with NOTIFY_ON=always
said 'NOTIFY_EMAIL: nobody could be told' '... is named'
rm mailbox.broken
touch mailbox.slow
slow() {
	begun=$(date +%s)
	with NOTIFY_ON=always && [ $(($(date +%s) - begun)) -lt 20 ]
}
ok 'a sendmail that hangs, deaf to TERM, is not waited for long' slow
said 'NOTIFY_EMAIL: nobody could be told: no answer within' '... is named'
yes hang | head -n 8 >"$dir/answers"
begun=$(date +%s)
exits 1 'when mail, webhook and ping all hang, a run' with INVOCATION_ID=hang PGPORT=1
ok '... and then its unit' env NOTIFY_EMAIL=ops@example.com NOTIFY_WEBHOOK="$origin/hook" NOTIFY_PING="$origin/ping" MONITOR_SERVICE_RESULT=x \
	MONITOR_EXIT_STATUS=1 MONITOR_INVOCATION_ID=hang sh "$top/scripts/backup.sh" notice matric-backup.service
took=$(($(date +%s) - begun))
ok '... are over within 30 seconds' test "$took" -le 30
ok '... having tried all of them twice' test "$took" -ge 16
rm mailbox.slow "$dir/answers"
argv() { ASAN_OPTIONS=detect_leaks=0 strace -f -qq -s 2000 -e trace=execve -o trace sh "$top/scripts/backup.sh" -c conf make; }
printf 'NOTIFY_WEBHOOK=%s/canary-hook\nNOTIFY_PING=%s/canary-ping\nNOTIFY_ON=always\n' "$origin" "$origin" >conf
chmod 600 conf
clear_all
ok 'addresses from the configuration' argv
is 3 "$(got)" '... are used'
seen() { grep canary trace; }
exits 1 '... and are in no argument' seen

# What the unit's notice adds.
clear_all
unit() { env NOTIFY_EMAIL=ops@example.com NOTIFY_WEBHOOK="$origin/canary-hook" MONITOR_SERVICE_RESULT=oom-kill MONITOR_EXIT_STATUS=KILL MONITOR_INVOCATION_ID="$1" sh "$top/scripts/backup.sh" notice matric-backup.service; }
ok 'a run that was killed is told by its unit' unit none-such
is 1 "$(mails)" '... by mail'
is 1 "$(got)" '... and by webhook'
ok '... with the reason' grep -qx 'Subject: matric-backup.service on .* failed: oom-kill KILL' mailbox
ok '... and where to look' grep -q 'look with: journalctl -u matric-backup.service' mailbox
clear_all
exits 1 'a run under systemd that could tell' with PGPORT=1 INVOCATION_ID=0123
ok '... and then its unit' unit 0123
is 1 "$(mails)" '... are one mail'
clear_all
touch mailbox.broken
exits 1 'a run under systemd that could tell by webhook alone' with PGPORT=1 INVOCATION_ID=4567
rm mailbox.broken
clear_all
ok '... and then its unit' unit 4567
is 1 "$(mails)" '... which sends the mail'
is 0 "$(got)" '... and no more'

clear_all
exits 1 'with NOTIFY_ON=change a failure like that of the night before' with NOTIFY_ON=change PGPORT=1 INVOCATION_ID=89ab
changed() { NOTIFY_ON=change unit 89ab; }
ok '... and then its unit' changed
is '' "$(mails)" '... tell nobody'

# A real sendmail.
mkdir smtp
mv mail/sendmail mail/kept
/usr/bin/python3 "$top/t/smtp.py" "$tap_dir/smtp" &
at_exit="kill $!; $at_exit"
eventually 20 test -s smtp/port
printf 'account default\nhost 127.0.0.1\nport %s\nfrom backup@example.com\n' "$(cat smtp/port)" >.msmtprc
chmod 600 .msmtprc
for program in sendmail msmtp; do
	ln -sf "$(command -v msmtp)" "mail/$program"
	exits 1 "msmtp, by the name of $program" env HOME="$tap_dir" NOTIFY_EMAIL='ops@example.com, night@example.com' PGPORT=1 sh "$top/scripts/backup.sh" make
	is 'ops@example.com night@example.com' "$(sed -n 's/^RCPT TO:<\(.*\)>.*/\1/p' smtp/*.to | paste -sd ' ')" '... sends to all to whom it should go'
	ok '... the title' grep -qx "Subject: backup of matric on $(uname -n): FAILED (1)" smtp/*.mail
	ok '... and the text' grep -q 'database matric does not answer' smtp/*.mail
	rm smtp/*.mail smtp/*.to "mail/$program"
done
mv mail/kept mail/sendmail

# Hooks.
hook() { env BACKUP_PRE_HOOK="$1" BACKUP_POST_HOOK="$2" sh "$top/scripts/backup.sh" make; }
note='echo "$0 status=${BACKUP_STATUS-} made=${BACKUP_MADE-} command=$BACKUP_COMMAND home=$BACKUP_HOME" >>hooked'
ok 'hooks before and after' hook "$note" "$note"
is 2 "$(grep -c "command=make home=$tap_dir/home" hooked)" '... know what and where'
ok '... and the one after how it ended, and what was made' grep -q "status=0 made=$(basename "$(newest)") " hooked
before=$(backups)
exits 1 'a hook that fails before' hook 'echo not now; exit 4' "$note"
said 'not now' '... is heard'
is "$before" "$(backups)" '... and stops the run'
ok '... and the one after knows it' grep -q 'status=1 made= ' hooked
exits 3 'a hook that fails after' hook '' 'exit 4'
is $((before + 2)) "$(backups)" '... costs no backup'

# Two configurations with one state directory, at the same time.
mkdir ssh
printf '#!/bin/sh\ntouch asked\nuntil [ -e go ]; do sleep 0.1; done\nexit 255\n' >ssh/ssh
chmod +x ssh/ssh
psql -qX -d postgres -c 'create database other'
first() { PATH=$tap_dir/ssh:$PATH BACKUP_REMOTE_RSYNC=box:/x BACKUP_POST_HOOK="$note" backup; }
second() { BACKUP_DEST=$tap_dir/home2 PGDATABASE=other backup make; }
: >hooked
first 2>/dev/null &
job=$!
ok 'a run is sending' eventually 20 test -e asked
ok '... while another configuration makes a backup' second
touch go
wait "$job" || st=$?
is 3 "$st" '... and ends'
ok '... knowing its own' grep -q 'status=3 made=matric_backup_[^ ]* command=all' hooked

# Metrics.
mkdir metrics
export METRICS_DIR="$tap_dir/metrics"
old=metrics/mm_backup_run.$(printf '%s' "$tap_dir/home" | cksum | tr -dc 0-9).make.prom
echo 'mm_backup_run_status{home="",command="make"} 1' >"$old"
ok 'a run with METRICS_DIR' backup make
ok '... takes away what an older version left there' test ! -e "$old"
prom=$(echo metrics/*.prom)
is 644 "$(stat -c %a "$prom")" '... which anybody may read'
promtool=$(sh "$top/t/promtool.sh")
clean() { for f in metrics/*; do "$promtool" check metrics <"$f" || return; done && ! cat metrics/*.prom | grep '^# HELP' | sort -u | cut -d' ' -f3 | uniq -d | grep .; }
ok '... is what promtool likes' clean
# value NAME [LABEL] - print that of this metric, of `make' of matric.
value() { sed -n "s|^$1{home=\"$tap_dir/home\",name=\"matric\",command=\"make\"${2-}} ||p" metrics/*; }
is 0 "$(value mm_backup_run_status)" '... says it was good'
is 1 "$(value mm_backup_last_run_success)" '... and so that it was a success'
recent() { [ $(($(date +%s) - $1)) -le 60 ]; }
for name in mm_backup_last_run_timestamp_seconds mm_backup_run_last_success_timestamp_seconds mm_backup_last_verified_timestamp_seconds; do
	ok "... $name is the time" recent "$(value $name)"
done
for phase in dump verify; do
	ok "... it tells how long phase $phase took" test "$(value mm_backup_duration_seconds ",phase=\"$phase\"")" -lt 60
done
good=$(grep -e last_success -e last_verified "$prom")
failing() { PGPORT=1 backup make; }
exits 1 'a run that fails' failing
is 1 "$(value mm_backup_run_status)" '... says so'
is 0 "$(value mm_backup_last_run_success)" '... in both ways'
is "$good" "$(grep -e last_success -e last_verified "$prom")" '... and keeps when it was last good, and a backup last verified'
is "$prom" "$(echo metrics/*)" '... and leaves nothing beside it'
mm-pipe -L home/.lock --wait 5s sleep 20 &
holder=$!
eventually 5 sh -c '! mm-pipe -L home/.lock true 2>/dev/null'
before=$(cat "$prom")
exits 75 'a run that found another at work' backup make
is "$before" "$(cat "$prom")" '... leaves the figures as they are'
kill "$holder"
wait "$holder" || :
another() { BACKUP_NAME='an "odd" name' PGDATABASE=other backup make; }
ok 'a good run of another configuration, with the same home' another
is 1 "$(value mm_backup_run_status)" '... does not hide the failure'
is 1 "$(cat metrics/* | grep -c '^mm_backup_run_status{.*,name="an%20%22odd%22%20name",command="make"} 0$')" '... and has figures of its own'
several() { PGDATABASE='matric other' BACKUP_REMOTE_RSYNC=$tap_dir/near backup; }
mkdir near
ok 'a run of two databases, everywhere' several
all() { cat metrics/*.all.prom | grep "$@"; }
is 'matric other' "$(all '^mm_backup_last_verified' | sed 's/.*name="\([^"]*\)".*/\1/' | paste -sd ' ')" '... tells of each when it was verified'
is 'dump verify send prune' "$(all -o 'phase="[a-z]*"' | cut -d '"' -f 2 | paste -sd ' ')" '... and of each phase how long it took'
ok '... with both as its name' all -q '^mm_backup_run_status{.*,name="matric other",command="all"} 0$'
unproven() { PGDATABASE=other BACKUP_PROVE=no backup make; }
ok 'a run that proves nothing' unproven
is 0 "$(grep -c verified "$(grep -l 'name="other",command="make"' metrics/*)")" '... tells of nothing that was'
ok 'all of them are what promtool likes' clean
unset METRICS_DIR
nowhere() { METRICS_DIR=/no/such/dir backup make; }
ok 'metrics that cannot be written cost no backup' nowhere
said 'could not be written' '... but a word'
is '' "$(leftovers)" 'nothing else is left'
done_testing
