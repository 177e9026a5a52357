#!/bin/sh
# mm-prune --list and --spell: the names of backups, of which every part of the suite has the same idea.
. "${0%/*}/tap.sh"

tab=$(printf '\t')
cat >listing <<'EOF2'
b_backup_20260101_000000.sql.manifest
b_backup_20260101_000000.sql
a%20b_backup_20260102_000000.sql.gz
a%20b_backup_20260102_000000.sql.gz.suspect
b_backup_20260103_000000.sql.enc
b_backup_20260103_000000.sql.enc.manifest
b_backup_20260103_000000.sql.enc.suspect
b_backup_20260104_000000.sql.manifest
b_backup_20260105_000000.sql
b_backup_20260105_000000.sql.enc.zst
EOF2
want="unfinished${tab}20260105_000000${tab}b_backup_20260105_000000.sql
suspect${tab}20260103_000000${tab}b_backup_20260103_000000.sql.enc
unfinished${tab}20260102_000000${tab}a%20b_backup_20260102_000000.sql.gz
good${tab}20260101_000000${tab}b_backup_20260101_000000.sql"
listed() { mm-prune --list "$@" <listing; }
is "$want" "$(listed)" '--list: every backup, newest first, with its state'
is "$(echo "$want" | grep b_b | grep -v %)" "$(listed b)" '... of one series'
is "$(echo "$want" | grep %)" "$(listed 'a b')" '... that is named as its owner does'
is '' "$(listed c)" '... or none'
is "suspect${tab}20260103_000000${tab}b_backup_20260103_000000.sql.enc${tab}1767398400${tab}b" "$(listed -v b | sed -n 2p)" \
	'-v: the seconds, and the name as it is spelled, behind these'
is 'a%20b' "$(listed -v 'a b' | cut -f 5)" '... as it is spelled'
tr '\n' '\0' <listing >nul
is "$want" "$(mm-prune --list -0 <nul)" '-0: a NUL after each; what comes out are lines'
printf 'b_backup_20260101_000000.sql\nb_backup_20260101_000000.sql.manifest' >short
is "good${tab}20260101_000000${tab}b_backup_20260101_000000.sql" "$(mm-prune --list <short)" 'the last line needs no end'
ok 'an empty listing' mm-prune --list </dev/null

# Whatever a name ends in, the tool that makes that end says so.
for method in $(mm-compress --list | cut -f1); do
	for seal in '' "$(mm-seal -s)"; do
		name=m_backup_20260101_000000.sql$(mm-compress -s -m "$method")$seal
		is "unfinished${tab}20260101_000000${tab}$name" "$(echo "$name" | mm-prune --list)" "$name is a name"
		is '' "$(echo "$name.globals$(mm-compress -s -m "$method")$seal" | mm-prune --list)" '... with globals of the same kind'
	done
done

is matric "$(mm-prune --spell matric)" '--spell: a plain name as it is'
is a%20b%2Fc%25 "$(mm-prune --spell 'a b/c%')" '... others with what cannot stand in a name as %XX'
is %2D-spell "$(mm-prune --spell -- --spell)" '... a dash in front too'
exits 2 'none is refused' mm-prune --spell ''
said 'empty' '... and says so'
ok 'the longest' mm-prune --spell "$(printf '%0199d' 0)"
exits 2 'one that is longer is refused' mm-prune --spell "$(printf '%0200d' 0)"
said 'it may have 199 bytes' '... and says how long it may be'

exits 2 '--spell wants a name' mm-prune --spell
exits 2 '... one' mm-prune --spell a b
exits 2 '--list wants one at the most' listed a b
exits 2 '--list has no policy' listed last=3 b
exits 2 '... nor --now' listed --now 20260101_000000
exits 2 '... nor -w' listed -w listing
exits 2 '... nor --spell' listed --spell b
exits 2 '--spell has no -v' mm-prune -v --spell b
full() { listed >/dev/full; }
exits 2 'a full disk' full
spell_full() { mm-prune --spell m >/dev/full; }
exits 2 '... for --spell' spell_full
done_testing
