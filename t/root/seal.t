#!/bin/sh
# Another user's process: mm-seal keeps its memory to itself, and still reads keys from its own descriptors.
. "${0%/*}/../tap.sh"

umask 022
mm-key >key 2>said_by_key
chmod 755 .
recipient=$(mm-key --recipient <key)
echo content >plain
mm-seal -r "$recipient" <plain >sealed
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

is_plain() { cmp - plain; }
from_pipe() { head -n 9 key | { as_nobody mm-seal -d -i /dev/fd/3 3<&0 <sealed | is_plain; }; }
own_pipe() { as_nobody sh -c 'head -n 9 key | { mm-seal -d -i /dev/fd/3 3<&0 <sealed; }' | is_plain; }
ok 'an identity may come from a pipe that another user made' from_pipe
ok '... or that it made itself' own_pipe

mkfifo slow
setpriv --reuid=65534 --regid=65534 --clear-groups mm-seal -d -i key <slow >opened 2>said_by_seal &
sealer=$!
exec 4>slow
of_root() { [ "$(cat "/proc/$sealer/comm")" = mm-seal ] && [ "$(stat -c %u "/proc/$sealer/environ")" = 0 ] && [ "$(stat -c %u "/proc/$sealer")" = 65534 ]; }
attach() { as_nobody cat "/proc/$sealer/environ"; }
ok 'its memory belongs to nobody else' eventually 10 of_root
exits 1 'not even to its own user' attach
exec 4>&-
wait "$sealer" || :
done_testing
