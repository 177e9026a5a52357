#!/bin/sh
# mm-prune: what a policy drops, from names alone; what it must never name; when it refuses.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

now=20260315_120000

# backup STAMP [WORD] - print the names of a good backup.
backup() {
	printf '%s_backup_%s.sql.zst\n' "${2:-m}" "$1"
	printf '%s_backup_%s.sql.zst.manifest\n' "${2:-m}" "$1"
}
# prune POLICY [OPTION...] - what it says of the file listing.
prune() {
	policy=$1
	shift
	mm-prune --now "$now" "$@" "$policy" m <listing
}
# file NAMES - only the backups' own names, without what is the same in all of them.
file() { grep -v 'sql.zst\.' | sed 's/^m_backup_//; s/\.sql\.zst$//'; }
# dropped POLICY - which backups go, oldest first, in one line.
dropped() { prune "$1" | file | tr '\n' ' '; }

# Ten days, one backup in each.
for day in 06 07 08 09 10 11 12 13 14 15; do backup "202603${day}_023000"; done >listing
is '20260306_023000 20260307_023000 ' "$(dropped within=200h)" 'what is older goes, oldest first'
is '' "$(dropped within=90d)" 'what is not stays'
is '20260306_023000 20260307_023000 20260308_023000 ' "$(dropped daily=7)" 'one a day for seven days'
is '20260306_023000 20260307_023000 20260309_023000 20260310_023000 20260311_023000 20260312_023000 20260313_023000 20260314_023000 ' \
	"$(dropped weekly=2,least=1)" 'one a week: the newest of it, and a week ends on Sunday'
is '20260306_023000 20260307_023000 20260308_023000 20260309_023000 20260310_023000 20260311_023000 20260312_023000 ' \
	"$(dropped monthly=1)" 'three stay whatever the rule'
is '20260306_023000 20260307_023000 20260308_023000 20260309_023000 20260310_023000 ' \
	"$(dropped last=5)" 'last alone'
is '20260306_023000 ' "$(dropped within=1d,least=9)" 'least alone decides'

# Companions, and what is no backup of this series.
name=m_backup_20260101_000000.sql.tar.xz.enc
foreign() {
	backup 20250101_000000 M
	backup 20250101_000000 mm
	backup 20250101_000000 m_backup_20250101_000000.sql
	printf '%s\n' m_backup_20250101_000000 m_backup_20250230_000000.sql m_backup_20250101_000000.sql.bak \
		m_backup_20250101_000000.sql.manifest.bak m_backup_20250101_000000.dump .m_backup_20250101_000000.sql \
		'm_backup_20250101_000000.sql ' ' m_backup_20250101_000000.sql' './m_backup_20250101_000000.sql' \
		"m_backup_20250101_000000.sql.$(printf '%0250d' 1)" -rf '*' "it's" m '' '$(id)' \
		"$(printf '\033[2Jx\377')" "$(printf 'm_backup_20250101_000000.sql\r')"
}
{
	backup 20260313_000000
	foreign
	for part in .drill .suspect.x .manifest .globals.zst .manifest.minisig '' .globals.xz.enc; do echo "$name$part"; done
	backup 20260314_000000
	backup 20260315_000000
} >listing
is "$(for part in .manifest .manifest.minisig .drill .globals.xz.enc .globals.zst ''; do echo "$name$part"; done)" \
	"$(prune last=3)" 'the manifest goes first, its signature next, the backup last; nothing foreign goes'
