#!/bin/sh
# install-deps.sh [build | demo | test] - install the Debian or Ubuntu packages that are missing, and nothing else.
set -eu
umask 022

build='gcc make libc6-dev libzstd-dev libsodium-dev libssl-dev zlib1g-dev liblzma-dev libdeflate-dev libcurl4-openssl-dev libjansson-dev libexpat1-dev'
demo="$build postgresql postgresql-client age zstd xz-utils util-linux"
test="$demo debian-archive-keyring perl time openssh-client openssl procps sudo strace valgrind clang shellcheck cppcheck mandoc mksh gzip pigz coreutils python3 curl rsync msmtp s3cmd rclone awscli python3-botocore libfaketime python3-yaml git"
# A systemd of the tests' own, and what reads the files in units/.
units='systemd systemd-container dbus logrotate'
# What comes with services: ssh and S3 servers, of which the tests start their own.
servers='openssh-server memcached swift-proxy swift-account swift-container swift-object radosgw ceph-mon ceph-osd ceph-common'

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

# services PACKAGE... - print the units that came with them and start at boot.
services() {
	for unit in $(dpkg-query -L "$@" | sed -n 's|.*/lib/systemd/system/\([^/@]*\.[a-z]*\)$|\1|p' | sort -u); do
		[ "$(systemctl is-enabled "$unit" 2>/dev/null)" != enabled ] || printf '%s ' "$unit"
	done
}

# forbid_services - no package may start a service until allow_services; where there is such a rule already, it stays.
forbid_services() {
	[ ! -e /usr/sbin/policy-rc.d ] || return 0
	printf '#!/bin/sh\n# install-deps.sh made this and removes it.\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
	as_root chmod 755 /usr/sbin/policy-rc.d
}

# allow_services - undo forbid_services.
allow_services() {
	! grep -qs 'install-deps.sh made this' /usr/sbin/policy-rc.d || as_root rm -f /usr/sbin/policy-rc.d
}

# install_quietly PACKAGE... - like install; no service that comes with them runs, now or after the next boot.
install_quietly() {
	before=$(mktemp)
	dpkg-query -W -f '${Package}\n' | sort >"$before"
	forbid_services
	st=0
	install "$@" || st=$?
	allow_services
	new=$(dpkg-query -W -f '${Package}\n' | sort | comm -13 "$before" -)
	rm -f "$before"
	now=
	[ ! -d /run/systemd/system ] || now=--now
	# shellcheck disable=SC2086
	enabled=$(! command -v systemctl >/dev/null || [ -z "$new" ] || services $new)
	# shellcheck disable=SC2086
	[ -z "$enabled" ] || as_root systemctl disable $now $enabled
	return "$st"
}

main() {
	servers_wanted=
	case ${1:-build} in
	build) want=$build ;;
	demo) want=$demo ;;
	test) want="$test $units"; command -v busybox >/dev/null || want="$want busybox"; servers_wanted=$servers ;;
	*) echo 'usage: install-deps.sh [build | demo | test]' >&2; exit 2 ;;
	esac
	command -v dpkg-query >/dev/null || {
		echo "install-deps.sh: no dpkg here; install by hand what corresponds to: $want" >&2
		exit 2
	}
	# Package names hold no blanks: the words of a list are meant to split.
	# shellcheck disable=SC2046,SC2086
	set -- $(missing $want)
	[ $# -eq 0 ] || {
		echo "install-deps.sh: installing $*" >&2
		install "$@" >&2
	}
	# shellcheck disable=SC2046,SC2086
	set -- $(missing $servers_wanted)
	[ $# -eq 0 ] || {
		echo "install-deps.sh: installing $*" >&2
		install_quietly "$@" >&2
	}
}

main "$@"
