# restore-load.sh - sourced: what is in an archive, brought into a database and compared.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	archive_look		what the archive says of the database itself, for the next two
#	archive_options		print the end of the CREATE DATABASE that suits: encoding, locale, tablespace
#	archive_properties	print SQL that gives $scratch the owner, rights, settings and comment of the archive's database
#	load			all of it into $scratch
#	load_in_place		all of it into $target, in one transaction, compared before that ends
#	compare			the rows in $scratch with those that the archive had
#
# They end us, with 1 if the backup is bad or the rows differ and else with 2, if anything at all went wrong.

archive_look() {
	: >"$tmp/database.sql"
	[ "$format" != plain ] || return 0
	source_toc -C -l >"$tmp/list" || source_broken 'its table of contents cannot be read'
	grep -E '^[0-9]+; [0-9]+ [0-9]+ (DATABASE|DATABASE PROPERTIES|ACL|COMMENT|SECURITY LABEL) - ' "$tmp/list" |
		grep -E -e ' - DATABASE ' -e ' DATABASE(| PROPERTIES) - ' >"$tmp/list.database" || return 0
	eval "set -- $privilege_words"
	source_toc "$@" -C -L "$tmp/list.database" -f - >"$tmp/database.sql" || source_broken 'its table of contents cannot be read'
}

# archive_tablespace - the name, quoted, of the one for $scratch: that of what it replaces, or the archive's if it is here.
archive_tablespace() {
	archive_ts=$(sed -n 's/^CREATE DATABASE .* TABLESPACE = \(.*\);$/\1/p' "$tmp/database.sql")
	pgdump_ask "$maintenance" -v old="$target" -v archived="$archive_ts" <<-'EOF'
		select quote_ident(spcname) from pg_tablespace t left join pg_database d on dattablespace = t.oid and datname = :'old'
		where spcname <> 'pg_default' and (datname is not null or
			(quote_ident(spcname) = :'archived' and not exists (select from pg_database where datname = :'old')))
	EOF
}

archive_options() {
	if [ "$format" = plain ]; then
		sed -n "s/^SET client_encoding = \('[A-Za-z0-9_]*'\);$/ ENCODING = \1/p" "$tmp/start" | head -n 1
		return
	fi
	archive_ts=$(archive_tablespace) || return
	sed -n 's/^CREATE DATABASE .* WITH TEMPLATE = template0\(.*\);$/\1/p' "$tmp/database.sql" |
		sed "s/ TABLESPACE = .*\$//; s/\$/${archive_ts:+ TABLESPACE = $(printf '%s' "$archive_ts" | sed 's,[/&\\],\\&,g')}/"
}

# For awk: after scan() of each line, *quote* is not empty where the next line begins within a literal or a quoted name.
scan_awk='
	function scan(line,   at) {
		if (quote == "" && line ~ /^--/) return
		for (;;) {
			at = quote == "" ? match(line, /[\047"]/) : index(line, quote)
			if (at == 0) return
			quote = quote == "" ? substr(line, at, 1) : ""
			line = substr(line, at + 1)
		}
	}'

# A part of an archive says nothing about the whole, and what is replaced has properties of its own.  The name stands in each
# statement; a line within a literal is none.
archive_properties() {
	[ -z "$tables$schemas" ] && [ "$replaces" = no ] || return 0
	OLD=$(sed -n 's/^CREATE DATABASE \(.*\) WITH TEMPLATE = template0.*$/\1/p' "$tmp/database.sql") \
		NEW=$(database_quoted "$scratch") RIGHTS=$privilege_words awk "$scan_awk"'
		quote == "" { skips = /^(CREATE DATABASE |\\)/ || (/^ALTER ROLE / && ENVIRON["RIGHTS"] ~ /--no-acl/) }
		skips { scan($0); next }
		quote == "" && (at = index($0, "DATABASE " ENVIRON["OLD"] " ")) {
			scan($0)
			print substr($0, 1, at + 8) ENVIRON["NEW"] substr($0, at + 9 + length(ENVIRON["OLD"]))
			next
		}
		{ print; scan($0) }' "$tmp/database.sql"
}

# load_failed - the last pipeline did not end well: is the backup to blame?
load_failed() {
	! source_bad || fail 1 "$name: the backup is bad; nothing was restored"
	# What is damaged can fail as SQL before it is found out; else the place or the key was the trouble.
	if awk -F '\t' '$2 != "sh" && $2 != "mm-verify" && $3 ~ /^exit:[1-9]/ { sql = 1 } END { exit !sql }' "$tmp/stages"; then
		{ database_stop && database_drop; } || :
		log NOTICE 'looking whether the backup is to blame'
		if source_check; then
			log NOTICE 'the backup is good'
		else
			! source_bad || fail 1 "$name: the backup is bad; nothing was restored"
		fi
	fi
	fail 2 'nothing was restored'
}

# load_options - what mm-verify is to do while it opens, as quoted words.
load_options() {
	load_manifest=$(source_manifest) || return
	echo "--drain -o $(quoted "$tmp/report") $load_manifest"
}

# load_stream WORDS OPTIONS - one pass of the archive to $scratch: pg_restore with these words, mm-verify with these.
load_stream() {
	load_all=$(load_options) || fail 2
	load_on=$(pgdump_conninfo "$scratch")
	eval "set -- \"\$load_all \$2\" pg_restore -w --exit-on-error $verbose -d \"\$load_on\" $select_words $1"
	source_pipe "$@" || load_failed
}

# load_hurried - the rows in one pass; indexes and constraints, which need no rows of the archive, several at a time after.
# shellcheck disable=SC2119,SC2120
load_hurried() {
	load_stream '--section=pre-data --section=data' "--head $(quoted "$tmp/head.again")"
	cmp -s "$tmp/head" "$tmp/head.again" || fail 1 "$name: it changed while it was read"
	log INFO "rows are there; indexes and constraints, $jobs at a time"
	eval "set -- $verbose $select_words"
	pg_restore -w --exit-on-error -j "$jobs" --section=post-data -d "$(pgdump_conninfo "$scratch")" "$@" "$tmp/head" </dev/null || fail 2 'nothing was restored'
}

# unpack_spool - the directory that a tar has, on disk, not sealed, as long as we need it.
unpack_spool() {
	[ "$may_spool" = yes ] || fail 78 "$name: it is a tar of a directory, which has to lie unpacked and unsealed on disk to be restored;" \
		'--spool or BACKUP_PLAINTEXT_SPOOL=yes allows that'
	mkdir "$tmp/spool"
	load_all=$(load_options) || fail 2
	source_pipe "$load_all" tar -xf - -C "$tmp/spool" || load_failed
	source_at=$tmp/spool
}

load() {
	load_on=$(pgdump_conninfo "$scratch")
	case $format in
	plain)
		load_all=$(load_options) || fail 2
		source_pipe "$load_all" psql -wqXAt -v ON_ERROR_STOP=1 -d "$load_on" -f - >/dev/null || load_failed
		;;
	directory)
		eval "set -- $verbose $select_words"
		pg_restore -w --exit-on-error -j "$jobs" -d "$load_on" "$@" "$tmp/spool" </dev/null || fail 2 'nothing was restored'
		;;
	*)
		if [ "$jobs" -gt 1 ] && [ "$source_at" = "$tmp/head" ]; then
			# shellcheck disable=SC2119
			load_hurried
		else
			load_stream '' ''
		fi
		;;
	esac
}

