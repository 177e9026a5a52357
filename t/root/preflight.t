#!/bin/sh
# What root made by hand is in the way of the service's user: all of it is said, with commands that mend it as they are printed.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"

# as_nobody WORD... - the driver, as the service's user, who has a copy of it where anybody gets to.
mkdir copy
cp -r "$top/scripts" copy/
cp "$build"/mm-* copy/
as_nobody() { HOME=$tap_dir setpriv --reuid=65534 --regid=65534 --clear-groups env PATH="$tap_dir/copy:$PATH" sh copy/scripts/backup.sh "$@"; }

ok 'root makes a backup by hand' backup make
exits 1 'the user of the service cannot go on there' as_nobody make
said "BACKUP_DEST: nobody but its owner gets into $tap_dir/home" '... home is named'
said "BACKUP_STATE: nothing can be written to $tap_dir/state" '... and the state'
said "BACKUP_TEMP_DIR: nothing can be written to $tap_dir/tmp" '... and what is temporary'
# mend - run what was said to mend it.
mend() { sed -n "s/.*mend it by: \(chown -R [^,]*\).*/\1/p" "$tap_said" >mending && [ "$(grep -c . mending)" = "$1" ] && sh -eu mending; }
ok 'the commands for all three' mend 3
ok '... mend it' as_nobody make
is 2 "$(find home -name '*.manifest' | wc -l)" '... and both backups are there'
chown root home/.lock
exits 1 'a lock of root'"'"'s' as_nobody make
said "chown nobody '$tap_dir/home/.lock'" '... is named, with the command'
done_testing
