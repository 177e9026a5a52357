# drill-server.sh - sourced: the server that a drill restores into.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	make_target		a cluster of our own in $tmp/pg, or the server that is configured; $where for the log, and in
#				$restores_by the configuration for restore.sh.  2, and said, if there is none.
#
# Into a cluster of our own nothing else leads: neither the environment nor a configuration has a say in where that is, and
# before anything is restored the server is asked where its data are.  Needs cluster.sh.

# server_version DIR - print the major version of the server whose programs these are.
server_version() {
	"$1/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# server_programs - print the directory of the server's programs, of the major version of the backup or, failing that, a newer one.
server_programs() {
	major=$(sed -n 's/^# server: \([0-9]*\).*/\1/p' "$tmp/manifest")
	for programs in ${PG_BINDIR:+"$PG_BINDIR"} $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5n); do
		[ -x "$programs/initdb" ] || continue
		version=$(server_version "$programs")
		[ "$version" -ge "${major:-0}" ] || continue
		[ "$version" = "${major:-$version}" ] || log NOTICE "no server of version $major here: version $version has to do"
		printf '%s\n' "$programs"
		return
	done
	log ERROR "no server of version $major or newer here: apt-get install postgresql-$major, or say --server"
	return 2
}

# forget_server - of all that tells PostgreSQL's programs where to go and how, nothing is left.
forget_server() {
	for variable in $(env | sed -n 's/^\(PG[A-Z0-9_]*\)=.*/\1/p'); do
		unset "$variable"
	done
}

# is_our_own - is the server that is reached now the one in $tmp/pg, and no other?
is_our_own() {
	reached=$(echo 'show data_directory' | pgdump_ask postgres 2>"$tmp/said") && [ "$reached" = "$(cd -- "$tmp/pg" && pwd -P)/data" ]
}

make_target() {
	where="the server of PGHOST=${PGHOST-}${PGSERVICE:+, PGSERVICE=$PGSERVICE}" restores_by=$conf
	[ "$in_cluster" = yes ] || return 0
	programs=$(server_programs) || return
	# The cluster belongs to another user when we are root, who must get there.
	[ "$(id -u)" -ne 0 ] || chmod 711 "$BACKUP_TEMP_DIR" "$tmp"
	# Whatever the environment or a configuration says of a server is not meant for this one, and restore.sh reads none again.
	conf_export
	forget_server
	restores_by=$tmp/none
	: >"$restores_by"
	cluster_start "$tmp/pg" "$programs" drill 2>"$tmp/said" || { log_lines ERROR <"$tmp/said"; return 2; }
	where="a throwaway cluster, PostgreSQL $(server_version "$programs")"
	PATH=$programs:$PATH
	is_our_own || { log_lines ERROR <"$tmp/said"; log ERROR "the server that answers is not the one in $tmp/pg: nothing is restored"; return 2; }
}
