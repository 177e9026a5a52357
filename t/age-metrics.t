#!/bin/sh
# mm-verify --age for machines: metrics that Prometheus takes, in a file that is never torn and outlives trouble; JSON.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

promtool=$(sh "$top/t/promtool.sh")

# backup DIR TIME WORD - a good backup of that long ago, of 5000 bytes.
backup() {
	name=$3_backup_$(date -u -d "$2 ago" +%Y%m%d_%H%M%S).sql.zst
	head -c 5000 /dev/zero >"$1/$name"
	echo '# manifest: 1' >"$1/$name.manifest"
}
metrics() { mm-verify --age --format prometheus "$@"; }
# clean FILE - promtool finds nothing to say about it, and it ends in a newline.
clean() { [ -s "$1" ] && "$promtool" check metrics <"$1" && [ -z "$(tail -c 1 "$1")" ]; }
# has LINE FILE - it has that line, once.
has() { [ "$(grep -cxF -e "$1" "$2")" = 1 ]; }

mkdir d empty out
backup d '3 hours' m
newest=$name
backup d '4 hours' m
echo >>d/"$name.suspect"
backup d '60 hours' 'a%20b'
echo >d/m_backup_20260101_000000.sql

exits 2 'the status is that of the check' metrics d
cp "$tap_dir/.stdout" got
silent '... and standard error is silent'
ok 'promtool finds no fault' clean got
ok 'each family is introduced once' test -z "$(grep '^# ' got | cut -d ' ' -f 2,3 | sort | uniq -d)"
ok 'no sample has a timestamp' test "$(grep -v '^#' got | grep -c '} [0-9]*$')" -eq "$(grep -vc '^#' got)"
stamp=${newest#m_backup_}
seconds=$(date -u -d "$(echo "$stamp" | sed 's/^\(....\)\(..\)\(..\)_\(..\)\(..\)\(..\).*/\1-\2-\3 \4:\5:\6/')" +%s)
ok 'the time of the newest' has "mm_backup_last_success_timestamp_seconds{destination=\"d\",name=\"m\"} $seconds" got
ok 'its size' has 'mm_backup_size_bytes{destination="d",name="m"} 5000' got
ok 'how many are good' has 'mm_backup_files{destination="d",name="m",state="good"} 1' got
ok '... suspect' has 'mm_backup_files{destination="d",name="m",state="suspect"} 1' got
ok '... unfinished' has 'mm_backup_files{destination="d",name="m",state="unfinished"} 1' got
ok 'the state of each' has 'mm_backup_check_state{destination="d",name="m"} 0' got
ok '... name' has 'mm_backup_check_state{destination="d",name="a%20b"} 2' got
ok 'that the place was looked at' has 'mm_backup_check_success{destination="d"} 1' got

exits 2 'a place without backups' metrics --name m empty
cp "$tap_dir/.stdout" got
ok '... has clean metrics' clean got
ok '... and a state' has 'mm_backup_check_state{destination="empty",name="m"} 2' got
exits 2 'without a name' metrics empty
cp "$tap_dir/.stdout" got
ok '... too' clean got
from_stdin() { (cd d && ls) | metrics --place 'b"a\r' --name m -; }
exits 0 'another place, whose name is awkward' from_stdin
cp "$tap_dir/.stdout" got
ok '... is clean too' clean got
ok '... its backslash made visible, and that escaped' has 'mm_backup_check_success{destination="b\"a\\x5cr"} 1' got

# A file.
umask_077() { (umask 077; metrics --name m -o out/age.prom d); }
ok '-o: a file' umask_077
is '' "$(cat "$tap_dir/.stdout")" '... and nothing on standard output'
is age.prom "$(ls -A out)" '... and nothing beside it'
is 644 "$(stat -c %a out/age.prom)" '... that others may read'
ok '... clean' clean out/age.prom
before=$(stat -c %i out/age.prom)
ok 'again' metrics --name m -o out/age.prom d
ok '... is another file, that took the name' test "$before" != "$(stat -c %i out/age.prom)"

# What it said of backups stays when the place cannot be looked at, and what the check says does not.
grep -v _check_ out/age.prom >good
mv d gone
exits 3 'the place cannot be looked at' metrics --name m -o out/age.prom d
said 'd: No such file or directory' '... and why is said'
grep -v _check_ out/age.prom >later
same good later '... what was said of the backups stays'
ok '... with a word of warning' has 'mm_backup_check_success{destination="d"} 0' out/age.prom
ok '... and no state' test -z "$(grep _check_state out/age.prom)"
ok '... clean' clean out/age.prom
exits 3 'again' metrics --name m -o out/age.prom d
grep -v _check_ out/age.prom >later
same good later '... it stays'
mv gone d
ok 'the place is back' metrics --name m -o out/age.prom d
ok '... and the warning goes' has 'mm_backup_check_success{destination="d"} 1' out/age.prom
printf 'torn{x="' >out/foreign.prom
exits 3 'a file that is not ours' metrics -o out/foreign.prom no/such
ok '... is replaced, not passed on' clean out/foreign.prom
exits 3 'where there was no file' metrics -o out/first.prom no/such
ok '... there is one that says so' has 'mm_backup_check_success{destination="no/such"} 0' out/first.prom
cp out/age.prom kept
exits 3 'a mistake in the options' metrics -o out/age.prom -w x d
same kept out/age.prom '... leaves the file as it was'
(ulimit -f 0; trap '' XFSZ; metrics -o out/age.prom --name m d >/dev/null 2>&1) || full=$?
is 3 "${full-0}" 'a file that cannot be written is UNKNOWN'
same kept out/age.prom '... and leaves it as it was'
is 'out/age.prom out/first.prom out/foreign.prom' "$(find out -type f | sort | paste -sd ' ')" '... and nothing beside it'
exits 3 'no directory for it' metrics --name m -o no/such/age.prom d

# JSON.
json() { mm-verify --age --format json "$@"; }
# field EXPRESSION - print that part of the object in got.
field() { perl -MJSON::PP -e "local \$/; my \$j = decode_json(<STDIN>); print $1" <got; }
exits 2 'JSON, of all names' json d
cp "$tap_dir/.stdout" got
is 'CRITICAL 2 d' "$(field 'join " ", @$j{qw(state code place)}')" '... has the state and the place'
is 'a%20b m' "$(field 'join " ", map { $_->{name} } @{$j->{series}}')" '... a series for each name'
is "OK $newest $seconds 5000 1 1 1" "$(field 'join " ", @{$j->{series}[1]}{qw(state newest timestamp size good suspect unfinished)}')" \
	'... with what is known of it'
exits 3 'JSON, when there is trouble' json no/such
cp "$tap_dir/.stdout" got
is 'UNKNOWN 3 no/such: No such file or directory' "$(field 'join " ", @$j{qw(state code message)}')" '... says which'
done_testing
