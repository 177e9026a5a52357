#!/bin/sh
# The units under a real systemd: installed as units/INSTALL says, they make a backup, and make it known when none was made.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/container.sh"
export MAKEFLAGS="B=${build#"$top"/}"

at_exit='container_stop "$tap_dir/machine"'
container_start "$tap_dir/machine"

# pasted TEXT - paste the first block of units/INSTALL after the line that begins so.
pasted() {
	pasted_block "$top/units/INSTALL" "$1" >block
	[ -s block ] && container_run sh -euc "$(cat block)"
}
# pasted_for NAME TEXT - paste it with that for NAME.
pasted_for() {
	pasted_block "$top/units/INSTALL" "$2" | sed "s/NAME/$1/g" >block
	[ -s block ] && container_run sh -euc "$(cat block)"
}
# starts UNIT - start it; what the journal has to say if that fails.
starts() { container_run systemctl start "$1" || { st=$?; container_run journalctl -q --no-pager -n 30; return "$st"; }; }
# state UNIT PROPERTY - what systemd knows about it.
state() { container_run systemctl show --value -p "$2" "$1"; }
homes() { container_run find /var/backups/matric-memory -type f -name 'matric_backup_*' "$@"; }

container_server
for step in 1 2 3 4 5 6 7 8; do
	ok "step $step of INSTALL" pasted "$step."
done
said matric-backup.timer '... and the timer is on'
is 1 "$(homes -name '*.sql.zst.enc' | wc -l)" 'there is a backup'
is 1 "$(homes -name '*.sql.zst.enc.manifest' | wc -l)" '... with its manifest'
is 'matric-backup 600' "$(homes -name '*.enc' -printf '%u %m\n')" '... of the user matric-backup, for nobody else'
is 'root matric-backup 640' "$(container_run stat -c '%U %G %a' /etc/matric-memory/backup.conf)" 'the configuration is for root to write, and for it to read'
is 'root matric-backup 750' "$(container_run stat -c '%U %G %a' /etc/matric-memory)" '... and so is its directory'
is 'matric-backup 700' "$(container_run stat -c '%U %a' /var/lib/matric-memory)" 'the state is its own'
ok 'after the backup it was sent' eventually 30 ends_well matric-backup-send.service
ok '... and what is past its time was dropped' eventually 30 ends_well matric-backup-prune.service
ok 'mm-status' container_run runuser -u matric-backup -- /usr/local/bin/mm-status
said 'The last run ended ' '... knows of the last run'
said 'ago: success. The next one is at' '... how it went, and of the next'

# What the configuration allows is what the run gets.
is 1610612736 "$(state matric-backup.service MemoryMax)" 'memory is limited'
is 6h "$(state matric-backup.service TimeoutStartUSec)" 'time is limited'
for section in 'Another schedule' 'A log file' 'A backup now'; do
	ok "INSTALL, $section" pasted "$section"
done
ok 'every six hours is what the timer does now' sh -c 'echo "$1" | grep -qF "OnCalendar=*-*-* 00/6:00:00"' - "$(state matric-backup.timer TimersCalendar)"
is 1 "$(state matric-backup.timer TimersCalendar | wc -l)" '... and nothing else'
container_run install -m 0640 -o matric-backup -g matric-backup /dev/stdin /var/log/matric-memory/backup.log <block
ok 'logrotate takes the log' container_run logrotate -f /etc/logrotate.d/matric-memory
is matric-backup "$(container_run stat -c %U /var/log/matric-memory/backup.log.1)" '... which stays its owner'"'"'s'
is 0 "$(container_run stat -c %s /var/log/matric-memory/backup.log)" '... and begins anew'

# What the driver says has a priority in the journal.
lines() { container_run journalctl -q -o cat -t matric-backup -p "$1"; }
is '' "$(lines err)" 'no line of a good run is an error'
ok '... but the run is told of' sh -c 'echo "$1" | grep -q whole' - "$(lines info)"

# alarms - what whoever watches the journal for critical lines has seen.
alarms() { container_run journalctl -q -o cat -t matric-backup -p crit; }

# Its notice goes by mail too, by a sendmail that has the rights of a group, as they have; each database's to its own.
container_run sh -euc 'install -d -m 0770 -g mail /var/spool/sent
	install -m 0660 -g mail /dev/null /var/spool/sent/box
	cp /usr/bin/tee /usr/local/bin/into-the-spool
	chgrp mail /usr/local/bin/into-the-spool
	chmod 2755 /usr/local/bin/into-the-spool
	printf "%s\n" "#!/bin/sh" "exec into-the-spool -a /var/spool/sent/box >/dev/null" >/usr/sbin/sendmail
	chmod 755 /usr/sbin/sendmail
	sed -i "s/^#*NOTIFY_EMAIL=.*/NOTIFY_EMAIL=ops@example.com/" /etc/matric-memory/backup.conf'
