#!/bin/sh
# A drill goes into its own throwaway server, whatever the environment or a configuration says of another; or nowhere.
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
[ "$(id -u)" -ne 0 ] || chmod 711 .

# The server in use, which can be reached by TCP as well, and tells what is made or dropped there.
programs=$(cluster_programs)
port=$((20000 + $$ % 10000))
start_there() {
	port=$((port + 1))
	printf "listen_addresses = '127.0.0.1'\nport = %s\nlog_statement = 'ddl'\n" "$port" >>pg/data/postgresql.conf
	cluster_as_owner "$programs/pg_ctl" -D "$tap_dir/pg/data" -m fast -w -s -l "$tap_dir/pg/server.log" restart
}
eventually 20 start_there
export PGPORT="$port"
printf '[prod]\nhost=%s\nport=%s\nuser=matric\n' "$PGHOST" "$PGPORT" >services
# touched - print what a drill has done there.
touched() { grep -i 'mm_drill' pg/server.log || :; }
# elsewhere VARIABLE=VALUE... - no other variable says where the server in use is.
elsewhere() { env -u PGHOST -u PGPORT -u PGUSER "$@"; }
# settings LINE... - a configuration of these.
settings() { printf '%s\n' BACKUP_COMPRESS=zstd "BACKUP_DEST=$tap_dir/home" PGUSER=matric "$@" >conf; chmod 600 conf; }
drill="$top/scripts/test-backup-restore.sh" backup="$top/scripts/backup.sh"

ok 'a backup' sealed make
for way in "PGSERVICE=prod PGSERVICEFILE=$tap_dir/services" "PGHOSTADDR=127.0.0.1 PGPORT=$PGPORT" "PGHOST=127.0.0.1 PGPORT=$PGPORT PGOPTIONS=-cdefault_transaction_read_only=on"; do
	what=${way%% *}
	# Words, each of them a variable.
	# shellcheck disable=SC2086
	set -- $way
	ok "$what in the environment: a drill" elsewhere "$@" sh "$drill" -i key
	said 'into a throwaway cluster' '... says that it is a throwaway cluster'
	is '' "$(touched)" '... and the server in use hears nothing of it'
	settings "$@"
	ok "$what in the configuration: a drill" elsewhere sh "$drill" -c conf -i key
	is '' "$(touched)" '... and the server in use hears nothing of it'
	case $what in PGHOST=*) continue ;; esac
	ok "$what in the environment: VERIFY_RESTORE=full" elsewhere "$@" VERIFY_RESTORE=full sh "$backup" make
	said 'restored, and all its rows came back' '... restores'
	is '' "$(touched)" '... and the server in use hears nothing of it'
	settings "$@" VERIFY_RESTORE=full
	ok "$what in the configuration: VERIFY_RESTORE=full" elsewhere sh "$backup" -c conf make
	said 'restored, and all its rows came back' '... restores'
	is '' "$(touched)" '... and the server in use hears nothing of it'
done

# Should anything lead elsewhere all the same, the server tells.
mkdir programs
ln -s "$programs"/* programs
rm programs/psql
cat >programs/psql <<END
#!/bin/sh
PGHOST=$PGHOST PGPORT=$PGPORT PGUSER=matric exec "$programs/psql" "\$@"
END
chmod +x programs/psql
led_astray() { PG_BINDIR=$tap_dir/programs sh "$drill" -i key; }
exits 2 'a psql that goes to the server in use' led_astray
said 'nothing is restored' '... is found out before anything is restored'
is '' "$(touched)" '... and the server in use hears nothing of it'
is '' "$(find tmp -mindepth 1)$(ls -A state/drilling)" 'nothing is left'

# With --server it is the server in use that is meant, whatever says which that is.
ok '--server' elsewhere PGSERVICE=prod PGSERVICEFILE="$tap_dir/services" sh "$drill" --server -i key
ok '... goes there' grep -q 'mm_drill' pg/server.log
is 0 "$(psql -qXAt -d postgres -c "select count(*) from pg_database where datname like '%drill%'")" '... and leaves nothing there'
done_testing
