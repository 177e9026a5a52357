#!/bin/sh
# mm-prune -w: what of home's listing a place, listed on stdin, lacks and its policy keeps; in the order to send it in.
. "${0%/*}/tap.sh"

now=20260315_120000
n15=m_backup_20260315_000000.sql.zst.enc
n14=m_backup_20260314_000000.sql.zst.enc
n13=m_backup_20260313_000000.sql.zst.enc
n12=m_backup_20260312_000000.sql.zst.enc

# all NAME... - print each and its manifest.
all() { for name; do printf '%s\n%s.manifest\n' "$name" "$name"; done; }
# sent POLICY [OPTION...] - what is to be sent, from the file home to the place listed in the file there.
sent() {
	policy=$1
	shift
	mm-prune --now "$now" -w home "$@" "$policy" m <there
}
lines() { printf '%s\n' "$@"; }

all "$n12" "$n13" "$n15" "$n14" >home
: >there
is "$(all "$n15" "$n14" "$n13" "$n12")" "$(sent within=7d)" 'to an empty place all goes, newest first, manifest last'
is "$(all "$n15" "$n14")" "$(sent last=2,least=1)" '... that its policy keeps'
all "$n14" >there
is "$(all "$n15" "$n13" "$n12")" "$(sent within=7d)" 'what is there is not sent again'
cp home there
is '' "$(sent within=7d)" 'when all is there, nothing is'

# Every companion, and what is broken off.
lines "$n15" "$n15.manifest" "$n15.manifest.minisig" "$n15.drill" "$n15.globals.zst.enc" >home
: >there
is "$(lines "$n15" "$n15.globals.zst.enc" "$n15.drill" "$n15.manifest.minisig" "$n15.manifest")" "$(sent last=1)" \
	'companions go after their backup, the signature before the manifest, the manifest last'
sent last=1 >whole
lines "$n15" "$n15.globals.zst.enc" >there
is "$(cat whole)" "$(sent last=1)" 'without its manifest there, all of it goes again'
all "$n15" >there
is "$(lines "$n15.globals.zst.enc" "$n15.drill" "$n15.manifest.minisig")" "$(sent last=1)" \
	'with it, only what is missing does, and never the manifest'
echo "$n15.manifest" >there
is "$(grep -v 'manifest$' whole)" "$(sent last=1)" 'a backup that went missing beside its manifest is sent'
lines "$n15" "$n15.manifest" "$n15.drill" >there
echo "$n15.globals" >>there
is "$(lines "$n15.globals.zst.enc" "$n15.manifest.minisig")" "$(sent last=1)" 'other companions there change nothing'

# Only good ones leave home, and what is suspect there is left alone.
{
	all "$n15" "$n14" "$n12"
	lines "$n14.suspect" "$n13" "$n13.drill" m_backup_20260311_000000.sql.manifest
	all M_backup_20260310_000000.sql m_backup_20260309_000000.sql.old
} >home
: >there
is "$(all "$n15" "$n12")" "$(sent within=30d)" 'neither suspect nor unfinished ones nor foreign names are sent'
lines "$n15" "$n15.manifest" "$n15.suspect" "$n12.suspect" >there
is '' "$(sent within=30d)" 'what is suspect there is not sent again'
is "$(lines "SKIP $n15: suspect there" "SKIP $n15.manifest: suspect there" \
	"SKIP $n14: suspect" "SKIP $n14.suspect: suspect" "SKIP $n14.manifest: suspect" \
	"SKIP $n13: no manifest" "SKIP $n13.drill: no manifest" \
	"SKIP $n12: suspect there" "SKIP $n12.manifest: suspect there" \
	'SKIP m_backup_20260311_000000.sql.manifest: its backup is not at home' \
	'- M_backup_20260310_000000.sql: no backup of m' '- M_backup_20260310_000000.sql.manifest: no backup of m' \
	'- m_backup_20260309_000000.sql.old: no backup of m' '- m_backup_20260309_000000.sql.old.manifest: no backup of m')" \
	"$(sent within=30d -v)" '-v says of each name at home why it is not sent'
all "$n15" >home
: >there
is "$(lines "SEND $n15: daily, least" "SEND $n15.manifest: daily, least")" "$(sent daily=1 -v)" '... or why it is'
cp home there
is "$(lines "SKIP $n15: it is there" "SKIP $n15.manifest: it is there")" "$(sent daily=1 -v)" '... or need not be'

# The policy is that of the place, over all that it will have.
all "$n15" "$n14" m_backup_20260313_010000.sql.zst.enc >there
all "$n15" "$n14" "$n13" "$n12" >home
is "$(all "$n12")" "$(sent daily=9,least=1)" 'what the place would drop next is not sent to it'
echo "m_backup_20260313_010000.sql.zst.enc.suspect" >>there
is "$(all "$n13" "$n12")" "$(sent daily=9,least=1)" '... and what is suspect there replaces nothing'

# Whatever home and place have: once it was sent, nothing is lacking, and the next prune there drops nothing of it.
# That prune may drop a suspect copy, in whose place the next round sends the good one from home; then all is quiet.
# dice N - a number from 0 to below N, the same in each run.
seed=7
dice() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	die=$((seed / 65536 % $1))
}
# random_listing - some of forty backups, some of them whole.
random_listing() {
	n=0
	while [ $n -lt 40 ]; do
		name=$(printf 'm_backup_202603%02d_%02d0000.sql' $((n / 3 + 1)) $((n % 3 * 7)))
		dice 8
		case $die in
		0 | 1 | 2 | 3) all "$name" ;;
		4) echo "$name" ;;
		5) all "$name"; echo "$name.suspect" ;;
		6) all "$name"; echo "$name.globals" ;;
		esac
		n=$((n + 1))
	done
}
# a_round POLICY - send and prune as the driver does.
a_round() {
	sent "$1" >send || return
	cat there send | sort -u >next
	mv next there
	[ -z "$(sent "$1")" ] || return 96
	mm-prune --now "$now" "$1" m <there >drop || return
	if grep -xFf send drop; then return 97; fi
	grep -vxFf drop there >next || return 98
	mv next there
}
# settles POLICY - it does in two rounds.
settles() {
	a_round "$1" && a_round "$1" || return
	[ -z "$(sent "$1")" ] && [ -z "$(mm-prune --now "$now" "$1" m <there)" ]
}
for policy in last=4 within=5d,least=1 daily=6,weekly=2 hourly=60,least=2 weekly=1,monthly=1,least=1; do
	for round in 1 2 3 4 5 6; do
		# Not in a subshell: the dice roll on.
		random_listing >home
		random_listing >there
		ok "$policy, round $round: what was sent is not lacking, nor dropped next" settles "$policy"
	done
done

# A listing that cannot be read is no empty one.
no_home() { mm-prune -w no/such/file last=3 m <there; }
exits 2 'no file of that name' no_home
directory() { mm-prune -w / last=3 m <there; }
exits 2 'a directory' directory
all "$n15" >home
backwards() { mm-prune --now 20200101_000000 -w home last=3 m </dev/null; }
ok 'a doubtful clock stops nothing from being sent' backwards
said "$n15.manifest" '... whole'
nul() { tr '\n' '\0' <home >home0; mm-prune -0 --now $now -w home0 last=3 m </dev/null; }
is "$(all "$n15")" "$(nul)" '-0 is for both listings'
done_testing
