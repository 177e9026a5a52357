#!/bin/sh
# The EXAMPLES of every page work when pasted, block after block, in a directory with a key pair, beside a database and a
# bucket `backups`.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
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

# examples PAGE - print each literal block of its EXAMPLES to a file of its own, 01 02 ...
examples() {
	awk '
	/^\.Sh / { on = $2 == "EXAMPLES" }
	on && /^\.Bd -literal/ { file = sprintf("%02d", ++n); next }
	/^\.Ed/ { file = ""; next }
	file != "" {
		gsub(/\\&/, ""); gsub(/\\\(aq/, "\047"); gsub(/\\-/, "-"); gsub(/\\e/, "\\")
		print >file
	}' "$1"
}

# pasted FILE - run it as from a prompt: whose standard input is a terminal, and at any rate no pipe.
pasted() { sh -eu "$1" </dev/null; }

for page in "$top"/bin/*.1; do
	tool=${page##*/}
	tool=${tool%.1}
	mkdir "$tool"
	cd "$tool"
	age-keygen -o key 2>/dev/null
	age-keygen -y key >recipients
	examples "$page"
	ok "$tool has examples" test -e 01
	for block in [0-9][0-9]; do
		ok "$tool, example $block" pasted "$block"
	done
	cd ..
done
done_testing
