#!/bin/sh
# Every filter gives the same bytes whatever its descriptors do: a byte at a time, interrupted, short, not blocking,
# closed, full. One table of filters, one table of hardships.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
psql -qX -d postgres -c 'create table notes as select i as id, md5(i::text) as body from generate_series(1, 1500) i'
pg_dump -Fc -Z0 -d postgres >dump
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients
gzip <dump >dump.gz
zstd -q <dump >dump.zst
xz <dump >dump.xz
mm-compress -m gzip <dump >dump.ours
age -R recipients <dump >dump.age
age -a -R recipients <dump >dump.asc
printf 'KEY%d="the value"  # and more\n' 1 2 3 >conf
seq -f 'm_backup_20%.0f_000000.sql' 200101 200131 >names
seq 1 9000 >>names
seq -f 'm_backup_20%.0f_000000.sql' 200101 200131 >names
seq 1 9000 >>names
seq -f 'number	n%.0f	1' 1 3000 >facts

# The filters: name, input, command.  What comes out at leisure is what has to come out under hardship; what is sealed
# is never the same twice, so it is opened again.
cat >filters <<'EOF'
gzip	dump	mm-compress -m gzip
zstd	dump	mm-compress -m zstd -T 1
xz	dump	mm-compress -m xz -T 1
gunzip	dump.gz	mm-compress -d
gunzip-ours	dump.ours	mm-compress -d
unzstd	dump.zst	mm-compress -d
unxz	dump.xz	mm-compress -d
seal	dump	mm-seal -R recipients
open	dump.age	mm-seal -d -i key
dearmor	dump.asc	mm-seal -d -i key
pass	dump	mm-verify -P
verify	dump.age	mm-verify -i key
conf	conf	mm-conf
prune	names	mm-prune --list
json	facts	mm-json
land	dump	land
EOF
# land - mm-land as a filter: what it landed.
cat >land <<'EOF'
#!/bin/sh
rm -f landed
mm-land -E landed >/dev/null && cat landed
EOF
chmod +x land
PATH=$PATH:$tap_dir

# plain FILTER - its output as it can be compared.
plain() {
	case $1 in
	seal) age -d -i key ;;
	*) cat ;;
	esac
}

# hardship NAME COMMAND... - every filter under it, each a test; the command gets the filter's words at its end.
hardship() {
	desc=$1
	shift
	while IFS='	' read -r name input words; do
		# shellcheck disable=SC2086
		survives() { "$@" $words <"$input" >raw && plain "$name" <raw >got && cmp got "want.$name"; }
		ok "$name, $desc" survives "$@"
	done <filters
}

while IFS='	' read -r name input words; do
	# shellcheck disable=SC2086
	at_leisure() { $words <"$input" >raw && plain "$name" <raw >"want.$name"; }
	ok "$name at leisure" at_leisure
done <filters
same dump want.open 'what is opened is the dump'
same dump want.gunzip-ours 'what is decompressed is the dump'
same dump want.seal 'what is sealed is the dump'

# Through pipes, of whose ends the other side does odd things.
cat >bytewise <<'EOF'
#!/bin/sh
perl -e 'binmode STDIN; while (sysread(STDIN, $b, 1)) { syswrite(STDOUT, $b) }' | "$@" |
	perl -e 'while (sysread(STDIN, $b, 7)) { syswrite(STDOUT, $b) }'
EOF
cat >nonblocking <<'EOF'
#!/bin/sh
# Both pipes are set not to block, and both sides are slow to come.
perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, O_NONBLOCK | O_WRONLY); select undef, undef, undef, 0.05;
	while (($n = sysread(STDIN, $b, 5000)) > 0) {
		for ($at = 0; $at < $n;) { $w = syswrite(STDOUT, $b, $n - $at, $at);
			if (defined $w) { $at += $w } else { select undef, undef, undef, 0.001 } } }' |
	perl -e 'use Fcntl; fcntl(STDIN, F_SETFL, O_NONBLOCK); fcntl(STDOUT, F_SETFL, O_NONBLOCK | O_WRONLY); exec @ARGV' "$@" |
	perl -e 'select undef, undef, undef, 0.1; while (sysread(STDIN, $b, 65536)) { syswrite(STDOUT, $b) }'
EOF
cat >interrupted <<'EOF'
#!/bin/sh
# Under strace the leak checker of a sanitizer build cannot work; it has its say in the other tests.
ASAN_OPTIONS=detect_leaks=0 exec strace -f -qq -o /dev/null -e trace=read,write,poll,fsync -e inject=read:error=EINTR:when=20+2 \
	-e inject=write:error=EINTR:when=2+2 "$@"
EOF
chmod +x bytewise nonblocking interrupted
hardship 'a byte at a time' bytewise
hardship 'over descriptors that do not block' nonblocking
hardship 'every other call interrupted' interrupted

# What cannot be read or written is trouble, said, and never a crash.
# troubled DESC COMMAND... - every filter exits 2 under it.
troubled() {
	desc=$1
	shift
	while IFS='	' read -r name input words; do
		# shellcheck disable=SC2086
		suffers() { "$@" "$input" $words; }
		case $name:$desc in
		verify:*out* | land:*) continue ;;	# their output is not the data
		esac
		exits 2 "$name, $desc" suffers "$@"
	done <filters
}
closed_in() { shift; "$@" <&-; }
closed_out() { from=$1; shift; "$@" <"$from" >&-; }
full_out() { from=$1; shift; "$@" <"$from" >/dev/full; }
directory_in() { shift; "$@" <.; }
troubled 'stdin closed' closed_in
troubled 'stdout closed' closed_out
troubled 'stdout full' full_out
troubled 'stdin a directory' directory_in
closed_err() { "$@" 2>&-; }
hardship 'stderr closed' closed_err
done_testing
