# status-trouble.sh - sourced: what somebody should look into, as facts (status-facts.sh).
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	troubles FACTS		print what follows from those facts, from the marks on backups, and from what was noted between runs

# trouble_facts FACTS - what can be told from the facts.
trouble_facts() {
	awk -F '\t' -v now="$now" -v tmp="$tmp" '
		function tell(text) { gsub(/[[:cntrl:]]/, " ", text); print "trouble\t" text }
		# Of many of a kind the first few do.
		function some(kind, text) { if (++told[kind] <= 5) tell(text) }
		$1 == "place" { place[$2] = $3; seen[$2] = $5 == ""; busy[$2] = $7 == "busy"; if ($2 > places) places = $2 }
		$1 == "name" && $3 == "asked" { word[++words] = $2 }
		$1 == "at" {
			good[$2, $7] += $3 == "good"
			size[$2, $4] = $5
			if ($6 - now > 300) some("future", $4 " at " place[$2] " lies in the future: a clock was wrong")
			if ($3 == "suspect") {
				why = ""
				getline why <(tmp "/" $2 "/got/" $4 ".suspect")
				close(tmp "/" $2 "/got/" $4 ".suspect")
				some("suspect", $4 " at " place[$2] " is suspect" (why != "" ? ": " why : ""))
			}
			if ($3 == "unfinished" && !busy[$2])
				some("unfinished", $4 " at " place[$2] " has no manifest: its run was broken off, or another program made it")
		}
		$1 == "backup" {
			for (n = 1; n <= places; n++)
				if ($5 != "" && size[n, $2] != "" && size[n, $2] + 0 != $5 + 0)
					some("size", $2 " at " place[n] " has " size[n, $2] " bytes, and its manifest says " $5)
			if ($11 == "bad") some("drill", $2 " did not come back in a drill of " $12)
		}
		END {
			for (i = 1; i <= words; i++) for (n = 1; n <= places; n++)
				if (seen[n] && !good[n, word[i]]) some("none", "there is no good backup of " word[i] " at " place[n])
			for (kind in told) if (told[kind] > 5) tell("and " told[kind] - 5 " more like that (" kind ")")
		}' "$1"
}

# trouble_gather N - could what its manifests say be read?
trouble_gather() {
	[ ! -e "$tmp/$1/gather.why" ] ||
		facts_tell trouble "not all that is said of backups at $(cat -- "$tmp/$1/place") could be read: $(cat -- "$tmp/$1/gather.why")"
}

# trouble_noted - what a run that was killed left to the next, and how the last one ended.
trouble_noted() {
	[ ! -d "$state" ] || [ -x "$state" ] || facts_tell trouble "$state: we may not look into it, so what is noted there is not known"
	if ! facts_busy "$lock"; then
		for trouble_file in "$state/making/$(printf '%s' "$home" | cksum | tr -dc 0-9)"/*; do
			[ ! -f "$trouble_file" ] ||
				facts_tell trouble "a run was broken off while it made ${trouble_file##*/}; the next one takes away what is left of that"
		done
	fi
	for trouble_file in "$state/dropping"/*; do
		[ ! -f "$trouble_file" ] ||
			facts_tell trouble "a removal was cut short at $(head -n 1 -- "$trouble_file"); the next run there finishes it"
	done
	for trouble_command in all make send prune; do trouble_run "$trouble_command"; done
}

# trouble_run COMMAND - how its last run ended, unless one came later that did the same: `all' does what the others do.
trouble_run() {
	trouble_file=$(run_file "$1.status")
	case $1 in all) trouble_later=$(run_file make.status) ;; *) trouble_later=$(run_file all.status) ;; esac
	[ -z "$(find "$trouble_later" -newer "$trouble_file" 2>/dev/null)" ] || return 0
	case $1:$(cat -- "$trouble_file" 2>/dev/null) in
	*: | *:0) ;;
	all:1 | make:1) facts_tell trouble 'the last run made no backup' ;;
	all:3 | make:3) facts_tell trouble 'the last run made a backup, and something else went wrong' ;;
	all:78 | make:78) facts_tell trouble 'the last run found the configuration wrong' ;;
	all:* | make:*) facts_tell trouble 'the last run was ended by a signal' ;;
	*:78) facts_tell trouble "the last run of $1 found the configuration wrong" ;;
	*:[13]) facts_tell trouble "the last run of $1 did not do all that it should" ;;
	*) facts_tell trouble "the last run of $1 was ended by a signal" ;;
	esac
}

troubles() {
	trouble_facts "$1"
	facts_each trouble_gather
	[ -n "$from" ] || trouble_noted
}
