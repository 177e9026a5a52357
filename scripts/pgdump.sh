# pgdump.sh - sourced: how PostgreSQL's programs are called, and what PGDATABASE and PGDUMP_OPTIONS ask for.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	pgdump_read_options	look at PGDUMP_OPTIONS, as pg_dump(1) itself would; 78 with the reason if it cannot be had.
#				Sets pgdump_format (custom, plain, tar or directory) and pgdump_chooses: does it leave
#				something out?
#	pgdump_databases	print the databases that PGDATABASE means, a line each; 1 if the server could not be asked
#	pgdump_split LIST	print the names of a list, a line each
#	pgdump_conninfo NAME	print what psql and pg_dump take for -d, so that no byte of a name means something to them
#	pgdump_ask NAME		psql on that database, standard input its script: no prompt, no ~/.psqlrc, stops at an error
#	pgdump_command		print the command that dumps: PGDUMP's words
#	$pgdump_variables	the variables of libpq that say which server is meant, and as whom; none has a password in it
#
# libpq: "Connection Strings"; PostgreSQL: src/bin/pg_dump/pg_dump.c has the options.

pgdump_variables='PGHOST PGHOSTADDR PGPORT PGUSER PGSERVICE PGSERVICEFILE PGPASSFILE PGSSLMODE PGSSLROOTCERT PGSSLCERT PGSSLKEY'

pgdump_conninfo() {
	printf "dbname='%s'\n" "$(printf '%s\n' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

pgdump_ask() {
	pgdump_db=$(pgdump_conninfo "$1")
	shift
	psql -wqXAt -F '	' -v ON_ERROR_STOP=1 "$@" -d "$pgdump_db"
}

pgdump_command() {
	printf '%s\n' "${PGDUMP:-pg_dump}"
}

# pgdump_no TEXT - PGDUMP_OPTIONS cannot be had.
pgdump_no() {
	log ERROR "PGDUMP_OPTIONS: $*"
	return 78
}

# pgdump_is_format VALUE - take note of -F's.
pgdump_is_format() {
	case $1 in
	c | custom) pgdump_format=custom ;;
	p | plain) pgdump_format=plain ;;
	t | tar) pgdump_format=tar ;;
	d | directory) pgdump_format=directory ;;
	*) pgdump_no "--format=$1: pg_dump has custom, plain, tar and directory" ;;
	esac
}

# pgdump_option LETTER VALUE - an option that takes a value, by its letter.
pgdump_option() {
	case $1 in
	F) pgdump_is_format "$2" ;;
	f) pgdump_no '--file: the dump goes through the pipeline, not to a file; BACKUP_DEST says where it ends' ;;
	d) pgdump_no '--dbname: PGDATABASE says which databases' ;;
	W) pgdump_no '--password: nobody is there to type one; see PGPASSFILE' ;;
	j) pgdump_jobs=yes ;;
	n | N | t | T | e) pgdump_chooses=yes ;;
	esac
}

# pgdump_letters WORD - what a word of short options ends in: the LETTER of one with a value, and that, or nothing.
pgdump_letters() {
	pgdump_left=${1#-}
	while :; do
		case $pgdump_left in
		'') return 0 ;;
		W*) pgdump_option W '' || return ;;
		[abBcCORsvwxXV?]*) ;;
		?) pgdump_wants=$pgdump_left; return 0 ;;
		*) pgdump_option "${pgdump_left%"${pgdump_left#?}"}" "${pgdump_left#?}"; return ;;
		esac
		case $pgdump_left in [as]*) pgdump_chooses=yes ;; esac
		pgdump_left=${pgdump_left#?}
	done
}

# pgdump_long WORD - the same for a long one, which getopt_long lets be short of its end.
pgdump_long() {
	case $1 in
	--fo | --for | --form | --forma | --format) pgdump_wants=F ;;
	--fo*=*) pgdump_option F "${1#*=}" ;;
	--fi | --fil | --file | --fi=* | --fil=* | --file=*) pgdump_option f '' ;;
	--db*) pgdump_option d '' ;;
	--pa*) pgdump_option W '' ;;
	--j*=*) pgdump_option j '' ;;
	--j*) pgdump_wants=j ;;
	--ex* | --filter* | --n-* | --t* | --sche* | --no-data* | --sect* | --data* | --strict-names) pgdump_chooses=yes ;;
	esac
}

pgdump_read_options() {
	pgdump_format=custom pgdump_chooses=no pgdump_jobs=no pgdump_wants=''
	set -f
	for pgdump_word in $PGDUMP_OPTIONS; do
		set +f
		if [ -n "$pgdump_wants" ]; then
			pgdump_option "$pgdump_wants" "$pgdump_word" || return
			pgdump_wants=''
			continue
		fi
		case $pgdump_word in
		--) pgdump_no '--: nothing can stand behind it' || return ;;
		--*) pgdump_long "$pgdump_word" || return ;;
		-?*) pgdump_letters "$pgdump_word" || return ;;
		*) pgdump_takes_value || pgdump_no "'$pgdump_word' would be a database's name; PGDATABASE says which" || return ;;
		esac
		pgdump_before=$pgdump_word
	done
	set +f
	[ "$pgdump_jobs" = no ] || [ "$pgdump_format" = directory ] ||
		pgdump_no '--jobs: pg_dump has that for --format=directory alone' || return
	[ "$pgdump_format" != directory ] || conf_yes BACKUP_PLAINTEXT_SPOOL || pgdump_no \
		'--format=directory writes the whole dump to disk, unsealed, before anything can be sealed;' \
		'say BACKUP_PLAINTEXT_SPOOL=yes if that may be'
}

# pgdump_takes_value - does the word before this one, a long option without =, take it for its value?
pgdump_takes_value() {
	case ${pgdump_before-} in --*=*) return 1 ;; --[a-z]*) return 0 ;; *) return 1 ;; esac
}

# A list's names stand apart by blanks or commas; one that holds such a byte is quoted as in SQL.
pgdump_split() {
	LIST=$1 awk 'BEGIN {
		list = ENVIRON["LIST"]
		n = length(list)
		for (i = 1; i <= n + 1; i++) {
			c = i > n ? " " : substr(list, i, 1)
			if (quoted && c == "\"" && substr(list, i + 1, 1) == "\"") { name = name c; i++ }
			else if (c == "\"") { quoted = !quoted; any = 1 }
			else if (!quoted && c ~ /[ \t,]/) { if (any) print name; name = ""; any = 0 }
			else { name = name c; any = 1 }
		}
		exit quoted
	}'
}

# pgdump_all - every database of this server that a client can connect to, but for what a drill has there for a while.
pgdump_all() {
	pgdump_query="select datname from pg_database where datallowconn and not datistemplate
		and datname !~ '^mm_drill_[0-9]{8}_[0-9]{6}_[0-9]+(_re|$)' order by 1"
	echo "$pgdump_query" | pgdump_ask postgres 2>/dev/null || echo "$pgdump_query" | pgdump_ask template1
}

pgdump_databases() {
	pgdump_names=$(pgdump_split "$PGDATABASE") || return 78
	[ "$pgdump_names" != '*' ] || pgdump_names=$(pgdump_all) || return 1
	pgdump_without=$(pgdump_split "$BACKUP_EXCLUDE") || return 78
	printf '%s\n' "$pgdump_names" | NOT=$pgdump_without awk '
		BEGIN { n = split(ENVIRON["NOT"], not, "\n"); for (i = 1; i <= n; i++) skip[not[i]] = 1 }
		$0 != "" && !($0 in skip)'
}
