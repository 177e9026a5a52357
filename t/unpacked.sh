#!/bin/sh
# unpacked.sh NAME PACKAGE... - print build/NAME, which has these packages' files, and the libraries that are lacking for them.
#
# Nothing is installed: a package may start a server, or bring a mail system along.  They come from where this system's
# own packages come from.
set -eu
umask 022
cd "${0%/*}/.."
name=$1
shift
dir=$PWD/build/$name

# lacking PACKAGE... - print them, and of what they depend on the libraries that this system has not.
lacking() {
	printf '%s\n' "$@"
	apt-cache depends "$@" | sed -n 's/^ *|*Depends: \(lib[a-z0-9.+-]*\)$/\1/p' | grep -v ^libjs- | sort -u | while read -r library; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$library" 2>/dev/null)" = installed ] || printf '%s\n' "$library"
	done
}

# apt WORD... - apt-get, with lists and a cache of our own.
apt() {
	mkdir -p state/lists/partial cache/archives/partial
	apt-get -qq -o Dir::State="$PWD/state" -o Dir::State::status=/dev/null -o Dir::Cache="$PWD/cache" \
		-o Acquire::Languages=none -o APT::Sandbox::User= "$@"
}

# fetch PACKAGE... - download them into the working directory, with fresh lists if the system's have grown old.
fetch() {
	apt-get -qq -o APT::Sandbox::User= download "$@" 2>/dev/null || { apt update && apt download "$@"; }
}

# unpack PACKAGE... - make $dir/root, or leave nothing of that name.
unpack() {
	rm -rf "$dir/work"
	mkdir -p "$dir/work"
	cd "$dir/work"
	# Names of packages hold no blanks: they are meant to split.
	# shellcheck disable=SC2046
	fetch $(lacking "$@")
	for deb in *.deb; do dpkg-deb -x "$deb" root; done
	mv root "$dir/root"
	rm -rf "$dir/work"
}

main() {
	mkdir -p "$dir"
	# Tests run side by side: one unpacks, the others wait.
	exec 9>"$dir/.lock"
	flock 9
	[ -d "$dir/root" ] || (unpack "$@") >&2
	echo "$dir/root"
}

main "$@"
