# tap.sh - sourced by every t/*.t: assertions that speak TAP, in an empty directory of the test's own.
#
#	ok DESC COMMAND...		the command exits 0
#	exits STATUS DESC COMMAND...	the command exits with exactly that status
#	said TEXT DESC			what that command printed, on stdout or stderr, has TEXT in it
#	silent DESC			... it printed nothing on stderr
#	is WANT GOT DESC		two strings are the same
#	same FILE FILE DESC		two files are there and are the same
#	absent DESC PATH...		nothing of these names is there
#	eventually SECONDS COMMAND...	a condition, not a test: true as soon as the command is
#	done_testing			the plan; a test that died earlier has none, and so fails
#
# What went wrong is printed only when something did.  shellcheck shell=sh
set -eu
umask 022
export LC_ALL=C.UTF-8 TZ=UTC0
unset MM_GATE

top=$(cd "${0%/*}/.." && pwd)
[ -e "$top/t/tap.sh" ] || top=${top%/*}
build=${MM_BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export PATH="$build:$PATH"
export top build

tap_n=0
tap_dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-test.XXXXXX")
tap_said=$tap_dir/.said
at_exit=:
cd "$tap_dir"

tap_end() {
	tap_rc=$1
	trap - EXIT
	trap '' HUP INT TERM
	eval "$at_exit" || tap_rc=1
	cd /
	rm -rf "$tap_dir"
	exit "$tap_rc"
}
trap 'tap_end $?' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# tap_line STATUS DESC - one line of TAP; status 0 is ok.
tap_line() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_n" "$2"
	else
		printf 'not ok %d - %s\n' "$tap_n" "$2"
	fi
}

# tap_tell TEXT... - explain, as TAP comments; what the last command printed comes after.
tap_tell() {
	printf '# %s\n' "$@"
	if [ -s "$tap_said" ]; then
		head -c 4000 "$tap_said" | sed 's/^/#   | /'
		echo
	fi
}

# tap_run COMMAND... - run it, keep what it says in $tap_said and .stderr, its status in tap_status.
tap_run() {
	tap_status=0
	"$@" >"$tap_dir/.stdout" 2>"$tap_dir/.stderr" || tap_status=$?
	cat "$tap_dir/.stdout" "$tap_dir/.stderr" >"$tap_said"
}

exits() {
	tap_want=$1 tap_desc=$2
	shift 2
	tap_run "$@"
	if [ "$tap_status" -eq "$tap_want" ]; then
		tap_line 0 "$tap_desc"
	else
		tap_line 1 "$tap_desc"
		tap_tell "exit status $tap_status, wanted $tap_want: $*"
	fi
}

ok() {
	tap_desc=$1
	shift
	exits 0 "$tap_desc" "$@"
}

said() {
	if grep -qF -e "$1" "$tap_said"; then
		tap_line 0 "$2"
	else
		tap_line 1 "$2"
		tap_tell "nowhere said: $1"
	fi
}

silent() {
	if [ -s "$tap_dir/.stderr" ]; then
		tap_line 1 "$1"
		tap_tell 'not silent'
	else
		tap_line 0 "$1"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		tap_line 0 "$3"
	else
		tap_line 1 "$3"
		printf '# wanted: %s\n#    got: %s\n' "$1" "$2" | sed 's/^[^#]/# &/'
	fi
}

same() {
	if [ -f "$1" ] && [ -f "$2" ] && cmp "$1" "$2" >"$tap_said" 2>&1; then
		tap_line 0 "$3"
	else
		tap_line 1 "$3"
		tap_tell "$1 and $2 differ or are missing"
	fi
}

absent() {
	tap_desc=$1 tap_found=
	shift
	for tap_path; do
		if [ -e "$tap_path" ] || [ -L "$tap_path" ]; then tap_found="$tap_found $tap_path"; fi
	done
	if [ -z "$tap_found" ]; then
		tap_line 0 "$tap_desc"
	else
		tap_line 1 "$tap_desc"
		printf '# there:%s\n' "$tap_found"
	fi
}

eventually() {
	tap_left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$tap_left" -gt 0 ] || return 1
		tap_left=$((tap_left - 1))
		sleep 0.05
	done
}

done_testing() {
	printf '1..%d\n' "$tap_n"
}
