#!/bin/sh
# mm-verify --age: what a monitor learns of a place that has backups, and that it never learns OK by mistake.
. "${0%/*}/tap.sh"

# ago TIME - a stamp of then.
ago() { date -u -d "$1 ago" +%Y%m%d_%H%M%S; }
# backup DIR TIME [WORD] - a good backup of then, of 5000 bytes; its name is left in $name.
backup() {
	name=${3:-m}_backup_$(ago "$2").sql.zst
	head -c 5000 /dev/zero >"$1/$name"
	echo '# manifest: 1' >"$1/$name.manifest"
}
age() { mm-verify --age "$@"; }
# line STATUS PATTERN DESC [OPTION...] - it exits with STATUS; its one line on stdout, left in got, is like PATTERN.
line() {
	want=$1 pattern=$2 desc=$3
	shift 3
	exits "$want" "$desc" age "$@"
	cp "$tap_dir/.stdout" got
	ok '... and says so' grep -qE -e "$pattern" got
}

mkdir d empty
backup d '3 hours'
backup d '27 hours'
backup d '51 hours'
there=$name
line 0 "^BACKUP OK - m: newest 3h0m old, 4\.9 KiB, 3 good \| age=108[0-9][0-9]s;93600;180000;0 size=5000B;;;0 count=3;;;0$" 'all is well' d
is 1 "$(wc -l <got)" '... in one line'
exits 0 'all is well' age d
silent '... on standard error nothing'
line 0 '^BACKUP OK' 'a name that is asked for' --name m d
line 2 '^BACKUP CRITICAL - M: no good backup \| age=U;93600;180000;0 size=U;;;0 count=0;;;0$' 'one that is not there' --name M d
line 1 'newest 3h0m old \(-w 2h\).* age=[0-9]*s;7200;180000;' 'older than for a warning' -w 2h d
line 2 'newest 3h0m old \(-c 2\.5h\)' 'older than critical' -w 1h -c 2.5h d
line 1 'newest 3h0m old \(-w 4h:\).*;14400:;' 'a range the other way round' -w 4h: d
line 2 '\(-c @0:1d\).*;@86400;' 'a range inside out' -c @0:1d d
line 2 '4\.9 KiB \(--min-size 5K\).* size=5000B;;5120:;0' 'too small' --min-size 5K d
line 0 '^BACKUP OK' 'large enough' --min-size 5000 d
line 1 '3 good \(--count 4\).* count=3;4:;;0' 'too few: a bare number is the least' --count 4 d
line 0 'count=3;3:;;0' 'as many as wanted' --count 3 d
line 1 '3 good \(--count ~:2\)' 'too many, where a range says so' --count ~:2 d
line 0 '^BACKUP OK - the attic: m: newest' '--place tells where' --place 'the attic' d
line 2 '^BACKUP CRITICAL - no backup at all$' 'no backup at all' empty
line 2 '^BACKUP CRITICAL - m: no good backup' '... of that name' --name m empty

# The time is that of the name, and what is not finished or not ours does not count.
mkdir old
backup old '60 hours'
line 2 'newest 2d12h old \(-c 50h\)' 'the name tells the time, not the file' old
fresh=m_backup_$(ago '1 hour').sql
{
	head -c 5000 /dev/zero >old/"$fresh"
	line 2 'newest 2d12h old \(-c 50h\), 4\.9 KiB, 1 good, 1 unfinished' 'one without a manifest does not count' old
	touch old/"$fresh.manifest"
	line 2 '1 unfinished' '... nor with an empty one' old
	echo '# manifest: 1' >old/"$fresh.manifest"
	touch old/"$fresh.suspect"
	line 2 '1 good, 1 suspect' 'a suspect one does not count, whatever the mark has in it' old
	rm old/"$fresh.suspect"
	: >old/"$fresh"
	line 2 '1 good' 'an empty one does not count' old
	rm old/"$fresh"
	line 2 '1 good' 'a manifest alone does not' old
	ln -s ../d/"$there" old/"$fresh"
	line 2 '1 good' 'a symbolic link does not' old
	rm old/"$fresh"
	mkdir old/"$fresh"
	line 2 '1 good' 'a directory does not' old
	rmdir old/"$fresh"
	mkfifo old/"$fresh"
	line 2 '1 good' 'a FIFO does not, and is not waited for' old
	rm old/"$fresh" old/"$fresh.manifest"
}
mkdir old/sub old/..sub
backup old/sub '1 hour'
cp d/"$there" old/".$fresh"
cp d/"$there" old/"$fresh.partial"
line 2 'newest 2d12h old \(-c 50h\), 4\.9 KiB, 1 good \|' 'neither do directories below, hidden files, or other ends' old
backup old '-10 minutes'
line 2 'newest 2d12h old.*, 2 good, one of [0-9]*_[0-9]* lies in the future' 'one of the future is told, and hides nothing' old
mkdir ahead
backup ahead '-10 minutes'
line 1 'none but of the future, 1 good' 'one of the future alone is a warning' ahead
mkdir skewed
backup skewed '-4 minutes'
line 0 'newest 0s old' 'a clock may be a little ahead' skewed

