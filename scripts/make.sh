# make.sh - sourced: one backup at home, proven where it lies and recorded last; or nothing of its name.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	make_backup DB		dump that database.  Not 0, and nothing of the name is left, if anything at all went wrong.
#
# Needs $home, $state, $suffix and $tmp, home's lock, and journal.sh.  Leaves the name of the backup in $name.

# is_taken PATH... - is there any of these?
is_taken() {
	for taken; do
		! [ -e "$taken" ] && ! [ -L "$taken" ] || return 0
	done
	return 1
}

# take_name - a $name whose second no other backup of this database has.
take_name() {
	while stamped=${word}_backup_$(date -u +%Y%m%d_%H%M%S) || return; do
		is_taken "$home/$stamped".* "$making/$stamped".* || break
		sleep 1
	done
	name=$stamped$suffix
}

# sink_words NAME - print the stage that gives home a file of this name, a word a line.
sink_words() {
	case $home in
	s3://*) echo mm-s3put && place_s3_words && place_storage_class "$1" | tr ' ' '\n' && printf '%s\n' "${home%/}/$1" ;;
	*) printf '%s\n' mm-land "$home/$1" ;;
	esac
}

# filter_words REPORT NAME - print the stages behind a dump, a word a line: check, compress, seal, land.  One that is missing would
# be a backup in plain text, or that nobody can open: not 0 if anything fails.
filter_words() {
	printf '%s\n' '|' mm-verify -P -o "$1" '|' mm-compress -m "$BACKUP_COMPRESS" \
		${COMPRESS_LEVEL:+-l "$COMPRESS_LEVEL"} ${COMPRESS_THREADS:+-T "$COMPRESS_THREADS"} &&
		{ [ -z "$BACKUP_ENCRYPT$BACKUP_PASSPHRASE_FILE" ] || { printf '%s\n' '|' mm-seal && sealing_words; }; } &&
		{ [ -z "$recipient" ] || printf '%s\n' -r "$recipient"; } && echo '|' && sink_words "$2"
}

# through REPORT NAME COMMAND... - its output, through all filters, to home; the receipt on standard output.
through() {
	through_report=$1
	through_words=$(filter_words "$1" "$2") || return
	shift 2
	through_ifs=$IFS
	IFS='
'
	set -f
	# A line each, and so they are meant to split.
	# shellcheck disable=SC2086
	set -- "$@" $through_words
	set +f
	IFS=$through_ifs
	overheard mm-pipe --with-parent ${progress:+-v} -o "$through_report.stages" -t "$BACKUP_STALL" "$@" </dev/null
}

# overheard COMMAND... - run it; what it says on standard error is for the log, unless somebody watches.
overheard() {
	[ -z "$progress" ] || { "$@"; return; }
	overheard_st=0
	"$@" 2>"$tmp/said" || overheard_st=$?
	overheard_level=ERROR
	[ "$overheard_st" -ne 0 ] || overheard_level=$([ "$LOG_LEVEL" = DEBUG ] && echo DEBUG || echo WARN)
	[ "$overheard_st" -eq 0 ] || [ -s "$tmp/said" ] || log ERROR "what went wrong could not be kept; is there room in $BACKUP_TEMP_DIR?"
	log_lines "$overheard_level" <"$tmp/said"
	! grep -q -e 'No space left on device' -e 'Disk quota exceeded' "$tmp/said" || full=yes
	return "$overheard_st"
}

# create_database_dump - $home/$name from the database, in one transaction; report and receipt in $tmp.
create_database_dump() {
	set -f
	# Options are words, and are meant to split.
	# shellcheck disable=SC2046,SC2086
	set -- $(pgdump_command) -w --format=custom --compress=0 --lock-wait-timeout="$BACKUP_LOCK_WAIT" \
		$([ "$LOG_LEVEL" != DEBUG ] || echo --verbose) $PGDUMP_OPTIONS -d "$(pgdump_conninfo "$db")"
	set +f
	[ "$pgdump_format" != directory ] || { dump_by_spool "$@"; return; }
	through "$tmp/report" "$name" "$@" >"$tmp/receipt"
}

