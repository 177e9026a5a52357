#!/bin/sh
# units/ssh/README, pasted on a machine that is both ends: the key adds and reads, and does nothing else.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/container.sh"
export MAKEFLAGS="B=${build#"$top"/}"

at_exit='container_stop "$tap_dir/machine"'
container_start "$tap_dir/machine"
readme=$top/units/ssh/README

# pasted TEXT [VARIABLE=VALUE] - paste the first block of the README after the line that begins so.
pasted() {
	pasted_block "$readme" "$1" >block
	shift
	[ -s block ] && container_run env "$@" sh -euc "$(cat block)"
}
here() { container_run runuser -u matric-backup -- "$@"; }

container_server
for step in 1 2 3 4 5; do
	pasted_block "$top/units/INSTALL" "$step." >block
	container_run sh -euc "$(cat block)" >>installed 2>&1
done
container_run sh -euc 'systemctl daemon-reload
	echo 127.0.0.1 backup.example.com >>/etc/hosts
	rm -f /etc/ssh/ssh_host_*
	ssh-keygen -q -A
	systemctl start ssh.service' >>installed 2>&1

ok 'a key' pasted 1.
key=$(container_run cat /etc/matric-memory/ssh-key.pub)
ok 'a user there, with that key' pasted 2. PUBKEY="$key"
ok 'who is at the other end' pasted 3.
sort "$tap_said" >seen
ok '... and what is said there' pasted there:
said SHA256: '... are fingerprints'
known() { grep -o 'SHA256:[^ ]*' | sort -u; }
is "$(known <"$tap_said")" "$(known <seen)" '... and the same'
ok 'how to get there' pasted 4.
said 'drwx------' '... and there is the directory'

# The services, confined as they are, get there too.
pasted_block "$readme" 'and in backup.conf' >lines
container_run sh -c "cat >>/etc/matric-memory/backup.conf" <lines
there() { container_run find /backups/matric -type f -name 'matric_backup_*' "$@"; }
# It needs the place's lock, and has its turn below.
container_run systemctl mask -q --runtime matric-backup-prune.service
ok 'a backup is made' container_run systemctl start matric-backup.service
ok '... and sent' eventually 30 ends_well matric-backup-send.service
is 2 "$(there -perm 600 | wc -l)" '... with its manifest'
backup=$(there ! -name '*.manifest')
is "$(container_run sha256sum <"$tap_dir/machine/root$backup")" "$(container_run sh -c 'sha256sum <"$1"' - "/var/backups/matric-memory/${backup##*/}")" '... and is the same'

# One that broke off there, by whatever means, is not taken for whole, although nothing there can be written over.
container_run sh -c 'rm "$1.manifest" && head -c 100 "$1" >"$1.x" && mv "$1.x" "$1" && chown vault "$1"' - "$backup"
exits 1 'a broken file there, which cannot be mended, is not taken for the backup' container_run systemctl start matric-backup-send.service
is 1 "$(there | wc -l)" '... and gets no manifest'
container_run rm "$backup"
ok 'when somebody has removed it' container_run systemctl start matric-backup-send.service
is 2 "$(there | wc -l)" '... it is sent again'
container_run systemctl unmask -q --runtime matric-backup-prune.service
ok 'to prune where nothing can be deleted is no failure' container_run systemctl start matric-backup-prune.service

# send FILE [OPTION...] - rsync it there, as the service's user.
send() {
	file=$1
	shift
	here rsync -e 'ssh -F /etc/matric-memory/ssh_config' "$@" "$file" backup.example.com:/
}
container_run sh -c 'umask 022; mkdir /srv/a; echo one >/srv/a/first; echo two >/srv/a/second'
ok 'a file is sent' send /srv/a/first --chmod=F600
is 'vault 600' "$(container_run stat -c '%U %a' /backups/matric/first)" '... and is that user'"'"'s alone'
container_run sh -c 'echo other >/srv/a/first'
send /srv/a/first -I >said 2>&1
is one "$(container_run cat /backups/matric/first)" 'what is there is not written over'
differs() { here rsync -cni -e 'ssh -F /etc/matric-memory/ssh_config' backup.example.com:/first /srv/a/first; }
ok 'that it is not the same shows, when asked from here' differs
said '>fc' '... by its content'
exits 12 'nothing is deleted there' send /srv/a/ --delete -r
said 'option --delete has been disabled' '... by order of rrsync'
is /backups/matric/first "$(container_run find /backups/matric -type f ! -name 'matric_backup_*')" '... and all is there'
ssh_there() { here ssh -F /etc/matric-memory/ssh_config backup.example.com "$@"; }
exits 1 'the key runs no command' ssh_there cat /etc/passwd
exits 255 'nor does it forward' ssh_there -N -o ExitOnForwardFailure=yes -R 12345:localhost:22
said 'remote port forwarding failed' '... a port'
exits 12 'nor leave its directory' here rsync -e 'ssh -F /etc/matric-memory/ssh_config' backup.example.com:/../.ssh/authorized_keys /tmp/

# A key that reads.
container_run ssh-keygen -q -t ed25519 -N '' -f /root/reader
ok 'a key that reads' pasted Made PUBKEY="$(container_run cat /root/reader.pub)"
by_reader() { container_run rsync -e 'ssh -F /etc/matric-memory/ssh_config -i /root/reader -o IdentityFile=none' "$@"; }
ok '... reads' by_reader backup.example.com:/first /root/
is one "$(container_run cat /root/first)" '... what is there'
exits 12 '... and does not write' by_reader /root/first backup.example.com:/third

# The server that answers is not the one we know.
container_run sh -c 'rm /etc/ssh/ssh_host_* && ssh-keygen -q -A && systemctl restart ssh.service' >restarted 2>&1
exits 255 'another machine that answers in its place gets nothing' ssh_there true
said 'Host key verification failed' '... and we say why'
done_testing
