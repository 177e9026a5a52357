#!/bin/sh
# install.sh install | uninstall - put the suite below PREFIX, or take away exactly what was put there.
#
# `make install` says, in the environment:
#	PREFIX			where it will live: an absolute path (/usr/local; systemd also looks into /usr)
#	DESTDIR			a directory that stands for / while a package is made; empty: none
#	B, TOOLS		where the tools were built, and which they are
#	SOURCE_DATE_EPOCH	the time that every file gets, when set
#
# What was put, and which directories were made for it, is listed in PREFIX/libexec/matric-memory/installed.  So a
# newer version takes away what it no longer has, and `make uninstall` does not ask which version is there.
# Configuration, backups and the user are not among what we put, and stay.
set -eu
umask 022

# make_directory DIR - have it, and write down each directory that we had to make.
make_directory() {
	[ -n "$1" ] && [ ! -d "$DESTDIR$1" ] || return 0
	make_directory "${1%/*}"
	mkdir -- "$DESTDIR$1"
	printf '%s/\n' "$1" >>"$tmp/put"
}

# put MODE FILE <CONTENT - the whole of it at once: who runs the old one goes on running the old one.
put() {
	make_directory "${2%/*}"
	cat >"$DESTDIR$2.new"
	chmod "$1" "$DESTDIR$2.new"
	[ -z "${SOURCE_DATE_EPOCH-}" ] || touch -d "@$SOURCE_DATE_EPOCH" "$DESTDIR$2.new"
	mv -f -- "$DESTDIR$2.new" "$DESTDIR$2"
	printf '%s\n' "$2" >>"$tmp/put"
}

# put_text FILE SOURCE... - the sources one after the other, with PREFIX where they say /usr/local.
put_text() {
	file=$1
	shift
	sed "s|/usr/local/|$PREFIX/|g" "$@" >"$tmp/text"
	put 0644 "$file" <"$tmp/text"
}

# put_command NAME SCRIPT - a command in PATH for a script, if there is one; it finds our tools first.
# shellcheck disable=SC2016	# what it prints is for another shell
put_command() {
	[ -e "scripts/$2" ] || return 0
	printf '#!/bin/sh\nPATH=%s:$PATH\nexport PATH\nexec sh %s "$@"\n' "$PREFIX/bin" "$libexec/$2" >"$tmp/text"
	put 0755 "$PREFIX/bin/$1" <"$tmp/text"
}

# put_programs - the tools, the scripts, and the commands that run them.
put_programs() {
	# Names of tools hold no blanks: they are meant to split.
	for tool in $TOOLS; do
		put 0755 "$PREFIX/bin/$tool" <"$B/$tool"
	done
	for script in scripts/*; do
		case ${script##*/} in *.[158] | demo.sh | install.sh | install-deps.sh) continue ;; esac
		mode=0644
		! head -n 1 "$script" | grep -q '^#!' || mode=0755
		put "$mode" "$libexec/${script##*/}" <"$script"
	done
	put_command mm-backup backup.sh
	put_command mm-restore restore.sh
	put_command mm-check check-backup.sh
	put_command mm-status status.sh
	put_command mm-drill test-backup-restore.sh
	put_command mm-migrate run-migration.sh
	put_command mm-pre-migration pre-migration-backup.sh
}

# put_units - what systemd reads; every service is confined.
put_units() {
	for unit in units/*.service units/*.timer; do
		case $unit in
		*.timer) put_text "$PREFIX/lib/systemd/system/${unit##*/}" "$unit" ;;
		*) put_text "$PREFIX/lib/systemd/system/${unit##*/}" "$unit" units/confinement ;;
		esac
	done
	put_text "$PREFIX/lib/sysusers.d/matric-memory.conf" units/sysusers.d/matric-memory.conf
	put_text "$PREFIX/lib/tmpfiles.d/matric-memory.conf" units/tmpfiles.d/matric-memory.conf
}

# put_pages - manual pages into their sections, the rest of what is to be read beside each other.
put_pages() {
	for page in bin/*.[158] scripts/*.[158]; do
		put 0644 "$PREFIX/share/man/man${page##*.}/${page##*/}" <"$page"
	done
	# One page for two commands.
	echo .so man8/mm-migrate.8 | put 0644 "$PREFIX/share/man/man8/mm-pre-migration.8"
	doc=$PREFIX/share/doc/matric-memory
	for page in README LICENSE units/INSTALL units/RUNBOOK backup.conf.example; do
		put_text "$doc/${page##*/}" "$page"
	done
	for example in units/logrotate units/*/*; do
		case $example in units/sysusers.d/* | units/tmpfiles.d/*) continue ;; esac
		name=${example#units/}
		put_text "$doc/examples/${name#examples/}" "$example"
	done
}

# take_away <PATHS - these files, and of these directories (a slash at the end) those that nobody else uses.
take_away() {
	sort -r | while IFS= read -r path; do
		case $path in
		*/) [ ! -d "$DESTDIR$path" ] || [ -n "$(ls -A -- "$DESTDIR$path")" ] || rmdir -- "$DESTDIR$path" ;;
		*) rm -f -- "$DESTDIR$path" ;;
		esac
	done
}

# succeed_older - take away what an older version had put and this one did not, and take over its directories.
succeed_older() {
	[ -e "$DESTDIR$list" ] || return 0
	awk 'NR == FNR { now[$0] = 1; next } !($0 in now)' "$tmp/put" "$DESTDIR$list" >"$tmp/gone"
	take_away <"$tmp/gone"
	while IFS= read -r path; do
		case $path in
		*/) [ ! -d "$DESTDIR$path" ] || printf '%s\n' "$path" >>"$tmp/put" ;;
		esac
	done <"$tmp/gone"
}

# install_suite - everything in its place, the list of it last.
install_suite() {
	[ -z "$DESTDIR" ] || mkdir -p -- "$DESTDIR"
	put_programs
	put_units
	put_pages
	make_directory "${list%/*}"
	printf '%s\n' "$list" >>"$tmp/put"
	succeed_older
	sort -o "$tmp/list" "$tmp/put"
	put 0644 "$list" <"$tmp/list"
	case $PREFIX in
	/usr | /usr/local) ;;
	*) echo "install.sh: systemd does not look into $PREFIX/lib/systemd/system: systemctl link the units there" ;;
	esac
}

# uninstall_suite - leave nothing that install_suite put.
uninstall_suite() {
	[ -e "$DESTDIR$list" ] || {
		echo "install.sh: $DESTDIR$list is not there: nothing was installed below $PREFIX" >&2
		return 1
	}
	cp -- "$DESTDIR$list" "$tmp/list"
	take_away <"$tmp/list"
}

main() {
	PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR-} B=${B:-build} TOOLS=${TOOLS-}
	case $PREFIX in
	*[!A-Za-z0-9_./+-]* | */ | [!/]*)
		echo "install.sh: PREFIX: '$PREFIX' is not a plain absolute path" >&2
		return 2
		;;
	esac
	case $DESTDIR in '' | /*) ;; *) DESTDIR=$PWD/$DESTDIR ;; esac
	export LC_ALL=C
	cd -- "$(dirname -- "$0")/.."
	libexec=$PREFIX/libexec/matric-memory
	list=$libexec/installed
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-install.XXXXXX")
	trap 'rm -rf -- "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	case ${1-} in
	install) install_suite ;;
	uninstall) uninstall_suite ;;
	*) echo 'usage: install.sh install | uninstall' >&2; return 2 ;;
	esac
}

main "$@"
