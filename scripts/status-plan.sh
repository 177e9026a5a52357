# status-plan.sh - sourced: what comes next, as facts (status-facts.sh): the next run, and what it drops and sends.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	plan			print it: next, last, drop, lack, and the troubles that come of looking ahead
#
# Nothing is dropped now that the last run has not dropped.  So we look at the listings as they will be after the next run, with
# one backup more: mm-prune(1) says then what will go, and why.

# plan_unit - print the name of the systemd unit that makes these backups; 1 if that cannot be known.
plan_unit() {
	case ${survey_conf-} in
	"$conf_default") echo matric-backup ;;
	"${conf_default%/*}"/*.conf) printf 'matric-backup@%s\n' "$(basename -- "$survey_conf" .conf)" ;;
	*) return 1 ;;
	esac
}

# plan_time TEXT - print the seconds of a time as systemd prints it, as `Tue 2026-11-24 02:30:00 UTC'; nothing if it is none.
plan_time() {
	plan_text=$(printf '%s\n' "$1" | sed -n 's/^[A-Z][a-z]* \([0-9-]* [0-9:]*\) UTC$/\1/p')
	[ -z "$plan_text" ] || date -u -d "$plan_text" +%s
}

# plan_runs - the next run and the last, if systemd knows of them; the next one in $plan_next.
plan_runs() {
	plan_next=''
	[ -d /run/systemd/system ] && plan_name=$(plan_unit) || return 0
	plan_shown=$(TZ=UTC0 systemctl show -p NextElapseUSecRealtime "$plan_name.timer" 2>/dev/null) || return 0
	plan_next=$(plan_time "${plan_shown#*=}")
	[ -z "$plan_next" ] || facts_tell next "$plan_next"
	plan_shown=$(TZ=UTC0 systemctl show -p ExecMainExitTimestamp "$plan_name.service" 2>/dev/null) || return 0
	plan_last=$(plan_time "${plan_shown#*=}")
	[ -z "$plan_last" ] || facts_tell last "$plan_last" "$(systemctl show -p Result "$plan_name.service" | sed 's/^Result=//')"
}

# plan_when WORD - print when the next backup of this name comes: as systemd says, or after as long as the last one did.
plan_when() {
	awk -F '\t' -v word="$1" -v now="$now" -v next_run="$plan_next" '
		$2 == 1 && $3 == "good" && $7 == word && $6 <= now { if (!n++) newest = $6; else if (n == 2) before = $6 }
		END {
			at = next_run != "" ? next_run : newest + (n > 1 && newest - before > 3600 ? newest - before : 86400)
			printf("%d\n", at > now ? at : now)
		}' "$tmp/at"
}

# plan_drop N NAME WORD TIME - what is dropped there when there is a backup of then.
plan_drop() {
	plan_policy=$(facts_policy "$1")
	[ "$plan_policy" != forever ] || return 0
	plan_place=$(cat -- "$tmp/$1/place")
	# As it is now: may anything be dropped at all?
	mm-prune -- "$plan_policy" "$2" <"$tmp/$1/names" >/dev/null 2>"$tmp/said" ||
		facts_tell trouble "at $plan_place nothing of $3 is dropped: $(sed 's/^mm-prune: //' "$tmp/said" | head -n 1)"
	plan_stamp=$(date -u -d "@$4" +%Y%m%d_%H%M%S) || return 0
	{ printf '%s\n' "${3}_backup_$plan_stamp.sql" "${3}_backup_$plan_stamp.sql.manifest" && cat -- "$tmp/$1/names"; } |
		mm-prune -v --now "$plan_stamp" -- "$plan_policy" "$2" >"$tmp/verdicts" 2>/dev/null || return 0
	sed -n 's/^DROP \([^ ]*\): /\1	/p' "$tmp/verdicts" | awk -F '\t' -v OFS='\t' -v n="$1" '
		NR == FNR { if ($2 == n) backup[$4] = 1; next }
		$1 in backup { print "drop", n, $1, $2 }' "$tmp/at" -
}

# plan_lack N NAME - what is sent there, if home can be seen.
plan_lack() {
	[ "$1" -ne 1 ] && [ ! -e "$tmp/1/sizes.why" ] || return 0
	plan_policy=$(send_window "$(cat -- "$tmp/$1/place")")
	mm-prune -w "$tmp/1/names" -- "$plan_policy" "$2" <"$tmp/$1/names" >"$tmp/verdicts" || return
	awk -F '\t' -v OFS='\t' -v n="$1" '
		NR == FNR { backup[$4] = 1; next }
		{ sub(/\.manifest$/, "") }
		$0 in backup && !told[$0]++ { print "lack", n, $0 }' "$tmp/at" "$tmp/verdicts"
}

# plan_name LINE - all that is to come for the backups of one name, at each place; the line is that of $tmp/series.
plan_name() {
	plan_of=${1%	*} plan_word=${1##*	}
	plan_at=$(plan_when "$plan_word")
	plan_held=$(retention_of "$plan_of")
	[ ! -e "$plan_held" ] || facts_tell trouble \
		"nothing of $plan_word is dropped, since its newest backup is suddenly so small; look at it, and if it is right: backup.sh accept $(
			cut -d' ' -f2 -- "$plan_held")"
	facts_each plan_place
}

# plan_place N - for plan_name.
plan_place() {
	[ -e "$plan_held" ] || plan_drop "$1" "$plan_of" "$plan_word" "$plan_at" || return
	plan_lack "$1" "$plan_of"
}

plan() {
	plan_runs
	each_line "$(cat -- "$tmp/series")" plan_name
}
