#!/bin/sh
# mm-verify -P: a dump passes unchanged, what is none stops, and a report means that the dump was good.
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod a+x .
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -Xqd postgres -c 'create table notes as select n, md5(n::text) from generate_series(1, 30000) n'
pg_dump -Fc -Z0 postgres | cat >dump

pass() { mm-verify -P -o report <"$1" >out; }

for format in c t p; do
	pg_dump -F$format postgres | cat >one
	ok "a dump of format $format passes" pass one
	same one out '... unchanged'
done
ok 'a custom archive passes' pass dump
same dump out '... unchanged'
is '# archive: custom 1.14' "$(grep archive report)" '... and the report names it'
is "# dump-bytes: $(wc -c <dump)" "$(grep dump-bytes report)" '... and its size'
is '# rows."public"."notes": 30000' "$(grep notes report)" '... and its rows'
is report "$(echo report*)" '... and leaves nothing beside it'

ln report old
cp old older
pg_dump -Fc -Z0 --schema-only postgres | cat >one
ok 'another dump passes' pass one
same older old '... its report takes the place of the old one and does not change it'
rm report
: >empty
exits 1 'an empty stream is bad' pass empty
said 'the dump is empty' '... and says so'
absent '... and there is no report' report
seq 1 100000 >foreign
exits 1 'a foreign stream is bad' pass foreign
said 'this is no dump' '... and says so'
same empty out '... and nothing of it is passed on'
head -c 500000 dump >shorter
exits 1 'a dump that is cut is bad' pass shorter
said 'ends at byte 500000, in the data of "public"."notes"' '... and says where'
absent '... and there is no report' report

# by_pipe STAGE... - a stage between the dump and a durable file, in a pipeline that is a transaction.
by_pipe() { mm-pipe cat "$1" '|' mm-verify -P -o report '|' mm-land "$PWD/landed" </dev/null; }
exits 1 'in a pipeline, a dump that is cut' by_pipe shorter
absent '... does not land, and has no report' landed report
ok 'a whole one' by_pipe dump
same dump landed '... lands'
rm report
broken() { mm-pipe sh -c 'cat dump; exit 3' '|' mm-verify -P -o report '|' cat </dev/null >out; }
exits 1 'one whose writer failed at the very end' broken
absent '... has no report' report

gone() { mm-verify -P "$@" -o report <dump | head -c 10 >out; }
st() { (gone "$@"; :); }
ok 'when the reader has gone' st
absent '... there is no verdict' report
ok 'with --drain' st --drain
is '# rows: 30000' "$(grep rows: report)" '... there is one'

to_full() { mm-verify -P <dump >/dev/full; }
drain_to_full() { mm-verify -P --drain <dump >/dev/full; }
exits 2 'a full disk is trouble' to_full
exits 2 '... with --drain too' drain_to_full
report_to_full() { mm-verify -P -o /dev/full <dump >out; }
exits 2 'so is a report that does not fit' report_to_full
no_stdin() { mm-verify -P <&- >out; }
exits 2 'a closed stdin is trouble' no_stdin
no_stdout() { mm-verify -P <dump >&-; }
exits 2 'a closed stdout is trouble' no_stdout
done_testing
