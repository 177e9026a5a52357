#!/bin/sh
# pg-newer.sh - unpack newer PostgreSQL clients than this system has, from Debian's newer suites, under build/.
#
# They come from the mirror that this system's own packages come from; elsewhere than on Debian, say DEBIAN_MIRROR=URL.
#
# Makes build/pg-newer/17 and 18, directories with pg_dump, pg_dumpall and pg_restore, each a script that starts the
# program through the loader and libraries of its own suite.  Nothing is installed; what is there already is kept.
set -eu
umask 022
cd "${0%/*}/.."
newer=$PWD/build/pg-newer

libraries='libpq5 libc6 zlib1g liblz4-1 libzstd1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2
	libkeyutils1 libsasl2-2 libssl3t64 libldap2 libxxhash0'

# mirror - print where Debian's packages come from here.
mirror() {
	# shellcheck disable=SC2016
	found=${DEBIAN_MIRROR-$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
		sed -n '/-security/d; s/^Debian //p' | head -n 1)}
	[ -n "$found" ] || {
		echo 'pg-newer.sh: apt knows no Debian mirror here: set DEBIAN_MIRROR to one' >&2
		return 2
	}
	echo "$found"
}

# apt SUITE ARGUMENT... - apt-get that knows this suite alone and writes only under $newer/SUITE.
apt() {
	apt_root=$newer/$1
	shift
	apt-get -qq -o Dir::State="$apt_root/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt_root/cache" \
		-o Dir::Etc::sourcelist="$apt_root/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Acquire::Languages=none -o APT::Sandbox::User= "$@"
}

# unpack SUITE PACKAGE... - fetch the packages and unpack them to $newer/SUITE/root.
unpack() {
	suite=$1
	shift
	mkdir -p "$newer/$suite/state/lists/partial" "$newer/$suite/cache/archives/partial" "$newer/$suite/root"
	from=$(mirror)
	printf 'deb [signed-by=%s] %s %s main\n' /usr/share/keyrings/debian-archive-keyring.gpg "$from" "$suite" \
		>"$newer/$suite/sources.list"
	apt "$suite" update
	(cd "$newer/$suite/cache" && apt "$suite" download "$@")
	for deb in "$newer/$suite/cache"/*.deb; do
		dpkg-deb -x "$deb" "$newer/$suite/root"
	done
	rm -r "$newer/$suite/cache" "$newer/$suite/state"
}

# wrap ROOT PROGRAM - put in PROGRAM's place a script that starts it; pg_dumpall looks for pg_dump beside itself.
wrap() {
	loader=$(find "$1" -name 'ld-linux*.so.*' | head -n 1)
	where=$(find "$1" -name libc.so.6 -o -name libpq.so.5 | sed 's,/[^/]*$,,' | sort -u | paste -sd:)
	mv "$2" "$2.real"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nexec "%s" --argv0 "$0" --library-path "%s" "%s.real" "$@"\n' "$loader" "$where" "$2" >"$2"
	chmod +x "$2"
	"$2" --version >/dev/null
}

# provide VERSION SUITE - make the directory VERSION, and see that its programs run.
provide() {
	[ ! -e "$newer/$1" ] || return 0
	rm -rf "${newer:?}/$2"
	# The names of the libraries are meant to split.
	# shellcheck disable=SC2086
	unpack "$2" "postgresql-client-$1" $libraries
	for program in pg_dump pg_dumpall pg_restore; do
		wrap "$newer/$2/root" "$newer/$2/root/usr/lib/postgresql/$1/bin/$program"
	done
	ln -s "$2/root/usr/lib/postgresql/$1/bin" "$newer/$1"
}

main() {
	mkdir -p "$newer"
	# Tests run side by side: one unpacks, the others wait.
	exec 9>"$newer/.lock"
	flock 9
	provide 17 trixie
	provide 18 forky
}

main "$@"
