#!/bin/sh
# valgrind finds nothing wrong with the C tests, nor with the tools on good and on bad input.
# shellcheck source=t/tap.sh disable=SC2016
. "${0%/*}/../tap.sh"
# shellcheck source=scripts/cluster.sh
. "$top/scripts/cluster.sh"

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -qX -d postgres -c 'create table notes as select i as id, md5(i::text) as body from generate_series(1, 3000) i'
pg_dump -Fc -Z0 -d postgres >dump
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients

# sound COMMAND... - run it; 99 if valgrind has found something, whatever else it said.
sound() { valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$@"; }
clean() { st=0; sound "$@" || st=$?; [ "$st" -ne 99 ]; }
from() { input=$1; shift; clean "$@" <"$input" >out; }

for test in "$build"/t/c-*; do
	case $test in
	*.o | *.d | */c-memory | */c-pgdump | */c-age-stream | */c-methods) continue ;;	# hours, or about memory itself
	esac
	ok "${test##*/}" clean "$test"
done
for method in gzip zstd xz none; do
	ok "compress, $method" from dump mm-compress -m "$method" -T 2
	cp out packed
	ok "decompress, $method" from packed mm-compress -d -m "$method" -T 2
	same dump out '... the same'
	head -c 20000 packed >short
	ok "decompress what is cut, $method" from short mm-compress -d -m "$method"
done
ok 'seal' from dump mm-seal -R recipients
cp out sealed
ok 'open' from sealed mm-seal -d -i key
same dump out '... the same'
ok 'seal, armored' from dump mm-seal -a -R recipients
cp out armored
ok 'open, armored' from armored mm-seal -d -i key
head -c 70000 sealed >short
ok 'open what is cut' from short mm-seal -d -i key
ok 'open what is no age file' from dump mm-seal -d -i key
ok 'a new key' from dump mm-key
ok 'a recipient' from key mm-key --recipient
ok 'whom it is for' from sealed mm-key --inspect
ok 'verify' from sealed mm-verify -i key
ok 'verify what is cut' from short mm-verify -i key
ok 'verify in passing' from dump mm-verify -P -o report
ok 'verify without a key' from sealed mm-verify
ok 'land' from dump mm-land landed
ok 'land on a name that is taken' from dump mm-land landed
ok 'a pipeline' from dump mm-pipe -o report -t 1m cat '|' cat '|' wc -c
ok 'a pipeline that fails' from dump mm-pipe -o report cat '|' false
printf "A=1\nB=\"it's\" # 2\nA=\$(cat %s/key)\nC=\$x\n" "$PWD" >conf
ok 'a configuration' from conf mm-conf A B C
ok 'a suffix' from dump mm-seal -s
ok 'the methods' from dump mm-compress --list
for n in 1 2 3 4 5; do printf 'm_backup_2026010%d_000000.sql%s\n' $n '' $n .manifest $n .globals; done >names
ok 'what to drop' from names mm-prune -v --now 20260105_000000 last=1,least=1 m
ok 'what to send' from names mm-prune -v -w names --now 20260105_000000 last=1 m
ok 'what there is' from names mm-prune --list
for format in nagios prometheus json; do
	ok "the age of what there is, $format" from names mm-verify --age -v --format "$format" --place here -
done
ok 'metrics of no place' from names mm-verify --age --format prometheus -o metrics no/such
ok 'names of nothing of ours' from dump mm-prune -v last=1 m
done_testing
