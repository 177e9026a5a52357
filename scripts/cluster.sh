# cluster.sh - sourced: a throwaway PostgreSQL cluster for the demo and the tests.  shellcheck shell=sh
#
#	. scripts/cluster.sh
#	cluster_start "$dir" && trap 'cluster_stop "$dir"' EXIT
#	psql -d postgres -c 'select version()'
#
# PostgreSQL does not run as root, so root starts it as postgres or nobody, who must be able to reach DIR.

# cluster_programs - print the directory that holds initdb and postgres, of the newest version here.
cluster_programs() {
	cluster_found=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5n | tail -n 1)
	[ -x "$cluster_found/initdb" ] || cluster_found=$(pg_config --bindir 2>/dev/null) || :
	[ -x "$cluster_found/initdb" ] || {
		echo 'cluster.sh: no initdb in /usr/lib/postgresql/*/bin nor where pg_config points' >&2
		return 2
	}
	printf '%s\n' "$cluster_found"
}

# cluster_as_owner COMMAND... - run it, in /, as the user to whom the cluster belongs.
cluster_as_owner() {
	cluster_user=''
	[ "$(id -u)" -ne 0 ] || for cluster_user in postgres nobody; do
		! id -u "$cluster_user" >/dev/null 2>&1 || break
	done
	# Not setpriv: inside busybox sh that is an applet which cannot do this.
	[ -z "$cluster_user" ] || set -- runuser -u "$cluster_user" -- "$@"
	(cd / && exec "$@")
}

# cluster_configure DIR - a server for one machine and one afternoon: on a socket in DIR, careless of power cuts.
cluster_configure() {
	cluster_quoted=$(printf '%s\n' "$1" | sed "s/'/''/g")
	cat <<-EOF
		listen_addresses = ''
		port = 5432
		unix_socket_directories = '$cluster_quoted'
		fsync = off
		full_page_writes = off
		synchronous_commit = off
		autovacuum = off
		max_wal_size = 4GB
		jit = off
		timezone = 'UTC'
	EOF
}

# cluster_launch DIR PGBIN SUPERUSER - initdb and start in DIR, which is there and its owner's; log what they say.
cluster_launch() {
	cluster_as_owner "$2/initdb" -D "$1/data" -A trust -U "$3" --no-sync -E UTF8 --locale=C.UTF-8 || return
	cluster_configure "$1" >>"$1/data/postgresql.conf" || return
	cluster_as_owner "$2/pg_ctl" -D "$1/data" -l "$1/server.log" -w -s start
}

# cluster_start DIR [PGBIN [SUPERUSER]] - make DIR, start a cluster there, export PGHOST, PGPORT and PGUSER.
cluster_start() {
	cluster_bin=${2:-$(cluster_programs)} || return
	mkdir -p -- "$1" || return
	cluster_dir=$(cd -- "$1" && pwd -P) || return
	# A socket's path has 107 bytes, and DIR's share is what /.s.PGSQL.5432 leaves.
	[ "$(printf %s "$cluster_dir" | wc -c)" -le 93 ] || {
		echo "cluster.sh: $cluster_dir: too long for the path of a socket, 93 bytes at the most" >&2
		return 2
	}
	[ "$(id -u)" -ne 0 ] || chown "$(cluster_as_owner id -u):$(cluster_as_owner id -g)" "$cluster_dir" || return
	cluster_as_owner test -w "$cluster_dir" || {
		echo "cluster.sh: $cluster_dir: $(cluster_as_owner id -un) cannot get there; chmod a+x what is above it" >&2
		return 2
	}
	cluster_launch "$cluster_dir" "$cluster_bin" "${3:-matric}" >"$cluster_dir/log" 2>&1 || {
		echo "cluster.sh: $cluster_dir: the cluster does not start:" >&2
		cat "$cluster_dir"/*log >&2
		return 2
	}
	export PGHOST="$cluster_dir" PGPORT=5432 PGUSER="${3:-matric}"
}

# cluster_runs DIR - is a server at work there?  After a kill its postmaster.pid can name another's process by now.
cluster_runs() {
	read -r cluster_pid 2>/dev/null <"$1/data/postmaster.pid" && [ "$(readlink "/proc/$cluster_pid/cwd")" = "$1/data" ]
}

# cluster_stop DIR [PGBIN] - stop the cluster in DIR, whatever it is doing, and remove DIR.
cluster_stop() {
	cluster_dir=$(cd -- "$1" 2>/dev/null && pwd -P) || return 0
	cluster_bin=${2:-$(cluster_programs)} || return
	! cluster_runs "$cluster_dir" || cluster_as_owner "$cluster_bin/pg_ctl" -D "$cluster_dir/data" -m immediate -w -s stop || return
	rm -rf -- "$cluster_dir"
}