mailed() { container_run grep -qF "$1" /var/spool/sent/box; }

# The notice, confined as the services are, reaches a webhook; such a sendmail it reaches with the drop-in.
mkdir hook
nsenter -t "$container_init" -n -- /usr/bin/python3 "$top/t/receiver.py" "$tap_dir/hook" &
at_exit="kill $!; $at_exit"
eventually 20 test -s hook/port
container_run sed -i "s|^#*NOTIFY_WEBHOOK=.*|NOTIFY_WEBHOOK=http://127.0.0.1:$(cat hook/port)/hook|" /etc/matric-memory/backup.conf
notice=matric-backup-notify@matric-backup-drill.service.service
ok 'the notice of a failure' starts $notice
ok '... reaches a webhook' grep -q matric-backup-drill.service hook/1.body
exits 1 '... and no mailbox by a sendmail with the rights of a group' mailed matric-backup-drill.service
container_run sed -i 's/^NOTIFY_WEBHOOK=/#&/' /etc/matric-memory/backup.conf
ok 'INSTALL, for mail' pasted 'For mail by a sendmail'
ok '... and the notice' starts $notice
ok '... is in the mailbox' mailed matric-backup-drill.service
is "$(container_run cat /usr/local/lib/systemd/system/matric-backup.service | grep -c '^NoNewPrivileges=yes')" \
	"$(state matric-backup.service NoNewPrivileges | grep -c yes)" '... and the others are confined as before'

# What watches it: a line for cron, and one for sudo.
container_run sh -euc 'install -d -o root -g root /var/lib/prometheus/node-exporter
	chgrp matric-backup /var/lib/prometheus/node-exporter && chmod g+w /var/lib/prometheus/node-exporter
	id -u nagios >/dev/null 2>&1 || useradd --system nagios
	install -m 0440 /usr/local/share/doc/matric-memory/examples/nagios/sudoers /etc/sudoers.d/matric-backup'
by_cron() { container_run runuser -u matric-backup -- sh -c "$(sed -n 's/^\*.* matric-backup //p' "$top/units/prometheus/cron")"; }
ok 'the command that cron runs' by_cron
promtool=$(sh "$top/t/promtool.sh")
ok '... writes metrics' "$promtool" check metrics <"$tap_dir/machine/root/var/lib/prometheus/node-exporter/mm_backup_age.prom"
ok '... of the backup' grep -q '^mm_backup_last_success_timestamp_seconds{destination="/var/backups/matric-memory",name="matric"}' \
	"$tap_dir/machine/root/var/lib/prometheus/node-exporter/mm_backup_age.prom"
by_nagios() { container_run runuser -u nagios -- sh -c "$(sed -n 's/^.*command_line.*\(.usr.bin.sudo.*\)/\1/p' "$top/units/nagios/matric-backup.cfg")"; }
ok 'sudo takes the line for Nagios' container_run visudo -c -f /etc/sudoers.d/matric-backup
ok 'the command that Nagios runs' by_nagios
said 'BACKUP OK - /var/backups/matric-memory: matric: newest' '... sees the backup'
# sudo_as USER WORD... - as the user of the backups, by that one.
sudo_as() {
	user=$1
	shift
	container_run runuser -u "$user" -- sudo -n -u matric-backup "$@"
}
victim=$(homes -name '*.manifest')
victim=${victim%%.manifest*}.manifest
for words in 'cat /etc/matric-memory/backup.conf' "/usr/local/bin/mm-check -w 26h -C 50h -t 50s -o $victim" "/usr/local/bin/mm-check -o $victim" \
	/usr/local/bin/mm-check '/usr/local/bin/mm-check -w 26h -C 50h -t 50s -c /tmp/other.conf' '/usr/local/bin/mm-check -w 26h -C 50h'; do
	# shellcheck disable=SC2086
	exits 1 "... and may not say $words" sudo_as nagios $words
	said 'password is required' '... without a password'
done
is 1 "$(container_run grep -c '^# manifest: 1' "$victim")" '... so that every backup is as it was'

