#!/bin/sh
# mm-key makes identities that age(1) takes, prints their recipients, and inspects sealed files.
. "${0%/*}/tap.sh"

new() { (umask 077; mm-key >identity); }
ok 'a new identity' new
said 'Public key: age1' '... names its recipient on stderr'
is "$(age-keygen -y identity)" "$(mm-key --recipient <identity)" 'age-keygen reads it and finds the same recipient'
is 600 "$(stat -c %a identity)" 'the file is private under umask 077'
open() { (umask 022; mm-key >open); }
ok 'an identity that others may read is made' open
said 'warning: others may read' '... with a warning'
both() { cat identity open | mm-key --recipient; }
is "$(age-keygen -y identity; age-keygen -y open)" "$(both)" 'a file with two identities has two recipients'

recipient=$(mm-key --recipient <identity)
not_a_key() { echo "$recipient" | mm-key --recipient; }
exits 1 'a recipient is not an identity' not_a_key
said 'stdin: line 1: a recipient, which cannot open anything' '... and is named as what it is'

head -c 100000 /dev/zero | age -r "$recipient" -r "$(age-keygen -y open)" >sealed
inspect() { mm-key --inspect <sealed; }
ok 'a file can be inspected without a key' inspect
said 'recipients: 2 X25519' '... whom it is for'
said "sealed-bytes: $(wc -c <sealed)" '... how long it is'
said 'bytes: 100000' '... and what it holds'
lengthen() { head -c 65536 sealed | mm-key --inspect; }
ok 'a length that a file can have passes' lengthen
impossible() { head -c $((266 + 16 + 65552 + 16)) sealed | mm-key --inspect; }
exits 1 'a length that no file has is bad' impossible
said 'no age file has' '... and says so'
done_testing
