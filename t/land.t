#!/bin/sh
# mm-land: a durable file under its final name, or nothing of that name.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

from_pipe() { echo data | mm-land "$@"; }
from_file() { mm-land "$@" <data; }
nothing_hidden() { [ -z "$(find "$1" -name '.mm-land*')" ]; }

echo data >data
mkdir dir

ok 'a regular file is landed' from_file dir/a
said "$(sha256sum data | cut -c1-64)  a" 'the receipt is a sha256sum line with the base name'
same data dir/a 'the file is what was given'
is 600 "$(stat -c %a dir/a)" 'its mode is 0600'
receipt_checks() { mm-land dir/r <data >r.sha256 && (cd dir && sha256sum -c ../r.sha256); }
ok 'sha256sum -c takes the receipt' receipt_checks

open_umask() { (umask 0; mm-land dir/u <data); }
ok 'an open umask ...' open_umask
is 600 "$(stat -c %a dir/u)" '... opens nothing'
shut_umask() { (umask 777; mm-land dir/v <data); }
ok 'a shut umask ...' shut_umask
is 600 "$(stat -c %a dir/v)" '... shuts nothing'

exits 2 'a bare end of file is refused' from_pipe dir/b
said 'no mm-pipe upstream' '... and says so'
absent 'nothing of that name' dir/b
exits 2 'a device is no file' mm-land dir/b </dev/null
ok '-E trusts it' from_pipe -E dir/b
same data dir/b '... and lands it'

exits 2 'an existing name is refused' from_file dir/a
said 'exists already' '... and says so'
same data dir/a '... and keeps its content'
ln -s nowhere dir/link
exits 2 'a dangling link is a name too' from_file dir/link
mkdir dir/sub
exits 2 'so is a directory' from_file dir/sub

# The name is looked for before anything is read: this would wait for ever.
mkfifo never
exec 8<>never
before_reading() { timeout 10 mm-land -E dir/a <&8; }
exits 2 'it looks for the name before it reads' before_reading
exec 8>&-

# ... and taken without replacing: the name turns up while we read.
mkfifo slow
mm-land -E dir/late <slow >/dev/null 2>late.err &
late=$!
exec 7>slow
echo mine >&7
echo theirs >dir/late
exec 7>&-
lands_late() { wait "$late"; }
exits 2 'a name that turned up meanwhile is not replaced' lands_late
is theirs "$(cat dir/late)" '... and keeps its content'
ok '... and says so' grep -q 'not replaced' late.err

exits 2 'no operand is a usage error' mm-land
exits 2 'two are one' mm-land a b
exits 2 'an unknown option is one' mm-land -Q a
exits 2 'a missing directory is trouble' from_file no/such/dir/f
said 'no/such/dir' '... named'
exits 2 'a name that ends in a slash is refused' from_file dir/
exits 2 'so is ..' from_file dir/..
exits 2 'a name of 256 bytes is refused' from_file "$(printf '%0256d' 0)"
ok 'one of 255 bytes is landed' from_file "$(printf '%0255d' 0)"

new_line='dir/with
new line'
ok 'a name with a newline is landed' from_file "$new_line"
said 'with\nnew line' '... and the receipt escapes it as sha256sum does'
escaped() { (cd dir && mm-land 'back\slash' <../data >../e.sha256 && sha256sum -c ../e.sha256); }
ok 'a name with a backslash checks too' escaped

# When the receipt cannot be written, nothing stays.
no_receipt() { mm-land dir/n <data >/dev/full; }
exits 2 'a receipt that cannot be written takes the name back' no_receipt
absent 'nothing of that name' dir/n
closed_out() { mm-land dir/n <data >&-; }
exits 2 'so does a closed stdout' closed_out
absent 'nothing of that name' dir/n

closed_in() { mm-land -E dir/n <&-; }
exits 2 'a closed stdin is trouble' closed_in
absent 'nothing of that name' dir/n
closed_err() { mm-land dir/ce <data 2>&-; }
ok 'a closed stderr is none' closed_err
directory_in() { mm-land -E dir/n <dir; }
exits 2 'a directory on stdin is trouble' directory_in
absent 'nothing of that name' dir/n

# A limit on file sizes, in 512-byte blocks.
big() { (ulimit -f 8; head -c 100000 /dev/zero | mm-land -E dir/big); }
exits 2 'a file that may not grow is trouble' big
said 'File too large' '... and says so'
absent 'nothing of that name' dir/big

# landing SIGNAL - start one that reads, and end it by SIGNAL; its status is ours.
landing() {
	rm -f slow
	mkfifo slow
	exec 9<>slow
	env --default-signal=INT mm-land -E "dir/$1" <slow >/dev/null 9>&- &
	echo some >slow
	sleep 0.1
	kill -s "$1" $!
	wait $! || { st=$?; exec 9>&-; return "$st"; }
}
exits 143 'TERM ends it' landing TERM
exits 130 'INT ends it' landing INT
exits 129 'HUP ends it' landing HUP
absent 'nothing of these names' dir/TERM dir/INT dir/HUP
# Where there is no O_TMPFILE the data waits under a hidden name.  (No leak checker works under strace.)
export ASAN_OPTIONS=detect_leaks=0
strace -qq -o calls -e trace=openat mm-land dir/traced <data >/dev/null
nth=$(grep -n O_TMPFILE calls | cut -d: -f1)
without_tmpfile() { strace -qq -o calls -e trace=openat,linkat,renameat2 -e inject=openat:error=EOPNOTSUPP:when="$nth" "$@"; }
hidden() { without_tmpfile mm-land dir/hidden <data; }
ok 'a file system without O_TMPFILE' hidden
ok '... gets a hidden partial' grep -q '\.mm-land\.[0-9a-f]*\.partial.*O_EXCL' calls
same data dir/hidden '... that becomes the file'
is 600 "$(stat -c %a dir/hidden)" '... with its mode'
renamed() { without_tmpfile -e inject=linkat:error=EPERM mm-land dir/renamed <data; }
ok 'one without hard links too' renamed
ok '... gets a rename that does not replace' grep -q 'renameat2.*RENAME_NOREPLACE) = 0' calls
same data dir/renamed '... that becomes the file'
refused() { without_tmpfile -e inject=linkat:error=EIO -e inject=renameat2:error=EIO mm-land dir/refused <data; }
exits 2 'one that gives no name is trouble' refused
absent 'nothing of that name' dir/refused
interrupted() {
	rm -f slow
	mkfifo slow
	exec 9<>slow
	without_tmpfile mm-land -E "$tap_dir/dir/interrupted" <slow >/dev/null 9>&- &
	eventually 10 sh -c 'ls -A dir | grep -q "^\.mm-land"' || return 99
	locked=0
	mm-pipe -L "$(echo dir/.mm-land.*)" true || locked=$?
	pkill -TERM -xf "mm-land -E $tap_dir/dir/interrupted" || return 98
	wait $! || { st=$?; exec 9>&-; return "$st"; }
}
exits 143 'TERM while it waits under the hidden name' interrupted
is 75 "$locked" '... which it had locked'
absent 'nothing of that name' dir/interrupted
ok 'nothing hidden was left' nothing_hidden dir
done_testing
