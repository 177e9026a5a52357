#!/bin/sh
# mm-verify --age --places: several places in one check; one that is in trouble hides no other, and is hidden by none.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

promtool=$(sh "$top/t/promtool.sh")
tab=$(printf '\t')

# backup LIST TIME [WORD] - add to that list a good backup of then, of 5000 bytes.
backup() {
	name=${3:-m}_backup_$(date -u -d "$2 ago" +%Y%m%d_%H%M%S).sql.zst
	printf '%s\t%s\n' 5000 "$name" 300 "$name.manifest" >>"$1"
}
# place NAME LIST, lost NAME WHY - a line of the index.
place() { printf '%s\t%s\n' "$1" "$2" >>index; }
lost() { printf '%s\t\t%s\n' "$1" "$2" >>index; }
age() { mm-verify --age --places index "$@"; }
# line STATUS PATTERN DESC [OPTION...] - it exits with STATUS; its one line on stdout, left in got, is like PATTERN.
line() {
	want=$1 pattern=$2 desc=$3
	shift 3
	exits "$want" "$desc" age "$@"
	cp "$tap_dir/.stdout" got
	ok '... and says so' grep -qE -e "$pattern" got
}
clean() { [ -s "$1" ] && "$promtool" check metrics <"$1" && [ -z "$(tail -c 1 "$1")" ]; }
has() { [ "$(grep -cxF -e "$1" "$2")" = 1 ]; }
# fields EXPRESSION - print that part of the object in got.
fields() { perl -MJSON::PP -e "local \$/; my \$j = decode_json(<STDIN>); print $1" <got; }

backup here '3 hours'
backup here '27 hours'
backup there '4 hours'
place /var/backups here
place 'me@box:/srv' there
line 0 '^BACKUP OK - /var/backups: m: newest 3h0m old, 4\.9 KiB, 2 good; me@box:/srv: m: newest 4h0m old, 4\.9 KiB, 1 good \|' 'two places, all is well'
is 1 "$(wc -l <got)" '... in one line'
ok '... with the figures of each, by place and name' grep -qE " '/var/backups m age'=108[0-9][0-9]s;93600;180000;0 .* 'me@box:/srv m count'=1;;;0$" got
line 0 '^BACKUP OK' 'a name that is asked for' --name m
line 2 '^BACKUP CRITICAL - /var/backups: M: no good backup; me@box:/srv: M: no good backup \|' 'one that is nowhere' --name M
line 1 '^BACKUP WARNING - me@box:/srv: m: newest 4h0m old \(-w 3\.5h\), .*; /var/backups: m:' 'a place that is late comes first' -w 3.5h
age -v >got
is 3 "$(wc -l <got)" '-v adds a line for each'
ok '... with its place' grep -q '^\[OK\] me@box:/srv: m: newest .*, m_backup_.*zst$' got

# What one has, all have to have.
backup here '1 hour' 'a%20b'
line 2 '^BACKUP CRITICAL - me@box:/srv: a%20b: no good backup; /var/backups: a%20b: newest' 'a name that one place lacks'
line 0 '^BACKUP OK' '... is nothing to who asks for another' --name m

# Trouble at one.
lost 's3://bucket/p' 'no route | to host'
line 3 '^BACKUP UNKNOWN - s3://bucket/p: no route \\x7c to host; /var/backups: m: newest 3h.*; me@box:/srv: m: newest 4h.* \|' \
	'a place that could not be looked at is UNKNOWN, and the others are told' --name m
exits 2 '... and is worse than OK and less than CRITICAL' age --name M
mv there gone
line 3 '^BACKUP UNKNOWN - me@box:/srv: there: No such file or directory; s3://bucket/p: no route' 'so is one whose list is missing' --name m
: >there
line 2 '^BACKUP CRITICAL - me@box:/srv: m: no good backup; s3://' 'an empty place is CRITICAL' --name m
mv gone there
cp index full
place "$(printf 'l%s' 'o=n|g'\'' name')" here
line 3 " 'lo_n_g_ name m age'=" 'a label has no quote, bar or equals sign' --name m
cp full index

# Machines.
exits 3 'JSON' age --name m --format json
cp "$tap_dir/.stdout" got
is 'UNKNOWN 3 3' "$(fields 'join " ", @$j{qw(state code)}, scalar @{$j->{places}}')" '... has the worst state, and all places'
is '/var/backups OK 2' "$(fields 'join " ", @{$j->{places}[0]}{qw(place state)}, $j->{places}[0]{series}[0]{good}')" '... each with its series'
is 's3://bucket/p UNKNOWN no route | to host' "$(fields 'join " ", @{$j->{places}[2]}{qw(place state message)}')" '... or what is the matter'
exits 3 'metrics' age --name m --format prometheus -o age.prom
said 'mm-verify: s3://bucket/p: no route' '... trouble is said'
ok '... promtool finds no fault' clean age.prom
ok '... each family is introduced once' test -z "$(grep '^# ' age.prom | cut -d ' ' -f 2,3 | sort | uniq -d)"
ok '... a place that was looked at' has 'mm_backup_check_success{destination="me@box:/srv"} 1' age.prom
ok '... and one that was not' has 'mm_backup_check_success{destination="s3://bucket/p"} 0' age.prom
ok '... the size at each' has 'mm_backup_size_bytes{destination="me@box:/srv",name="m"} 5000' age.prom

# What was said of a place outlives trouble there, and no other's trouble.
sed -i 's/^s3.*/s3:\/\/bucket\/p\tthird/' index
backup third '5 hours'
exits 0 'all three' age --name m --format prometheus -o age.prom
grep 's3:.*name=' age.prom | grep -v _check_ >before
ok '... are told of' test "$(grep -c 's3:.*name=' before)" -eq 5
sed -i "s/^s3.*/s3:\/\/bucket\/p$tab${tab}down/; s/^me.*/me@box:\/srv$tab${tab}down too/" index
backup here '1 hour'
exits 3 'two of them in trouble' age --name m --format prometheus -o age.prom
ok '... promtool finds no fault' clean age.prom
grep 's3:.*name=' age.prom >after
same before after '... what was said of one stays'
ok '... and of the other' has 'mm_backup_size_bytes{destination="me@box:/srv",name="m"} 5000' age.prom
ok '... and the third goes on' has 'mm_backup_files{destination="/var/backups",name="m",state="good"} 3' age.prom
grep -v '^/var' index >rest && mv rest index
exits 3 'a place that is no longer asked for' age --name m --format prometheus -o age.prom
exits 1 '... is no longer told of' grep -q /var/backups age.prom

# What is no index.
for bad in 'place' "${tab}list" "place$tab" "place$tab$tab" "place${tab}a${tab}b"; do
	printf '%s\n' "$bad" >index
	line 3 '^BACKUP UNKNOWN - index: a line is no place' "no index: '$bad'"
done
: >index
line 3 '^BACKUP UNKNOWN - index: it has no place' 'an empty index'
rm index
line 3 '^BACKUP UNKNOWN - index: No such file' 'no index'
place /var/backups here
line 3 '^BACKUP UNKNOWN - usage' 'index and operand' .
line 3 '^BACKUP UNKNOWN - usage' 'index and --place' --place x
line 0 '^BACKUP OK - /var/backups: m: newest 1h0m' 'one place alone is named all the same' --name m
tr '\n' '\0' <here >here0
printf '%s\t%s\n' /var/backups here0 >index
line 0 '^BACKUP OK' '-0: lists with NULs' -0 --name m
done_testing