prune last=3 >drop
prune last=3 -v >verbose
sed -n 's/^DROP \([^ ]*\): .*/\1/p' verbose >by_verbose
same drop by_verbose '-v names the same, in the same order'
is "$(grep -c . listing)" "$(wc -l <verbose)" '... and each name once, whatever bytes it has'
ok '... the kept with the parts that keep them' grep -qx 'KEEP m_backup_20260314_000000.sql.zst: last, least' verbose
ok '... the dropped' grep -qx "DROP $name: no part of the policy keeps it" verbose
ok '... the foreign' grep -qx -e '- M_backup_20250101_000000.sql.zst: no backup of m' verbose
ok '... made visible' grep -qxF -e '- \x1b[2Jx\xff: no backup of m' verbose
sort listing listing listing >thrice
is "$(cat drop)" "$(mm-prune --now $now last=3 m <thrice)" 'neither the order of a listing nor names that come twice matter'
tr '\n' '\0' <listing >nul
is "$(cat drop)" "$(mm-prune -0 --now $now last=3 m <nul)" '-0: a NUL after each'
printf 'x\nm_backup_20250101_000000.sql\0x\nm_backup_20250101_000000.sql.manifest\0' >>nul
is "$(cat drop)" "$(mm-prune -0 --now $now last=3 m <nul)" '... and what has a newline in it is one name'
grep -avxFf drop listing >left
is '' "$(mm-prune --now $now last=3 m <left)" 'once that is dropped, nothing more is'

# What is unfinished or suspect counts for nothing.
{
	for day in 01 02 03; do backup "202603${day}_000000"; done
	echo m_backup_20260301_000000.sql.gz		# as the old script made them
	echo m_backup_20200101_000000.sql.gz
	for day in 04 05 06; do
		backup "202603${day}_000000"
		echo "m_backup_202603${day}_000000.sql.zst.suspect"
		echo "m_backup_202603${day}_010000.sql.zst"
	done
	echo m_backup_20200101_000000.sql.xz.manifest	# of nothing
	echo m_backup_20200101_000000.sql.xz.globals
} >listing
is '' "$(prune last=1,daily=30)" 'a backup without a manifest never goes, and pushes none out'
is '' "$(prune last=1)" 'a suspect one pushes none out'
prune last=1 -v >verbose
ok '-v says which is unfinished' grep -qx 'KEEP m_backup_20200101_000000.sql.gz: no manifest' verbose
ok '... suspect' grep -qx 'KEEP m_backup_20260304_000000.sql.zst.suspect: suspect, not outlived yet' verbose
ok '... without its backup' grep -qx 'KEEP m_backup_20200101_000000.sql.xz.globals: its backup is not here' verbose
for day in 13 14 15; do backup "202603${day}_000000"; done >>listing
is '20260301_000000 20260302_000000 20260303_000000 20260304_000000 ' "$(dropped within=11d)" \
	'a suspect one goes when it is older than the reach, with as many good ones newer'
is "$(printf 'm_backup_20260304_000000.sql.zst%s\n' .manifest .suspect '')" "$(prune within=11d | tail -n 3)" \
	'... its manifest first'
is '20260301_000000 20260302_000000 20260303_000000 20260304_000000 20260305_000000 20260306_000000 ' "$(dropped last=3)" \
	'... where no time is said, when so many are newer'

# Refusals: nothing on standard output.
mute() { ! prune "$@" >out 2>err && [ ! -s out ]; }
for day in 13 14 15; do backup "202602${day}_023000"; done >listing
exits 2 'everything older than the reach: refused' prune within=7d,daily=20
said 'nothing is dropped: even the newest good backup, 20260215_023000' '... with the reason'
ok '... and nothing on standard output, not with -v' mute daily=20 -v
ok 'a policy without a reach does not mind' prune last=1,least=1
backup 20260315_023000 >>listing
exits 2 'a jump of the clock: refused' prune within=13d
said 'from 20260215_023000 to 20260315_023000' '... with the reason'
ok '... and nothing on standard output' mute within=13d
ok 'twice the reach is no jump' prune within=14d
backup 20260315_130001 >>listing
exits 2 'the newest more than an hour in the future: refused' prune last=1
said 'the newest backup, 20260315_130001, lies in the future' '... with the reason'
ok '... and nothing on standard output' mute last=1
echo m_backup_20260315_130001.sql.zst.suspect >>listing
exits 2 '... though it is suspect' prune last=1
grep -v 130001.sql.zst.manifest listing >listing.new && mv listing.new listing
ok 'what is unfinished may lie where it likes' prune last=1
is '20260213_023000 20260214_023000 ' "$(dropped last=1,least=1 | sed 's/20260215.*//')" '... and holds up nothing'

