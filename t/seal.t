#!/bin/sh
# mm-seal at the command line: what it takes, what it refuses, and that a failure never looks like a file.
. "${0%/*}/tap.sh"

umask 077
mm-key >key 2>said_by_key
mm-key >other 2>said_by_key
recipient=$(mm-key --recipient <key)
mm-key --recipient <key >recipients
mm-key --recipient <other >>recipients
echo 'correct horse' >passphrase
yes 'a line of no meaning' | head -c 200000 >plain

is_plain() { cmp - plain; }
seal() { mm-seal -r "$recipient" <plain >sealed; }
unseal() { mm-seal -d -i key <sealed >opened; }
ok 'a file is sealed' seal
ok '... and opened' unseal
same plain opened '... to what it was'

for_two() { mm-seal -R recipients <plain >sealed; }
with_other() { mm-seal -d -i other <sealed | is_plain; }
with_both() { mm-seal -d -i other -i key <sealed | is_plain; }
thrice() { mm-seal -r "$recipient" --recipient "$recipient" -R recipients <plain | mm-key --inspect; }
ok 'a recipients file seals for all of them' for_two
ok '... the first opens it' unseal
ok '... and so does the second' with_other
seal
ok 'more identities than needed do no harm' with_both
ok 'a recipient may be named more than once' thrice
said 'recipients: 2 X25519' '... and counts once'

long_options() {
	mm-seal --armor --recipients-file recipients <plain |
		mm-seal --decrypt --identity other | is_plain
}
ok 'options have long names' long_options
is .enc "$(mm-seal -s)" '-s prints the suffix'
is .enc "$(mm-seal --suffix)" '... as does --suffix'

wrong_key() { mm-seal -d -i other <sealed >opened; }
exits 1 'a file for somebody else is not opened' wrong_key
said 'no identity matches: the file is for 1 X25519' '... and says whom it is for'
is 0 "$(wc -c <opened)" '... and nothing is written'
head -c 140000 sealed >short
cut_short() { mm-seal -d -i key <short >opened; }
exits 1 'a file cut short is bad' cut_short
said 'payload: cut short after 140000 bytes' '... says where it ends'
is 131072 "$(wc -c <opened)" '... and what was authentic came out'
exits 1 'what is no age file is bad' mm-seal -d -i key </dev/zero
said 'header: not an age v1 file' '... and is named so'
exits 1 'an empty input is bad' mm-seal -d -i key </dev/null

# Keys come from whatever can be read once.
from_fd() { mm-seal -d -i /dev/fd/3 <sealed 3<key | is_plain; }
from_pipe() { head -n 9 key | { mm-seal -d -i /dev/fd/3 3<&0 <sealed | is_plain; }; }
from_fifo() { cat key >fifo & mm-seal -d -i fifo <sealed | is_plain; }
recipients_from_pipe() { head -n 9 recipients | { mm-seal -R /dev/fd/3 3<&0 <plain >sealed; }; }
mkfifo fifo
ok 'an identity may come from a descriptor' from_fd
ok '... that is a pipe' from_pipe
ok '... or from a FIFO' from_fifo
ok 'so may recipients' recipients_from_pipe

# Secrets in the wrong place.
secret=$(grep '^AGE' key)
pasted() { mm-seal -R key <plain; }
exits 2 'a secret in a recipients file is refused' pasted
said 'key: line 3: a SECRET key, not a recipient' '... loudly'
exits 1 '... but not shown' grep -q "$secret" "$tap_said"
swapped() { mm-seal -d -i recipients <sealed; }
exits 2 'a recipient in an identity file is refused' swapped
said 'recipients: line 1: a recipient, which cannot open anything' '... and named'

# Descriptors.
full() { mm-seal -r "$recipient" <plain >/dev/full; }
full_opened() { mm-seal -r "$recipient" <plain | mm-seal -d -i key >/dev/full; }
no_stdin() { mm-seal -r "$recipient" <&- >sealed; }
no_stdout() { mm-seal -r "$recipient" <plain >&-; }
directory() { mm-seal -r "$recipient" </ >sealed; }
suffix_full() { mm-seal -s >/dev/full; }
exits 2 'a full disk is trouble' full
said 'write stdout: No space left' '... and named'
exits 2 '... when opening, too' full_opened
exits 2 '... and for the suffix' suffix_full
exits 2 'a closed stdin is trouble' no_stdin
said 'read stdin' '... and named'
exits 2 'a closed stdout is trouble' no_stdout
said 'write stdout' '... and named'
exits 2 'a directory for input is trouble' directory
terminal() { script -qec "mm-seal $1 -r $recipient <plain" /dev/null </dev/null; }
exits 2 'a binary file does not go to a terminal' terminal ''
said 'stdout a terminal' '... and it says why'
ok 'armor does' terminal -a
said 'BEGIN AGE ENCRYPTED FILE' '... and is there'

# The keys of a process are its own.
guarded() { grep -q 'Max core file size  *0  *0 ' "/proc/$1/limits"; }
mkfifo slow
mm-seal -d -i key <slow >opened 2>said_by_seal &
sealer=$!
exec 4>slow
ok 'no core file is ever written' eventually 10 guarded "$sealer"
exec 4>&-
wait "$sealer" || :

# The command line.
usage_error() {
	exits 2 "'mm-seal $*' is a usage error" mm-seal "$@"
	said 'usage: mm-seal' '... and is told the usage'
}
usage_error
usage_error -a
usage_error -d
usage_error -d -r "$recipient"
usage_error -d -a -i key
usage_error -i key
usage_error -r "$recipient" -i key
usage_error -p passphrase -r "$recipient"
usage_error -p passphrase -p passphrase
usage_error -s -a
usage_error -s -d
usage_error -r "$recipient" operand
usage_error -x
usage_error -p
exits 2 'a recipient that is none is refused' mm-seal -r age1qqqq
exits 2 'a recipients file that is not there is refused' mm-seal -R nowhere
said 'open nowhere: No such file' '... and named'
done_testing
