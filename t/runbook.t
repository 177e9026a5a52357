#!/bin/sh
# units/RUNBOOK: its commands, exactly as they are printed, on a machine that has none of our tools, bring the database back from
# a directory and from a bucket, by aws and by rclone, whatever the backup is made of.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; cluster_stop "$tap_dir/new"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
runbook=$top/units/RUNBOOK

export PGOPTIONS='-c client_min_messages=warning'

# The old server, and its backups of every kind.
psql -qX -d matric <<'SQL' >/dev/null
create role keeper;
create role reader login;
create schema "O ther";
create table "O ther"."a ""table""" as select i from generate_series(1, 700) i;
create table parts (i int) partition by range (i);
create table parts_1 partition of parts for values from (0) to (100);
insert into parts select i from generate_series(1, 50) i;
alter table secret_notes owner to keeper;
grant select on secret_notes to reader;
select lo_from_bytea(0, 'a large object');
SQL
rows=3750
# made KIND [KEY=VALUE...] - a backup made so is in ./KIND, and its name in the file KIND.name.
made() {
	kind=$1
	shift
	env BACKUP_DEST="$tap_dir/$kind" "$@" sh "$top/scripts/backup.sh" make >"$kind.log" 2>&1 || return
	(cd "$kind" && ls ./*.manifest) | sed 's/^..//; s/\.manifest$//' >"$kind.name"
}
sealed_too="BACKUP_ENCRYPT=$tap_dir/recipients"
ok 'a backup by zstd, sealed, with roles' made zstd BACKUP_COMPRESS=zstd BACKUP_GLOBALS=yes "$sealed_too"
ok '... by gzip, not sealed' made gzip BACKUP_COMPRESS=gzip BACKUP_GLOBALS=yes
ok '... by xz, sealed' made xz BACKUP_COMPRESS=xz BACKUP_GLOBALS=yes "$sealed_too"
ok '... not compressed' made none BACKUP_COMPRESS=none BACKUP_GLOBALS=yes "$sealed_too"
ok '... neither nor, and without roles' made bare BACKUP_COMPRESS=none
ok '... a script' made script PGDUMP_OPTIONS=-Fp BACKUP_GLOBALS=yes "$sealed_too"
ok '... a directory' made directory PGDUMP_OPTIONS='-Fd -j2' BACKUP_PLAINTEXT_SPOOL=yes BACKUP_GLOBALS=yes BACKUP_COMPRESS=zstd "$sealed_too"
echo 'correct horse battery staple' >passphrase
ok '... under a passphrase' made secret BACKUP_COMPRESS=zstd BACKUP_PASSPHRASE_FILE="$tap_dir/passphrase"
ok 'a bucket has one' env BACKUP_DEST="$tap_dir/zstd" BACKUP_REMOTE_S3="s3://$S3_BUCKET/postgres" S3_OPTIONS="--endpoint-url $S3_ENDPOINT" \
	sh "$top/scripts/backup.sh" send
wanted=$(psql -XAt -d matric -c 'select md5(string_agg(t::text, $$,$$ order by id)) from secret_notes t')
cluster_stop "$tap_dir/pg"

# The new machine: another server, and the programs that the runbook asks for.
cluster_start "$tap_dir/new"
mkdir stock
for program in aws rclone age zstd gzip xz sha256sum psql pg_restore createdb dropdb vacuumdb sh cat grep mkdir tar; do
	ln -s "$(PATH=/usr/bin:/bin command -v $program)" "stock/$program"
done
none_of_ours() { ! PATH=$tap_dir/stock command -v mm-pipe mm-verify mm-seal mm-backup; }
ok 'none of our tools is on the new machine' none_of_ours

# commands BUCKET NAME NOT - print the indented lines, but for those below a line of text that matches NOT; the values that are
# the reader's own are filled in.
commands() {
	awk -v not="$3" '/^[^ ]/ { label = $0 } /^    / && label !~ not { print substr($0, 5) }' "$runbook" |
		sed -e "s|^BUCKET=.*|BUCKET=$1|" -e "s|^KEY=.*|KEY=$tap_dir/key|" -e "s|^NAME=.*|NAME=$2|" -e "s|^AT=.*|AT='--endpoint-url $S3_ENDPOINT'|"
}
# follow SHELL COMMANDS - type them; in a directory of its own.
follow() {
	rm -rf desk && mkdir desk && cp "$2" desk/typed
	(cd desk && PATH=$tap_dir/stock "$(command -v "$1")" -eu typed </dev/null >said 2>&1)
	st=$?
	cat desk/said
	return "$st"
}
# back - is it all there, and said to be?
back() {
	grep -qx GOOD desk/said && grep -q ': OK$' desk/said &&
		[ "$(psql -XAt -d matric -c 'select md5(string_agg(t::text, $$,$$ order by id)) from secret_notes t')" = "$wanted" ]
}
counted() { grep -A 1 "^# rows: $rows\$" desk/said | grep -qx "$rows"; }
owner() { psql -XAt -d matric -c "select relowner::regrole from pg_class where relname = 'secret_notes'"; }
forget() {
	for database in matric restored; do dropdb --if-exists $database; done
	psql -qX -d postgres -c 'drop role if exists keeper' -c 'drop role if exists reader'
}
export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S3_TYPE=s3 RCLONE_CONFIG_S3_PROVIDER=Other RCLONE_CONFIG_S3_ENV_AUTH=true \
	RCLONE_CONFIG_S3_ENDPOINT="$S3_ENDPOINT"

commands "$S3_BUCKET/postgres" "$(cat zstd.name)" 'rclone|plain SQL|directory' >by_aws
ok 'from a bucket, by aws' follow dash by_aws
ok '... the database is back' back
ok '... and its rows were counted' counted
is keeper "$(owner)" '... with its owner'
forget
commands "$S3_BUCKET/postgres" "$(cat zstd.name)" 'aws|plain SQL|directory' >by_rclone
ok 'from a bucket, by rclone' follow bash by_rclone
ok '... the database is back' back
forget

# A directory stands for the bucket.
export RCLONE_CONFIG_S3_TYPE=alias RCLONE_CONFIG_S3_REMOTE="$tap_dir"
for kind in zstd gzip xz none; do
	commands $kind "$(cat $kind.name)" 'aws|plain SQL|directory' >typed
	ok "from a directory, $(cut -d. -f2- $kind.name)" follow dash typed
	ok '... the database is back' back
	ok '... and its rows were counted' counted
	forget
done
commands script "$(cat script.name)" 'aws|^7|directory' >typed
ok 'plain SQL' follow dash typed
ok '... the database is back' back
forget
commands directory "$(cat directory.name)" 'aws|^7|plain SQL' >typed
ok 'a directory' follow dash typed
ok '... the database is back' back
ok '... and its rows were counted' counted
forget

# typing - as a person at a terminal does, who is asked for the passphrase.
typing() {
	rm -rf desk && mkdir desk && cp "$1" desk/typed
	(cd desk && PATH=$tap_dir/stock /usr/bin/python3 -c '
import os, pty, sys
def read(fd):
    data = os.read(fd, 4096)
    if b"passphrase:" in data:
        os.write(fd, open(sys.argv[1], "rb").read())
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(["/bin/sh", "-eu", "typed"], read)))' "$tap_dir/passphrase" </dev/null >said)
	st=$?
	# Without what a terminal makes of it.
	tr -d '\r' <desk/said | sed "s/$(printf '\033')\[[0-9;]*[A-Za-z]//g" >desk/lines && mv desk/lines desk/said
	return "$st"
}
psql -qX -d postgres -c 'create role keeper' -c 'create role reader'
commands secret "$(cat secret.name)" 'aws|plain SQL|directory' | sed 's/ -i "\$KEY"//' >typed
ok 'under a passphrase' typing typed
ok '... the database is back' back
forget

# What goes wrong is seen.
commands bare "$(cat bare.name)" 'aws|plain SQL|directory' >typed
follow dash typed >/dev/null 2>&1 || :
ok 'without the roles' grep -q 'role "keeper" does not exist' desk/said
exits 1 '... it is not good' grep -x GOOD desk/said
forget
sed 's/--exit-on-error/& --no-owner --no-acl/' typed >without
ok '... but without owners and rights' follow dash without
ok '... the database is back' back
forget
cp -r zstd damaged
printf X | dd of="damaged/$(cat zstd.name)" bs=1 seek=3000 conv=notrunc 2>/dev/null
commands damaged "$(cat zstd.name)" 'aws|plain SQL|directory' >typed
exits 1 'a damaged file' follow dash typed
said FAILED '... is said to be'
is 0 "$(psql -XAt -d postgres -c "select count(*) from pg_database where datname = 'restored'")" '... no database is made of it'
done_testing
