#!/bin/sh
# promtool.sh - print where promtool is; unpack it from the package prometheus under build/ if this system has none.
#
# The package is not installed: it would start a server.  It comes from where this system's own packages come from.
set -eu
umask 022
cd "${0%/*}/.."
dir=$PWD/build/promtool

# fetch - download the package into the working directory, with fresh lists of our own if apt's have grown old.
fetch() {
	apt-get -qq -o APT::Sandbox::User= download prometheus 2>/dev/null && return
	mkdir -p state/lists/partial cache/archives/partial
	set -- -qq -o Dir::State="$PWD/state" -o Dir::State::status=/dev/null -o Dir::Cache="$PWD/cache" \
		-o Acquire::Languages=none -o APT::Sandbox::User=
	apt-get "$@" update
	apt-get "$@" download prometheus
}

# unpack - make $dir/promtool, or leave nothing of that name.
unpack() {
	rm -rf "$dir/work"
	mkdir -p "$dir/work"
	cd "$dir/work"
	fetch
	for deb in prometheus_*.deb; do dpkg-deb -x "$deb" root; done
	mv root/usr/bin/promtool "$dir/promtool"
	rm -rf "$dir/work"
}

main() {
	if command -v promtool; then return; fi
	mkdir -p "$dir"
	# Tests run side by side: one unpacks, the others wait.
	exec 9>"$dir/.lock"
	flock 9
	[ -x "$dir/promtool" ] || (unpack) >&2
	echo "$dir/promtool"
}

main "$@"
