#!/bin/sh
# mm-compress under conditions: small and nonblocking pipes, a hostile environment, so many threads and no more.
. "${0%/*}/tap.sh"

methods='gzip zstd xz'
seq 1 200000 >text

# small COMMAND... - with a pipe of 4 KiB as its stdout; F_SETPIPE_SZ is 1031.
small() { perl -e 'fcntl STDOUT, 1031, 4096 or die "pipe: $!"; exec @ARGV' "$@"; }
nonblocking() {
	perl -MFcntl -e 'for (*STDIN, *STDOUT) { fcntl $_, F_SETFL, O_NONBLOCK | fcntl $_, F_GETFL, 0 or die }
		exec @ARGV' "$@"
}
# slowly - pass stdin on with a pause before and in between.
slowly() { perl -e 'while (select(undef, undef, undef, 0.05), read STDIN, $b, 400000) { syswrite STDOUT, $b }'; }

through_small() {
	small cat text | small mm-compress -m "$1" -l 1 | cat >packed &&
	small cat packed | small mm-compress -d | cat >back && cmp back text
}
through_nonblocking() {
	slowly <text | nonblocking mm-compress -m "$1" -l 1 | slowly >packed &&
	slowly <packed | nonblocking mm-compress -d | slowly >back && cmp back text
}
for method in $methods; do
	ok "$method: pipes of 4 KiB" through_small "$method"
	ok "$method: pipes that do not block" through_nonblocking "$method"
done

# What is compressed does not depend on the environment.
hostile() { env GZIP=-1 PIGZ=-1 XZ_OPT=--memlimit=1 XZ_DEFAULTS=-0 ZSTD_CLEVEL=19 ZSTD_NBTHREADS=9 "$@"; }
undisturbed() {
	head -c 200000 text >some
	mm-compress -m "$1" <some >packed && hostile mm-compress -m "$1" <some | cmp - packed &&
	hostile mm-compress -d <packed | cmp - some
}
for method in $methods; do
	ok "$method: the environment changes nothing" undisturbed "$method"
done

# Threads, while the input stays open.  One thread reads and writes, and the others compress.
mkfifo input
threads_of() { find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l; }
has_threads() { [ "$(threads_of "$1")" -eq "$2" ]; }
counted() {
	mm-compress -m "$1" -l 1 -T "$2" <input >/dev/null &
	pid=$!
	exec 3>input
	cat text text text text text text >&3
	st=0
	eventually 5 has_threads "$pid" "$3" || st=1
	echo "threads: $(threads_of "$pid")"
	exec 3>&-
	wait "$pid" || st=2
	return "$st"
}
for method in $methods; do
	for n in 2 3; do
		ok "$method: -T $n is $n threads beside the one that reads" counted "$method" "$n" $((n + 1))
	done
done

# Both sides of a pipeline can be told apart: who reads too little is no fault of ours.
early_end() { mm-compress -m "$1" <text | head -c 10 >/dev/null; }
for method in $methods; do
	ok "$method: a reader that goes early" early_end "$method"
	silent '... is no reason to talk'
done

# A file that needs more memory than is allowed is refused with the figure, before any of it comes out.
for n in 1 2 3 4 5 6 7 8 9; do cat text; done >many
zstd -q -1 --long=27 -c <many >wide.zst
printf '\050\265\057\375\000\250' >wider.zst
xz -9c text >nine.xz
mm-compress -m gzip <text >ours.gz
unpack_in() {
	rm -f back
	mm-compress -d -M "$2" <"$1" >back
}
exits 2 'zstd: a window larger than -M allows' unpack_in wide.zst 16M
said 'needs 129 MiB' '... with the figure'
is '' "$(cat back)" '... and nothing came out'
ok '... and with -M it is read' unpack_in wide.zst 129M
same many back '... to its end'
exits 2 'zstd: a window of 2 GiB as well' unpack_in wider.zst 160M
said 'needs 2049 MiB' '... with the figure'
exits 2 'xz: a dictionary larger than -M allows' unpack_in nine.xz 16M
said '65 MiB' '... with the figure'
exits 2 'gzip: blocks larger than -M allows' unpack_in ours.gz 1M
exits 0 '... but not what other gzips wrote' sh -c 'gzip -c text | mm-compress -d -M 1M'
done_testing