# Stopped in the middle: pg_dump waits for a lock that somebody holds.
locks() { in_psql matric "select count(*) from pg_locks l join pg_stat_activity a using (pid) where relation = 'secret_notes'::regclass and $1"; }
is_one() { [ "$("$@")" = 1 ]; }
before=$(homes | wc -l)
in_psql matric 'begin; lock table secret_notes; select pg_sleep(60)' >/dev/null 2>&1 &
locker=$!
eventually 10 is_one locks 'granted'
container_run systemctl start --no-block matric-backup.service
ok 'a run waits for a lock' eventually 20 is_one locks "not granted and application_name = 'pg_dump'"
ok '... and is stopped' container_run systemctl stop matric-backup.service
is "$before" "$(homes | wc -l)" '... which leaves nothing of its name'
is '' "$(container_run find /var/backups/matric-memory -name '.*' ! -name .lock -type f)" '... nor a partial'
idle() { [ -z "$(container_run pgrep -u matric-backup)" ]; }
ok '... nor, when somebody was told of it, a process' eventually 20 idle
is exit-code "$(state matric-backup.service Result)" '... but a failure'
alarmed() { alarms | grep -qF "$1"; }
ok 'which is made known' eventually 20 alarmed 'matric-backup.service failed: exit-code exited 143'
ok '... by mail too' eventually 20 mailed 'To: ops@example.com'
in_psql postgres "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
wait "$locker" || :

# No server, no backup; and somebody hears of it.
container_run systemctl stop "$container_postgres"
exits 1 'without a server the run fails' starts matric-backup.service
ok '... which is made known' eventually 20 alarmed 'matric-backup.service failed: exit-code exited 1;'
ok '... and why is an error in the journal' sh -c 'echo "$1" | grep -q "does not answer"' - "$(lines err)"
is "$before" "$(homes | wc -l)" '... and leaves nothing of its name'
is inactive "$(state "$container_postgres" ActiveState)" '... nor has it started the server that somebody stopped'
container_run systemctl start "$container_postgres"
# Five starts within ten seconds are enough for systemd, even of a person.
container_run systemctl reset-failed matric-backup.service
ok 'with the server there is one again' starts matric-backup.service
is $((before + 2)) "$(homes | wc -l)" '... with its manifest'

# One that was made while something else failed goes on all the same; a run that made none drops nothing.
# aged NAME - a copy of the newest backup under that name; the same at the other place.
aged() {
	container_run sh -euc 'cd /var/backups/matric-memory && newest=$(ls matric_*.enc | tail -n 1) && cp -p "$newest" "$1" && sed "s/$newest/$1/" "$newest.manifest" >"$1.manifest" &&
		chown matric-backup "$1.manifest"' - "$1"
}
old=matric_backup_$(date -u -d '40 days ago' +%Y%m%d_%H%M%S).sql.zst.enc
container_run install -d -m 0700 -o matric-backup /var/backups/matric-memory/second
container_run sed -i -e 's|^#*BACKUP_REMOTE_RSYNC=.*|BACKUP_REMOTE_RSYNC=/var/backups/matric-memory/second|' -e 's|^#*BACKUP_POST_HOOK=.*|BACKUP_POST_HOOK=false|' /etc/matric-memory/backup.conf
# mark, ran UNIT TIMES - what was under way has ended; a condition: it has run so often since.
ran() { [ "$(container_run journalctl -q -o cat -u "$1" --since "$marked" | grep -c '^Finished ')" -ge "$2" ]; }
quiet() { [ -z "$(container_run sh -c "systemctl list-units --no-legend --state=activating 'matric-backup*'; systemctl list-jobs --no-legend")" ]; }
mark() { eventually 30 quiet && sleep 1.1 && marked=$(container_run date '+%Y-%m-%d %H:%M:%S'); }
aged "$old"
mark
container_run systemctl reset-failed matric-backup.service
exits 1 'a run whose hook fails has failed' starts matric-backup.service
is 3 "$(state matric-backup.service ExecMainStatus)" '... with a backup'
ok '... which is sent' eventually 120 ran matric-backup-send.service 1
ok '... and what is past its time' eventually 120 ran matric-backup-prune.service 1
newest=$(homes -maxdepth 1 -name '*.enc' | sort | tail -n 1)
ok '... to the other place' container_run test -e "/var/backups/matric-memory/second/${newest##*/}.manifest"
is '' "$(homes -name "$old*")" '... goes'
container_run sed -i 's|^BACKUP_POST_HOOK=.*|BACKUP_PRE_HOOK=false|' /etc/matric-memory/backup.conf
aged "$old"
container_run sh -c 'rm /var/backups/matric-memory/second/*'
mark
container_run systemctl reset-failed matric-backup.service matric-backup-send.service matric-backup-prune.service
exits 1 'a run that makes nothing has failed' starts matric-backup.service
is 1 "$(state matric-backup.service ExecMainStatus)" '... without a backup'
ok '... what the other place lacks is sent all the same' eventually 120 ran matric-backup-send.service 1
ok '... to which it goes' container_run test -e "/var/backups/matric-memory/second/${newest##*/}.manifest"
ok '... and nobody' eventually 120 ran matric-backup-prune.service 1
ok '... drops anything' container_run test -e "/var/backups/matric-memory/$old.manifest"
drops_nothing() { container_run journalctl -q -o cat -u matric-backup-prune.service --since "$marked" | grep -F 'the last run made no backup, so nothing is dropped'; }
ok '... of which it is said' drops_nothing

