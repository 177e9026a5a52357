#!/bin/sh
# Four gigabytes take the memory of a hundred megabytes, and no process needs more than 256 MiB of address space.
# shellcheck source=t/tap.sh disable=SC2016
. "${0%/*}/../tap.sh"
# shellcheck source=scripts/cluster.sh
. "$top/scripts/cluster.sh"

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients

# Rows of 8000 bytes, which the server keeps in some hundred: a big dump from a small database.
for size in small:12500 big:500000; do
	psql -qX -d postgres -c "create database ${size%:*}"
	psql -qX -d "${size%:*}" -c "create table notes as
		select i as id, repeat(md5(i::text), 250) as body from generate_series(1, ${size#*:}) i"
done

# back_up DATABASE METHOD - the whole pipeline in 256 MiB of address space a process.
# shellcheck disable=SC3045	# every sh that we run under has ulimit -v
back_up() {
	rm -f landed
	(ulimit -v 262144
	mm-pipe -o report pg_dump -Fc -Z0 -d "$1" '|' mm-verify -P -o verdict '|' mm-compress -m "$2" '|' \
		mm-seal -R recipients '|' mm-land landed >/dev/null </dev/null)
}
# peak - MiB of our stages together.
peak() { awk -F '\t' '$1 != "end" && $2 != "pg_dump" { sum += $7 } END { print int(sum / 1024) }' report; }
# shellcheck disable=SC3045
verify() { (ulimit -v 262144; mm-verify -i key <landed >verified) && grep -qx "# rows: $1" verified; }

for method in gzip zstd xz; do
	ok "100 MB, $method" back_up small "$method"
	small=$(peak)
	ok '... under 200 MiB together' test "$small" -lt 200
	ok '... opened, decompressed and counted' verify 12500
	ok "4 GB, $method" back_up big "$method"
	big=$(peak)
	ok "... with the memory of the small one: $big to $small MiB" test "$big" -le $((small + small / 10 + 4))
	is 4 "$(awk -F '\t' '$2 == "mm-verify" { print int($8 / 1000000000) }' report)" '... and they were 4 GB'
	ok '... opened, decompressed and counted' verify 500000
done
done_testing
