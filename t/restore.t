#!/bin/sh
# restore.sh: into a new database, which has its name when all of it is there and has been compared; and what there is to restore.
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
psql -qX -d matric <<'SQL'
create role reader;
create table notes (id bigserial primary key, title text, body text);
insert into notes (title, body) select 'note ' || i, repeat(md5(i::text), 20) from generate_series(1, 3000) i;
create table tags (note bigint references notes, tag text);
insert into tags select i, 'tag ' || i % 7 from generate_series(1, 3000) i;
create index on tags (tag);
grant select on notes to reader;
alter database matric set search_path to "$user", public;
alter role reader in database matric set work_mem to '7MB';
comment on database matric is 'what we know';
grant connect on database matric to reader;
revoke temporary on database matric from public;
SQL
sealed=matric$(stamped 1).sql.zst.enc plain=matric$(stamped 2).sql.gz
store "$sealed" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
store "$plain" matric '|' mm-compress
before=$(picture matric)
new=matric_restored_20260117_023001

# Under each shell, with no configuration at all: an age identity, a directory, a server.
bare() { env -i PATH="$PATH" HOME="$tap_dir" PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" TMPDIR="$TMPDIR" "$@" </dev/null; }
for shell in dash 'busybox sh' mksh bash; do
	# The words of a command are meant to split.
	# shellcheck disable=SC2086
	ok "a backup is restored under $shell" bare $shell "$top/scripts/restore.sh" --from "$tap_dir/home" -i key "$sealed"
	said "database $new is restored from $sealed: 2 tables, 6000 rows, as many as in the backup" '... and that is said'
	is "$before" "$(picture "$new")" '... to the last row, right and setting'
	is '' "$(ls tmp)" '... and leaves nothing in the temporary directory'
	dropdb "$new"

	# Under the lock it is started again, by sh; here by this shell.
	# shellcheck disable=SC2086
	ok "... all of it under $shell" $shell "$top/scripts/restore.sh" --locked "$sealed" "$new" --from home -j 2 -i key "$sealed"
	is "$before" "$(picture "$new")" '... the same'
	dropdb "$new"
	# shellcheck disable=SC2086
	ok '... in the place of the old one' $shell "$top/scripts/restore.sh" --locked "$plain" matric --from home --swap "$plain"
	is "$before" "$(picture matric)" '... the same'
	psql -qX -d matric -c 'truncate notes, tags'
	# shellcheck disable=SC2086
	ok '... and in place' $shell "$top/scripts/restore.sh" --locked "$plain" matric --from home --in-place "$plain"
	is "$before" "$(picture matric)" '... the same'
	dropdb "$(databases | grep _before_)"
	# shellcheck disable=SC2086
	ok '... and it lists what there is' $shell "$top/scripts/restore.sh" --from home
done
ok 'statistics are there' restore -i key "$sealed"
is 3000 "$(ask "$new" "select reltuples from pg_class where relname = 'notes'")" '... so that the first query is as fast as the last'
exits 2 'a database that is there is not touched' restore -i key "$sealed"
said "database $new exists already" '... and that is said'
ok 'another name can be chosen' restore -i key --to 'Copy of it' "$sealed"
is "$before" "$(picture 'Copy of it')" '... whatever it is'
ok 'the newest can be asked for' restore --latest --to newest
said "$plain" '... and is it'
ok 'a path will do for a place and a name' sh "$top/scripts/restore.sh" --to by_path "home/$plain"
in_place_of() { (cd home && sh "$top/scripts/restore.sh" --to by_dot "./$plain" </dev/null); }
ok '... a relative one too' in_place_of
key_by_pipe() { head -n 9 key | sh "$top/scripts/restore.sh" --from home --to by_pipe -i /dev/stdin "$sealed"; }
ok 'a key may come through a pipe' key_by_pipe
is "$before" "$(picture by_pipe)" '... and be read as often as it is needed'
cp key 'k e y'
ok 'options may be written in other ways' restore -fi 'k e y' --to=by_words --jobs=2 -- "$sealed"
mkfifo fifo
exits 78 'a passphrase comes from a file' restore -p fifo --to more "$sealed"

# With a configuration.
(umask 077; printf 'BACKUP_DEST=%s\nPGHOST=%s\nBACKUP_NAME=matric\nPGDATABASE=nosuch\n' "$tap_dir/home" "$PGHOST" >conf)
configured() { env -u PGHOST sh "$top/scripts/restore.sh" -c conf "$@" </dev/null; }
ok 'with a configuration' configured --latest --to by_conf -i key
is "$before" "$(picture by_conf)" '... its place and its server are meant'
elsewhere() { BACKUP_DEST=$tap_dir/nowhere configured --latest -n -i key; }
exits 2 '... unless the environment says another' elsewhere
exits 78 'one that is not there is refused' sh "$top/scripts/restore.sh" -c nosuch "$sealed"
(umask 077; printf '%s\n' 'BACKUP_DEST="open' >broken)
exits 78 '... and one that is broken' sh "$top/scripts/restore.sh" -c broken "$sealed"

# What is there.
: >"home/$plain.globals.gz"
ok 'without a backup, what there is is listed' restore -i 'k e y' --to 'x y'
cp .stdout listed
is "sh $top/scripts/restore.sh --from $tap_dir/home -i 'k e y' --to 'x y' $plain" "$(sed -n '2s/^ *//p' listed)" \
	'... newest first, with the command that restores it'
ok '... its age, size, state and contents' grep -q "^20260117_023001  good  .* days ago .*  sealed for 1, proven, database matric, 6000 rows\$" listed
: >"home/$plain.suspect"
cp "home/$plain" "home/matric$(stamped 3).sql.gz"
ok 'what is not good is listed as such' restore
said "20260117_023002  suspect" '... suspect'
said 'not sealed, proven, database matric, 6000 rows, with roles' '... with what it has'
said "20260117_023003  unfinished" '... or without a manifest'
said "restore.sh --from $tap_dir/home -f $plain" '... and takes -f'
exits 2 'a suspect backup is not restored' restore --to suspect "$plain"
exits 2 'nor is an unfinished one' restore --to unfinished "matric$(stamped 3).sql.gz"
said '-f restores it all the same' '... unless that is said'
ok '... with -f it is' restore -f --to unfinished "matric$(stamped 3).sql.gz"
is 6000 "$(ask unfinished 'select (select count(*) from notes) + (select count(*) from tags)')" '... all of it'
ok 'the newest is the newest good one' restore --latest -i key --to more -n
said "would open $sealed" '... not the newest of all'
store "other$(stamped 9).sql.gz" matric '|' mm-compress
exits 78 'where there are backups of several names, the newest of which must be said' restore --latest
said 'set BACKUP_NAME to one of matric other' '... and that is said'
by_name() { BACKUP_NAME=matric restore --latest -i key --to more -n; }
ok '... by BACKUP_NAME' by_name
said "would open $sealed" '... and is it'
exits 2 'a name that is not there is trouble' restore nosuch
mkdir empty
exits 2 'so is a place with no backup' sh "$top/scripts/restore.sh" --from empty
exits 78 '... or none at all' sh "$top/scripts/restore.sh" --from nowhere
stays=$(databases)
ok '-n' restore -n -i key --to more "$sealed"
said 'would restore it into a new database more' '... says what would be done'
is "$stays" "$(databases)" '... and does not'

# What cannot be had together.
for words in '--swap --in-place' '--schema-only --data-only' '--data-only' '--swap --schema-only' '--swap --table notes' \
	'--in-place --table notes' '--in-place --schema-only' '--in-place -j2' '-j 0' '-j x' '--yes x' '--nosuch' '--swap=yes' 'a b' \
	'--latest b'; do
	# shellcheck disable=SC2086
	exits 78 "$words is refused" restore $words "$sealed"
done
is "$stays" "$(databases)" '... and nothing is done'
no_server() { PGHOST=$tap_dir/nowhere restore -i key --to more "$sealed"; }
exits 2 'without a server it is trouble' no_server
said 'PostgreSQL cannot be reached' '... and that is said'
ask postgres "create role clerk login"
as_clerk() { PGUSER=clerk restore -i key --to more "$sealed"; }
exits 2 'one who may not make databases is told so' as_clerk
said 'ALTER ROLE clerk CREATEDB' '... and how to mend it'
ask postgres "alter role clerk createdb"
exits 2 'who may, but not give things to others' as_clerk
said 'must be' '... is told so'
is "$stays" "$(databases)" '... and nothing is done'
without_rights() { PGUSER=clerk restore --no-owner --no-acl -i key --to more "$sealed"; }
ok '... and restores without owners and rights' without_rights
is clerk "$(ask more "select relowner::regrole from pg_class where relname = 'notes'")" '... what then is theirs'
done_testing
