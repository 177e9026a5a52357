# drill-scratch.sh - sourced: what a drill makes for itself, written down before it is made; so whoever comes after one that was
# killed takes it away.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	scratch_begin		make the directory $tmp, and choose $scratch, the name of a database; they are noted in $note
#	scratch_away NOTE	what that note has is gone: cluster, directory, databases; and then the note.  Not 0, and said, if
#				something of it stays: then the note stays too
#	scratch_sweep		the same for all notes; under the drills' lock none of them is in use
#
# A note is a file in $state/drilling, called like the database; a line each has the directory and, if the database is on the
# server that is configured, the variables of libpq that say which one that is.  A password is never one of them.
# Needs lines.sh, pgdump.sh, cluster.sh and restore-database.sh.

# scratch_facts - print what the note is to have.
scratch_facts() {
	printf 'directory=%s\n' "$tmp"
	[ "$in_cluster" = no ] || return 0
	echo server
	for scratch_variable in $pgdump_variables; do
		eval "[ -z \"\${$scratch_variable+set}\" ] || printf '%s=%s\n' $scratch_variable \"\$$scratch_variable\""
	done
}

scratch_begin() {
	tmp=$(mktemp -u "$BACKUP_TEMP_DIR/drill.XXXXXX") || return
	scratch=mm_drill_$(date -u +%Y%m%d_%H%M%S)_$$
	mkdir -p -- "$state/drilling" && scratch_facts >"$state/drilling/.new" &&
		mm-land "$state/drilling/$scratch" <"$state/drilling/.new" >/dev/null && note=$state/drilling/$scratch &&
		rm -f -- "$state/drilling/.new" && mkdir -- "$tmp"
}

# scratch_read NOTE - what it has: $tmp, $on_server, and the variables.
scratch_read() {
	tmp='' on_server=no
	! grep -qx server "$1" || for scratch_variable in $pgdump_variables; do
		unset "$scratch_variable"
	done
	while IFS= read -r scratch_line; do
		case $scratch_line in
		directory=*/drill.*) tmp=${scratch_line#*=} ;;
		server) on_server=yes ;;
		PG[A-Z]*=*) export "${scratch_line?}" ;;
		esac
	done <"$1"
}

# scratch_quiet NAME - end what is being done to such databases: a server goes on when its client has gone.
scratch_quiet() {
	scratch_turn=0
	while [ "$scratch_turn" -lt 100 ]; do
		scratch_n=$(pgdump_ask "$maintenance" -v name="$1" <<-'SQL'
			select count(pg_terminate_backend(pid)) from pg_stat_activity
			where pid <> pg_backend_pid() and state <> 'idle' and strpos(query, :'name') > 0
		SQL
		) || return
		[ "$scratch_n" -gt 0 ] || return 0
		scratch_turn=$((scratch_turn + 1))
		sleep 0.1
	done
	return 1
}

# scratch_drop_one NAME - that database.
scratch_drop_one() {
	scratch=$1
	database_drop
}

# scratch_drop NAME - the database of this name, and those that restore.sh calls after it while it is at work.
scratch_drop() {
	export PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-10}"
	database_maintained && scratch_quiet "$1" || return
	scratch_names=$(pgdump_ask "$maintenance" -v name="$1" <<-'SQL'
		select datname from pg_database where datname = :'name' or starts_with(datname, :'name' || '_')
	SQL
	) || return
	each_line "$scratch_names" scratch_drop_one
}

# scratch_clear - the directory $tmp, and the cluster in it.
scratch_clear() {
	[ -n "$tmp" ] && [ -d "$tmp" ] || return 0
	cluster_stop "$tmp/pg" && rm -rf -- "$tmp"
}

# In a subshell: the variables are those of another drill.
scratch_away() (
	scratch_read "$1" || exit
	scratch_st=0
	[ "$on_server" = no ] || scratch_drop "${1##*/}" || { log ERROR "database ${1##*/} could not be dropped"; scratch_st=1; }
	scratch_clear || { log ERROR "$tmp: could not be removed"; scratch_st=1; }
	[ "$scratch_st" -eq 0 ] && rm -f -- "$1"
)

scratch_sweep() {
	scratch_left=0
	for scratch_note in "$state/drilling"/mm_drill_*; do
		[ -f "$scratch_note" ] || continue
		log NOTICE "${scratch_note##*/}: a drill that was killed; what it has left is taken away"
		scratch_away "$scratch_note" || scratch_left=1
	done
	return "$scratch_left"
}
