#!/bin/sh
# check-backup.sh as the user of a monitor, who may see the names in home by BACKUP_GROUP and nothing more.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"

group=nogroup
gid=$(getent group "$group" | cut -d: -f3)
unset BACKUP_DEST BACKUP_STATE BACKUP_TEMP_DIR LOG_FILE HOME
monitor() { setpriv --reuid=65534 --regid=65534 --groups "$gid" sh "$top/scripts/check-backup.sh" -c backup.conf; }
stranger() { setpriv --reuid=65534 --regid=12345 --clear-groups sh "$top/scripts/check-backup.sh" -c backup.conf; }

mkdir near log
chmod 700 near
cat >backup.conf <<END
BACKUP_DEST=$tap_dir/home
BACKUP_STATE=$tap_dir/state
BACKUP_TEMP_DIR=$tap_dir/tmp
BACKUP_GROUP=$group
BACKUP_REMOTE_RSYNC=$tap_dir/near
LOG_FILE=$tap_dir/log/backup.log
END
chgrp "$group" backup.conf
chmod 640 backup.conf
ok 'a backup' backup -c backup.conf
is 750 "$(stat -c %a home)" 'home is for the group to look into'
is 600 "$(stat -c %a "$(newest)")" '... and what is in it is not'
was=$(cksum <log/backup.log)
exits 3 'the monitor' monitor
said "$tap_dir/home: matric: newest" '... sees home'
said "'$tap_dir/home matric size'=$(wc -c <"$(newest)")B;" '... with sizes'
said "BACKUP UNKNOWN - $tap_dir/near: " '... and not a place that it may not look into'
chgrp "$group" near
chmod 750 near
ok 'where it may, all is well' monitor
silent '... and nothing is said on standard error'
is "$was" "$(cksum <log/backup.log)" '... nor in the log'
exits 3 'a stranger does not even see the configuration' stranger
said 'BACKUP UNKNOWN - the configuration cannot be used' '... which is UNKNOWN'
chmod 644 backup.conf
exits 3 'nor home' stranger
said "$tap_dir/home: there is no such directory, or we may not look into it" '... which is said'
done_testing
