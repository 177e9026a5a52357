#!/bin/sh
# The services, confined as they are, reach a bucket, each with the credential that is its own.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/container.sh"
. "$top/t/s3/swift.sh"
export MAKEFLAGS="B=${build#"$top"/}"

at_exit='container_stop "$tap_dir/machine"; swift_stop "$tap_dir/swift"'
container_start "$tap_dir/machine"
container_server
for step in 1 2 3 4 5; do
	pasted_block "$top/units/INSTALL" "$step." >block
	container_run sh -euc "$(cat block)" >>installed 2>&1
done

# A server at the container's own loopback, and who may what there.
in_its_network() { nsenter -t "$container_init" -n -- "$@"; }
in_its_network sh -euc 'top=$1; export top; . "$top/t/s3/swift.sh"; swift_start "$2"; export -p >"$3"' - "$top" "$tap_dir/swift" "$tap_dir/server" >started 2>&1
# shellcheck source=/dev/null
. "$tap_dir/server"
names() { in_its_network "$top/t/s3/oracle.py" list | cut -f1 | sort; }

# The keys are root's alone, as units/s3/README has it.
for key in s3-send s3-prune s3-look; do
	printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
		container_run sh -c 'cat >"/usr/src/matric-memory/$1"' - $key
done
printf '%s\n' BACKUP_REMOTE_S3=s3://mm-test/postgres "S3_OPTIONS='--endpoint-url $S3_ENDPOINT --region us-east-1'" |
	container_run sh -c 'cat >>/etc/matric-memory/backup.conf'
ok 'a backup is made' container_run sh -c 'systemctl daemon-reload && systemctl start matric-backup.service'
failed_once() { container_run journalctl -q -o cat -u "$1" | grep -q '^Failed to start '; }
ok '... and without the key not sent' eventually 60 failed_once matric-backup-send.service
ok '... nor anything dropped' eventually 60 failed_once matric-backup-prune.service
pasted_block "$top/units/s3/README" 'Their keys' >block
ok 'the key, as README says' container_run sh -euc "$(cat block)"
for key in s3-send s3-prune; do
	exits 1 "... of which the user of the services cannot read $key" container_run runuser -u matric-backup -- cat /etc/matric-memory/$key
done
ok 'with it the backup is sent' container_run systemctl start matric-backup-send.service
is 2 "$(names | grep -c '^postgres/matric_backup_[0-9_]*\.sql\.zst\.enc')" '... with its manifest'
ok '... and what is past its time is dropped' container_run systemctl start matric-backup-prune.service

# Whoever comes without a credential of systemd's has the key of who looks: by itself, as the lines for cron and Nagios have it.
by_user() { container_run runuser -u matric-backup -- "$@"; }
exits 3 'without a key nothing is known of the bucket' by_user mm-check -t 1m
said 'no keys' '... and we say why'
pasted_block "$top/units/s3/README" 'On a machine of' | grep ^AWS_ | container_run sh -c 'cat >>/etc/matric-memory/backup.conf'
ok 'with that of who looks' by_user mm-check -t 1m
said 's3://mm-test/postgres: matric: newest' '... the newest there is'
container_run sh -euc 'install -d -o root -g matric-backup -m 0775 /var/lib/prometheus/node-exporter
	id -u nagios >/dev/null 2>&1 || useradd --system nagios
	install -m 0440 /usr/local/share/doc/matric-memory/examples/nagios/sudoers /etc/sudoers.d/matric-backup'
ok 'the line for cron' by_user sh -c "$(sed -n 's/^\*.* matric-backup //p' "$top/units/prometheus/cron")"
ok '... tells of it' grep -q '^mm_backup_last_success_timestamp_seconds{destination="s3://mm-test/postgres",name="matric"}' \
	"$tap_dir/machine/root/var/lib/prometheus/node-exporter/mm_backup_age.prom"
ok 'what Nagios runs' container_run runuser -u nagios -- sh -c "$(sed -n 's/^.*command_line.*\(.usr.bin.sudo.*\)/\1/p' "$top/units/nagios/matric-backup.cfg")"
said 's3://mm-test/postgres: matric: newest' '... too'
ok 'mm-status' by_user mm-status
said 's3://mm-test/postgres' '... shows it'
container_run install -m 0600 -o matric-backup identity /var/lib/matric-memory/identity
ok 'a drill from there' by_user mm-drill --from s3://mm-test/postgres -i /var/lib/matric-memory/identity

# What lies there is read back, and marked by who may add.
backup=$(names | sed -n 's|^postgres/\(.*\)\.manifest$|\1|p' | head -n 1)
container_run cat "/var/backups/matric-memory/$backup" >copy
printf x | dd of=copy bs=1 seek=2000 conv=notrunc 2>/dev/null
in_its_network mm-s3put --endpoint-url "$S3_ENDPOINT" -f "s3://mm-test/postgres/$backup" <copy >/dev/null
exits 1 'a bit that has changed there' container_run systemctl start matric-backup-readback.service
ok '... is found' eventually 10 sh -c 'echo "$1" | grep -qF "is not what its manifest says; marked as suspect"' - "$(container_run journalctl -q -o cat -u matric-backup-readback.service)"
is 1 "$(names | grep -c 'suspect$')" '... and marked'
ok '... and sent again' container_run systemctl start matric-backup-send.service
ok '... and from then on it is sound' container_run systemctl start matric-backup-readback.service
is 0 "$(names | grep -c 'suspect$')" '... without a mark'
tells() { container_run journalctl -q -o cat; cat "$tap_dir/machine/console"; }
exits 1 'no key is in the journal' sh -c 'echo "$1" | grep -qF -e "$2"' - "$(tells)" "$AWS_SECRET_ACCESS_KEY"
done_testing
