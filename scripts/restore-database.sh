# restore-database.sh - sourced: databases as a whole: made, named, swapped, dropped.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	database_reach		$maintenance, a database to connect to while we are at others; ends if there is none
#	database_is NAME	is there one of this name?
#	database_fit NAME SUFFIX	print both as one name, NAME's end cut off if they would not fit
#	database_create		$scratch, new and empty, with the encoding and locale of $target or of the archive
#	database_drop		it is gone, and whoever is connected to it
#	database_rename FROM TO	with what belongs to the database itself, from $tmp/properties.sql
#	database_swap		$scratch becomes $target, what was $target becomes $before; in one transaction
#	database_stop		end our own sessions, and wait until they have gone
#	database_quoted NAME	print it as SQL wants a name
#
# Renaming is transactional in PostgreSQL.  So a swap is done or not done, whoever is killed at whatever moment, and there is
# no state between that somebody would have to repair: after a kill, start it again.
#
# A restore that was killed can leave its scratch database, TARGET_restoring_TIME: it is named when the next one starts.

# database_maintained - $maintenance: a database of this server to ask from; what is the matter, in $database_said, if there is none.
database_maintained() {
	for maintenance in postgres template1; do
		database_said=$(pgdump_ask "$maintenance" -c 'select 1' 2>&1) && return
	done
	return 1
}

database_reach() {
	for database_program in psql pg_restore vacuumdb; do
		command -v "$database_program" >/dev/null || fail 2 "there is no $database_program here: install postgresql-client"
	done
	database_maintained ||
		fail 2 "PostgreSQL cannot be reached; PGHOST, PGPORT, PGUSER and PGPASSFILE say where and as whom: $database_said"
}

database_is() {
	[ "$(echo "select count(*) from pg_database where datname = :'name'" | pgdump_ask "$maintenance" -v name="$1")" = 1 ]
}

database_fit() {
	pgdump_ask "$maintenance" -v name="$1" -v suffix="$2" <<-'EOF'
		select left(:'name', max(n)) || :'suffix' from generate_series(0, length(:'name')) n
		where octet_length(left(:'name', n) || :'suffix') <= current_setting('max_identifier_length')::int
	EOF
}

database_quoted() {
	printf '"%s"\n' "$(printf '%s\n' "$1" | sed 's/"/""/g')"
}

# database_may - may we make databases, and rename $target?
database_may() {
	database_no=$(pgdump_ask "$maintenance" -v target="$target" <<-'EOF'
		select format('role %I may not create databases: ALTER ROLE %1$I CREATEDB, or be another (PGUSER)', rolname)
		from pg_roles where rolname = current_user and not (rolsuper or rolcreatedb)
		union all
		select format('role %I does not own database %I and so cannot rename it; be %I (PGUSER)', current_user, datname,
			pg_get_userbyid(datdba)) from pg_database where datname = :'target' and not pg_has_role(datdba, 'usage')
	EOF
	) || return
	[ -z "$database_no" ] || fail 2 "$database_no"
}

# database_leftovers - say what a restore to the same target left when it was killed.
database_leftovers() {
	pgdump_ask "$maintenance" -v start="$(database_fit "$target" _restoring_00000000_000000 | sed 's/00000000_000000$//')" <<-'EOF' |
		select format('%I', datname) from pg_database
		where starts_with(datname, :'start') and not exists (select from pg_stat_activity a where a.datname = pg_database.datname)
	EOF
	while IFS= read -r database_left; do
		log WARN "a restore that was killed has left a database; if none is at work elsewhere: DROP DATABASE $database_left;"
	done
}

# database_create_as OPTIONS - $scratch, with this much SQL at the end of its CREATE DATABASE.
database_create_as() {
	printf 'create database :"name" template template0%s;\n' "$1" | pgdump_ask "$maintenance" -v name="$scratch" 2>"$tmp/said"
}

database_create() {
	database_options=$(archive_options) || return
	scratch=$(database_fit "$target" "_restoring_$(date -u +%Y%m%d_%H%M%S)") || return
	database_create_as "$database_options" && return
	log_lines WARN <"$tmp/said"
	database_encoding=$(printf '%s\n' "$database_options" | sed -n "s/^.*\( ENCODING = '[^']*'\).*$/\1/p")
	[ "$database_options" != "$database_encoding" ] || return
	log WARN "a database with the archive's locale ($database_options ) cannot be had here; it gets that of this server"
	database_create_as "$database_encoding" || { log_lines ERROR <"$tmp/said"; return 1; }
}

# A subscription would keep its database from being dropped; we made it, disabled and without a connection.
database_drop() {
	[ -n "$scratch" ] || return 0
	pgdump_ask "$scratch" <<-'EOF' 2>/dev/null || :
		select format('alter subscription %I disable', subname), format('alter subscription %I set (slot_name = none)', subname),
			format('drop subscription %I', subname)
		from pg_subscription where subdbid = (select oid from pg_database where datname = current_database()) \gexec
	EOF
	pgdump_ask "$maintenance" -v name="$scratch" <<-'EOF' || { log ERROR "database $scratch could not be dropped"; return 1; }
		select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' \g /dev/null
		set client_min_messages = warning;
		select format('alter database %I is_template false', datname) from pg_database where datname = :'name' and datistemplate \gexec
		drop database if exists :"name";
	EOF
	scratch=''
}

# We tell our sessions by their name; on the server one can outlive its client, in the middle of making something.
database_stop() {
	pgdump_ask "$maintenance" -v name="$PGAPPNAME" <<-'EOF'
		do $$ begin
			for i in 1..600 loop
				perform pg_terminate_backend(pid) from pg_stat_activity
				where application_name = current_setting('application_name') and pid <> pg_backend_pid();
				exit when not found;
				perform pg_sleep(0.1);
				perform pg_stat_clear_snapshot();
			end loop;
		end $$
	EOF
}

# Whoever looks into what is being restored must not keep it from its name.
database_rename() {
	printf '%s\n' "select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name';" \
		'alter database :"name" rename to :"to";' | pgdump_ask "$maintenance" -1 -v name="$1" -v to="$2" -f "$tmp/properties.sql" -f - >/dev/null
}

# database_evict OID - end the sessions of that database, again and again for 6 seconds, or until we are ended.
database_evict() {
	database_turn=0
	while [ "$database_turn" -lt 60 ]; do
		echo "select pg_terminate_backend(pid) from pg_stat_activity where datid = $1; select pg_sleep(0.1);"
		database_turn=$((database_turn + 1))
	done >"$tmp/evict.sql"
	exec psql -wqXAt -d "$(pgdump_conninfo "$maintenance")" -f "$tmp/evict.sql" >/dev/null 2>&1 </dev/null
}

# The first renaming holds off new sessions and waits 5 seconds for the old ones, which we end meanwhile.
database_swap() {
	before=$(database_fit "$target" "_before_$(date -u +%Y%m%d_%H%M%S)") || return
	database_oid=$(echo "select oid from pg_database where datname = :'name'" | pgdump_ask "$maintenance" -v name="$target") || return
	database_evict "$database_oid" &
	database_evictor=$!
	database_st=0
	pgdump_ask "$maintenance" -1 -v old="$target" -v new="$scratch" -v before="$before" -f "$here/restore-swap.sql" >/dev/null || database_st=$?
	kill "$database_evictor" 2>/dev/null || :
	wait "$database_evictor" 2>/dev/null || :
	return "$database_st"
}
