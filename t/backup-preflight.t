#!/bin/sh
# backup.sh looks before it begins: everything that is wrong or missing is said at once, with the command that mends it.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

with() { env "$@" sh "$top/scripts/backup.sh" make; }
check() { env "$@" sh "$top/scripts/backup.sh" check; }
try() {
	psql -qX -d matric -c "$1" && shift && "$@"
}

ok 'check, with nothing wrong' check A=b
said 'nothing is wrong and nothing is missing' '... says so'
absent '... and makes nothing' home state tmp
exits 78 'several wrong settings' check BACKUP_COMPRESS=lzma2 BACKUP_DEST=home BACKUP_KEEP=daily=x BACKUP_PROVE=perhaps LOG_LEVEL=LOUD \
	BACKUP_STALL=soon BACKUP_LOCK_WAIT=0 BACKUP_GLOBALS=2 PGDUMP_OPTIONS=--file=x COMPRESS_LEVEL=99 BACKUP_ENCRYPT=/no/such
for key in BACKUP_COMPRESS BACKUP_DEST BACKUP_KEEP BACKUP_PROVE LOG_LEVEL BACKUP_STALL BACKUP_LOCK_WAIT BACKUP_GLOBALS PGDUMP_OPTIONS BACKUP_ENCRYPT; do
	said "$key" "... $key is among those named"
done
exits 78 'a setting of two lines' check BACKUP_TEMP_DIR="$tap_dir/a
b"
said 'BACKUP_TEMP_DIR: has more than one line' '... is named'
exits 78 'BACKUP_RETAIN beyond all time' check BACKUP_RETAIN=99999999999
soon() { backup --wait soon make; }
exits 78 'a --wait that is no time' soon
exits 78 'a level that the method does not have' check COMPRESS_LEVEL=99
said 'COMPRESS_LEVEL' '... is named'
exits 78 'recipients and a passphrase' check BACKUP_ENCRYPT="$tap_dir/recipients" BACKUP_PASSPHRASE_FILE="$tap_dir/key"
exits 78 'an identity where recipients should be' check BACKUP_ENCRYPT="$tap_dir/key"
leaks() { grep -q 'AGE-SECRET-KEY-1' "$tap_said"; }
exits 1 '... of which nothing is said' leaks
for options in '-f x' '--fil=x' '-Fd' '-j2' '-W' 'matric' '-d x' '--format=tarball'; do
	exits 78 "PGDUMP_OPTIONS=$options" check "PGDUMP_OPTIONS=$options"
done
for command in 'meke' 'make more' 'adopt' '-x' '-c' 'prune --force'; do
	# shellcheck disable=SC2086
	exits 78 "no such command line: $command" backup $command
done
exits 78 'a configuration that is not there' backup -c no-such.conf make

# Programs.
mkdir few
for program in sh true dirname env id date mktemp cat ls awk sed tr cksum rm mkdir cut wc uname stat df grep head find readlink mm-pipe mm-verify mm-compress mm-seal mm-key mm-land mm-prune mm-conf; do
	ln -s "$(which "$program")" "few/$program"
done
bare() { PATH=$tap_dir/few MM_BUILD=$build VERIFY_RESTORE=yes sh "$top/scripts/backup.sh" "$@"; }
exits 1 'a machine without PostgreSQL' bare check
for program in pg_dump psql pg_restore; do
	said "there is no $program in PATH; mend it by: apt-get install" "... lacks $program"
done
exits 1 'make on it' bare make
absent '... dumps nothing' home/matric_backup_*

# Directories.
if [ "$(id -u)" -ne 0 ]; then
	mkdir shut && chmod 555 shut
	exits 1 'a home that cannot be written' with BACKUP_DEST="$tap_dir/shut"
	said 'nothing can be written' '... and what to do'