# What lies there is read back.
byte() { container_run sh -c 'printf x | dd of="$1" bs=1 seek=2000 conv=notrunc' - "$1"; }
byte "/var/backups/matric-memory/second/${newest##*/}" 2>/dev/null
exits 1 'a bit that has changed at the other place' starts matric-backup-readback.service
is 3 "$(state matric-backup-readback.service ExecMainStatus)" '... is found'
ok '... and the copy marked' container_run test -s "/var/backups/matric-memory/second/${newest##*/}.suspect"
container_run systemctl start matric-backup-send.service
ok '... which is replaced' container_run cmp "/var/backups/matric-memory/second/${newest##*/}" "$newest"
ok '... and sound from then on' starts matric-backup-readback.service
container_run sh -c 'sed -i -e /^BACKUP_PRE_HOOK/d -e /^BACKUP_REMOTE_RSYNC/d /etc/matric-memory/backup.conf && rm -r /var/backups/matric-memory/second "/var/backups/matric-memory/$1" "/var/backups/matric-memory/$1.manifest"' - "$old"
before=$(($(homes | wc -l) - 2))

# A server with passwords: the credential reaches pg_dump as a file that libpq accepts, and the run alone has it.
in_psql matric "create role remote login password 'open sesame' in role pg_read_all_data"
container_run sh -c 'umask 077 && echo "127.0.0.1:5432:matric:remote:open sesame" >/etc/matric-memory/pgpass'
container_run sed -i 's|^PGUSER=.*|PGUSER=remote\nPGHOST=127.0.0.1|' /etc/matric-memory/backup.conf
exits 1 'without the password there is no backup' starts matric-backup.service
container_run mkdir /etc/systemd/system/matric-backup.service.d
container_run cp /usr/local/share/doc/matric-memory/examples/dropins/pgpass.conf /etc/systemd/system/matric-backup.service.d/
container_run systemctl daemon-reload
ok 'with the drop-in for it there is' starts matric-backup.service
is $((before + 4)) "$(homes | wc -l)" '... with its manifest'
ok '... and the password is gone from /run' container_run test ! -e /run/matric-backup

# Another database, with a configuration of its own.
in_psql postgres 'create database notes'
container_run sh -c 'sed -e "s/^PGDATABASE=.*/PGDATABASE=notes/" -e "s/^PGUSER=.*/PGUSER=matric-backup/" -e "/^PGHOST/d" /etc/matric-memory/backup.conf >/etc/matric-memory/notes.conf &&
	chgrp matric-backup /etc/matric-memory/notes.conf && chmod 640 /etc/matric-memory/notes.conf'
container_run sed -i 's/^NOTIFY_EMAIL=.*/NOTIFY_EMAIL=notes@example.com/' /etc/matric-memory/notes.conf
ok 'a timer for another database' pasted_for notes 'Another database'
ok '... and a backup of it' starts matric-backup@notes.service
is 2 "$(container_run find /var/backups/matric-memory -name 'notes_backup_*' | wc -l)" '... with its manifest'
ok '... was sent' eventually 30 ends_well matric-backup-send@notes.service
ok '... and what is past its time was dropped' eventually 30 ends_well matric-backup-prune@notes.service

in_psql postgres 'drop database notes'
exits 1 'without that database its service fails' starts matric-backup@notes.service
ok '... of which its own people hear' eventually 20 mailed 'To: notes@example.com'

