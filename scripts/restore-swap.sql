-- restore-swap.sql - for psql -1: give the database :new what belongs to the database :old itself and is in no dump of it, and
-- then its name; the old one is called :before from then on.
set client_min_messages = warning;

select format('alter database %I owner to %I', :'new', pg_get_userbyid(datdba)) from pg_database where datname = :'old' \gexec

-- Rights: none recorded are the default ones; else all that the new one begins with go, and those of the old one come.
select format('revoke all on database %I from public, %I', :'new', pg_get_userbyid(datdba))
from pg_database where datname = :'old' and datacl is not null \gexec
select format('grant %s on database %I to %s%s', privilege_type, :'new',
	case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
	case when is_grantable then ' with grant option' else '' end)
from pg_database, aclexplode(datacl) where datname = :'old' \gexec

-- Settings.  A list is recorded as it is to be used, not as a literal: so it is set here and taken from there.
create temp table mm_setting on commit drop as
select case setrole when 0 then format('database %I', :'new')
	else format('role %I in database %I', pg_get_userbyid(setrole), :'new') end as owner,
	split_part(entry, '=', 1) as name, substr(entry, strpos(entry, '=') + 1) as value,
	split_part(entry, '=', 1) in ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries') as is_list
from pg_db_role_setting, unnest(setconfig) entry
where setdatabase = (select oid from pg_database where datname = :'old');
select format('alter %s set %I to %L', owner, name, value) from mm_setting where not is_list \gexec
select format('select set_config(%L, %L, true)', name, value), format('alter %s set %I from current', owner, name)
from mm_setting where is_list \gexec

select format('comment on database %I is %L', :'new', shobj_description(oid, 'pg_database'))
from pg_database where datname = :'old' and shobj_description(oid, 'pg_database') is not null \gexec
select format('security label for %I on database %I is %L', provider, :'new', label)
from pg_shseclabel where classoid = 'pg_database'::regclass and objoid = (select oid from pg_database where datname = :'old') \gexec
select format('alter database %I with connection limit %s is_template %s', :'new', datconnlimit, datistemplate::text)
from pg_database where datname = :'old' \gexec

alter database :"old" rename to :"before";
alter database :"new" rename to :"old";
