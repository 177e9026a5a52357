# container.sh - sourced: the machine we are on, booted once more with a systemd of its own.  shellcheck shell=sh
#
#	container_start DIR		boot it; what it writes lands in DIR and nowhere else
#	container_run COMMAND...	in it, as root, in its copy of the sources, /usr/src/matric-memory
#	container_stop DIR		power it off and remove DIR
#	container_server		a PostgreSQL in it as Debian makes one, with a socket, peer authentication, a database matric
#	in_psql DATABASE STATEMENT	ask that server as its superuser
#	ends_well UNIT			a condition: it has run, and that was good
#	pasted_block PAGE TEXT		print the first indented block of PAGE after the line that begins with TEXT
#
# $top, where our sources are, comes from tap.sh.  Its network is a loopback of its own.  None of this machine's services is started in it.

# container_mount DIR - an overlay over / in DIR/root, from which everything is taken that would start by itself.
container_mount() {
	mkdir -p "$1"
	mount -t tmpfs -o size=2g,mode=755 tmpfs "$1"
	mkdir "$1/upper" "$1/work" "$1/root" "$1/sources"
	mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
	container_etc=$1/root/etc
	rm -rf "$container_etc"/systemd/system/*.wants "$container_etc"/systemd/system/*.requires \
		"$container_etc"/systemd/system/default.target "$container_etc"/rc?.d/* "$container_etc/matric-memory" \
		"$container_etc"/postgresql/*/main "$1"/root/var/lib/postgresql/*/main "$1"/root/var/*/matric-memory
	: >"$container_etc/fstab"
	: >"$container_etc/machine-id"
	ln -sf /dev/null "$container_etc/systemd/system/systemd-firstboot.service"
	# A tool with a sanitizer looks for leaks by ptrace, which is among what our services may not do.
	mkdir -p "$container_etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >"$container_etc/systemd/system.conf.d/test.conf"
}

# container_boot DIR - start it in the background; its console in DIR/console.
# shellcheck disable=SC2154
container_boot() {
	container_unit=''
	# Where no systemd runs there is nobody to ask for a unit of its own.
	[ -d /run/systemd/system ] || container_unit=--keep-unit
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory="$1/root" --machine=mm-test \
		--private-network --register=no $container_unit --resolv-conf=off --timezone=off --link-journal=no \
		--console=pipe --overlay="$top:$1/sources:/usr/src/matric-memory" \
		--system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
		--boot systemd.unit=multi-user.target </dev/null >"$1/console" 2>&1 &
	container_pid=$!
}

# container_up - has it booted?  Its first process is the child of systemd-nspawn.
container_up() {
	container_init=$(pgrep -P "$container_pid") &&
		case $(container_run systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac
}

container_start() {
	container_mount "$1"
	container_boot "$1"
	eventually 60 container_up || {
		echo 'container.sh: it does not boot:' >&2
		cat "$1/console" >&2
		return 2
	}
}

container_run() {
	nsenter -t "$container_init" -m -u -i -n -p -C -- env -i LC_ALL=C.UTF-8 HOME=/root \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin MAKEFLAGS="${MAKEFLAGS-}" \
		sh -c 'cd /usr/src/matric-memory && exec "$@"' - "$@"
}

# container_gone - has it ended?
container_gone() { ! kill -0 "$container_pid" 2>/dev/null; }

container_stop() {
	if [ -n "${container_pid-}" ]; then
		container_run kill -s RTMIN+4 1 || :
		eventually 30 container_gone || kill -s KILL "$container_pid"
		wait "$container_pid" || :
	fi
	umount "$1/root" && umount "$1" && rmdir "$1"
}

# $tap_dir comes from tap.sh.
# shellcheck disable=SC2154
container_server() {
	set -- /usr/lib/postgresql/*/bin
	container_version=${1%/bin}
	container_postgres=postgresql@${container_version##*/}-main.service
	container_run pg_createcluster "${container_version##*/}" main --locale C.UTF-8 -o fsync=off >"$tap_dir/.server" 2>&1 || return
	container_run systemctl start "$container_postgres"
	in_psql postgres 'create database matric'
	in_psql matric 'create table secret_notes as select i as id, md5(i::text) as body from generate_series(1, 3000) i'
}

in_psql() { container_run runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

# systemd forgets at once what nobody refers to; the journal does not.
ends_well() {
	container_run journalctl -q -o cat -u "$1" | grep -q '^Finished '
}

pasted_block() {
	awk -v text="$2" '
	index($0, text) == 1 { on = 1; next }
	on && /^    / { print substr($0, 5); some = 1 }
	on && some && /^[^ ]/ { exit }' "$1"
}
