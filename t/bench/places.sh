#!/bin/sh
# places.sh [MEGABYTES] - how long backup.sh takes to send one backup to three places, each limited to 20 MB/s, against each alone.
# Two are reached by ssh, one is a bucket; all are on this machine.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/sshd.sh"
. "$top/t/s3/swift.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; swift_stop "$tap_dir/swift"'
sshd_start "$tap_dir/sshd"
swift_start "$tap_dir/swift"
box=$tap_dir/sshd/box
mkdir "$box/one" "$box/two"
export S3_OPTIONS="--endpoint-url $S3_ENDPOINT" BACKUP_LIMIT_RATE=20M
megabytes=${1:-200}

# A backup of random bytes: what is sealed looks like that.
mkdir -m 700 home
name=matric_backup_$(date -u +%Y%m%d_%H%M%S).sql.zst.enc
head -c $((megabytes * 1000000)) /dev/urandom >"home/$name"
{
	printf '# manifest: 1\n# name: %s\n# host: %s\n' "$name" "$(uname -n)"
	(cd home && sha256sum "$name")
} >"home/$name.manifest"

# seconds RSYNC S3 - print how long it takes to send to these.
seconds() {
	rm -rf "$box/one" "$box/two" && mkdir "$box/one" "$box/two"
	s3_list | while read -r key rest; do s3_rm "$key"; done
	begun=$(date +%s%N)
	BACKUP_REMOTE_RSYNC=$1 BACKUP_REMOTE_S3=$2 backup send >/dev/null 2>&1 || { echo "places.sh: sending failed" >&2; exit 1; }
	echo $((($(date +%s%N) - begun) / 1000000))
}

one=$(seconds "$SSH_HOST:$box/one" '')
two=$(seconds "$SSH_HOST:$box/two" '')
three=$(seconds '' "s3://$S3_BUCKET/three")
all=$(seconds "$SSH_HOST:$box/one $SSH_HOST:$box/two" "s3://$S3_BUCKET/three")
awk -v one="$one" -v two="$two" -v three="$three" -v all="$all" -v mb="$megabytes" 'BEGIN {
	slowest = one > two ? one : two
	slowest = slowest > three ? slowest : three
	printf "%d MB to each, 20 MB/s: ssh %.1f s, ssh %.1f s, S3 %.1f s; all three at once %.1f s, %.2f of the slowest alone\n",
		mb, one / 1000, two / 1000, three / 1000, all / 1000, all / slowest
}'
