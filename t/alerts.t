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

run='home: /home'

# looked DESTINATION VALUES - series of a place that can be looked at, of so many values, and of matric there.
looked() {
	series "mm_backup_check_timestamp_seconds{destination=\"$1\"}" "0+300x$2"
	series "mm_backup_check_success{destination=\"$1\"}" "1x$2"
	series "mm_backup_files{destination=\"$1\",name=\"matric\",state=\"suspect\"}" "0x$2"
}

# One backup, at the epoch, and then none for three days.
{
	looked /home 864
	series 'mm_backup_last_success_timestamp_seconds{destination="/home",name="matric"}' '0x864'
	series 'mm_backup_check_state{destination="/home",name="matric"}' '0x312 1x287 2x263'
	series 'mm_backup_files{destination="/home",name="matric",state="good"}' '1x864'
	series 'mm_backup_size_bytes{destination="/home",name="matric"}' '1000x864'
	series 'mm_backup_run_status{home="/home",name="matric",command="make"}' '0x864'
} >input
{
	# Their names hold no blanks: they are meant to split.
	# shellcheck disable=SC2086
	silent_at 26h $all
	fires_at 27h BackupLate '/home: no backup of matric for 1d 3h 0m 0s' 'severity: warning' "$place" "$backup"
	silent_at 50h BackupMissing BackupCritical
	fires_at 51h BackupMissing '/home: no backup of matric for 2d 3h 0m 0s' 'severity: critical' "$place" "$backup"
	fires_at 51h BackupCritical '/home: no good backup of matric, or none that will do; mm-check says more' 'severity: critical' "$place" "$backup"
	silent_at 60h BackupUnknown BackupNowhere BackupVanished BackupUnchecked BackupSuspect BackupShrunk BackupRunFailed
} >wanted
ok 'a backup that does not come is late after 26 hours, missing after 50, and nothing else' scenario

# Two days as they should be: a backup at midnight.
{
	series 'mm_backup_last_success_timestamp_seconds{destination="/home",name="matric"}' '0x287 86400x288'
	looked /home 576
	series 'mm_backup_check_state{destination="/home",name="matric"}' '0x576'
	series 'mm_backup_files{destination="/home",name="matric",state="good"}' '1x287 2x288'
	series 'mm_backup_size_bytes{destination="/home",name="matric"}' '1000x287 900x288'
	series 'mm_backup_run_status{home="/home",name="matric",command="make"}' '0x576'
} >input
for time in 2h 24h 25h 30h 47h; do
	# shellcheck disable=SC2086
	silent_at $time $all
done >wanted
ok 'when all is well there is no alert' scenario

# but COMMAND... - those two days, passed through a command.
but() {
	cp input before
	"$@" <before >input
	st=0
	scenario || st=$?
	cp before input
	return "$st"
}
# and_silent TIME ALERT... - all others are silent then.
and_silent() {
	and_at=$1
	shift
	# shellcheck disable=SC2046
	silent_at "$and_at" $(printf '%s\n' "$all" | grep -vxF -e "$(printf '%s\n' "$@")")
}
fires_at 47h BackupUnknown 'nothing is known of any backup' 'severity: critical' >wanted
ok 'when nothing is known, that is one' but sed 's/mm_backup_[a-z_]*/unrelated/'
fires_at 47h BackupUnchecked '/home: nobody has been able to look for an hour' 'severity: warning' "$place" >wanted
ok 'a check that has stopped is one' but sed 's/"0+300x576"/"0+300x10 3000x566"/'
and_silent 47h BackupUnchecked >>wanted
ok '... and one that sees nothing, until the last that it saw is old' but sed '/check_success/{n;s/1x576/1x500 0x76/}; /check_state/{n;s/0x576/0x500 stale/}'
fires_at 47h BackupShrunk '/home: the backup of matric is less than half of what it was' 'severity: warning' "$place" "$backup" >wanted
ok 'a backup of half the size is one' but sed 's/900x288/400x288/'
fires_at 47h BackupRunFailed '/home: make of matric ended with status 3' 'severity: warning' "$run" 'command: make' "$backup" >wanted
ok 'a run that did not reach every place is one' but sed '/run_status/{n;s/0x576/0x300 3x276/}'
fires_at 47h BackupSuspect '/home: 2 backups of matric are suspect' 'severity: warning' "$place" "$backup" 'state: suspect' >wanted
ok 'backups that are suspect are one' but sed '/suspect/{n;s/0x576/2x576/}'
fires_at 47h BackupCritical '/home: no good backup of matric, or none that will do; mm-check says more' 'severity: critical' "$place" "$backup" >wanted
and_silent 47h BackupCritical >>wanted
ok 'a backup that is too small, or lies in the future, is one' but sed '/check_state/{n;s/0x576/2x576/}'