# sql_array WORDS - print the quoted words as an array in SQL, or null if there are none.
sql_array() {
	eval "set -- $1"
	[ $# -gt 0 ] || { echo null; return; }
	load_array=''
	for load_word; do
		load_array="$load_array${load_array:+,}'$(printf '%s\n' "$load_word" | sed "s/'/''/g")'"
	done
	printf 'array[%s]\n' "$load_array"
}

# rows_words - what restore-rows.sql needs, as quoted words for psql.
rows_words() {
	load_objects=$(sed -n 's/^# large-objects: //p' "$tmp/report" 2>/dev/null) || load_objects=null
	[ "$mode" != in-place ] && [ -z "$tables$schemas" ] || load_objects=null
	for load_word in "schemas=$(sql_array "$schemas")" "tables=$(sql_array "$tables")" "objects=${load_objects:-0}" \
		"at_least=$([ "$only" = data ] && echo true || echo false)" "found=$tmp/found" "wrong=$tmp/wrong"; do
		printf ' -v %s' "$(quoted "$load_word")"
	done
}

# rows_differ - say what restore-rows.sql found, and end, if it did.
rows_differ() {
	[ -s "$tmp/wrong" ] || return 0
	head -n 20 "$tmp/wrong" | log_lines ERROR
	fail 1 "what was restored from $name is not what is in it"
}

# rows_uncounted - say of how many tables the archive does not tell how many rows they have.
rows_uncounted() {
	case $format in plain) log NOTICE 'rows are not compared: a script does not say how many there are'; return ;; esac
	load_n=$(sed -n 's/^# tables: //p' "$tmp/report")
	load_n=$((${load_n:-0} - $(grep -c '^# rows\.' "$tmp/report" || :)))
	[ "$load_n" -eq 0 ] || log NOTICE "rows of $load_n tables are not compared: how many there are, this archive does not say"
}

compare() {
	[ "$only" != schema ] || return 0
	rows_uncounted
	[ "$format" != plain ] || return 0
	eval "set -- $(rows_words)"
	pgdump_ask "$scratch" "$@" -f "$here/restore-rows.sql" >/dev/null || {
		rows_differ
		fail 2 'the rows could not be compared'
	}
}

# shellcheck disable=SC2016	# it is for sed
# For sed: without the first BEGIN; of pg_restore's script and the COMMIT; before its very end.  A row of a table may be such a
# line too, and stays.
uncommit='1,/^BEGIN;$/{
	/^BEGIN;$/d
}
/^COMMIT;$/{
	:more
	$b end
	N
	/\n$/b more
	/\n--$/b more
	/\n-- PostgreSQL database dump complete$/b more
	/\n\\unrestrict [^\n]*$/b more
	P
	D
	:end
	/\n-- PostgreSQL database dump complete\n/s/^COMMIT;//
}'

# The transaction is psql's own, not that of pg_restore's script: it ends when psql has seen the end of the script, which mm-pipe
# lets it see only if the backup was good to its end, and when the rows have been compared.
load_in_place() {
	load_all=$(load_options) || fail 2
	load_on=$(pgdump_conninfo "$target")
	: >"$tmp/wrong"
	eval "set -- $select_words $load_clean --single-transaction -f - '|' sed -e \"\$uncommit\" '|' psql -wqXAt -1 -v ON_ERROR_STOP=1 \
		$(rows_words) -d \"\$load_on\" -f - -f \"\$here/restore-rows.sql\""
	if [ "$source_at" = "$tmp/spool" ]; then
		source_toc "$@" >/dev/null || { rows_differ; fail 2 "$target: is as it was"; }
	else
		source_pipe "$load_all" pg_restore "$@" >/dev/null || { rows_differ; load_failed; }
	fi
}
