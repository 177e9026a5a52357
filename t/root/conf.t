#!/bin/sh
# Whose configuration mm-conf reads: root's and its own user's, nobody else's; and what that user may not read is said.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"

chmod 755 .
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
echo A=1 >roots
echo A=1 >nobodys
echo A=1 >others
chmod 644 roots nobodys others
chown 65534 nobodys
chown 1234 others

ok 'root reads its own configuration' mm-conf <roots
exits 1 '... and not that of another user' mm-conf --name /etc/x.conf <nobodys
said '/etc/x.conf: belongs to user 65534, who is neither root nor us; chown it' '... which is said'
is '' "$(cat "$tap_dir/.stdout")" '... nor anything of it'
ok 'a user reads the one of root' as_nobody mm-conf <roots
ok '... and their own' as_nobody mm-conf <nobodys
exits 1 '... and no third one' as_nobody mm-conf <others
chmod 666 others
exits 1 'all that is wrong with a file' mm-conf <others
said 'belongs to user 1234' '... is said: the owner'
said 'others than its owner may write to it (mode 666)' '... and the mode'

(umask 077; echo secret >secret)
echo "K=\$(cat $PWD/secret)" >roots
is "K='secret'" "$(mm-conf <roots)" 'a file that only root may read is read by root'
exits 1 '... and by no other' as_nobody mm-conf <roots
said "line 1: K: $PWD/secret: Permission denied" '... who is told'
done_testing
