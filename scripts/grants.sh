# grants.sh - sourced: does the database answer, and may we read all of it?
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	grants_check DB		what is missing there, by preflight.sh's lack, with the command that mends it
#
# pg_dump(1) locks every table (PostgreSQL: src/bin/pg_dump/pg_dump.c, getTables), which takes SELECT on it and USAGE on its
# schema, reads every sequence and large object, and refuses to read through a row policy.  It finds out at the first
# one that it meets; we ask for all of them.

# grants_query - the question.  A line for the server's version; one a finding: what is missing, and the SQL that mends it.
grants_query() {
	cat <<'EOF'
select current_setting('server_version_num')::int >= 180000 as objects_known \gset
\if :objects_known
\set may_read 'has_largeobject_privilege(oid, ''SELECT'')'
\else
\set may_read 'pg_has_role(lomowner, ''USAGE'') or exists (select from aclexplode(lomacl) a where privilege_type = ''SELECT'' and (grantee = 0 or pg_has_role(grantee, ''USAGE'')))'
\endif
select 'server', current_setting('server_version_num')::int / 10000;
with mine as (
	select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where c.relkind in ('r', 'p', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
	and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
		where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e' and not c.oid = any (coalesce(e.extconfig, '{}')))
), shut as (
	select format('%I.%I', nspname, relname) as name, nspname, row_number() over (order by nspname, relname) as i from mine
	where not has_schema_privilege(relnamespace, 'USAGE')
	or not case relkind when 'S' then has_sequence_privilege(oid, 'SELECT') else has_table_privilege(oid, 'SELECT') end
), schemas as (select distinct nspname from shut)
select 'lack', format('role %I may not read %s tables or sequences: %s%s', current_user, count(*), string_agg(name, ', ' order by i) filter (where i <= 20),
		case when count(*) > 20 then ', ...' end),
	case when current_setting('server_version_num')::int >= 140000 then format('GRANT pg_read_all_data TO %I;', current_user)
	else (select string_agg(format('GRANT USAGE ON SCHEMA %1$I TO %2$I; GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO %2$I; '
		|| 'GRANT SELECT ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I;', nspname, current_user), ' ') from schemas) end
from shut having count(*) > 0
union all
select 'lack', format('row policies hide rows of %s from role %I', string_agg(format('%I.%I', nspname, relname), ', '), current_user),
	format('ALTER ROLE %I BYPASSRLS;', current_user)
from mine where relkind in ('r', 'p') and row_security_active(oid) having count(*) > 0
union all
select 'lack', format('role %I may not read %s large objects, %s the first of them', current_user, count(*), min(oid::bigint)),
	format('DO $$declare o oid; begin for o in select oid from pg_largeobject_metadata loop '
		|| 'execute format($f$GRANT SELECT ON LARGE OBJECT %%s TO %I$f$, o); end loop; end$$;', current_user)
from pg_largeobject_metadata where not (:may_read) having count(*) > 0;
EOF
}

# grants_unreachable DB TEXT - it does not answer, and said why.
grants_unreachable() {
	case $2 in
	*'does not exist'*) set -- "$@" "createdb, createuser, or set PGDATABASE, PGUSER" ;;
	*'no password supplied'* | *'authentication failed'* | *pg_hba*)
		set -- "$@" "a line in the file that PGPASSFILE names (default ~/.pgpass), or pg_hba.conf on the server" ;;
	*) set -- "$@" "starting the server, or set PGHOST, PGPORT" ;;
	esac
	lack "database $1 does not answer: $2" "$3"
}

# grants_version MAJOR - pg_dump refuses to dump a server that is newer than itself.
grants_version() {
	set -f
	# A command's words are meant to split.
	# shellcheck disable=SC2046
	grants_own=$($(pgdump_command) --version </dev/null 2>/dev/null | sed -n 's/^pg_dump ([^)]*) \([0-9]*\).*/\1/p')
	set +f
	[ "${grants_own:-99}" -ge "$1" ] || lack "pg_dump $grants_own cannot dump a server of version $1" \
		"apt-get install postgresql-client-$1, and PG_BINDIR=/usr/lib/postgresql/$1/bin"
}

# grants_finding LINE - what the query found in database $grants_db.  Other lines are warnings, of a collation's version for one.
grants_finding() {
	case $1 in 'lack	'*) ;; *) return 0 ;; esac
	grants_text=${1#*	}
	grants_sql=${grants_text#*	} grants_text=${grants_text%%	*}
	if [ "$pgdump_chooses" = yes ]; then
		log NOTICE "$grants_text; PGDUMP_OPTIONS may leave them out"
	else
		lack "database $grants_db: $grants_text" "psql -d $(shell_word "$grants_db") -c $(shell_word "$grants_sql")"
	fi
}

grants_check() {
	command -v psql >/dev/null || return 0
	grants_found=$(grants_query | pgdump_ask "$1" 2>&1) || {
		grants_found=$(printf '%s' "$grants_found" | tr '\n\t' '  ')
		# A command of the administrator's may get there where psql does not: in a container, say.
		[ -z "$PGDUMP" ] || { log NOTICE "psql does not get to database $1, so nobody asked it for grants: $grants_found"; return 0; }
		grants_unreachable "$1" "$grants_found"
		return 0
	}
	grants_version "$(printf '%s\n' "$grants_found" | sed -n 's/^server	//p')"
	grants_db=$1
	each_line "$grants_found" grants_finding
}
