#!/bin/sh
# BACKUP_GLOBALS=yes: roles and tablespaces stand sealed beside each backup, go where it goes, and come back.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

psql -qX -d postgres -c "create role app login password 'canary-of-globals'" -c 'create role grp' -c 'grant grp to app' \
	-c 'create role saver login' -c 'grant pg_read_all_data to saver'
psql -qX -d matric -c 'alter table secret_notes owner to app'
mkdir place
globals() { BACKUP_GLOBALS=yes BACKUP_REMOTE_RSYNC=$tap_dir/place sealed "$@"; }

ok 'a backup with its globals' globals
name=$(newest)
ok '... beside it, sealed' test -s "$name.globals.zst.enc"
is 600 "$(stat -c %a "$name.globals.zst.enc")" '... and for us alone'
opened() { age -d -i key "$name.globals.zst.enc" | zstd -dcq; }
has() { opened | grep -qx "CREATE ROLE app;" && opened | grep -q "PASSWORD 'SCRAM"; }
ok 'stock age and zstd open them: roles, and their passwords' has
same "$name.globals.zst.enc" "place/${name##*/}.globals.zst.enc" 'they go where the backup goes'
plain() { BACKUP_GLOBALS=yes backup make; }
ok 'not sealed' plain
ok '... they are by the same method' sh -c 'gzip -dc "$1.globals.gz" | grep -qx "CREATE ROLE grp;"' - "$(newest)"
tarred() { PGDUMP_OPTIONS=-Fd BACKUP_PLAINTEXT_SPOOL=yes globals make; }
ok 'beside a tar' tarred
ok '... they have the method and the seal for their end' test -s "$(newest).globals.zst.enc"

# A role that may not see passwords dumps the rest.
lesser() { PGUSER=saver globals make; }
ok 'a role that is no superuser' lesser
nopass() { ! mm-seal -d -i key <"$(newest).globals.zst.enc" | mm-compress -d | grep PASSWORD; }
ok '... has no passwords in it' nopass
broken() {
	mkdir -p dying
	printf '#!/bin/sh\n"%s" "$@" | head -n 10\nexit 1\n' "$(command -v pg_dumpall)" >dying/pg_dumpall
	chmod +x dying/pg_dumpall
	PATH=$tap_dir/dying:$PATH MM_BUILD=$build globals make
}
before=$(find home -type f | sort)
exits 1 'globals that cannot be dumped: no backup' broken
is "$before" "$(find home -type f | sort)" '... of either is there'

# Dropped with their backup.
pruned() { BACKUP_KEEP=last=1,least=1 globals; }
ok 'a run that keeps one' pruned
is "$(basename "$(newest)").globals.zst.enc" "$(cd home && echo ./*.globals* | sed 's|./||g')" '... they go with their backup'

# And back.
psql -qX -d matric -c 'alter table secret_notes owner to matric'
ok 'a last one' globals
psql -qX -d matric -c 'alter table secret_notes owner to app' && ok 'with the owner' globals
name=$(newest)
psql -qX -d matric -c 'alter table secret_notes owner to matric' -c 'drop role app' -c 'drop role grp'
restore() { sh "$top/scripts/restore.sh" --from "$tap_dir/place" -i key --globals --to back "${name##*/}" </dev/null; }
ok 'restored with --globals' restore
is 'app 3000' "$(psql -qXAt -F ' ' -d back -c "select tableowner, (select count(*) from secret_notes) from pg_tables where tablename = 'secret_notes'")" \
	'... the role is there, and owns what it owned'
is grp "$(psql -qXAt -d back -c "select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = 'app'::regrole")" '... and is in its group'
is '' "$(leftovers)" 'nothing else is left'
done_testing
