#!/bin/sh
# install-deps.sh [build | demo | test] - install the Debian or Ubuntu packages that are missing, and nothing else.
set -eu
umask 022

build='gcc make libc6-dev libzstd-dev libsodium-dev libssl-dev zlib1g-dev liblzma-dev libdeflate-dev'
demo="$build postgresql postgresql-client age zstd xz-utils util-linux"
test="$demo debian-archive-keyring perl time openssh-client openssl procps sudo strace valgrind clang shellcheck cppcheck mandoc mksh gzip pigz coreutils
	systemd systemd-container dbus logrotate awscli"

# as_root COMMAND... - run it as root, asking for sudo only if we are not.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		echo "install-deps.sh: needs root for: $*" >&2
		sudo "$@"
	fi
}

# missing PACKAGE... - print those that are not installed.
missing() {
	for package; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# install PACKAGE... - with apt-get; a freshly installed PostgreSQL gets no cluster that nobody asked for.
install() {
	dropin=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
	as_root apt-get update -q
	if [ -e "$dropin" ] || ! echo " $* " | grep -q ' postgresql '; then
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
		return
	fi
	as_root mkdir -p "${dropin%/*}"
	echo 'create_main_cluster = false' | as_root tee "$dropin" >/dev/null
	st=0
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" || st=$?
	as_root rm -f "$dropin"
	return "$st"
}

main() {
	case ${1:-build} in
	build) want=$build ;;
	demo) want=$demo ;;
	test) want=$test; command -v busybox >/dev/null || want="$want busybox" ;;
	*) echo 'usage: install-deps.sh [build | demo | test]' >&2; exit 2 ;;
	esac
	command -v dpkg-query >/dev/null || {
		echo "install-deps.sh: no dpkg here; install by hand what corresponds to: $want" >&2
		exit 2
	}
	# Package names hold no blanks: the words of a list are meant to split.
	# shellcheck disable=SC2086
	lacking=$(missing $want)
	[ -n "$lacking" ] || exit 0
	echo "install-deps.sh: installing $lacking" >&2
	# shellcheck disable=SC2086
	install $lacking >&2
}

main "$@"