fi
exits 1 'a home without a parent' with BACKUP_DEST="$tap_dir/no/such/home"
said 'install -d -m 0700' '... and what to do'
absent '... which is not made' no
echo file >file
exits 1 'a home that is a file' with BACKUP_DEST="$tap_dir/file"
mkdir real && ln -s real linked
ok 'a home behind a symbolic link' with BACKUP_DEST="$tap_dir/linked"
is 2 "$(find real -name 'matric_backup_*' | wc -l)" '... is where the link points'
exits 1 'a home that ought to be mounted and is not' with BACKUP_DEST="$tap_dir/real" BACKUP_REQUIRE_MOUNT=yes TAP_ROOT=1
mkdir open && chmod 777 open
exits 1 'temporary files where anybody can write' with BACKUP_TEMP_DIR="$tap_dir/open"
said 'others can write' '... and says so'
exits 1 'state where anybody can write' with BACKUP_STATE="$tap_dir/open"
ln -s file lock
exits 78 'a lock that is a link' with LOCK_FILE="$tap_dir/lock"
ok 'a group that may look' with BACKUP_DEST="$tap_dir/shared" BACKUP_GROUP="$(id -gn)"
is 750 "$(stat -c %a shared)" '... may'
exits 78 'a group that is not there' with BACKUP_DEST="$tap_dir/nobody" BACKUP_GROUP=no-such-group

# The server.
exits 1 'no server' with PGHOST="$tap_dir/nowhere"
said 'starting the server' '... and what to do'
exits 1 'no such database' with PGDATABASE=nosuch
said 'createdb' '... and what to do'
exits 1 'no such role' with PGUSER=nosuch
quick() { timeout 20 env PGHOST=203.0.113.1 PGCONNECT_TIMEOUT=2 sh "$top/scripts/backup.sh" make; }
exits 1 'a server that cannot be reached' quick

# What the server says to everybody who connects is no answer.
warned() { try "update pg_database set datcollversion = '1.0' where datname = 'matric'" with A=b; }
ok 'a server that warns of a collation' warned
said 'collation version' '... is heard'
psql -qX -d postgres -c "update pg_database set datcollversion = null where datname = 'matric'"

# What a role that is no superuser may read.
psql -qX -d matric <<'END'
create role reader login;
create schema hidden;
create table hidden.one (x int);
create table plain (x int);
create sequence counter;
create table rules (x int);
alter table rules enable row level security;
create policy p on rules using (x > 0);
select lo_from_bytea(4711, 'abc');
END
exits 1 'a role that may read nothing' check PGUSER=reader
for what in hidden.one public.plain public.counter public.secret_notes 'large objects' '4711'; do
	said "$what" "... $what is named"
done
said 'GRANT pg_read_all_data TO reader;' '... and the grant that mends it'
said 'row policies hide rows of public.rules' '... a policy too'
said 'ALTER ROLE reader BYPASSRLS' '... and what to do'
grant() { sed -n "s/.*mend it by: \(psql .*;'\).*/\1/p" "$tap_said" >mend && grep -c . mend && sh -eu mend; }
tap_run check PGUSER=reader
ok '... which works as printed' grant
ok 'and now it is enough' check PGUSER=reader
ok '... for the dump as well' with PGUSER=reader
chosen() { psql -qX -d matric -c 'revoke pg_read_all_data from reader; grant usage on schema public to reader; grant select on plain to reader' && with PGUSER=reader PGDUMP_OPTIONS='--table=plain'; }
ok 'who leaves tables out need not be able to read them' chosen

# What a preflight says on an old server is as good: grants one by one.
grants12() {
	# shellcheck disable=SC1091
	. "$top/scripts/grants.sh"
	grants_query | sed "s/140000/990000/" | PGUSER=reader psql -wqXAt -F '	' -v ON_ERROR_STOP=1 -d matric
}
ok 'for servers before 14' grants12
said 'GRANT SELECT ON ALL TABLES IN SCHEMA hidden TO reader;' '... the grants are those of each schema'

# A pg_dump that is older than the server.
mkdir old
printf '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n' >old/pg_dump
chmod +x old/pg_dump
aged() { PG_BINDIR=$tap_dir/old backup make; }
exits 1 'a pg_dump older than the server' aged
said 'cannot dump a server of version' '... is not let near it'
said 'PG_BINDIR=/usr/lib/postgresql/' '... and what to do'

# A command of the administrator's.
mkdir inner
printf '#!/bin/sh\n[ "$1" = exec ] && shift 3 && exec "$@"\n' >inner/dock
chmod +x inner/dock
docked() { PATH=$tap_dir/inner:$PATH PGDUMP='dock exec -i db pg_dump' backup make; }
ok 'PGDUMP as a command with words of its own' docked
said 'read back and proven' '... is dumped and proven'
host=$PGHOST
apart() { PATH=$tap_dir/inner:$PATH PGHOST=/nowhere PGDUMP="dock exec -i db env PGHOST=$host pg_dump" backup make; }
ok '... even if psql does not get there' apart
done_testing
