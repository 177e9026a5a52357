#!/bin/sh
# README's commands, as they are printed: a sealed backup without units or configuration, and its restore without any tool of ours.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
unset BACKUP_DEST
mkdir sources home
cp -R "$top/scripts" sources/
# printed FROM TO - the indented lines between these two.
printed() { sed -n "/$1/,/$2/s/^    //p" "$top/README"; }

printed '^units.INSTALL goes on' '^makes matric_backup_' | sed "s,/var/backups/matric-memory,$tap_dir/home," >block
ok 'README has commands for a backup' grep -q 'sh scripts/backup.sh' block
backs_up() { (cd sources && sh -euc "$(cat ../block)"); }
ok '... and they make one' backs_up
backup=$(basename "$(newest)")
ok '... called as it says' expr "$backup" : 'matric_backup_[0-9]\{8\}_[0-9]\{6\}\.sql\.zst\.enc$'
ok '... with its manifest' test -s "home/$backup.manifest"
is 600 "$(stat -c %a sources/key)" 'the key is for nobody else'

# Elsewhere, with stock tools: neither our programs nor our scripts.
mkdir elsewhere
cp "home/$backup" "home/$backup.manifest" sources/key elsewhere/
printed '^Nothing of ours is needed' '^Restore into a new' | sed "s/NAME/$backup/g" >block
is 2 "$(wc -l <block)" 'README has commands for a restore by stock tools'
restores() { (PATH=$(printf %s "$PATH" | sed "s,$build:,,g") && cd elsewhere && ! command -v mm-verify >/dev/null && sh -euc "$(cat ../block)"); }
createdb new_database
ok '... and they restore it' restores
said "$backup: OK" '... after a look at its digest'
is "$(psql -qXAtd matric -c 'select count(*), md5(string_agg(body, id::text order by id)) from secret_notes')" \
	"$(psql -qXAtd new_database -c 'select count(*), md5(string_agg(body, id::text order by id)) from secret_notes')" '... with every row'
printf x | dd of="elsewhere/$backup" bs=1 seek=2000 conv=notrunc 2>/dev/null
dropdb new_database && createdb new_database
exits 1 'one whose bit has changed is refused' restores
is 0 "$(psql -qXAtd new_database -c "select count(*) from pg_class where relname = 'secret_notes'")" '... before anything is restored'
done_testing
