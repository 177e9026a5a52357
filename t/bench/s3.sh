#!/bin/sh
# s3.sh [size [runs]] - mm-s3put and mm-s3get beside aws and rclone, against a radosgw of its own: medians of runs that
# take turns, as ratios, each with the bar that it has to keep.  Status 1 if one is not kept.
#
# The data is random, from a pipe and to a pipe, 512M of it; five runs.  The server has the same processors, so walls say
# little on a machine that does something else; user plus system seconds and peak memory say more.
# shellcheck disable=SC2002
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
top=${here%/t/bench}
export PATH="$top/build:$PATH" top
size=${1:-512M} runs=${2:-5}
. "$top/t/s3/radosgw.sh"

# timed NAME COMMAND... - stdin and stdout are the caller's; wall, user plus system seconds and peak KiB, a line in NAME.
timed() {
	name=$1
	shift
	/usr/bin/time -f '%e %U %S %M' -o used "$@" 2>said || { cat said >&2; return 1; }
	awk '{ print $1, $2 + $3, $4 }' used >>"$name"
}

puts() { cat data | timed "$@" >/dev/null; }
gets() { timed "$@" | cat >/dev/null; }

# one_round - each client once.
one_round() {
	puts mm-s3put mm-s3put -fE "s3://$S3_BUCKET/mm"
	puts aws /usr/bin/aws --endpoint-url "$S3_ENDPOINT" s3 cp - "s3://$S3_BUCKET/aws"
	puts rclone-rcat rclone -q rcat "t:$S3_BUCKET/rclone"
	puts mm-s3put-j1 mm-s3put -fE -j 1 "s3://$S3_BUCKET/mm1"
	gets mm-s3get mm-s3get "s3://$S3_BUCKET/mm"
	gets rclone-cat rclone -q cat "t:$S3_BUCKET/mm"
}

# median NAME COLUMN - of the numbers there.
median() { sort -n -k "$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

# show NAME... - a row each: wall, user plus system, peak MiB.
show() {
	for name; do
		printf '%-24s %7.2f %7.2f %6d\n' "$name" "$(median "$name" 1)" "$(median "$name" 2)" "$(($(median "$name" 3) / 1024))"
	done
}

# bar WHAT VALUE MOST - a row; remember if it is not kept.
bar() {
	kept=$(awk -v v="$2" -v m="$3" 'BEGIN { print v <= m ? "kept" : "MISSED" }')
	printf '%-44s %6.2f  at most %5.2f  %s\n' "$1" "$2" "$3" "$kept"
	[ "$kept" = kept ] || missed=1
}

# ratio OURS THEIRS COLUMN - of the medians.
ratio() { echo "$(median "$1" "$3") $(median "$2" "$3")" | awk '{ printf "%.3f\n", $1 / $2 }'; }

# mib NAME - its peak memory.
mib() { median "$1" 3 | awk '{ printf "%.2f\n", $1 / 1024 }'; }

bars() {
	bar 'mm-s3put : aws, wall' "$(ratio mm-s3put aws 1)" 0.85
	bar 'mm-s3put : rclone rcat, wall' "$(ratio mm-s3put rclone-rcat 1)" 0.85
	bar 'mm-s3put : aws, user + sys' "$(ratio mm-s3put aws 2)" 0.60
	bar 'mm-s3put : rclone rcat, user + sys' "$(ratio mm-s3put rclone-rcat 2)" 0.50
	bar 'mm-s3put, peak MiB' "$(mib mm-s3put)" 64
	bar 'mm-s3put -j 1, peak MiB' "$(mib mm-s3put-j1)" 32
	bar 'mm-s3get : rclone cat, wall' "$(ratio mm-s3get rclone-cat 1)" 1.00
}

main() {
	sh "$top/scripts/install-deps.sh" test
	make -s -C "$top" all
	dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-bench.XXXXXX")
	trap 'cd /; radosgw_stop "$dir/radosgw"; rm -rf -- "$dir"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	cd "$dir"
	radosgw_start "$dir/radosgw"
	export AWS_ENDPOINT_URL="$S3_ENDPOINT" RCLONE_CONFIG=/dev/null RCLONE_CONFIG_T_TYPE=s3 RCLONE_CONFIG_T_PROVIDER=Ceph \
		RCLONE_CONFIG_T_ENV_AUTH=true RCLONE_CONFIG_T_ENDPOINT="$S3_ENDPOINT" RCLONE_S3_NO_CHECK_BUCKET=true
	head -c "$size" /dev/urandom >data
	round=0 missed=0
	while [ "$round" -lt "$runs" ]; do
		one_round
		round=$((round + 1))
	done
	sed -n 's/^model name[^:]*: */processor: /p' /proc/cpuinfo | head -n 1
	printf 'cores: %s, load: %s\n' "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)"
	printf '%-24s %7s %7s %6s\n' "$size, medians of $runs" wall 'usr+sys' MiB
	show mm-s3put aws rclone-rcat mm-s3put-j1 mm-s3get rclone-cat
	bars
	exit "$missed"
}

main
