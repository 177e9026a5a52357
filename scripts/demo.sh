#!/bin/sh
# demo.sh - the main job on a throwaway PostgreSQL: back up, break, list, restore, compare; and again with stock tools alone.
set -eu
umask 077

here=$(cd -- "$(dirname -- "$0")" && pwd)
top=${here%/*}

# step TEXT - what happens next, for the person who watches.
step() { printf '\n== %s\n' "$*"; }

# run COMMAND - show a command line, then run it.
run() {
	printf '   $ %s\n' "$*"
	sh -euc "$*"
}

# load_rows DATABASE - real rows of the kinds that a database holds.
load_rows() {
	psql -qX -v ON_ERROR_STOP=1 -d "$1" <<-'EOF'
		create table authors (id int primary key, name text not null, joined timestamptz not null, tags text[]);
		insert into authors
		select i, 'Author ' || i || case when i % 7 = 0 then ' Müller-Łukasiewicz' else '' end,
		       timestamptz '2020-01-01 00:00+00' + i * interval '7 hours',
		       array['tag' || i % 5, 'group ' || i % 11]
		from generate_series(1, 2000) i;
		create table notes (id bigserial primary key, author int references authors, title text, body text,
		       meta jsonb, weights float8[], at timestamp);
		insert into notes (author, title, body, meta, weights, at)
		select i % 2000 + 1, 'Note ' || i,
		       repeat('The quick brown fox jumps over the lazy dog. ', i % 6) || md5(i::text) || e'\n\ttab and newline',
		       jsonb_build_object('rank', i % 100, 'labels', jsonb_build_array('a' || i % 3, null, i), 'ok', i % 2 = 0),
		       array[i / 3.0, sqrt(i), 'NaN'::float8], timestamp '2026-01-01' + i * interval '1 minute'
		from generate_series(1, 40000) i;
		create index notes_author on notes (author);
		create index notes_meta on notes using gin (meta);
		create view recent as select title, at from notes where at > timestamp '2026-01-20';
		select lo_from_bytea(4711, decode(repeat('00ff10', 50000), 'hex'));
		analyze;
	EOF
}

# digest_of DATABASE - one line for each table: its rows and a digest over all of them; and the large objects.
digest_of() {
	psql -qXAt -v ON_ERROR_STOP=1 -d "$1" <<-'EOF'
		select format('select %L, count(*), md5(string_agg(t::text, chr(10) order by t::text)) from %s t', c.oid::regclass, c.oid::regclass)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'v') order by c.relname \gexec
		select 'large object ' || oid, length(lo_get(oid)), md5(lo_get(oid)) from pg_largeobject_metadata order by oid;
		select 'index ' || indexname, 1, md5(indexdef) from pg_indexes where schemaname = 'public' order by 1;
	EOF
}

# clean_up STATUS - stop the server and remove everything that was made.
# shellcheck disable=SC2317	# the trap calls it
clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	cd /
	cluster_stop "$dir/pg"
	rm -rf -- "$dir"
	exit "$1"
}

# prepare - what the demonstration stands on: the packages, the tools, a server with rows, a key pair.
prepare() {
	step 'Building the tools'
	sh "$here/install-deps.sh" demo
	make -s -C "$top" -j"$(nproc)" all
	step 'Starting a throwaway PostgreSQL and filling it'
	cluster_start "$dir/pg"
	psql -qX -d postgres -c 'create database matric'
	load_rows matric >/dev/null
	psql -XAt -F ' ' -d postgres -c 'select version()' | sed 's/ on .*//; s/^/   /'
	digest_of matric | awk -F '|' '{ printf "   %-24s %8s rows or bytes\n", $1, $2 }' | grep -v '^   index'
	age-keygen -o key 2>/dev/null
	age-keygen -y key >recipients
}

# configure - what an administrator would write; nothing outside this directory is touched.
configure() {
	cat >backup.conf <<-EOF
		BACKUP_DEST=$dir/home
		BACKUP_TEMP_DIR=$dir/tmp
		BACKUP_STATE=$dir/state
		BACKUP_COMPRESS=zstd
		BACKUP_ENCRYPT=$dir/recipients
		BACKUP_GLOBALS=yes
		PGDATABASE=matric
		LOG_FILE=
	EOF
}

# back_up - one good run; $backup is its file.
back_up() {
	step 'Backing up: pg_dump | mm-verify | mm-compress | mm-seal | mm-land, as one transaction, then read back and proven'
	configure
	sed 's/^/   /' backup.conf
	run "sh $here/backup.sh -c backup.conf 2>&1 | sed 's/^/   /'"
	backup=$(find "$dir/home" -name '*.sql.zst.enc')
	sed 's/^/   /' "$backup.manifest"
}

# break_one - a dump that dies half way leaves nothing.
break_one() {
	step 'And if the dump dies half way?  Nothing that looks like a backup:'
	PATH=$top/build:$PATH
	export PATH
	run "mm-pipe sh -c 'pg_dump -Fc -Z0 -d matric | head -c 1000000; kill -KILL \$\$' '|' mm-compress '|' mm-land $dir/home/broken 2>&1 |
	  sed 's/^/   /'"
	[ ! -e "$dir/home/broken" ]
	echo '   no file named broken was made'
}

# restore - by restore.sh: what is there, then the newest into a new database, which has its name when all its rows are counted.
restore() {
	step 'What is there, and restoring the newest into a new database'
	run "sh $here/restore.sh -c backup.conf 2>&1 | sed 's/^/   /'"
	run "sh $here/restore.sh -c backup.conf -i key --to restored --latest 2>&1 | sed 's/^/   /'"
}

# restore_by_hand - with nothing of ours: what anybody can do on any machine with the key and the file.
restore_by_hand() {
	step 'Once more with stock tools alone: sha256sum, age, zstd, pg_restore'
	psql -qX -d postgres -c 'create database by_hand template template0'
	run "cd $dir/home && sha256sum -c --quiet ${backup##*/}.manifest"
	run "age -d -i $dir/key $backup | zstd -dcq | pg_restore --exit-on-error -d by_hand"
}

# compare DATABASE - every table, view, index and large object, here and there.
compare() {
	step "Comparing every table, view, index and large object of matric and $1"
	digest_of matric >before
	digest_of "$1" >after
	[ -s before ] && cmp before after
	awk -F '|' '{ printf "   same: %-24s %s\n", $1, $3 }' after
}

main() {
	# shellcheck source=scripts/cluster.sh
	. "$here/cluster.sh"
	dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-demo.XXXXXX")
	trap 'clean_up $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chmod 711 "$dir"	# the server runs as another user when we are root
	cd "$dir"
	begun=$(date +%s)
	prepare
	back_up
	break_one
	restore
	compare restored
	restore_by_hand
	compare by_hand
	step "Good: $(wc -c <"$backup") sealed bytes gave the database back, in $(($(date +%s) - begun)) seconds all told"
	echo '   (the server, the rows and the backup are being removed again)'
}

main "$@"