# dump_by_spool COMMAND... - dump to a directory, which takes the whole database in plain text, and then tar that.
dump_by_spool() {
	spool=$tmp/spool
	overheard mm-pipe --with-parent -t "$BACKUP_STALL" "$@" --compress=0 -f "$spool" </dev/null || return
	# The table of contents first: then what follows can be checked as it passes.
	(cd -- "$spool" && echo ./toc.dat && find . -type f ! -name toc.dat) >"$tmp/found" && sed 's|^\./||' "$tmp/found" >"$tmp/spooled" || return
	through "$tmp/report" "$name" tar -cf - -C "$spool" -T "$tmp/spooled" >"$tmp/receipt" || return
	rm -rf -- "$spool"
}

# write_globals - the roles and tablespaces of the cluster, beside $name.
write_globals() {
	conf_yes BACKUP_GLOBALS || return 0
	globals_super=$(echo 'select rolsuper from pg_roles where rolname = current_user' | pgdump_ask "$db" 2>/dev/null) || globals_super=f
	set -f
	# shellcheck disable=SC2046
	set -- $(pgdump_command | sed 's/pg_dump$/pg_dumpall/') -w --globals-only -d "$(pgdump_conninfo "$db")"
	set +f
	[ "$globals_super" = t ] || set -- "$@" --no-role-passwords
	globals=${suffix#.sql}
	globals=$name.globals${globals#.tar}
	through "$tmp/globals" "$globals" "$@" >"$tmp/globals.receipt"
}

# write_manifest - land what is known of $name, last.  Without it the backup was never finished.
write_manifest() {
	{
		printf '# %s: %s\n' manifest 1 name "$name" database "$(printf %s "$db" | tr -d '\000-\037\177')" \
			host "$(uname -n)" suite "$suite" started "$started" ended "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
			proved "$(proves && echo yes || echo no)" && cat "$tmp/report" "$tmp/proof"
	} >"$tmp/facts" || return
	awk -v keys='manifest name database host suite server pg_dump archive started ended method sealed dump-bytes stored-bytes tables rows large-objects proved' '
		# Who can read the place need not know the schema: no table is named here.
		/^# rows\./ { next }
		{ key = substr($2, 1, length($2) - 1); if (!(key in fact)) fact[key] = $0 }
		END { n = split(keys, order, " "); for (i = 1; i <= n; i++) if (order[i] in fact) print fact[order[i]] }
	' "$tmp/facts" >"$tmp/manifest" && cat "$tmp/receipt" >>"$tmp/manifest" || return
	mv -- "$tmp/manifest" "$tmp/$name.manifest" && overheard place_send "$home" "$tmp/$name.manifest" >/dev/null
}

# keep_counts - how many rows each table had, for ourselves alone.
keep_counts() {
	sed -n 's/^# rows\.//p' "$tmp/report" >"$tmp/rows" && note "$tmp/rows" "$state/rows/$name" ||
		log WARN "$state/rows: the rows of each table could not be noted; the backup is good without"
}

# make_one - the steps; the first that fails says so and ends it.
make_one() {
	take_identity || { log ERROR 'no identity for the proof could be made'; return 1; }
	run_timed dump create_database_dump || { log ERROR "no backup was made of database $db"; return 1; }
	write_globals || { log ERROR 'roles and tablespaces could not be dumped: no backup was made'; return 1; }
	if proves; then
		run_timed verify verify_backup || { log ERROR "$name: what was stored is not what was dumped: no backup was made"; return 1; }
	else
		tell_stored >"$tmp/proof" || return
	fi
	write_manifest || { log ERROR "$name.manifest could not be written: no backup was made"; return 1; }
}

make_backup() {
	db=$1 started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	word=$(mm-prune --spell "${BACKUP_NAME:-$db}") || return
	rm -rf -- "${tmp:?}"/* && take_name || { log ERROR "no name could be found for a backup of database $db"; return 1; }
	journal_begin || { log ERROR "$making: cannot be written; without a journal nothing is begun"; make_undo; return 1; }
	make_one || { make_undo; return 1; }
	keep_counts
	rm -f -- "$making/$name"
	drill_new || return
	identity=''
	run_adds made "$name"
	! proves || run_adds verified "$word $(date +%s)"
	log INFO "$home/$name: whole$(proves && echo ', read back and proven'), $(sed -n 's/^# stored-bytes: //p' "$tmp/proof") bytes," \
		"$(sed -n 's/^# tables: //p' "$tmp/report") tables, $(sed -n 's/^# rows: //p' "$tmp/report") rows"
}
