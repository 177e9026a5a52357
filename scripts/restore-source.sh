# restore-source.sh - sourced: the backups at a place, and how one of them is read.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	source_list		what is at $place: $sizes, bytes, a tab and a name a line; $names alone; $backups of them, newest first,
#				as mm-prune(1) --list has them
#	source_choose		$name: $operand or, without one, the newest that is good; its $standing, and what is known of it
#	source_facts NAME	what its manifest says, for source_fact; nothing if it has none
#	source_fact KEY		print what it says under that key
#	source_near		$near, the place where to read $name: $place, unless it is better to have it here first
#	source_keys		make $key_words of $identities and $passfile: what mm-verify(1) needs to open it
#	source_pipe OPTIONS COMMAND...	run mm-verify --dump OPTIONS over it, to COMMAND..., as one mm-pipe(1)
#	source_peek		what kind of dump it is, in $format; and, of a custom archive, its head in $tmp/head
#	source_toc ARGUMENT...	pg_restore(1) over what its table of contents tells alone; '|' COMMAND may follow
#	source_check		read all of it, for nothing but the verdict
#
# Words that are to be words again are quoted (quoted), and read back by eval.

# quoted WORD - print it as sh takes it for one word, and as a person likes to read it.
quoted() {
	case $1 in
	'' | *[!A-Za-z0-9_./:@%+=,-]*) shell_word "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

source_list() {
	sizes=$(mm-pipe sh "$here/place.sh" sizes "$place" '|' tr '\000\n' '\n?' </dev/null) ||
		fail 2 "$place: what is there could not be listed"
	names=$(printf '%s\n' "$sizes" | sed 's/^.*	//')
	backups=$(printf '%s\n' "$names" | mm-prune --list) || fail 2
}

# source_has NAME - is there a file of this name?
source_has() {
	printf '%s\n' "$names" | grep -Fqx -e "$1"
}

# source_size NAME - print how many bytes its file has.
source_size() {
	printf '%s\n' "$sizes" | NAME=$1 awk -F '\t' '$NF == ENVIRON["NAME"] { print $(NF - 1) }'
}

source_facts() {
	manifest=''
	! source_has "$1.manifest" || manifest=$(place_fetch "$place" "$1.manifest") || fail 2 "$1.manifest: cannot be read"
}

# Text is printed as a report has it: backslash, x and two digits are a byte.
source_fact() {
	printf '%s\n' "$manifest" | awk -v key="# $1: " '
		function byte(hex) { return (index(digits, substr(hex, 1, 1)) - 1) * 16 + index(digits, substr(hex, 2, 1)) - 1 }
		BEGIN { digits = "0123456789abcdef" }
		index($0, key) == 1 && !found++ {
			rest = substr($0, length(key) + 1)
			while (match(rest, /\\x[0-9a-f][0-9a-f]/)) {
				printf "%s%c", substr(rest, 1, RSTART - 1), byte(substr(rest, RSTART + 2, 2))
				rest = substr(rest, RSTART + 4)
			}
			print rest
		}'
}

# stamp_of NAME - the time in a backup's name.
stamp_of() {
	printf '%s\n' "$1" | sed 's/^.*_backup_\([0-9]\{8\}_[0-9]\{6\}\)\..*$/\1/'
}

# source_globals NAME - print the name of the file that has its roles and tablespaces, if there is one.
source_globals() {
	printf '%s\n' "$names" | START=$1.globals awk 'index($0, ENVIRON["START"]) == 1 { print; found = 1; exit } END { exit !found }'
}

# source_newest - print the newest that is good, of BACKUP_NAME or of the only name that there is.
source_newest() {
	source_word=$(printf '%s\n' "$backups" | sed 's/^.*	//; s/_backup_[0-9_]*\..*$//' | sort -u)
	[ -z "${BACKUP_NAME-}" ] || source_word=$(mm-prune --spell "$BACKUP_NAME") || exit
	case $source_word in *"
"*) fail 78 "--latest: there are backups of several names here: set BACKUP_NAME to one of" "$(echo "$source_word" | paste -sd ' ' -)" ;; esac
	printf '%s\n' "$backups" | WORD=${source_word}_backup_ awk -F '\t' '
		$1 == "good" && index($3, ENVIRON["WORD"]) == 1 { print $3; exit }'
}

source_choose() {
	name=$operand
	[ -n "$name" ] || name=$(source_newest) || exit
	[ -n "$name" ] || fail 2 "$place: there is no good backup here"
	source_has "$name" || fail 2 "$name: there is no such file at $place"
	standing=$(printf '%s\n' "$backups" | NAME=$name awk -F '\t' '$3 == ENVIRON["NAME"] { print $1 }')
	case ${standing:-foreign}/$force in
	suspect/no) fail 2 "$name: something was found wrong with it, see $name.suspect; -f restores it all the same" ;;
	unfinished/no | foreign/no) fail 2 "$name: it has no manifest, so its run was broken off, or another program made it;" \
		'-f restores it all the same' ;;
	esac
	source_facts "$name"
}

