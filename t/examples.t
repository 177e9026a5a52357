#!/bin/sh
# The EXAMPLES of every page work when pasted, block after block, in a directory with a key pair, beside a database and a
# bucket `backups`.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
. "$top/t/page.sh"
. "$top/t/s3/swift.sh"

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
export AWS_ENDPOINT_URL="$S3_ENDPOINT" S3_BUCKET=backups
"$top/t/s3/oracle.py" mkbucket
cluster_start "$tap_dir/pg"
export PGDATABASE=matric
psql -qX -d postgres -c 'create database matric'
psql -qX -c 'create table notes as select i as id, md5(i::text) as body from generate_series(1, 5000) i'

for page in "$top"/bin/*.1; do
	tool=${page##*/}
	tool=${tool%.1}
	mkdir "$tool"
	cd "$tool"
	age-keygen -o key 2>/dev/null
	age-keygen -y key >recipients
	blocks "$page" EXAMPLES
	ok "$tool has examples" test -e 01
	for block in [0-9][0-9]; do
		ok "$tool, example $block" pasted "$block"
	done
	cd ..
done
done_testing
