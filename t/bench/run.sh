#!/bin/sh
# run.sh [size [runs]] - each filter beside its stock peer on the same data: medians of paired runs, as ratios.
#
# The data is a custom-format dump, of that size (1G), of the corpus database of corpus.sh.  Runs of a pair take
# turns, so that both see the same weather.  What takes long gets less data: gzip -9 and pigz -9 the first quarter, xz
# the first sixteenth and three runs.  A ratio below 1 is in our favour; "size" is the ratio of what comes out.
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
top=${here%/t/bench}
PATH=$top/build:$PATH
size=${1:-1G} runs=${2:-5}

# median FILE COLUMN - of the numbers in that column.
median() { sort -n -k "$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

# once FILE COMMAND - run it; wall, user plus system seconds, peak KiB of its largest process and output bytes to FILE.
once() {
	rm -f out
	/usr/bin/time -f '%e %U %S %M' -o used sh -euc "$2"
	read -r wall user sys peak <used
	[ -e out ] || : >out
	awk -v w="$wall" -v u="$user" -v s="$sys" -v p="$peak" -v b="$(wc -c <out)" \
		'BEGIN { printf "%s %.2f %s %s\n", w, u + s, p, b }' >>"$1"
}

# pair RUNS NAME OURS PEER - print a row of the table.
pair() {
	rm -f ours peer
	n=$1
	while [ "$n" -gt 0 ]; do
		once ours "$3"
		once peer "$4"
		n=$((n - 1))
	done
	for column in 1 2 3 4; do
		echo "$(median ours "$column") $(median peer "$column")"
	done | awk -v name="$2" '
	{ a[NR] = $1; b[NR] = $2 }
	function ratio(i) { return b[i] > 0 ? sprintf("%.2f", a[i] / b[i]) : "-" }
	END { printf "%-46s %7.2f %7.2f %6s %7.2f %7.2f %6s %5d %5d %7s\n", name, a[1], b[1], ratio(1), a[2], b[2], ratio(2),
		a[3] / 1024, b[3] / 1024, (a[4] > 0 ? ratio(4) : "-") }'
}

# machine - what it ran on, for the table's head.
machine() {
	sed -n 's/^model name[^:]*: */processor: /p' /proc/cpuinfo | head -n 1
	printf 'cores: %s, memory: %s MiB, kernel: %s\n' "$(nproc)" "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(uname -r)"
	printf 'data: %s bytes of custom-format dump; medians of %s runs\n' "$(wc -c <dump)" "$runs"
}

compressors() {
	head -c "$(($(wc -c <dump) / 4))" dump >quarter
	head -c "$(($(wc -c <dump) / 16))" dump >sixteenth
	pair "$runs" 'mm-compress -m gzip : gzip -9' 'mm-compress -m gzip <quarter >out' 'gzip -9 <quarter >out'
	pair "$runs" 'mm-compress -m gzip : pigz -9 -p 2' 'mm-compress -m gzip <quarter >out' 'pigz -9 -p 2 <quarter >out'
	mm-compress -m gzip <dump >ours.gz
	pigz -p 2 <dump >peer.gz
	pair "$runs" 'mm-compress -d, own gzip : pigz -d' 'mm-compress -d <ours.gz >/dev/null' 'pigz -dc <peer.gz >/dev/null'
	pair "$runs" 'mm-compress -d, stock gzip : pigz -d' 'mm-compress -d <peer.gz >/dev/null' 'pigz -dc <peer.gz >/dev/null'
	pair "$runs" 'mm-compress -m zstd -l 3 -T 2 : zstd -3 -T2' 'mm-compress -m zstd -l 3 -T 2 <dump >out' 'zstd -q -3 -T2 -c <dump >out'
	zstd -q -3 -T2 -c <dump >peer.zst
	pair "$runs" 'mm-compress -d, zstd : zstd -d' 'mm-compress -d <peer.zst >/dev/null' 'zstd -qdc <peer.zst >/dev/null'
	pair 3 'mm-compress -m xz -l 6 -T 2 : xz -6 -T2' 'mm-compress -m xz -l 6 -T 2 -M 1G <sixteenth >out' \
		'xz -6 -T2 -c <sixteenth >out'
	xz -1 -T2 -c <quarter >peer.xz
	pair "$runs" 'mm-compress -d, xz : xz -d -T2' 'mm-compress -d -T 2 <peer.xz >/dev/null' 'xz -dc -T2 <peer.xz >/dev/null'
}

sealers() {
	pair "$runs" 'mm-seal : age, pipe to pipe' 'cat dump | mm-seal -R recipients | cat >/dev/null' \
		'cat dump | age -R recipients | cat >/dev/null'
	age -R recipients <dump >sealed
	pair "$runs" 'mm-seal -d : age -d, pipe to pipe' 'cat sealed | mm-seal -d -i key | cat >/dev/null' \
		'cat sealed | age -d -i key | cat >/dev/null'
	rm sealed
}

verifiers() {
	zstd -q -3 -T2 -c <dump | age -R recipients >backup
	pair "$runs" 'mm-verify -i : age -d | zstd -dc | pg_restore' 'mm-verify -i key <backup >/dev/null' \
		'age -d -i key <backup | zstd -qdc | pg_restore -f /dev/null'
}

pipelines() {
	ours="rm -f landed; mm-pipe -o report pg_dump -Fc -Z0 '|' mm-verify -P -o verdict '|' mm-compress -m zstd -l 3 '|' \
		mm-seal -R recipients '|' mm-land landed </dev/null >/dev/null; ln -f landed out"
	pair "$runs" 'the whole pipeline : pg_dump to /dev/null' "$ours" 'pg_dump -Fc -Z0 >/dev/null'
	pair "$runs" 'the whole pipeline : pg_dump | zstd | age >file' "$ours" \
		'pg_dump -Fc -Z0 | zstd -q -T2 -3 | age -R recipients >out'
	awk -F '\t' '$1 != "end" && $2 != "pg_dump" { sum += $7 } END { printf "our stages together: %.0f MiB at their peaks\n", sum / 1024 }' report
}

main() {
	sh "$top/scripts/install-deps.sh" test
	make -s -C "$top" all
	# shellcheck source=scripts/cluster.sh
	. "$top/scripts/cluster.sh"
	dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-bench.XXXXXX")
	trap 'cd /; cluster_stop "$dir/pg"; rm -rf -- "$dir"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chmod 711 "$dir"
	cd "$dir"
	cluster_start "$dir/pg"
	export PGDATABASE=postgres
	sh "$here/corpus.sh" "$size" >/dev/null
	pg_dump -Fc -Z0 >dump
	age-keygen -o key 2>/dev/null
	age-keygen -y key >recipients
	machine
	printf '\n%-46s %7s %7s %6s %7s %7s %6s %5s %5s %7s\n' 'ours : peer' wall peer ratio cpu peer ratio MiB peer size
	for part in ${BENCH_PARTS:-compressors sealers verifiers pipelines}; do
		"$part"
	done
}

main "$@"
