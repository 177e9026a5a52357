# journal.sh - sourced: what is under way at home, so that who breaks off, or comes after a run that was killed, takes it away.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	note FROM TO		TO holds what the temporary file FROM does, or what it held before, if that fails
#	journal_begin		$name is about to be made
#	make_undo		take away what make_backup was at, unless it is finished; for whoever ends us half way
#	make_sweep		the same for runs that were killed, and what they left hidden
#	last_begin		whoever makes begins: nothing is made yet.  Needs runs.sh alone
#	last_note STATUS	it has ended
#	last_made		did the last run that was to make backups by these settings make one?
#
# Needs $home, $state, $tmp, and $id, which is home's; and home's lock.  $making has a file for each name, and in it the place.

name=''

note() {
	mkdir -p -- "${2%/*}" && rm -f -- "$2.new" && mm-land "$2.new" <"$1" >/dev/null && mv -f -- "$2.new" "$2"
}

journal_begin() {
	mkdir -p -- "$making" && printf '%s\n' "$home" >"$tmp/journal" && mm-land "$making/$name" <"$tmp/journal" >/dev/null
}

# make_remove NAME - a backup that was not finished, and what stands beside it.
make_remove() {
	case $home in
	s3://*) make_remove_there "$1" ;;
	*) [ -e "$home/$1.manifest" ] || rm -f -- "$home/$1" "$home/$1".globals* ;;
	esac
}

# make_remove_there NAME - the same, where it takes a listing to know: nothing, if there is none.
make_remove_there() {
	removed=$(mm-pipe --with-parent sh "$here/place.sh" list "$home" '|' tr '\000\n' '\n?' </dev/null) || return
	removed=$(printf '%s\n' "$removed" | NAME=$1 awk '
		$0 == ENVIRON["NAME"] || index($0, ENVIRON["NAME"] ".globals") == 1 { print }
		$0 == ENVIRON["NAME"] ".manifest" { exit 3 }') || { [ $? -eq 3 ]; return; }
	[ -z "$removed" ] || printf '%s\n' "$removed" | place_drop "$home"
}

make_undo() {
	[ -n "$name" ] || return 0
	# What could not be taken away now, the next run will.
	make_remove "$name" && rm -f -- "$making/$name" || log WARN "$home/$name: unfinished, and could not be removed yet"
	name=''
}

make_sweep() {
	swept_st=0 swept_home=$home
	for swept in "$making"/*; do
		[ -f "$swept" ] || continue
		home=$(cat -- "$swept")
		case $home in
		/* | s3://*) make_remove "${swept##*/}" && rm -f -- "$swept" || swept_st=1 ;;
		*) rm -f -- "$swept" || swept_st=1 ;;
		esac
	done
	home=$swept_home
	# A partial is locked by the mm-land that writes it; one that nobody holds was left by a crash.
	for swept in "$home"/.mm-land.*.partial "$making"/.mm-land.*.partial; do
		[ ! -f "$swept" ] || mm-pipe -L "$swept" rm -f -- "$swept" 2>/dev/null </dev/null || continue
	done
	rm -f -- "$home"/.mm-probe.*
	return "$swept_st"
}

last_begin() {
	# Where it cannot go, preflight.sh says why.
	case $command in all | make) rm -f -- "$(run_file made)" 2>/dev/null || : ;; esac
}

last_note() {
	case $command$1 in all0 | all3 | make0 | make3) ;; *) return 0 ;; esac
	run_keeps made </dev/null || log WARN "$run_kept: cannot be written; what is past its time stays until the next run"
}

last_made() {
	[ -e "$(run_file made)" ]
}
