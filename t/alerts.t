#!/bin/sh
# The alert rules for Prometheus: sound, about metrics that we have, and silent until there is something to say.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
promtool=$(sh "$top/t/promtool.sh")
cp "$top/units/prometheus/matric-backup.rules.yml" rules.yml
ok 'promtool finds the rules sound' "$promtool" check rules rules.yml

# Of these the rules speak, and they are there.
grep -o 'mm_backup_[a-z_]*' rules.yml | sort -u | grep -v '_run_$' >spoken
mkdir home
name=matric_backup_$(date -u +%Y%m%d_%H%M%S).sql
echo x >"home/$name"
echo '# manifest: 1' >"home/$name.manifest"
mm-verify --age --name matric --format prometheus home >metrics
sed -n 's/.*metrics_line \(mm_backup_[a-z_]*\).*/# TYPE \1/p' "$top/scripts/metrics.sh" >>metrics
sed -n 's/^# TYPE \([a-z_]*\).*/\1/p' metrics | sort -u >made
is '' "$(comm -23 spoken made)" 'every metric that they are about is made'
ok '... some of which they are about' test -s spoken

# series NAME VALUES - a series of the input, a value each five minutes, as Prometheus writes it: 0x11 is twelve zeros, an hour.
series() { printf '      - series: %s\n        values: "%s"\n' "'$1'" "$2"; }
# silent_at TIME ALERT... - these are silent then.
silent_at() {
	at=$1
	shift
	printf "      - eval_time: $at\n        alertname: %s\n" "$@"
}
# fires_at TIME ALERT SUMMARY LABEL... - it fires then, with exactly these labels, and says this.
fires_at() {
	silent_at "$1" "$2"
	printf '        exp_alerts:\n          - exp_annotations:\n              summary: "%s"\n            exp_labels:\n' "$3"
	shift 3
	printf '              %s\n' "$@"
}
# scenario - the rules, over what stands in input and wanted; the clock starts at the epoch.
scenario() {
	{
		printf 'rule_files: [rules.yml]\nevaluation_interval: 5m\ntests:\n  - interval: 5m\n    input_series:\n'
		cat input
		printf '    alert_rule_test:\n'
		cat wanted
	} >test.yml
	"$promtool" test rules test.yml
}
all=$(sed -n 's/.*- alert: //p' rules.yml)
place='destination: /home'
backup='name: matric'

# One backup, at the epoch, and then none for three days.
{
	series 'mm_backup_last_success_timestamp_seconds{destination="/home",name="matric"}' '0x864'
	series 'mm_backup_check_timestamp_seconds{destination="/home"}' '0+300x864'
	series 'mm_backup_check_success{destination="/home"}' '1x864'
	series 'mm_backup_size_bytes{destination="/home",name="matric"}' '1000x864'
	series 'mm_backup_files{destination="/home",name="matric",state="suspect"}' '0x864'
	series 'mm_backup_run_status{home="/home",command="make"}' '0x864'
} >input
{
	# Their names hold no blanks: they are meant to split.
	# shellcheck disable=SC2086
	silent_at 26h $all
	fires_at 27h BackupLate '/home: no backup of matric for 1d 3h 0m 0s' 'severity: warning' "$place" "$backup"
	silent_at 50h BackupMissing
	fires_at 51h BackupMissing '/home: no backup of matric for 2d 3h 0m 0s' 'severity: critical' "$place" "$backup"
	silent_at 60h BackupUnknown BackupUnchecked BackupSuspect BackupShrunk BackupRunFailed
} >wanted
ok 'a backup that does not come is late after 26 hours, missing after 50, and nothing else' scenario

# Two days as they should be: a backup at midnight.
{
	series 'mm_backup_last_success_timestamp_seconds{destination="/home",name="matric"}' '0x287 86400x288'
	series 'mm_backup_check_timestamp_seconds{destination="/home"}' '0+300x576'
	series 'mm_backup_check_success{destination="/home"}' '1x576'
	series 'mm_backup_size_bytes{destination="/home",name="matric"}' '1000x287 900x288'
	series 'mm_backup_run_status{home="/home",command="make"}' '0x287 75x12 0x275'
} >input
for time in 2h 24h 25h 30h 47h; do
	# shellcheck disable=SC2086
	silent_at $time $all
done >wanted
ok 'when all is well there is no alert, nor for a run that found another at work' scenario

# but COMMAND... - those two days, passed through a command.
but() {
	cp input before
	"$@" <before >input
	st=0
	scenario || st=$?
	cp before input
	return "$st"
}
fires_at 47h BackupUnknown 'nothing is known of any backup' 'severity: critical' >wanted
ok 'when nothing is known, that is one' but sed '/last_success/,+1d'
fires_at 47h BackupUnchecked '/home: nobody has been able to look for an hour' 'severity: warning' "$place" >wanted
ok 'a check that has stopped is one' but sed 's/"0+300x576"/"0+300x10 3000x566"/'
ok '... and one that sees nothing' but sed '/check_success/{n;s/1x576/0x576/}'
fires_at 47h BackupShrunk '/home: the backup of matric is less than half of what it was' 'severity: warning' "$place" "$backup" >wanted
ok 'a backup of half the size is one' but sed 's/900x288/400x288/'
fires_at 47h BackupRunFailed '/home: make ended with status 3' 'severity: warning' 'home: /home' 'command: make' >wanted
ok 'a run that did not reach every place is one' but sed 's/0x275"/3x275"/'
fires_at 47h BackupSuspect '/home: 2 backups of matric are suspect' 'severity: warning' "$place" "$backup" 'state: suspect' >wanted
suspects() { cat && series 'mm_backup_files{destination="/home",name="matric",state="suspect"}' '2x576'; }
ok 'backups that are suspect are one' but suspects
done_testing
