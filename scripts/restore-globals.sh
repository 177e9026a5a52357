# restore-globals.sh - sourced: roles and tablespaces, from the companion of a backup that has them.
# shellcheck shell=sh disable=SC2154
#
#	globals_restore		make those of $name that are not here.  A role or tablespace that is here stays as it is, its
#				password included; it is only made a member of what it was a member of.  Ends us if any could not
#				be made.

# globals_here - what is here already, a line each: role or tablespace, a blank, its name.
globals_here() {
	pgdump_ask "$maintenance" <<-'EOF'
		select 'role ' || rolname from pg_roles union all select 'tablespace ' || spcname from pg_tablespace
	EOF
}

# shellcheck disable=SC2016	# it is for awk
# For awk: leave out of pg_dumpall's script what makes or changes what FILE says is here.
globals_awk='
	# The name that this text begins with, as it is without quotes.
	function name_of(text,   n) {
		if (text !~ /^"/) { sub(/[ ;].*/, "", text); return text }
		for (n = 2; n <= length(text); n++) {
			if (substr(text, n, 1) != "\"") continue
			if (substr(text, n + 1, 1) != "\"") break
			n++
		}
		text = substr(text, 2, n - 2)
		gsub(/""/, "\"", text)
		return text
	}
	BEGIN { while ((getline line <ENVIRON["FILE"]) > 0) here[line] = 1 }
	quote == "" {
		skips = 0
		if (/^(CREATE|ALTER) (ROLE|TABLESPACE) /) {
			rest = $0
			sub(/^[A-Z]+ [A-Z]+ /, "", rest)
			skips = (tolower($2) " " name_of(rest)) in here
		}
	}
	!skips { print }
	{ scan($0) }'

# globals_pipe COMMAND... - the companion, through mm-verify with our keys as COMMAND has it.
globals_pipe() {
	with_keys mm-pipe --with-parent -o "$tmp/stages" sh "$here/place.sh" fetch "$near" "$globals_name" '|' "$@"
}

# Read twice, since roles are made one by one: first for the verdict, then to make them.  Passwords lie nowhere between.
globals_restore() {
	globals_name=$(source_globals "$name") || fail 2 "$name: it has no roles and tablespaces beside it (BACKUP_GLOBALS=yes makes them)"
	globals_here >"$tmp/here" || fail 2 'the roles that are here could not be listed'
	eval "set -- $key_words"
	globals_pipe mm-verify "$@" >/dev/null || source_broken "$globals_name cannot be used"
	# What is no error psql does not say; so what it says is one.
	globals_pipe mm-verify --dump "$@" '|' env FILE="$tmp/here" awk "$scan_awk$globals_awk" '|' psql -wqXAt -d "$(pgdump_conninfo "$maintenance")" \
		-c 'set client_min_messages = error' -f - >/dev/null 2>"$tmp/said" || { log_lines ERROR <"$tmp/said"; fail 2; }
	! grep '^psql:' "$tmp/said" >"$tmp/errors" || { log_lines ERROR <"$tmp/errors"; fail 2 "$globals_name: not all roles and tablespaces could be made"; }
	log INFO "$globals_name: roles and tablespaces are as they were; those that were here already stayed as they are"
}
