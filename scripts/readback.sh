# readback.sh - sourced: is what lies at the places still what it was?  Disks forget, and nobody notices before a restore.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	readback_all		at home and every other place, or at those in $operands alone, all at once: 0, or 3 if something
#				was not what it should be, or could not be read
#	readback PLACE		there, of each database the newest good backup, the oldest, and one of those between: read whole,
#				and compared with the SHA-256 of the manifest at home, or with its own where home has it no more
#
# What differs is marked as suspect: it counts no more, and heal.sh sends it again.  Nothing is deleted.  Needs $home, $state and
# $tmp, and no lock of anybody who makes, sends or drops: it takes long, and what goes meanwhile is none of its business.

# readback_digest NAME - print the SHA-256 of what is there.  A host that has a shell is asked for it; elsewhere all of it
# comes here.
readback_digest() {
	readback_got=''
	place_until "$(sed -n 's/^# stored-bytes: //p' "$tmp/manifest")"
	case $place in
	/* | s3://*) ;;
	*) readback_got=$(place_ssh "$place" "sha256sum -- $(place_path "$place" "$1")" 2>/dev/null </dev/null | place_digest) || : ;;
	esac
	[ -n "$readback_got" ] || readback_got=$(TMPDIR=$tmp mm-pipe --with-parent sh "$here/place.sh" fetch "$place" "$1" '|' sha256sum </dev/null) || return
	printf '%s\n' "${readback_got%% *}"
}

# readback_expected NAME - print the SHA-256 that it should have; its manifest is left in $tmp/manifest.
readback_expected() {
	for readback_at in "$home" "$place"; do
		place_fetch "$readback_at" "$1.manifest" >"$tmp/manifest" 2>/dev/null || continue
		readback_sum=$(send_sum_of "$tmp/manifest")
		[ -z "$readback_sum" ] || { printf '%s\n' "$readback_sum"; return; }
	done
	echo 'there is no manifest that could be read' >&2
	return 1
}

# readback_gone NAME - has it been dropped meanwhile?
readback_gone() {
	place_list "$place" >"$tmp/there.now" 2>/dev/null && ! tr '\000\n' '\n?' <"$tmp/there.now" | grep -Fqx -e "$1"
}

# readback_mark NAME - it is suspect from now on.
readback_mark() {
	printf '%s: read back at %s, it had not the SHA-256 of its manifest\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$place" >"$tmp/$1.suspect"
	if place_send "$place" "$tmp/$1.suspect" >/dev/null 2>"$tmp/said"; then
		log ERROR "$place: $1 is not what its manifest says; marked as suspect"
	else
		log_lines ERROR <"$tmp/said"
		log ERROR "$place: $1 is not what its manifest says, and could NOT BE MARKED as suspect"
	fi
}

# readback_one NAME - read it.
readback_one() {
	readback_want=$(readback_expected "$1" 2>"$tmp/said") && readback_got=$(readback_digest "$1" 2>"$tmp/said") || {
		! readback_gone "$1" || { log NOTICE "$place: $1 has gone meanwhile"; return 0; }
		log_lines ERROR <"$tmp/said"
		log ERROR "$place: $1 could not be read back"
		return 1
	}
	if [ "$readback_got" != "$readback_want" ]; then
		! readback_gone "$1" || { log NOTICE "$place: $1 has gone meanwhile"; return 0; }
		readback_mark "$1"
		return 1
	fi
	log INFO "$place: $1 is what it was"
}

# readback_chosen NAME - print the newest, the oldest and one more of the good backups of this name in $tmp/there.
readback_chosen() {
	mm-prune -0 --list "$1" <"$tmp/there" >"$tmp/list" && awk -F '\t' -v seed="$(date +%s)" '
		$1 == "good" { name[n++] = $3 }
		END {
			srand(seed)
			if (n > 0) print name[0]
			if (n > 1) print name[n - 1]
			if (n > 2) print name[1 + int(rand() * (n - 2))]
		}' "$tmp/list"
}

# readback_database DB - for each_database.
readback_database() {
	readback_names=$(readback_chosen "${BACKUP_NAME:-$1}") || return
	[ -n "$readback_names" ] || log NOTICE "$place: there is no good backup of ${BACKUP_NAME:-$1} to be read back"
	readback_st=0
	each_line "$readback_names" readback_next
	return "$readback_st"
}

# readback_next NAME - for readback_database, which goes on.
readback_next() {
	readback_one "$1" || readback_st=1
}

readback() {
	place=$1
	place_list "$place" >"$tmp/there" 2>"$tmp/said" || {
		log_lines ERROR <"$tmp/said"
		log ERROR "$place: cannot be reached, or not listed; nothing was read back there"
		return 3
	}
	each_database readback_database || return 3
}

# readback_start PLACE - for readback_all.
readback_start() {
	start_at "$1" "$state/readback.$(printf '%s' "$home at $1" | cksum | tr -dc 0-9)" readback
}

# readback_known PLACE - for readback_all: is it one of ours?
readback_known() {
	printf '%s\n' "$readback_places" | grep -Fqx -e "$1" || { log ERROR "$1: is none of the places that are configured"; return 78; }
}

readback_all() {
	readback_places=$(printf '%s\n' "$home" && send_places) || return
	each_line "$operands" readback_known || return
	each_line "${operands:-$readback_places}" readback_start
	await_places ' read back' 'it is being read back already'
}
