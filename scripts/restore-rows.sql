-- restore-rows.sql - for psql: compare the tables of this database with what the archive held of them, and fail if they differ.
--
-- In the environment: RESTORE_REPORT is mm-verify's report, RESTORE_ROWS the script by which sed makes of it lines for COPY, whose
-- \xHH are those of the report; RESTORE_FOUND is a file for us to write, and so is the variable found.
-- As variables: schemas and tables are arrays of the only ones that were restored, or null; at_least is true where
-- rows were added to what was there; objects is the number of large objects, or null; wrong is a file for what differs.
--
-- Rows may have gone to another partition of their table than they came from, so partitions are added up; and a table
-- that an extension filled may have rows that no dump of it has.
set client_min_messages = warning;
set row_security = off;
set statement_timeout = 0;

create temp table mm_expected (name text, want bigint);
\copy mm_expected from program 'sed -n "$RESTORE_ROWS" "$RESTORE_REPORT"'
delete from mm_expected where not (
	(:schemas::text[] is null or (parse_ident(name))[1] = any (:schemas::text[])) and
	(:tables::text[] is null or (parse_ident(name))[2] = any (:tables::text[])));

create temp table mm_found (id oid, got bigint);
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\t'
\o :found
select format('select %s, count(*) from only %s', to_regclass(name)::oid, to_regclass(name))
from mm_expected where to_regclass(name) is not null \gexec
\o
\copy mm_found from program 'cat "$RESTORE_FOUND"'

create temp table mm_wrong as
select format('%s is not there', name) as what from mm_expected where to_regclass(name) is null
union all
select format('%s: %s rows in the archive, %s in the database', table_name, want, got)
from (
	select coalesce(pg_partition_root(id), id::regclass)::text as table_name, sum(want) as want, sum(got) as got,
		bool_or(exists (select from pg_depend where classid = 'pg_class'::regclass and objid = id and deptype = 'e')) as of_extension
	from mm_expected join mm_found on to_regclass(name) = id group by 1
) t where got < want or (got > want and not :at_least and not of_extension)
union all
select format('%s large objects in the archive, %s in the database', :objects, count(*))
from pg_largeobject_metadata having count(*) < :objects or (count(*) > :objects and not :at_least);

\o :wrong
select what from mm_wrong order by 1;
\o
do $$ begin
	if exists (select from mm_wrong) then
		raise exception 'the database has not what the archive had';
	end if;
end $$;
