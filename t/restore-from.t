#!/bin/sh
# restore.sh --from: over ssh, from a box that has rsync alone, and from a bucket, as from a directory.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
. "$top/t/s3/swift.sh"
. "$top/t/backups.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; swift_stop "$tap_dir/swift"'
sshd_start "$tap_dir/sshd"
swift_start "$tap_dir/swift"
export S3_OPTIONS="--endpoint-url $S3_ENDPOINT"

createdb matric
psql -qX -d matric -c 'create role reader' -c 'create table notes as select i as id, repeat(md5(i::text), 20) as body from generate_series(1, 3000) i' \
	-c 'grant select on notes to reader'
name=matric$(stamped 1).sql.zst.enc
store "$name" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
mm-pipe pg_dumpall --globals-only '|' mm-seal -R recipients '|' mm-land "home/$name.globals.enc" </dev/null >receipt
before=$(picture matric)
mkdir "$tap_dir/sshd/box/nightly"
cp home/* "$tap_dir/sshd/box/nightly"
for file in home/*; do
	mm-s3put --endpoint-url "$S3_ENDPOINT" "s3://$S3_BUCKET/nightly/${file##*/}" <"$file" >receipt
done

# from PLACE WORD... - restore from there.
from() {
	place=$1
	shift
	sh "$top/scripts/restore.sh" --from "$place" "$@" </dev/null
}
# as KEY COMMAND... - with that way in.
as() (
	SSH_OPTIONS=$(sshd_options "$tap_dir/sshd" "$1")
	shift
	"$@"
)
over_ssh() { as plain from "$SSH_HOST:$tap_dir/sshd/box/nightly" "$@"; }
over_rsync() { as rrsync from "$SSH_HOST:/nightly" "$@"; }
from_bucket() { from "s3://$S3_BUCKET/nightly" "$@"; }

psql -qX -d matric -c 'drop owned by reader' -c 'drop role reader'
for way in over_ssh over_rsync from_bucket; do
	ok "$way: what there is is listed" $way -i key
	said 'good' '... as good'
	said 'sealed for 1, proven, database matric, 3000 rows, with roles' '... with what it has'
	ok "$way: it is restored" $way -i key --globals --latest
	is "$before" "$(picture matric_restored_20260117_023001)" '... the same'
	is '' "$(ls tmp)" '... and nothing stays here'
	psql -qX -d matric_restored_20260117_023001 -c 'drop owned by reader' -c 'drop role reader'
	dropdb matric_restored_20260117_023001
	exits 2 "$way: without a key" $way "$name"
	said 'sealed for 1 X25519' '... what is needed is said'
done
psql -qX -d matric -c 'create role reader'

head -c 50000 "home/$name" >"$tap_dir/sshd/box/nightly/$name"
exits 1 'over ssh, one that is cut is bad' over_ssh -i key "$name"
exits 1 'by rsync too' over_rsync -i key "$name"
exits 2 'a box that lets nobody in is trouble' as shut from "$SSH_HOST:$tap_dir/sshd/box/nightly" -i key "$name"
exits 2 'so is a bucket that is not there' from s3://nosuchbucket/nightly -i key "$name"
is matric "$(databases)" '... and no database is left'
done_testing