# Migrations, as INSTALL has them: the role of every night reads, another one changes what is its own.
container_run sed -i -e 's/^PGUSER=.*/PGUSER=matric-backup/' -e '/^PGHOST/d' /etc/matric-memory/backup.conf
in_psql matric 'create role matric login; alter table secret_notes owner to matric'
ok 'INSTALL, migrations' pasted Migrations,
container_run sh -euc 'useradd --system --create-home deploy
	install -d -o deploy -m 0755 /srv/matric
	umask 022
	echo "alter table secret_notes add column mood text default '"'ok'"'" >/srv/matric/migration.sql
	cp /srv/matric/migration.sql /srv/matric/other.sql
	printf "%s\n" "$1" >/etc/sudoers.d/deploy && chmod 0440 /etc/sudoers.d/deploy' - "$(sed -n 's/^#	\(deploy .*\)/\1/p' "$top/units/examples/deploy.yml")"
ok 'sudo takes the line for deploy' container_run visudo -c -f /etc/sudoers.d/deploy
as_every_night() { container_run runuser -u matric-backup -- mm-migrate /srv/matric/migration.sql; }
exits 1 'a migration by the role of every night' as_every_night
said 'must be owner of table' '... is none'
migrate=$(sed -n 's/^.* server sudo -n -u matric-backup \(.*\)$/\1/p' "$top/units/examples/deploy.yml" | sed 's|"$DEPLOY_DIR/\(.*\)"|/srv/matric/\1|')
# shellcheck disable=SC2086
ok 'what deploy.yml says on the server' sudo_as deploy $migrate
said 'Backup: /var/backups/matric-memory/migrations/matric_backup_' '... makes a backup'
is ok "$(in_psql matric 'select distinct mood from secret_notes')" '... and the change'
for words in '-c /srv/matric/my.conf /srv/matric/migration.sql' /srv/matric/other.sql "${migrate#* } --no-transaction"; do
	# shellcheck disable=SC2086
	exits 1 "... and may not say mm-migrate $words" sudo_as deploy /usr/local/bin/mm-migrate $words
	said 'password is required' '... without a password'
done
container_run rm -r /var/backups/matric-memory/migrations

# The drill, of the newest backup that there is.
ok 'a restore on trial is set up' pasted 'A restore on trial'
ok '... and the backup comes back' starts matric-backup-drill.service
is 1 "$(homes -name '*.drill' | wc -l)" '... which is on record beside it'
is '' "$(container_run find /var/cache/matric-memory -mindepth 1)" '... and all else is gone'

is '1610612736 10 20' "$(for property in MemoryMax Nice CPUWeight; do state matric-backup-drill.service $property; done | paste -sd ' ')" '... within the limits of all'
is '12h 2d' "$(for unit in drill readback; do state matric-backup-$unit.service TimeoutStartUSec; done | paste -sd ' ')" '... and in a time of its own'
container_run systemctl start --no-block matric-backup-drill.service
drills() { container_run find /var/cache/matric-memory -path '*/drill.*' -name postmaster.pid | grep -q .; }
ok 'one that is at work' eventually 60 drills
container_run systemctl kill -s KILL --kill-who=all matric-backup-drill.service
over() { [ "$(state matric-backup-drill.service ActiveState)" = failed ]; }
ok '... and killed' eventually 60 over
is '' "$(container_run find /var/cache/matric-memory /var/lib/matric-memory/drilling -mindepth 1)" '... leaves nothing'
container_run mkdir -p /etc/systemd/system/matric-backup-drill.service.d
container_run sh -c 'printf "[Service]\nTimeoutStartSec=1s\n" >/etc/systemd/system/matric-backup-drill.service.d/short.conf && systemctl daemon-reload'
exits 1 'one that takes longer than it may' starts matric-backup-drill.service
is timeout "$(state matric-backup-drill.service Result)" '... is ended'
ok '... and leaves no process' eventually 20 idle
is '' "$(container_run sh -c 'find /var/cache/matric-memory -mindepth 1')" '... nor a file'

# Gone again.
container_run install -m 0644 /usr/local/share/doc/matric-memory/examples/prometheus/cron /etc/cron.d/matric-backup
ok 'INSTALL, the identity' pasted 'If step 4 made it here'
ok '... is gone from here' container_run test ! -e identity
ok 'INSTALL, Leaving, another database' pasted_for notes 'The timers of other'
ok 'INSTALL, Leaving' pasted 'and then the rest'
is '' "$(container_run find /usr/local /etc/systemd/system -name '*mm-*' -o -path '*.wants/matric-backup*')" '... leaves no command of ours, nor a timer'
is '' "$(container_run find /etc -name '*matric-backup*' -o -path '*.d/matric-memory')" '... nor anything that would call one'
is $((before + 4)) "$(homes ! -name '*.drill' | wc -l)" '... but every backup'
ok '... and the configuration' container_run test -e /etc/matric-memory/backup.conf
done_testing
