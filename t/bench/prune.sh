#!/bin/sh
# prune.sh [names] - how long mm-prune takes over a million names, in the order of a listing and in any order.
set -eu
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
top=${here%/t/bench}
PATH=$top/build:$PATH
names=${1:-1000000}
policy=within=7d,last=3,hourly=24,daily=7,weekly=4,monthly=12,yearly=2,least=3

# listing - print that many names of sealed backups and their manifests, one an hour.
listing() {
	awk -v n="$names" 'BEGIN {
		for (i = 0; i < n / 2; i++) {
			name = sprintf("matric_backup_%04d%02d%02d_%02d3000.sql.zst.enc", 1970 + i / 8064, i / 672 % 12 + 1, i / 24 % 28 + 1, i % 24)
			print name "\n" name ".manifest"
		}
		print name >"newest"
	}'
}

# measure FILE WHAT - the median of five runs over it.
measure() {
	for run in 1 2 3 4 5; do
		/usr/bin/time -f '%e %M' -o "run$run" mm-prune --now "$now" "$policy" matric <"$1" >drop
	done
	sort -n run[1-5] | awk -v what="$2" -v drop="$(wc -l <drop)" \
		'NR == 3 { printf "%-24s %5.2f s %6d KiB, %d dropped\n", what, $1, $2, drop }'
}

main() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/mm-bench.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 143' HUP INT TERM
	cd "$work"
	listing >sorted
	now=$(sed 's/.*_backup_\(.*\)\.sql.*/\1/' newest)
	# The same in each run: by what a multiplication leaves of the line's number.
	awk '{ printf "%010d %s\n", (NR * 2654435761) % 4294967296, $0 }' sorted | sort | cut -d ' ' -f 2 >mixed
	echo "$(wc -l <sorted) names"
	measure sorted 'in order'
	measure mixed 'in any order'
}

main "$@"
