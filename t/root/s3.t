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
for key in s3-send s3-prune; do
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
sees_key() { container_run runuser -u matric-backup -- cat /etc/matric-memory/s3-send; }
exits 1 '... which the user of the services cannot read' sees_key
ok 'with it the backup is sent' container_run systemctl start matric-backup-send.service
is 2 "$(names | grep -c '^postgres/matric_backup_[0-9_]*\.sql\.zst\.enc')" '... with its manifest'
ok '... and what is past its time is dropped' container_run systemctl start matric-backup-prune.service
tells() { container_run journalctl -q -o cat; cat "$tap_dir/machine/console"; }
exits 1 'no key is in the journal' sh -c 'echo "$1" | grep -qF -e "$2"' - "$(tells)" "$AWS_SECRET_ACCESS_KEY"
done_testing
