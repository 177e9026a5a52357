#!/bin/sh
# A passphrase seals a file, or an identity, for mm-seal, mm-key and age(1) alike.
. "${0%/*}/tap.sh"

umask 077
mm-key >key 2>said_by_key
recipient=$(mm-key --recipient <key)
echo 'correct horse' >passphrase
yes 'a line of no meaning' | head -c 200000 >plain

is_plain() { cmp - plain; }
unseal() { mm-seal -d -i key <sealed >opened; }
# age(1) asks a terminal, and nothing else, for passphrases.
# at_terminal COMMAND - run it where it can ask a terminal for a passphrase, twice if it likes.
at_terminal() { cat passphrase passphrase | script -qec "$1" /dev/null; }

pass_seal() { mm-seal -p passphrase <plain >sealed; }
pass_unseal() { mm-seal -d -p passphrase <sealed >opened; }
pass_wrong() { echo wrong | { mm-seal -d -p /dev/fd/3 3<&0 <sealed; }; }
ok 'a passphrase seals' pass_seal
ok '... and opens' pass_unseal
same plain opened '... what it sealed'
exits 1 'another passphrase does not' pass_wrong
said 'no identity matches: the file is for 1 scrypt' '... and that is said'
exits 1 'nor does an identity' unseal
# What a sanitizer built does not even start in so little.
little_memory() { prlimit --as=200000000 mm-seal -d -p passphrase <sealed; }
if prlimit --as=200000000 mm-seal -s >suffix 2>&1; then
	exits 2 'too little memory for a passphrase is trouble' little_memory
	said 'scrypt: 256 MiB of memory' '... and says how much it takes'
fi
their_passphrase() { at_terminal 'age -d -o there sealed' && cmp there plain; }
ok 'age opens it, too' their_passphrase
seal_there() { at_terminal 'age -p -a -o theirs plain'; }
our_passphrase() { mm-seal -d -p passphrase <theirs | is_plain; }
ok 'age seals with a passphrase' seal_there
ok '... and we open it' our_passphrase

# An identity file under a passphrase.
mm-key -p passphrase >locked 2>key_said
mm-seal -r "$(sed -n 's/^Public key: //p' key_said)" <plain >sealed
locked() { mm-seal -d -i locked -p passphrase <sealed | is_plain; }
not_unlocked() { mm-seal -d -i locked <sealed; }
wrongly_unlocked() { echo wrong | { mm-seal -d -i locked -p /dev/fd/3 3<&0 <sealed; }; }
needless() { mm-seal -r "$recipient" <plain | mm-seal -d -i locked -i key | is_plain; }
ok 'an identity file under a passphrase opens with it' locked
exits 1 '... and not without' not_unlocked
said 'locked: not tried, it is under a passphrase' '... which is said'
exits 2 'another passphrase does not open it' wrongly_unlocked
said 'locked: this identity file stays closed' '... which is said'
ok 'one that is not needed does no harm' needless
their_locked() { at_terminal 'age -d -i locked -o again sealed' && cmp again plain; }
ok 'age takes it, too' their_locked
lock_there() { at_terminal 'age -p -o their_locked key'; }
our_locked() { mm-seal -r "$recipient" <plain | mm-seal -d -i their_locked -p passphrase | is_plain; }
ok 'age puts an identity under a passphrase' lock_there
ok '... and we take it' our_locked
done_testing
