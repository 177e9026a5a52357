# restore-rehearse.sh - sourced: what would fail, said before any data is loaded, and how it is mended.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	rehearse		make the archive's schema, without data, in a database that is dropped again
#	rehearse_in_place	make it in $target, in a transaction that is taken back
#				These two end us, with 2, if anything would fail; all that would is said.
#	foundation PSQL-WORDS...	make in $scratch what a part of an archive stands on: schemas and extensions

# missing_roles, missing_extensions <MESSAGES - print how to make what the server says does not exist.
missing_roles() {
	sed -n 's/^role "\(.*\)" does not exist$/\1/p' | sort -u | while IFS= read -r rehearse_role; do
		log ERROR "role $rehearse_role does not exist: CREATE ROLE $(database_quoted "$rehearse_role");"
	done
}
missing_extensions() {
	rehearse_major=$(pgdump_ask "$maintenance" -c "select current_setting('server_version_num')::int / 10000") || return
	sed -n 's/^extension "\(.*\)" is not available$/\1/p; s,^could not open extension control file ".*/\(.*\)\.control".*$,\1,p' |
		sort -u | while IFS= read -r rehearse_extension; do
		case $rehearse_extension in
		postgis*) rehearse_package=postgresql-$rehearse_major-postgis-3 ;;
		vector) rehearse_package=postgresql-$rehearse_major-pgvector ;;
		timescaledb) rehearse_package=timescaledb-2-postgresql-$rehearse_major ;;
		*) rehearse_package=postgresql-$rehearse_major-$(echo "$rehearse_extension" | tr _ -) ;;
		esac
		log ERROR "extension $rehearse_extension is not on the server's machine: apt-get install $rehearse_package, or what has it there"
	done
}

# say_missing - from what psql said in $tmp/said: how what is missing is mended, what else would fail; not 0 if anything would.
say_missing() {
	# An error has five characters of SQLSTATE, in any language.
	sed -n 's/^psql:[^ ]* [^ ]*:  [0-9A-Z]\{5\}: //p' "$tmp/said" | awk '!seen[$0]++' >"$tmp/errors"
	[ -s "$tmp/errors" ] || return 0
	missing_roles <"$tmp/errors"
	missing_extensions <"$tmp/errors"
	grep -v -e '^role ".*" does not exist$' -e '^extension ".*" is not available$' -e '^could not open extension control file' \
		"$tmp/errors" >"$tmp/others" || :
	head -n 10 "$tmp/others" | log_lines ERROR
	rehearse_n=$(wc -l <"$tmp/others")
	[ "$rehearse_n" -le 10 ] || log ERROR "and $((rehearse_n - 10)) more, which may follow from these"
	return 1
}

# rehearse_says - end us if anything would fail.
rehearse_says() {
	say_missing || fail 2 'nothing was restored; roles come with --globals, if the backup has them, or do without: --no-owner --no-acl'
}

# rehearse_in DATABASE WORDS PSQL-WORDS... - run there what the archive has but the data, and go on after errors.
rehearse_in() {
	rehearse_on=$(pgdump_conninfo "$1") rehearse_words=$2
	shift 2
	rehearse_c=$(pgdump_ask "$maintenance" -c "select current_setting('is_superuser')") || return
	# Messages in English, where we may ask for that.
	[ "$rehearse_c" != on ] || set -- -c "set lc_messages to 'C'" "$@"
	# A warning is none of our business, and pg_restore asks for warnings.
	eval "set -- $select_words $rehearse_words --schema-only -f - '|' sed '1,40s/^SET client_min_messages = warning;/SET client_min_messages = error;/' '|' psql -wqXAt -v VERBOSITY=verbose -d \"\$rehearse_on\" \"\$@\""
	source_toc "$@" >/dev/null 2>"$tmp/said" || { log_lines ERROR <"$tmp/said"; return 1; }
}

# A part of an archive stands on schemas and extensions that it does not have itself.
foundation() {
	[ -n "$tables$schemas" ] || return 0
	grep -E '^[0-9]+; [0-9]+ [0-9]+ (SCHEMA|EXTENSION) - ' "$tmp/list" >"$tmp/list.foundation" || return 0
	rehearse_on=$(pgdump_conninfo "$scratch")
	eval "set -- $privilege_words -L \"\$tmp/list.foundation\" -f - '|' psql -wqXAt -d \"\$rehearse_on\" -f - \"\$@\""
	source_toc "$@" >/dev/null
}

rehearse() {
	if [ "$format" = plain ]; then
		log NOTICE 'a plain script cannot be rehearsed: what is missing shows when it comes to that'
		return
	fi
	database_create || fail 2 'no database could be made'
	: >"$tmp/said.first"
	foundation -v VERBOSITY=verbose 2>"$tmp/said.first" || fail 2 'the schema could not be tried'
	rehearse_in "$scratch" '' -f - || fail 2 'the schema could not be tried'
	cat "$tmp/said.first" >>"$tmp/said"
	archive_properties | pgdump_ask "$maintenance" -v ON_ERROR_STOP=0 -v VERBOSITY=verbose -f - >/dev/null 2>>"$tmp/said" || fail 2
	rehearse_says
	database_drop || fail 2
}

rehearse_in_place() {
	[ "$only" != data ] || return 0
	rehearse_in "$target" "$load_clean" -v ON_ERROR_ROLLBACK=on -c begin -f - -c rollback || fail 2 'the schema could not be tried'
	rehearse_says
}
