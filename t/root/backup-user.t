#!/bin/sh
# backup.sh as an ordinary user, and among what belongs to others: it says what it may not do, and touches nothing of theirs.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"

chmod 644 recipients
export BACKUP_ENCRYPT="$tap_dir/recipients"
# A copy of all, where anybody gets to.
mkdir copy
cp -r "$top/scripts" copy/
cp "$build"/mm-* copy/
user() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent PATH="$tap_dir/copy:$PATH" "$@"; }
nobody() { user "$@" sh copy/scripts/backup.sh make; }
mkdir home state tmp
chown 65534:65534 home state tmp
chmod 700 home state tmp

ok 'an ordinary user backs up' nobody A=b
is 65534 "$(stat -c %u "$(newest)")" '... and owns what was made'
ok '... which is whole' mm-verify -i key -x "$(newest).manifest" <"$(newest)"

chmod 555 home
before=$(backups)
exits 1 'a home that may not be written to' nobody A=b
said 'nothing can be written' '... is said'
is "$before" "$(backups)" '... nothing was made'
chmod 700 home
for what in STATE TEMP_DIR; do
	install -d -m 700 "roots.$what"
	exits 1 "BACKUP_$what of another user" nobody "BACKUP_$what=$tap_dir/roots.$what"
	said "BACKUP_$what: " '... is said'
	install -d -m 555 -o 65534 "shut.$what"
	exits 1 "BACKUP_$what that may not be written to" nobody "BACKUP_$what=$tap_dir/shut.$what"
done
echo x >roots.lock
chmod 600 roots.lock
exits 1 'a lock of another user' nobody LOCK_FILE="$tap_dir/roots.lock"
said 'LOCK_FILE' '... is said'
chmod 600 recipients
exits 78 'recipients that may not be read' nobody A=b
said 'Permission denied' '... is said'
chmod 644 recipients

# root, where a service's user is at home.
printf 'BACKUP_DEST=%s\n' "$tap_dir/home" >conf
chmod 600 conf
chown 65534 conf
roots() { BACKUP_DEST=$tap_dir/roots.home BACKUP_STATE=$tap_dir/roots.STATE BACKUP_TEMP_DIR=$tap_dir/roots.TEMP_DIR backup -c conf make; }
exits 78 'root takes no configuration from them' roots
said 'belongs to user 65534' '... and says why'

# A directory for all: what others have left there under our names is neither ours to remove, nor in the way.
install -d -m 1777 all
id=$(printf %s "$tap_dir/home" | cksum | tr -dc 0-9)
install -d -m 700 "all/run.$id.theirs"
echo theirs >"all/run.$id.theirs/file"
ok 'temporary files among those of others' nobody BACKUP_TEMP_DIR="$tap_dir/all"
ok '... which stay' test -e "all/run.$id.theirs/file"
is "run.$id.theirs" "$(ls -A all)" '... and nothing of ours does'

# What may not be removed is no reason to lose half of a backup without a word.
name=$(newest)
for days in 20 21 22 23; do
	old=home/matric_backup_$(date -u -d "now - $days days" +%Y%m%d_%H%M%S).${name#*.}
	cp -p "$name" "$old"
	sed "s/${name##*/}/${old##*/}/" "$name.manifest" >"$old.manifest"
	chown 65534 "$old.manifest"
done
oldest=$old
chown 0 home "$oldest"
chmod 1777 home
prune() { user BACKUP_KEEP=last=1,least=1 sh copy/scripts/backup.sh prune; }
exits 3 'a file that may not be removed, when its manifest has gone' prune
said 'not all that was to go could be removed' '... is said'
chmod 700 home
chown 65534 home "$oldest"
ok 'when it may' prune
absent '... it goes' "$oldest"
done_testing
