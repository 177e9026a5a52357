#!/bin/sh
# mm-verify -P: a dump passes unchanged, what is none stops, and a report means that the dump was good.
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod a+x .
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -Xqd postgres -c 'create table notes as select n, md5(n::text) from generate_series(1, 1000) n'
pg_dump -Fc -Z0 postgres >dump

pass() { mm-verify -P -o report <"$1" >out; }

ok 'a custom archive passes' pass dump
same dump out '... unchanged'
is '# archive: custom 1.14' "$(grep archive report)" '... and the report names it'
is "# dump-bytes: $(wc -c <dump)" "$(grep dump-bytes report)" '... and its size'
is report "$(echo report*)" '... and leaves nothing beside it'

rm report
: >empty
exits 1 'an empty stream is bad' pass empty
said 'the dump is empty' '... and says so'
absent '... and there is no report' report
seq 1 100000 >foreign
exits 1 'a foreign stream is bad' pass foreign
same empty out '... and nothing of it is passed on'
absent '... and there is no report' report

to_full() { mm-verify -P <dump >/dev/full; }
exits 2 'a full disk is trouble' to_full
report_to_full() { mm-verify -P -o /dev/full <dump >out; }
exits 2 'so is a report that does not fit' report_to_full
ok '... and the device is still there' test -c /dev/full
no_stdin() { mm-verify -P <&- >out; }
exits 2 'a closed stdin is trouble' no_stdin
no_stdout() { mm-verify -P <dump >&-; }
exits 2 'a closed stdout is trouble' no_stdout
done_testing
