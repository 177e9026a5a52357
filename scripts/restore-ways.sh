# restore-ways.sh - sourced: the three ways to restore, and what is said before and after.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	choose_target		$target, from --to, the backup, and the way
#	would			what would be done, on standard output
#	confirm			that whoever asks for --in-place means it; ends us if not
#	restore_new		into a database that is not there: it gets its name when all of it is there and has been compared
#	restore_swap		the same, and then in the place of the one of its name, which stays under another
#	restore_in_place	into the one that is there, in one transaction
#	after_hook STATUS	RESTORE_POST_HOOK, if RESTORE_PRE_HOOK was run
#	temporary_place		print the directory for our temporary files

temporary_place() {
	if [ -n "${BACKUP_TEMP_DIR-}" ] && is_ours "$BACKUP_TEMP_DIR" && [ -w "$BACKUP_TEMP_DIR" ]; then
		printf '%s\n' "$BACKUP_TEMP_DIR"
	else
		printf '%s\n' "${TMPDIR:-/tmp}"
	fi
}

# original - print the name of the database that was backed up, as far as is known without opening the backup.
original() {
	way_name=$(source_fact database)
	[ -n "$way_name" ] || way_name=$(printf '%s\n' "$name" | sed -n 's/_backup_[0-9]\{8\}_[0-9]\{6\}\..*$//p')
	printf '%s\n' "$way_name"
}

choose_target() {
	target=$to
	if [ -z "$target" ]; then
		target=$(original)
		[ "$mode" = new ] || [ -n "$manifest" ] || fail 78 "$name: without a manifest it is not known whose backup it is; say --to"
		[ "$mode" != new ] || target=$(database_fit "${target:-database}" "_restored_$(stamp_of "$name")") || fail 2
	fi
	case $target in *"
"*) fail 78 'a name with a newline cannot be a database here' ;; esac
	[ "$globals" != globals-only ] || return 0
	case $mode in
	new) ! database_is "$target" || fail 2 "database $target exists already: --to another name, or --swap to put this one in its place" ;;
	swap) database_is "$target" || log NOTICE "there is no database $target: the restored one simply gets its name" ;;
	in-place) database_is "$target" || fail 2 "database $target does not exist; without --in-place it is made" ;;
	esac
	[ "$mode" = in-place ] || database_may
}

would() {
	printf 'would open %s from %s: %s, %s rows, of database %s\n' "$name" "$place" "$(person_size "$(source_fact dump-bytes)")" \
		"$(source_fact rows)" "$(original)"
	[ -z "$globals" ] || echo "would make its roles and tablespaces that are not here"
	[ "$globals" != globals-only ] || return 0
	case $mode in
	new) echo "would restore it into a new database $target" ;;
	swap) echo "would restore it into a new database, and rename that to $target and what is $target now to ${target}_before_TIME" ;;
	in-place) echo "would restore it into the database $target, in one transaction, replacing what is there of the same names" ;;
	esac
	room
}

confirm() {
	way_question="This replaces in database $target what the backup has. Type its name to go on: "
	if [ -n "$yes" ]; then
		way_answer=$yes
	elif [ -t 0 ]; then
		printf '%s' "$way_question" >&2
		IFS= read -r way_answer || way_answer=''
	elif (: </dev/tty) 2>/dev/null; then
		printf '%s' "$way_question" >/dev/tty
		IFS= read -r way_answer </dev/tty || way_answer=''
	else
		fail 78 "--in-place: there is no terminal to ask at; --yes $(quoted "$target") says that it is meant"
	fi
	[ "$way_answer" = "$target" ] || fail 78 "'$way_answer' is not $target: nothing was done"
}

# room - warn if the dump alone is more than what is free where the server has its data, if that is this machine.
room() {
	way_need=$(source_fact dump-bytes)
	case ${PGHOST:-/}/$way_need in [!/]*/[0-9]*) case $PGHOST in localhost | 127.* | ::1) ;; *) return 0 ;; esac ;; */) return 0 ;; esac
	way_data=$(pgdump_ask "$maintenance" -c 'show data_directory' 2>/dev/null) && [ -d "$way_data" ] || return 0
	way_free=$(df -Pk -- "$way_data" 2>/dev/null | awk 'NR == 2 { printf "%.0f\n", $4 * 1024 }')
	awk -v need="$way_need" -v free="${way_free:-0}" 'BEGIN { exit !(free > 0 && need > free) }' || return 0
	log WARN "$way_data: $(person_size "$way_free") are free, and the dump alone, without indexes, has $(person_size "$way_need")"
}

# hook COMMAND STATUS - run it for the restore at hand.
hook() {
	RESTORE_DATABASE=$target RESTORE_BACKUP=$place/$name RESTORE_STATUS=$2 sh -c "$1" </dev/null >&2
}

# before_hook - RESTORE_PRE_HOOK; not 0 if it failed.
before_hook() {
	[ -n "${RESTORE_PRE_HOOK-}${RESTORE_POST_HOOK-}" ] || return 0
	[ -z "${RESTORE_PRE_HOOK-}" ] || hook "$RESTORE_PRE_HOOK" 0 || { log ERROR "RESTORE_PRE_HOOK failed with status $?"; return 1; }
	hooked=yes
}

