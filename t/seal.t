#!/bin/sh
# mm-seal writes and reads age v1 files, as age(1) does, and nothing that only looks like one.
. "${0%/*}/tap.sh"

umask 077
age-keygen -o key 2>/dev/null
age-keygen -o other 2>/dev/null
recipient=$(age-keygen -y key)
age-keygen -y key >recipients
age-keygen -y other >>recipients

# sized N - N bytes, the same ones each time.
sized() { yes 'a line of no meaning' | head -c "$1"; }
ours_theirs() { mm-seal -r "$recipient" <plain | age -d -i key >opened && cmp plain opened; }
theirs_ours() { age -r "$recipient" <plain | mm-seal -d -i key >opened && cmp plain opened; }
seal() { mm-seal -r "$recipient" <plain >sealed; }
unseal() { mm-seal -d -i key <sealed >opened; }

for size in 0 1 65535 65536 65537 131072 200000; do
	sized "$size" >plain
	ok "age opens what mm-seal sealed, $size bytes" ours_theirs
	ok "mm-seal opens what age sealed, $size bytes" theirs_ours
done

for_two() { mm-seal -R recipients <plain >sealed; }
with_other() { mm-seal -d -i other <sealed | cmp - plain; }
with_age_other() { age -d -i other <sealed | cmp - plain; }
with_both() { mm-seal -d -i other -i key <sealed | cmp - plain; }
ok 'a recipients file seals for all of them' for_two
ok '... the first opens it' unseal
ok '... and so does the second' with_other
ok '... with age as well' with_age_other
seal
ok 'more identities than needed do no harm' with_both

wrong_key() { mm-seal -d -i other <sealed >opened; }
exits 1 "a file for somebody else is not opened" wrong_key
said 'no identity matches: the file is for 1 X25519' '... and says whom it is for'
is 0 "$(wc -c <opened)" '... and nothing is written'

head -c 140000 sealed >short && mv short sealed
exits 1 'a file cut short is bad' unseal
said 'payload: cut short after 140000 bytes' '... and says where it ends'
is 131072 "$(wc -c <opened)" '... and what was authentic came out'

is .enc "$(mm-seal -s)" '-s prints the suffix'
full() { mm-seal -r "$recipient" <plain >/dev/full; }
exits 2 'a full disk is trouble' full
exits 2 'no recipient at all is a usage error' mm-seal
exits 2 'a recipient that is none is refused' mm-seal -r age1qqqq
done_testing
