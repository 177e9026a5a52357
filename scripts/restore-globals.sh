# restore-globals.sh - sourced: roles and tablespaces, from the companion of a backup that has them.
# shellcheck shell=sh disable=SC2154
#
#	globals_restore		make those of $name that are not here.  A role or tablespace that is here stays as it is, its
#				password included; it is only made a member of what it was a member of.  Ends us if any could not
#				be made.

# globals_here - what is here already, a line each: role or tablespace, a blank, its name.
globals_here() {
	sql "$maintenance" <<-'EOF'
		select 'role ' || rolname from pg_roles union all select 'tablespace ' || spcname from pg_tablespace
	EOF
}

# globals_filter FILE <SCRIPT - leave out of pg_dumpall's script what makes or changes what FILE says is here.
globals_filter() {
	awk -v file="$1" '
		# The name that this text begins with, as it is without quotes.
		function name_of(text,   n) {
			if (text !~ /^"/) { sub(/[ ;].*/, "", text); return text }
			n = 2
			while (substr(text, n, 1) != "\"" || substr(text, n + 1, 1) == "\"") { if (n > length(text)) break; n += substr(text, n, 1) == "\"" ? 2 : 1 }
			text = substr(text, 2, n - 2)
			gsub(/""/, "\"", text)
			return text
		}
		BEGIN { while ((getline line <file) > 0) here[line] = 1 }
		!within && /^(CREATE|ALTER) (ROLE|TABLESPACE) / {
			kind = tolower($2)
			rest = $0
			sub(/^[A-Z]+ [A-Z]+ /, "", rest)
			skips = (kind " " name_of(rest)) in here
		}
		!within && !/^(CREATE|ALTER) (ROLE|TABLESPACE) / { skips = 0 }
		!skips { print }
		# A literal can have lines that look like statements.
		{ within = (within + gsub(/\047/, "")) % 2 }'
}

globals_restore() {
	globals_name=$(printf '%s\n' "$names" | NAME=$name.globals awk 'index($0, ENVIRON["NAME"]) == 1 { print; exit }')
	[ -n "$globals_name" ] || fail 2 "$name: it has no roles and tablespaces beside it (BACKUP_GLOBALS=yes makes them)"
	globals_here >"$tmp/here" || fail 2 'the roles that are here could not be listed'
	eval "set -- $key_words"
	with_keys mm-pipe --with-parent -o "$tmp/stages" sh "$here/place.sh" fetch "$place" "$globals_name" '|' \
		mm-verify --dump "$@" '|' cat >"$tmp/globals" || source_broken 'its roles and tablespaces cannot be used'
	globals_filter "$tmp/here" <"$tmp/globals" >"$tmp/globals.sql" || fail 2
	rm -f -- "$tmp/globals"
	# A notice is no failure; what is left to be said is one.
	sql "$maintenance" -v ON_ERROR_STOP=0 -c 'set client_min_messages = error' -f "$tmp/globals.sql" >/dev/null 2>"$tmp/said" || fail 2
	rm -f -- "$tmp/globals.sql"
	[ ! -s "$tmp/said" ] || { log_lines ERROR <"$tmp/said"; fail 2 "$globals_name: not all roles and tablespaces could be made"; }
	log INFO "$globals_name: roles and tablespaces are as they were; those that were here already stayed as they are"
}
