#!/bin/sh
# The demonstration: a database goes into a sealed backup and comes back the same; nothing of it stays.
. "${0%/*}/tap.sh"

export TMPDIR="$tap_dir/tmp"
mkdir "$TMPDIR"
chmod 755 "$tap_dir" "$TMPDIR"
ok 'the demonstration succeeds' sh "$top/scripts/demo.sh"
said 'no file named broken was made' 'a dump that broke off left nothing'
said 'read back and proven' 'the backup was proven where it lies'
said 'database restored is restored' 'and restored into a new database'
is 2 "$(grep -c 'same: notes' "$tap_said")" 'every table was compared, after restore.sh and after stock tools alone'
is 0 "$(find "$TMPDIR" -mindepth 1 | wc -l)" 'nothing of it stays'
done_testing