: >listing
ok 'an empty listing' prune within=7d
is '' "$(prune within=7d -v)" '... has nothing to drop'
foreign >listing
ok 'one of foreign names alone' prune within=7d,last=1
is '' "$(prune last=1)" '... neither'

# The clock.
backup "$(date -u +%Y%m%d_%H%M%S)" >listing
backup "$(date -u -d '2 days ago' +%Y%m%d_%H%M%S)" >>listing
backup "$(date -u -d '3 days ago' +%Y%m%d_%H%M%S)" >>listing
today() { mm-prune "$1" m <listing; }
is 2 "$(today within=60h,least=1 | wc -l)" 'without --now it is now'
is 2 "$(TZ=Pacific/Kiritimati today within=60h,least=1 | wc -l)" '... in every time zone'
is 0 "$(today within=80h,least=1 | wc -l)" '... and no earlier'

# A series of any name.
series='-x /ä:%'
word=$(mm-prune --spell -- "$series")
for day in 01 02 03 04; do backup "202603${day}_000000" "$word"; done >listing
is "${word}_backup_20260301_000000.sql.zst" "$(mm-prune --now $now last=3 -- "$series" <listing | tail -n 1)" 'a series of an odd name'

# A million names.
awk 'BEGIN {
	for (i = 0; i < 500000; i++) {
		printf "m_backup_%04d%02d%02d_%02d0000.sql.zst.enc\n", 1970 + i / 8064, i / 672 % 12 + 1, i / 24 % 28 + 1, i % 24
		printf "m_backup_%04d%02d%02d_%02d0000.sql.zst.enc.manifest\n", 1970 + i / 8064, i / 672 % 12 + 1, i / 24 % 28 + 1, i % 24
	}
}' >listing
million() { mm-prune --now 20320103_000000 hourly=24,daily=7,monthly=12,yearly=40,least=3 m <listing; }
ok 'a million names' million
million >drop
grep -vxFf drop listing | grep -v manifest >left
is 77 "$(wc -l <left)" '... of which the policy keeps what it says'
is m_backup_19931228_230000.sql.zst.enc "$(head -n 1 left)" '... as far back as it says'

# Usage.
used() { echo m_backup_20260301_000000.sql | mm-prune "$@"; }
exits 2 'no operands' used
exits 2 'no name' used last=3
exits 2 'one too many' used last=3 m m
exits 2 'an empty name' used last=3 ''
exits 2 'a policy that is none' used days=3 m
said "'days=3' is none of" '... and what would be one'
exits 2 'an empty policy' used '' m
exits 2 'a bare number' used 7 m
exits 2 'a policy that keeps nothing' used last=0 m
said "'0' is not a whole number from 1" '... with the range'
exits 2 'a part that comes twice' used last=3,last=4 m
exits 2 'a time without a unit' used within=7 m
exits 2 'an unknown option' used -x last=3 m
exits 2 '--now that is no time' used --now 20260230_000000 last=3 m
exits 2 '... or has more after it' used --now 20260228_000000Z last=3 m
closed_in() { mm-prune last=3 m <&-; }
exits 2 'a closed stdin' closed_in
full() { used --now $now -v last=3 m >/dev/full; }
exits 2 'a full disk' full
closed_out() { used --now $now -v last=3 m >&-; }
exits 2 'a closed stdout' closed_out
directory() { mm-prune last=3 m </; }
exits 2 'a directory on stdin' directory
needed() { readelf -d "$build/mm-prune" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' | grep -v 'san$'; }
is libc "$(needed)" 'it links nothing but libc'
done_testing
