# metrics.sh - sourced: how a run went in numbers, for node_exporter's textfile collector.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	metrics_run STATUS	a run of $command has ended with it: its figures go to METRICS_DIR, if that is set
#	metrics_end STATUS NAME PHASES VERIFIED
#				the same of any command at $run_home: NAME is the label, PHASES has the seconds of each, and
#				VERIFIED when a backup of which name was opened to its end, `dump 12' and `matric 1768613400', a
#				line each
#
# Each command of each configuration has a file of its own, since two that share one hide each other's failures.  A run that found
# another at work is none, and leaves its file as it is.  backup.conf(5) has the names.  $began is when the run began.

# metrics_label TEXT - print it as the value of a label.
metrics_label() {
	printf '%s' "$1" | tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g'
}

# metrics_spell NAME - print it as names of backups, and so the metrics of mm-verify(1), spell it.
metrics_spell() {
	mm-prune --spell "$1"
}

# metrics_name - print what this configuration is about: the names of its backups.
metrics_name() {
	case $BACKUP_NAME$PGDATABASE in '*') echo '*'; return ;; esac
	metrics_names=${BACKUP_NAME:-$(pgdump_split "$PGDATABASE")}
	each_line "$metrics_names" metrics_spell | paste -sd ' ' -
}

# metrics_family NAME HELP - introduce it.
metrics_family() {
	printf '# HELP %s %s\n# TYPE %s gauge\n' "$1" "$2" "$1"
}

# metrics_line NAME VALUE HELP - a metric that this run has one of.
metrics_line() {
	metrics_family "$1" "$3"
	printf '%s{home="%s",name="%s",command="%s"} %s\n' "$1" "$metrics_home" "$metrics_name" "$command" "$2"
}

# metrics_phases PHASES - how long each took, of all databases and places.
metrics_phases() {
	[ -n "$1" ] || return 0
	metrics_family mm_backup_duration_seconds 'How long each phase of the last run took.'
	printf '%s\n' "$1" | LABELS="home=\"$metrics_home\",name=\"$metrics_name\",command=\"$command\"" awk '
		!($1 in sum) { order[++n] = $1 }
		{ sum[$1] += $2 }
		END { for (i = 1; i <= n; i++)
			printf "mm_backup_duration_seconds{%s,phase=\"%s\"} %d\n", ENVIRON["LABELS"], order[i], sum[order[i]] }'
}

# metrics_verified VERIFIED - when a backup of each name was; what the file has of others stays.
metrics_verified() {
	metrics_when=$({ cat -- "$metrics_file" 2>/dev/null || :; printf '%s\n' "$1"; } | awk '
		/^mm_backup_last_verified_timestamp_seconds\{.*,name="[A-Za-z0-9_.%-]*",command="[a-z]*"\} [0-9]*$/ {
			name = $0
			sub(/",command="[a-z]*"\} [0-9]*$/, "", name)
			sub(/.*,name="/, "", name)
			when[name] = $NF
		}
		/^[A-Za-z0-9_.%-]+ [0-9]+$/ { when[$1] = $2 }
		END { for (name in when) print name, when[name] }' | LC_ALL=C sort)
	[ -n "$metrics_when" ] || return 0
	metrics_family mm_backup_last_verified_timestamp_seconds 'When a backup was last read back and opened to its end.'
	printf '%s\n' "$metrics_when" | while read -r metrics_word metrics_time; do
		printf 'mm_backup_last_verified_timestamp_seconds{home="%s",name="%s",command="%s"} %s\n' \
			"$metrics_home" "$metrics_word" "$command" "$metrics_time"
	done
}

# metrics_print STATUS PHASES VERIFIED - all of it.
metrics_print() {
	metrics_line mm_backup_last_run_timestamp_seconds "$metrics_now" 'When the last run of this command ended.'
	metrics_line mm_backup_last_run_success $(($1 == 0)) 'Whether the last run of this command ended with status 0.'
	metrics_line mm_backup_run_status "$1" 'Exit status of the last run: 0 good, 3 partial, 1 no backup, 78 configuration.'
	metrics_line mm_backup_run_duration_seconds $((metrics_now - began)) 'How long the last run took.'
	metrics_good=$(sed -n 's/^mm_backup_run_last_success_timestamp_seconds{.*} \([0-9]*\)$/\1/p' "$metrics_file" 2>/dev/null) || metrics_good=''
	[ "$1" -ne 0 ] || metrics_good=$metrics_now
	[ -z "$metrics_good" ] || metrics_line mm_backup_run_last_success_timestamp_seconds "$metrics_good" \
		'When a run of this command last ended with status 0.'
	metrics_phases "$2"
	metrics_verified "$3"
}

metrics_end() {
	metrics_now=$(date +%s)
	metrics_home=$(metrics_label "$run_home") metrics_name=$(metrics_label "$2")
	metrics_file=$METRICS_DIR/mm_backup_run.$(run_id).$command.prom
	metrics_text=$(metrics_print "$1" "$3" "$4")
	{ printf '%s\n' "$metrics_text" >"$metrics_file.$$" && chmod 644 "$metrics_file.$$" &&
		mv -f -- "$metrics_file.$$" "$metrics_file"; } 2>/dev/null || {
		rm -f -- "$metrics_file.$$"
		log WARN "METRICS_DIR: $metrics_file could not be written"
		return 0
	}
	# Version 0.4 and before had one file for all configurations of a home.
	rm -f -- "$METRICS_DIR/mm_backup_run.$(printf '%s' "$run_home" | cksum | tr -dc 0-9).$command.prom"
}

metrics_run() {
	case $1:$command in 75:* | *:adopt | *:accept) return 0 ;; esac
	[ -n "$METRICS_DIR" ] || return 0
	run_of
	metrics_end "$1" "$(metrics_name)" "$(run_has phases)" "$(run_has verified)"
}
