#!/bin/sh
# Root at the prompt, where the backups are another user's: nothing is made that this user could not use.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/driver.sh"

ok 'a home of our own' backup make
chown 65534 home
inventory() { find home state -printf '%p %u %m %s\n' | sort; }
inventory >before
for command in make prune check; do
	exits 78 "root may not $command in a home of somebody's" backup $command
	said "is user $(id -un 65534)'s" '... and is told whose it is'
	said 'runuser -u' '... and what to say instead'
done
inventory >after
same before after '... and has made and changed nothing'
chown 0 home
ok 'in its own it may' backup make
chown 65534 state
drill() { BACKUP_STATE=$tap_dir/state sh "$top/scripts/test-backup-restore.sh"; }
exits 78 'nor is there a drill where what we remember is somebody'"'"'s' drill
done_testing