# Several names: the worst wins and is told first.
backup d '1 hour' a
backup d '30 hours' b
backup d '70 hours' 'c%20d'
line 2 "^BACKUP CRITICAL - c%20d: newest 2d22h old \(-c 50h\), 4\.9 KiB, 1 good; b: .* \(-w 26h\).*; a: .*; m: .* \| 'a age'=.* 'm count'=3;;;0$" 'all names' d
line 1 "^BACKUP WARNING - b: .*; a: .* \| 'b age'=.*s;.* 'a age'=" '... those that are asked for, figures in that order' --name b --name a d
line 2 '^BACKUP CRITICAL - c%20d: newest 2d22h' '... spelled as their owner does' --name 'c d' d
age -v d >got || :
is 5 "$(wc -l <got)" '-v adds a line for each'
ok '... with its state and the name of its newest' grep -q '^\[WARNING\] b: newest 30h0m old (-w 26h), .*, b_backup_.*\.sql\.zst$' got
mkdir many
n=0
while [ $n -lt 90 ]; do
	word=$(printf '%s%03d' 'a-name-that-is-rather-long' $n)
	name=${word}_backup_$(ago '1 hour').sql
	echo x >"many/$name"
	echo x >"many/$name.manifest"
	n=$((n + 1))
done
line 0 '; and [0-9]+ more \|' 'of very many, as many as there is room for' many
ok '... in less than 4 KB' test "$(wc -c <got)" -lt 4096
ok '... of whole figures' grep -qE " 'a-name-that-is-rather-long[0-9]* count'=1;;;0$" got

# Names on standard input.
(cd d && ls) >names
from() { input=$1; shift; age "$@" - <"$input"; }
exits 0 'names on standard input' from names --name m
said 'm: newest 3h0m old, 3 good | age=' '... without sizes'
exits 3 'a size that is wanted and not known is UNKNOWN' from names --name m --min-size 1
said 'm: newest 3h0m old, its size is not known (--min-size 1)' '... and it says so'
(cd d && for f in *; do printf '%s\t%s\n' "$(wc -c <"$f")" "$f"; done) >sized
exits 0 'names with sizes' from sized --name m --min-size 5000
said 'size=5000B;;5000:;0' '... which are taken'
sed "s/^/1700000000$(printf '\t')/" sized >fields
exits 0 'fields before the size are passed over' from fields --name m --min-size 5000
tr '\n' '\0' <names >names0
exits 0 '-0: a NUL after each name' from names0 -0 --name m
grep -v 'm_.*manifest' names >unfinished
exits 2 'names without manifests' from unfinished --name m
exits 2 'no name' from /dev/null
from_closed() { age - <&-; }
exits 3 'a closed standard input is UNKNOWN' from_closed
said 'BACKUP UNKNOWN' '... and it says so'

# Trouble is never OK, and is told on standard output.
line 3 '^BACKUP UNKNOWN - no/such: No such file or directory$' 'no such directory' no/such
line 3 '^BACKUP UNKNOWN - names: Not a directory$' 'a file' names
line 3 '^BACKUP UNKNOWN - x\\x7cy\\x0az: .*No such file' 'what would break a line or its figures is made visible' --place "$(printf 'x|y\nz')" no/such
line 3 '^BACKUP UNKNOWN - usage' 'no operand'
line 3 '^BACKUP UNKNOWN - usage' 'two operands' d empty
line 3 '^BACKUP UNKNOWN - usage' 'an unknown option' --frob d
line 3 '^BACKUP UNKNOWN - usage' 'an option without its argument' d -w
for bad in '' x 26x 10:5; do
	line 3 "^BACKUP UNKNOWN - -w: '$bad' is no range, such as 26h$" "-w '$bad'" -w "$bad" d
	line 3 "^BACKUP UNKNOWN - -c: '$bad' is no range" "-c '$bad'" -c "$bad" d
done
line 3 "UNKNOWN - --count: '3h' is no range" '--count 3h' --count 3h d
line 3 "UNKNOWN - --min-size: '1Z' is no size" '--min-size 1Z' --min-size 1Z d
line 3 "UNKNOWN - -t: '0' is no time" '-t 0' -t 0 d
line 3 "UNKNOWN - --format: 'xml' is none of" '--format xml' --format xml d
line 3 'UNKNOWN - --name: it is empty' '--name of nothing' --name '' d
line 3 '^usage: mm-verify --age ' '-h' -h
line 3 '^mm-verify [0-9]+\.[0-9]+' '-V' -V
full() { age d >/dev/full; }
exits 3 'a full disk is UNKNOWN' full
closed() { age d >&-; }
exits 3 'a closed standard output is UNKNOWN' closed
# (No leak checker works under strace.)
broken() { ASAN_OPTIONS=detect_leaks=0 strace -qq -o calls -e trace="$1" -e inject="$1:error=$2:when=$3" mm-verify --age d; }
exits 3 'a directory that cannot be read to its end is UNKNOWN' broken getdents64 EIO 2
said 'BACKUP UNKNOWN - d: Input/output error' '... and it says so'
broken newfstatat EIO 9999 >/dev/null || :
nth=$(grep -n AT_SYMLINK_NOFOLLOW calls | head -n 1 | cut -d: -f1)
exits 3 'so is a file that cannot be looked at' broken newfstatat EACCES "$nth+"
said 'BACKUP UNKNOWN - d: Permission denied' '... and it says so'
exits 2 'what is gone when it is looked at was not there' broken newfstatat ENOENT "$nth+"
mkfifo never
exec 8<>never
hangs() { age -t 1 - <&8; }
exits 3 'what takes longer than -t is UNKNOWN' hangs
said 'BACKUP UNKNOWN - nothing known after 1s' '... and it says so'
exec 8>&-
done_testing
