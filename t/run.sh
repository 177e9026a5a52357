#!/bin/sh
# run.sh [test ...] - build, then run the tests: all of them, or those named.
set -eu
cd "${0%/*}/.."
B=${MM_BUILD:-build}

# tests that need root run when we are root; when we are not, the last line says how many did not.
list_tests() {
	for t in t/*.t; do echo "$t"; done
	for t in t/c-*.c; do t=${t##*/}; echo "$B/t/${t%.c}"; done
	[ "$(id -u)" -ne 0 ] || find t/root -name '*.t' | sort
}

main() {
	sh scripts/install-deps.sh test
	make -s -j"$(nproc)" B="$B" ${CC:+CC="$CC"} ${CFLAGS:+CFLAGS="$CFLAGS"} tests
	[ $# -eq 0 ] || { MM_BUILD=$B exec prove "$@"; }
	st=0
	# Most of them wait more than they work: for a second of their own to name a backup after, for a server to start.
	# Names of tests have no blanks.  Standard input is no pipe: an mm-pipe in a test would ask what its end means.
	# shellcheck disable=SC2046
	MM_BUILD=$B prove -j"$(($(nproc) * 2))" $(list_tests) </dev/null || st=$?
	[ "$(id -u)" -eq 0 ] || echo "NOT RUN: the $(find t/root -name '*.t' | wc -l) tests in t/root; they need root"
	exit "$st"
}

main "$@"