after_hook() {
	hooked=''
	[ -z "${RESTORE_POST_HOOK-}" ] || hook "$RESTORE_POST_HOOK" "$1" || { log ERROR "RESTORE_POST_HOOK failed with status $?"; return 1; }
}

# begin - open the backup, and say what is at hand.
begin() {
	source_peek
	[ "$format" != directory ] || unpack_spool
	archive_look
	replaces=no
	[ "$mode" != swap ] || ! database_is "$target" || replaces=yes
	log INFO "$name: $format, $(person_size "$(source_fact dump-bytes)"), into database $target"
	room
	way_bytes=$(source_fact dump-bytes)
	[ -z "$watched" ] || case $way_bytes in '' | *[!0-9]*) ;; *) watched="-v --expect $way_bytes" ;; esac
	case $jobs/$format in
	1/* | */directory) ;;
	*/custom) [ "$source_at" != stream ] || log WARN "-j $jobs: this archive's head cannot be kept, so all is done by one" ;;
	*) log WARN "-j $jobs: of a $format dump all is done by one" ;;
	esac
	[ "$format/$mode" != plain/in-place ] || fail 78 "$name: a script makes what is not there yet, so it cannot be restored in place; --swap"
	[ "$format" != plain ] || [ -z "$select_words" ] || fail 78 "$name: a script is restored as a whole; it has no parts that could be chosen"
	grep -q '^-- PostgreSQL database cluster dump' "$tmp/start" && fail 2 "$name: a dump of a whole cluster makes its databases itself:" \
		'mm-verify --dump it to psql -f -, on an empty server'
	database_leftovers
}

# fill_scratch - $scratch has all of the backup, compared and analyzed.
fill_scratch() {
	begin
	rehearse
	database_create || fail 2 'no database could be made'
	foundation -v ON_ERROR_STOP=1 || fail 2 'the schemas and extensions of the archive cannot be made'
	load
	compare
	analyze "$scratch"
}

# analyze DATABASE - what the planner knows is in no dump.
analyze() {
	log INFO 'everything is there; collecting statistics'
	vacuumdb -w -q --analyze-only -j "$jobs" -d "$(pgdump_conninfo "$1")" </dev/null || log WARN "statistics could not be collected; VACUUM ANALYZE it"
}

# give_name NAME - what is in $scratch is good: it becomes NAME, with what belongs to the database itself.
give_name() {
	archive_properties >"$tmp/properties.sql"
	database_rename "$scratch" "$1" && scratch=''
}

# keep_scratch - what was restored is good, but did not get its place: it stays, and how to put it there is said.
keep_scratch() {
	way_kept=$(database_fit "$target" "_restored_$(stamp_of "$name")") && give_name "$way_kept" || way_kept=$scratch scratch=''
	log ERROR "database $target is as it was; what was restored stays as $way_kept"
}

restore_new() {
	fill_scratch
	give_name "$target" || { keep_scratch; fail 2; }
	say_done "database $target is restored from $name"
	[ -n "$tables$schemas$only" ] || [ "$target" = "$(original)" ] ||
		printf 'To put what this backup has in the place of database %s: %s --swap %s\n' "$(original)" "$basics" "$(quoted "$name")"
}

restore_swap() {
	fill_scratch
	before_hook || { keep_scratch; fail 2; }
	before=''
	if [ "$replaces" = no ]; then
		give_name "$target" || { keep_scratch; fail 2; }
	else
		database_swap || { keep_scratch; fail 2; }
		scratch=''
	fi
	way_st=0
	after_hook 0 || way_st=2
	say_done "database $target is restored from $name"
	[ -z "$before" ] || printf 'What it was is %s. When nobody misses anything there: DROP DATABASE %s;\n' "$before" "$(database_quoted "$before")"
	return "$way_st"
}

restore_in_place() {
	begin
	load_clean='--clean --if-exists'
	[ "$only" != data ] || load_clean=''
	before_hook || fail 2 "database $target is as it was"
	way_busy=$(echo "select count(*) from pg_stat_activity where datname = :'name'" | pgdump_ask "$maintenance" -v name="$target") || fail 2
	[ "$way_busy" -eq 0 ] || log WARN "$way_busy sessions are in database $target: what they hold is waited for, and they wait for us"
	rehearse_in_place
	load_in_place
	rows_uncounted
	analyze "$target"
	way_st=0
	after_hook 0 || way_st=2
	say_done "what $name has is restored into database $target"
	return "$way_st"
}

# say_done TEXT - the good news, and what was compared.
say_done() {
	if [ -s "$tmp/found" ]; then
		printf '%s: %s\n' "$1" "$(awk -F '\t' '{ n += $2 } END { printf "%d tables, %.0f rows, as many as in the backup", NR, n }' "$tmp/found")"
	else
		printf '%s; rows were not compared\n' "$1"
	fi
}
