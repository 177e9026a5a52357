#!/bin/sh
# corpus.sh SIZE - fill the database that the PG* variables name so that a dump of it has about SIZE bytes (64M, 1G).
#
#	createdb corpus; PGDATABASE=corpus t/bench/corpus.sh 1G; pg_dump -Fc -Z0 corpus >corpus.dump
#
# Notes in natural language, jsonb, uuids, timestamps, arrays of floats: what a database of notes and their embeddings
# holds, and about as compressible (gzip -9 makes a third to a fifth of it).  Nothing is random: what a row holds is a
# hash of its number, so the same PostgreSQL makes the same rows however it plans.  The words, with the frequency they
# have there, come from the comments in the system's own catalog.
set -eu

# megabytes SIZE - print how many there are in 64M or 2G.
megabytes() {
	case $1 in
	*[!0-9]*[MG] | [MG] | '' | *[!MG]) echo 'usage: corpus.sh SIZE, as 64M or 1G' >&2; return 2 ;;
	*G) echo $((${1%G} * 1024)) ;;
	*M) echo "${1%M}" ;;
	esac
}

main() {
	mb=$(megabytes "${1-}")
	psql -XqAt -v ON_ERROR_STOP=1 -v mb="$mb" <<-'EOF'
		set max_parallel_workers_per_gather = 0;
		-- A number from 0 to below "most", told by which row and which column it is for.
		create function pick(row_number bigint, which int, most bigint) returns bigint language sql immutable
		return (hashint8extended(row_number, which) & 9223372036854775807) % most;

		create temporary table word as
		select row_number() over (order by objoid, classoid, objsubid, at) - 1 as n, w
		from pg_description, regexp_split_to_table(description, '\s+') with ordinality as t (w, at) where w <> '';
		create unique index on word (n);

		-- So many that one seldom comes again within what a compressor remembers.
		create temporary table phrase as
		with many as (select count(*) from word)
		select i as n, string_agg(w, ' ' order by at) as p
		from generate_series(0, least(1000000, 12000 * :mb) - 1) as i cross join generate_series(1, 7) as at
		join word on word.n = pick(i, at, (select * from many))
		group by i;
		create unique index on phrase (n);
		analyze word, phrase;

		create table author (id uuid primary key, name text not null, joined timestamptz not null);
		insert into author
		select md5('author' || n)::uuid, initcap(w), timestamptz '2019-01-01Z' + pick(n, 20, 86400 * 1500) * interval '1 s'
		from word where n < 500;

		create table note (id bigint primary key, author uuid not null, created timestamptz not null, title text not null,
			body text not null, meta jsonb not null, tags text[]);
		insert into note
		select i, md5('author' || pick(i, 30, 500))::uuid,
			timestamptz '2021-01-01Z' + i * interval '37 s' + pick(i, 31, 3600000) * interval '1 ms',
			min(p) filter (where at = 1), string_agg(p, case at % 5 when 0 then '.' || chr(10) else ', ' end order by at),
			jsonb_build_object('source', (array['web', 'mail', 'import', 'api'])[1 + pick(i, 32, 4)], 'words', 7 * count(*),
				'score', pick(i, 33, 100000) / 1000.0, 'lang', 'en', 'hash', md5(i::text), 'pinned', pick(i, 34, 20) = 0),
			array(select w from word where word.n in (pick(i, 35, 900), pick(i, 36, 900), pick(i, 37, 900)))
		from generate_series(1, 375 * :mb) as i cross join generate_series(1, 60) as at
		join phrase on phrase.n = pick(i, 100 + at, least(1000000, 12000 * :mb))
		where at <= 8 + pick(i, 38, 40)
		group by i;

		create table event (id uuid primary key, note bigint not null, at timestamptz not null, what jsonb not null);
		insert into event
		select md5('event' || n)::uuid, 1 + pick(n, 40, 375 * :mb), timestamptz '2022-01-01Z' + n * interval '11 s',
			jsonb_build_object('kind', (array['view', 'edit', 'link', 'share', 'move'])[1 + pick(n, 41, 5)], 'ms', pick(n, 42, 900),
				'from', '10.' || pick(n, 43, 4) || '.' || pick(n, 44, 256) || '.' || pick(n, 45, 256), 'agent', 'Mozilla/5.0 (X11; Linux x86_64)',
				'result', case pick(n, 46, 30) when 0 then 'failed' else 'ok' end, 'session', pick(n / 9, 47, 1000000))
		from generate_series(1, 1500 * :mb) as n;

		create table embedding (note bigint primary key, model text not null, vector real[] not null);
		insert into embedding
		select n, 'small-128', array_agg(((pick(n * 128 + at, 50, 2000000) - 1000000) / 1000000.0)::real order by at)
		from generate_series(1, 107 * :mb) as n cross join generate_series(1, 128) as at
		group by n;
		create index on note (author);
		drop function pick;
	EOF
}

main "$@"