# Another place, while home is well.
there='destination: s3://b'
# none_at TIME - it has no good backup then.
none_at() {
	fires_at "$1" BackupCritical 's3://b: no good backup of matric, or none that will do; mm-check says more' 'severity: critical' "$there" "$backup"
	fires_at "$1" BackupNowhere 's3://b: no good backup of anything is known there' 'severity: critical' "$there"
}
bucket() {
	cat
	looked s3://b 576
	series 'mm_backup_check_state{destination="s3://b",name="matric"}' "$1"
	series 'mm_backup_files{destination="s3://b",name="matric",state="good"}' "$2"
	series 'mm_backup_last_success_timestamp_seconds{destination="s3://b",name="matric"}' "$3"
}
{
	none_at 2h
	none_at 47h
	and_silent 47h BackupCritical BackupNowhere
} >wanted
ok 'a place that never had a good backup is one' but bucket 2x576 0x576 stale
{
	# shellcheck disable=SC2086
	silent_at 28h $all
	none_at 32h
	none_at 47h
	and_silent 47h BackupCritical BackupNowhere
} >wanted
ok 'one that has lost all of them is one' but bucket '0x346 2x230' '1x346 0x230' '0x287 86400x60 stale'
unreachable() { bucket '2x346 stale' '0x346 0x230' stale | sed '/check_success{destination="s3:/{n;s/1x576/1x346 0x230/}'; }
{
	none_at 47h
	fires_at 47h BackupUnchecked 's3://b: nobody has been able to look for an hour' 'severity: warning' "$there"
	and_silent 47h BackupCritical BackupNowhere BackupUnchecked
} >wanted
ok '... and stays one when it cannot be reached any more' but unreachable
never() {
	cat
	series 'mm_backup_check_timestamp_seconds{destination="s3://b"}' 0+300x576
	series 'mm_backup_check_success{destination="s3://b"}' 0x576
}
{
	fires_at 47h BackupNowhere 's3://b: no good backup of anything is known there' 'severity: critical' "$there"
	fires_at 47h BackupUnchecked 's3://b: nobody has been able to look for an hour' 'severity: warning' "$there"
	and_silent 47h BackupNowhere BackupUnchecked
} >wanted
ok 'one that could never be reached is one' but never

# Series that go.
{
	fires_at 36h BackupUnknown 'nothing is known of any backup' 'severity: critical'
	fires_at 36h BackupVanished '/home: nobody tells of it any more' 'severity: warning' "$place"
	and_silent 36h BackupUnknown BackupVanished
	fires_at 96h BackupUnknown 'nothing is known of any backup' 'severity: critical'
	and_silent 96h BackupUnknown
} >wanted
ok 'when all of them go, that is one, and stays one' but sed 's/ values: .*/ values: "0+300x360 stale"/'
two_hosts() { cat >one && sed 's/destination="/instance="a",&/' one && sed 's/destination="/instance="b",&/; s/ values: .*/ values: "0+300x360 stale"/' one; }
{
	fires_at 36h BackupVanished '/home: nobody tells of it any more' 'severity: warning' "$place" 'instance: b'
	and_silent 36h BackupVanished
} >wanted
ok '... and those of one host among others are one, too' but two_hosts
done_testing
