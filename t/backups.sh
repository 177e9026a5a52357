# backups.sh - sourced after tap.sh: a cluster, databases in it, and backups of them to restore.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154
#
#	store NAME DATABASE [STAGE...]	a backup of that name in ./home, with its manifest; the stages, each after a '|', come
#					between dump and file; $dump has pg_dump's options
#	stamped N			print a name's middle: _backup_ and a time, the Nth of some
#	restore WORD...			restore.sh, from ./home, by its whole name: so our processes are told from those of others
#	picture DATABASE		print a digest of all that pg_dump says of it, and of what belongs to the database itself
#	databases			print the names of all but those that every cluster has
#	ask DATABASE QUERY		print what it answers

. "$top/scripts/cluster.sh"
chmod 755 .
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
mkdir home tmp state
export TMPDIR="$tap_dir/tmp" BACKUP_STATE="$tap_dir/state"
unset BACKUP_DEST BACKUP_NAME RESTORE_PRE_HOOK RESTORE_POST_HOOK
(
	umask 077
	mm-key >key 2>said_by_key
	mm-key --recipient <key >recipients
)

# named DATABASE - print what libpq takes for its name, whatever that is.
named() { printf "dbname='%s'\n" "$(printf '%s\n' "$1" | sed "s/[\\\\']/\\\\&/g")"; }

stamped() { printf '_backup_20260117_0230%02d' "$1"; }

# manifest NAME DATABASE - print the manifest of ./home/NAME, from ./report and ./receipt.
manifest() {
	printf '# %s: %s\n' manifest 1 name "$1" database "$2" host here method zstd \
		sealed "$(case $1 in *.enc) echo 1 ;; *) echo 0 ;; esac)" stored-bytes "$(wc -c <"home/$1" | tr -d ' ')" proved yes
	sed '/^# rows\./d; /^# database:/d' report
	cat receipt
}

store() {
	store_name=$1 store_of=$2
	shift 2
	# Options are words, and are meant to split.
	# shellcheck disable=SC2086
	mm-pipe pg_dump ${dump:--Fc -Z0} -d "$(named "$store_of")" '|' mm-verify -P -o report "$@" '|' mm-land "home/$store_name" </dev/null >receipt
	manifest "$store_name" "$store_of" >"home/$store_name.manifest"
}

restore() { sh "$top/scripts/restore.sh" --from "$tap_dir/home" "$@" </dev/null; }

ask() { psql -XAtq -d "$(named "$1")" -c "$2"; }

databases() { ask postgres "select datname from pg_database where datname not in ('postgres', 'template0', 'template1') order by 1"; }

picture() {
	pg_dump -d "$(named "$1")" | sed '/^\\restrict /d; /^\\unrestrict /d' | sha256sum
	psql -XAtq -d postgres -v db="$1" <<-'SQL'
		select pg_get_userbyid(datdba), encoding, datcollate, datctype, array(select unnest(datacl)::text order by 1), datconnlimit,
			shobj_description(oid, 'pg_database') from pg_database where datname = :'db';
		select setrole::regrole, array(select unnest(setconfig) order by 1) from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = :'db') order by 1;
	SQL
}
