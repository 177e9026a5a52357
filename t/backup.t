#!/bin/sh
# backup.sh: one whole, sealed, recorded backup at home, or nothing of its name; under every sh.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -qX -d postgres -c 'create database matric'
psql -qX -d matric <<'EOF'
create table secret_notes as select i as id, repeat(md5(i::text), 5) as body from generate_series(1, 3000) i;
EOF
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients
mkdir tmp
export BACKUP_DEST="$tap_dir/home" TMPDIR="$tap_dir/tmp"

backup() { sh "$top/scripts/backup.sh" "$@"; }
sealed() { BACKUP_COMPRESS=zstd BACKUP_ENCRYPT=$tap_dir/recipients backup "$@"; }
newest() { find home -name 'matric_backup_*' ! -name '*.manifest' | sort | tail -n 1; }
backups() { find home -name '*_backup_*' | wc -l; }

ok 'a sealed backup is made' sealed
name=$(newest)
ok '... under the name of the design' expr "$name" : 'home/matric_backup_[0-9]\{8\}_[0-9]\{6\}\.sql\.zst\.enc$'
is 600 "$(stat -c %a "$name")" '... which only its owner reads'
is 700 "$(stat -c %a home)" '... in a home that only its owner enters'
restores() { age -d -i key "$name" | zstd -dcq | pg_restore -f - | grep -c '^[0-9]*	[0-9a-f]\{160\}$'; }
is 3000 "$(restores)" 'stock age, zstd and pg_restore get every row out of it'
checks() { (cd home && sha256sum -c "${name##*/}.manifest"); }
ok 'sha256sum checks it by its manifest' checks
ok 'the manifest says its version first' sh -c 'head -n 1 "$1" | grep -qx "# manifest: 1"' - "$name.manifest"
ok '... and the database' grep -qx '# database: matric' "$name.manifest"
unnamed() { ! grep -q secret_notes "$name.manifest"; }
ok '... and no table' unnamed
is 0 "$(find tmp -mindepth 1 | wc -l)" 'no temporary file is left'

for shell in dash 'busybox sh' mksh bash; do
	before=$(backups)
	# shellcheck disable=SC2086
	ok "a backup under $shell" $shell "$top/scripts/backup.sh" make
	is $((before + 2)) "$(backups)" '... is there with its manifest'
done
is sql.gz "$(newest | cut -d. -f2-)" 'the default is gzip, and not sealed'

# Nothing is made, and nothing left, when the settings are wrong.
before=$(backups)
wrong() { env "$@" sh "$top/scripts/backup.sh"; }
exits 78 'an unknown method is refused' wrong BACKUP_COMPRESS=lzma2
said lzma2 '... named'
exits 78 'an empty method is set, and refused' wrong BACKUP_COMPRESS=
exits 78 'a missing recipients file is refused' wrong BACKUP_ENCRYPT="$tap_dir/no-such"
exits 78 'a relative home is refused' wrong BACKUP_DEST=home
exits 78 'a name with a slash is refused' wrong BACKUP_NAME=a/b
exits 78 'an operand that is no word of ours is refused' backup meke
exits 1 'a database that is not there is no backup' wrong PGDATABASE=nosuch
said 'stage 1 pg_dump: exit 1' '... and the stage is named'
exits 1 'nor is a dump that is no archive' wrong PGDUMP_OPTIONS=--nonsense
is "$before" "$(backups)" 'nothing was made'

mkfifo hold
mm-pipe -L home/.lock cat <hold >/dev/null &
exec 9>hold
eventually 5 sh -c '! mm-pipe -L home/.lock true 2>/dev/null'
exits 75 'another run at work is status 75' backup
exec 9>&-
wait $! || :
ok 'when it has gone we work' backup

# A stop in the middle: pg_dump waits for a lock that somebody holds.
stopped() {
	psql -qX -d matric -c 'begin; lock table secret_notes; select pg_sleep(20)' >/dev/null 2>&1 &
	locker=$!
	eventually 5 sh -c 'test "$(psql -qXAt -d matric -c "select count(*) from pg_locks where mode = '\''AccessExclusiveLock'\'' and granted")" -ge 1'
	sh "$top/scripts/backup.sh" &
	eventually 5 sh -c 'test "$(psql -qXAt -d matric -c "select count(*) from pg_stat_activity where application_name = '\''pg_dump'\'' and wait_event_type = '\''Lock'\''")" = 1'
	kill -s TERM $!
	st=0
	wait $! || st=$?
	kill "$locker" && psql -qX -d matric -c "select pg_cancel_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
	return "$st"
}
before=$(backups)
exits 143 'TERM ends a run that waits for a lock' stopped
is "$before" "$(backups)" '... and leaves nothing of its name'
is 0 "$(find tmp -mindepth 1 | wc -l)" '... nor a temporary file'
still() { [ -n "$(pgrep -f "$tap_dir/home")" ]; }
exits 1 '... nor a process' still
is 0 "$(find home -name '.mm-land*' | wc -l)" '... nor a partial'
done_testing
