#!/bin/sh
# mm-key makes identities that age(1) takes, prints their recipients, and inspects sealed files.
. "${0%/*}/tap.sh"

new() { (umask 077; mm-key >identity); }
ok 'a new identity' new
said 'Public key: age1' '... names its recipient on stderr'
is "$(age-keygen -y identity)" "$(mm-key --recipient <identity)" 'age-keygen reads it and finds the same recipient'
is "$(age-keygen -y identity)" "$(sed -n 's/^# public key: //p' identity)" '... which a comment in it names as well'
like_keygen() {
	sed -e 's/^\(# created: \)[-0-9]*T[0-9:]*Z$/\1/' -e 's/^\(# public key: age1\)[0-9a-z]*$/\1/' \
		-e 's/^\(AGE-SECRET-KEY-1\)[0-9A-Z]*$/\1/' "$1"
}
(umask 077; age-keygen >theirs 2>keygen_said)
is "$(like_keygen theirs)" "$(like_keygen identity)" 'the file has the form that age-keygen gives it'
is "$(wc -c <theirs)" "$(wc -c <identity)" '... and its length'
open() { (umask 022; mm-key >open); }
ok 'an identity that others may read is made' open
said 'warning: others may read' '... with a warning'
(umask 077; mm-key >again 2>new_said)
exits 1 'no two identities are the same' cmp -s identity again
exits 1 '... and one that nobody else may read is made without a warning' grep warning new_said
full() { mm-key >/dev/full; }
exits 2 'a full disk is trouble' full

both() { cat identity open | mm-key --recipient; }
is "$(age-keygen -y identity; age-keygen -y open)" "$(both)" 'a file with two identities has two recipients'
age-keygen -o key 2>keygen_said
is "$(age-keygen -y key)" "$(mm-key --recipient <key)" 'an identity of age-keygen is read'
recipient=$(mm-key --recipient <identity)
not_a_key() { echo "$recipient" | mm-key --recipient; }
exits 1 'a recipient is not an identity' not_a_key
said 'stdin: line 1: a recipient, which cannot open anything' '... and is named as what it is'
exits 1 'an empty file is no identity' mm-key --recipient </dev/null

echo 'correct horse' >passphrase
locked() { (umask 022; mm-key -p passphrase >locked); }
ok 'an identity under a passphrase' locked
said 'Public key: age1' '... names its recipient on stderr'
public=$(sed -n 's/^Public key: //p' "$tap_said")
exits 1 '... may be read by others' grep -q warning "$tap_said"
is "$public" "$(mm-seal -d -p passphrase <locked | mm-key --recipient)" '... and is what the passphrase opens'
locked_recipient() { mm-key --recipient <locked; }
exits 2 'its recipient is not told without the passphrase' locked_recipient
said 'under a passphrase' '... and why is'
exits 2 'an empty passphrase is refused' mm-key -p /dev/null

head -c 100000 /dev/zero | age -r "$recipient" -r "$(age-keygen -y open)" >sealed
inspect() { mm-key --inspect <"$1"; }
ok 'a file can be inspected without a key' inspect sealed
said 'recipients: 2 X25519' '... whom it is for'
said 'header-bytes: 266' '... how long its header is'
said "sealed-bytes: $(wc -c <sealed)" '... how long it is itself'
said '
bytes: 100000' '... and what it holds'
age -d -i identity sealed | age -a -r "$recipient" >armored
ok 'an armored file as well' inspect armored
said 'bytes: 100000' '... the length of its content'
ok 'a passphrase is a recipient' inspect locked
said 'recipients: 1 scrypt' '... named by its type'
through_pipe() { head -c 999999 sealed | mm-key --inspect; }
ok 'a file may come through a pipe' through_pipe
said 'bytes: 100000' '... and is read to its end'
head -c $((266 + 16 + 65552 + 16)) sealed >impossible
exits 1 'a length that no file has is bad' inspect impossible
said 'payload: no age file has 65584 bytes after its header' '... and says so'
head -c 200 sealed >stump
exits 1 'a header cut short is bad' inspect stump
exits 1 'what is no age file is bad' inspect identity
said 'header: not an age v1 file' '... and is named so'
inspect_full() { mm-key --inspect <sealed >/dev/full; }
exits 2 'a full disk is trouble for what is told' inspect_full

usage_error() {
	exits 2 "'mm-key $*' is a usage error" mm-key "$@"
	said 'usage: mm-key' '... and is told the usage'
}
usage_error operand
usage_error -x
usage_error --recipient --inspect
usage_error --recipient -p passphrase
usage_error -p
done_testing