# Where there is only rsync, a file comes as a whole or not at all; so it comes once, as it is stored, and not each time we read.
source_near() {
	near=$place
	case $place in /* | s3://*) return 0 ;; esac
	! place_has_shell "$place" || return 0
	near=$tmp/near
	mkdir -- "$near"
	log INFO "$place: nothing can be read there but by rsync; fetching $name"
	for source_file in "$name" $(source_globals "$name"); do
		place_fetch "$place" "$source_file" >"$near/$source_file" || fail 2 "$source_file: cannot be fetched"
	done
}

# source_needs_key - if it is sealed, say for whom, and end.
source_needs_key() {
	source_for=$(mm-pipe --early sh "$here/place.sh" fetch "$near" "$name" '|' head -c 65536 '|' mm-key --inspect \
		</dev/null 2>/dev/null | sed -n 's/^recipients: //p')
	[ -n "$source_for" ] || return 0
	case $source_for in
	*scrypt*) source_option='-p with the file that has its passphrase' ;;
	*ssh-ed25519*) source_option='-i with the identity (age or ssh-ed25519) of one of them' ;;
	*) source_option='-i with the identity of one of them' ;;
	esac
	fail 2 "$name: it is sealed for $source_for; say $source_option"
}

# A key that is no plain file may be read only once, and we read often: it is kept in a variable, and given again through
# descriptor 3 by echo, which is no program, so that nobody sees it.
source_keys() {
	key_words='' keyring=''
	[ -z "$passfile" ] || [ -f "$passfile" ] || fail 78 "-p $passfile: this is no file"
	[ -z "$passfile" ] || key_words="-p $(quoted "$passfile")"
	eval "set -- $identities"
	for source_key; do
		if [ -f "$source_key" ]; then
			key_words="$key_words -i $(quoted "$source_key")"
		else
			keyring="$keyring$(sed '/^#/d' <"$source_key")
" || fail 2 "-i $source_key: cannot be read"
		fi
	done
	case $keyring in *\\*) fail 2 'a key that is no plain file must not have a backslash' ;; esac
	[ -z "$keyring" ] || key_words="$key_words -i /dev/fd/3"
}

# with_keys COMMAND... - run it, with nothing to read but, on descriptor 3, the keys that are no files.
with_keys() {
	if [ -n "$keyring" ]; then
		echo "$keyring" | "$@" 3<&0 </dev/null
	else
		"$@" </dev/null
	fi
}

source_pipe() {
	source_options=$1
	shift
	eval "set -- $key_words $source_options '|' \"\$@\""
	# The options that show progress are words.
	# shellcheck disable=SC2086
	with_keys mm-pipe --early --with-parent -o "$tmp/stages" $watched sh "$here/place.sh" fetch "$near" "$name" '|' \
		mm-verify --dump "$@"
}

# source_bad - did the last pipeline fail because the backup is bad?
source_bad() {
	awk -F '\t' '$2 == "mm-verify" && $3 == "exit:1" { bad = 1 } END { exit !bad }' "$tmp/stages"
}

# source_broken TEXT - the last pipeline failed: end with 1 if the backup is to blame, else with 2.
source_broken() {
	! source_bad || fail 1 "$name: $1"
	fail 2 "$name: $1"
}

source_check() {
	eval "set -- $key_words $(source_manifest)"
	with_keys mm-pipe --with-parent -o "$tmp/stages" sh "$here/place.sh" fetch "$near" "$name" '|' mm-verify "$@" >/dev/null
}

# source_manifest - the option, as quoted words, by which mm-verify is told what to find.
source_manifest() {
	[ -z "$manifest" ] || { printf '%s\n' "$manifest" >"$tmp/manifest" && echo "-x $(quoted "$tmp/manifest")"; }
}

source_peek() {
	[ -n "$key_words" ] || source_needs_key
	source_pipe '' head -c 4096 >"$tmp/start" || source_broken 'cannot be opened'
	case $(head -c 5 "$tmp/start")/$name in
	PGDMP/*) format=custom ;;
	toc.d/*.sql.tar*) format=directory ;;
	toc.d/*) format=tar ;;
	*) format=plain ;;
	esac
	source_at=stream
	[ "$format" = custom ] || return 0
	if source_pipe "--head $(quoted "$tmp/head")" pg_restore -l >"$tmp/list" 2>"$tmp/said"; then
		source_at=$tmp/head
	else
		! source_bad || { log_lines ERROR <"$tmp/said"; source_broken 'it is bad'; }
		log_lines WARN <"$tmp/said"
	fi
}

source_toc() {
	case $source_at in
	stream) source_pipe '' pg_restore "$@" ;;
	*) mm-pipe --with-parent -o "$tmp/stages" pg_restore "$source_at" "$@" </dev/null ;;
	esac
}
