#!/bin/sh
# restore.sh --globals: roles and tablespaces come back, and those that are there already stay as they are.
. "${0%/*}/tap.sh"
. "$top/t/backups.sh"

createdb matric
mkdir space
chown "$(cluster_as_owner id -u)" space
chmod 700 space
psql -qX -d matric <<SQL
create role "odd ""role; '" login password 'old secret';
comment on role "odd ""role; '" is E'it''s\nALTER ROLE keeper WITH SUPERUSER;';
create role grp;
create role keeper login;
create role member in role grp;
alter role member set work_mem to '5MB';
create role silent password null;
create tablespace fast location '$PWD/space';
create table notes as select i from generate_series(1, 10) i;
grant select on notes to grp;
SQL
name=matric$(stamped 1).sql.zst.enc
store "$name" matric '|' mm-compress -m zstd '|' mm-seal -R recipients
sealed() { mm-pipe pg_dumpall --globals-only '|' mm-verify -P '|' mm-compress -m zstd '|' mm-seal -R recipients '|' mm-land "home/$1" </dev/null >receipt; }
sealed "$name.globals.zst.enc"
roles() { pg_dumpall --globals-only | sed '/^\\/d; /^CREATE TABLESPACE/d' | sort | sha256sum; }
before=$(roles)

forget() {
	psql -qX -d matric -c 'drop owned by grp' -c 'drop role "odd ""role; '"'"'"' -c 'drop role member, grp, silent' -c 'drop tablespace fast'
}
forget
exits 2 'a database whose roles are missing' restore -i key "$name"
said 'roles come with --globals' '... is not restored; what has them is said'
ok 'with roles and tablespaces' restore -i key --globals "$name"
is "$before" "$(roles)" '... each of them is as it was'
is fast "$(ask postgres "select spcname from pg_tablespace where spcname = 'fast'")" '... and the tablespace'
is 10 "$(ask matric_restored_20260117_023001 'select count(*) from notes')" '... and the database is there'
dropdb matric_restored_20260117_023001
is '' "$(ls tmp)" '... and nothing stays on disk'

psql -qX -d matric -c 'alter role "odd ""role; '"'"'" password '"'new secret'" -c 'drop owned by member' -c 'drop role member'
secret() { ask postgres "select rolpassword from pg_authid where rolname like 'odd%'"; }
mine=$(secret)
ok 'roles alone' restore -i key --globals-only "$name"
is "$mine" "$(secret)" '... those that are there keep their passwords'
is 'f' "$(ask postgres "select rolsuper from pg_roles where rolname = 'keeper'")" '... and what they may'
is 'member|{work_mem=5MB}' "$(ask postgres "select rolname, rolconfig from pg_roles where rolname = 'member'")" '... the others come'
is 1 "$(ask postgres "select count(*) from pg_auth_members where member = 'member'::regrole and roleid = 'grp'::regrole")" '... with what they are members of'
is matric "$(databases)" '... and no database'

forget
rm -r space
exits 2 'a tablespace whose directory is gone' restore -i key --globals "$name"
said 'not all roles and tablespaces could be made' '... is said'
said 'space" does not exist' '... with the reason'
is matric "$(databases)" '... and no database is made'
is 4 "$(ask postgres "select count(*) from pg_roles where rolname like 'odd%' or rolname in ('member', 'grp', 'silent')")" '... but the roles are there'

head -c 200 "home/$name.globals.zst.enc" >shorter
mv shorter "home/$name.globals.zst.enc"
forget_roles() { psql -qX -d matric -c 'drop role "odd ""role; '"'"'"' -c 'drop role member, grp, silent'; }
forget_roles
exits 1 'roles that are cut are bad' restore -i key --globals "$name"
is 0 "$(ask postgres "select count(*) from pg_roles where rolname in ('member', 'grp', 'silent')")" '... and none is made'
rm "home/$name.globals.zst.enc"
exits 2 'a backup without roles beside it is trouble' restore -i key --globals-only "$name"
said 'BACKUP_GLOBALS=yes makes them' '... and what makes them is said'
done_testing
