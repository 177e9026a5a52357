# prove.sh - sourced: what was dumped is not yet what is stored.  Each run reads its backup back, and opens it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	take_identity		$identity and $recipient, of this one run, if what we seal is to be opened again
#	proves			is the stored file read back?
#	verify_backup		read it: is it what we dumped?
#	tell_stored		without that, what can be told of it all the same
#	drill_new		restore it, for VERIFY_RESTORE=full
#	drill_sweep		take away what a drill has left that was killed: plain text, on disk or in the server
#
# Needs what make.sh needs; $name is the backup.

# take_identity - an identity of this one run, to open with it what we are about to seal.  It is never written to a file, and
# never a word of a command: echo is the shell's own in all of them, printf is not.
take_identity() {
	identity='' recipient=''
	[ -n "$BACKUP_ENCRYPT" ] && proves || return 0
	identity=$(mm-key 2>/dev/null) && recipient=$(echo "$identity" | mm-key --recipient)
}

# proves - is the stored file read back?
proves() {
	case $BACKUP_PROVE$home in no* | autos3://*) return 1 ;; esac
}

# verify_stored NAME REPORT RECEIPT PROOF - read what is stored of this name, open it, and follow it to its end: is it what passed,
# as REPORT and RECEIPT have it?  What was found is in PROOF.
verify_stored() {
	cat "$2" "$3" >"$tmp/claim" || return
	verified=$1
	set -- -x "$tmp/claim" -o "$4"
	[ -z "$identity" ] || set -- -i /dev/fd/3 "$@"
	[ -z "$BACKUP_PASSPHRASE_FILE" ] || set -- -p "$BACKUP_PASSPHRASE_FILE" "$@"
	set -- mm-verify "$@"
	! lists "$verified" || { shift; set -- mm-verify --dump --drain "$@" '|' pg_restore --list; }
	set -- mm-pipe --with-parent --early -t "$BACKUP_STALL" sh "$here/place.sh" fetch "$home" "$verified" '|' "$@"
	echo "$identity" | overheard "$@" 3<&0 </dev/null >"$tmp/list"
}

# verify_backup - the same for $name, and the globals beside it.
verify_backup() {
	verify_stored "$name" "$tmp/report" "$tmp/receipt" "$tmp/proof" || return
	! conf_yes BACKUP_GLOBALS || verify_stored "$globals" "$tmp/globals" "$tmp/globals.receipt" "$tmp/globals.proof"
}

# lists NAME - is pg_restore to read the table of contents of the read-back as well?
lists() {
	[ "$1" = "$name" ] && [ "$VERIFY_RESTORE" != no ] && [ "$VERIFY_RESTORE" != false ] && { [ "$pgdump_format" = custom ] || [ "$pgdump_format" = tar ]; }
}

# recipients_asked - print for how many we seal, as an empty file sealed likewise tells.
recipients_asked() {
	recipients_words=$(sealing_words)
	[ -n "$recipients_words" ] || { echo 0; return; }
	recipients_ifs=$IFS
	IFS='
'
	set -f
	# shellcheck disable=SC2086
	set -- $recipients_words
	set +f
	IFS=$recipients_ifs
	mm-seal "$@" </dev/null >"$tmp/empty" && mm-key --inspect <"$tmp/empty" | sed -n 's/^recipients[^0-9]*\([0-9]*\).*/\1/p'
}

# tell_stored - without a proof, what can be told of the stored file; as a proof tells it.
tell_stored() {
	tell_sealed=$(recipients_asked) || return
	# What went into the last stage: the line before that of the end.
	awk -F '\t' '$1 == "end" { print "# stored-bytes: " bytes } { bytes = $8 }' "$tmp/report.stages" &&
		printf '# %s: %s\n' method "$BACKUP_COMPRESS" sealed "$tell_sealed"
}

# drill_new - for VERIFY_RESTORE=full: restore what was made, while we have the key.  What does not come back is marked.
drill_new() {
	[ "$VERIFY_RESTORE" = full ] || return 0
	# The settings are in the environment; a drill of another run is waited for.
	: >"$tmp/none"
	set -- -c "$tmp/none" --wait 1h --from "$home"
	[ -z "$identity" ] || set -- "$@" -i /dev/fd/3
	drill_st=0
	echo "$identity" | run_timed restore sh "$here/test-backup-restore.sh" "$@" "$name" 3<&0 </dev/null || drill_st=$?
	case $drill_st in
	0) log INFO "$name: restored, and all its rows came back" ;;
	1)
		log ERROR "$name: did not come back when it was restored; marked as suspect"
		echo 'restored in the run that made it, it did not come back' >"$tmp/$name.suspect"
		place_send "$home" "$tmp/$name.suspect" >/dev/null
		return 1
		;;
	*)
		log ERROR "$name: is proven, but could not be restored for a trial"
		partly=yes
		;;
	esac
}

# A drill that is at work takes its own away.
drill_sweep() {
	set -- "$state/drilling"/mm_drill_*
	[ -e "$1" ] || return 0
	: >"$tmp/none"
	sweep_st=0
	sh "$here/test-backup-restore.sh" -c "$tmp/none" --sweep </dev/null 2>"$tmp/said" || sweep_st=$?
	case $sweep_st in
	0 | 75) ;;
	*) log_lines WARN <"$tmp/said" ;;
	esac
}
