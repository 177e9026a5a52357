#!/bin/sh
# make install and make uninstall: everything in its place, reproducible, and gone again without a trace.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"
chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
unset MM_BUILD SOURCE_DATE_EPOCH

# As make calls it.  The tools are those under test, built already.
tools=$(sed -n 's/^TOOLS	*= //p' "$top/Makefile")
installs() { env "$@" TOOLS="$tools" B="$build" sh "$top/scripts/install.sh" install; }
uninstalls() { env "$@" sh "$top/scripts/install.sh" uninstall; }
# tree DIR - every path below it, with its type and mode.
tree() { (cd "$1" && find . -printf '%p %y %m\n' | sort); }
content() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }

# What Make says is what is installed.
makes() { make -s -C "$top" B="$build" DESTDIR="$tap_dir/dest" "$@"; }
ok 'make install, into a directory that stands for /' makes install
for tool in $tools; do
	is 755 "$(stat -c %a "dest/usr/local/bin/$tool")" "$tool is there and runs"
	same "$top/bin/$tool.1" "dest/usr/local/share/man/man1/$tool.1" '... with its page'
done
for script in "$top"/scripts/*; do
	case ${script##*/} in *.[158] | demo.sh | install*.sh) continue ;; esac
	same "$script" "dest/usr/local/libexec/matric-memory/${script##*/}" "${script##*/} is there"
done
for page in "$top"/scripts/*.[58]; do
	same "$page" "dest/usr/local/share/man/man${page##*.}/${page##*/}" "${page##*/} is there"
done
without_page() { for command in dest/usr/local/bin/*; do [ -e "$(echo dest/usr/local/share/man/man[18]/"${command##*/}".[18])" ] || echo "${command##*/}"; done; }
is '' "$(without_page)" 'every command has its page'
refers() { sed -n 's/^\.so /dest\/usr\/local\/share\/man\//p' dest/usr/local/share/man/man8/mm-pre-migration.8; }
ok '... or that of another, which is there' test -s "$(refers)"
for example in deploy.yml pre-commit timers/weekly.conf; do
	ok "example $example is there" test -s "dest/usr/local/share/doc/matric-memory/examples/$example"
done
for page in README LICENSE backup.conf.example units/INSTALL units/RUNBOOK; do
	same "$top/$page" "dest/usr/local/share/doc/matric-memory/${page#units/}" "$page is there"
done
is '' "$(find dest -type f -name '*.new')" 'nothing half-done is left'
is '' "$(find dest ! -type l -perm /022)" 'nobody but root writes any of it'
ok 'make uninstall' makes uninstall
is . "$(cd dest && find .)" '... leaves nothing at all'

# Into a system that has its own things there.
mkdir -p dest/usr/local/bin dest/usr/local/lib/systemd dest/etc/matric-memory dest/var/backups/matric-memory
touch dest/usr/local/bin/others dest/etc/matric-memory/backup.conf dest/var/backups/matric-memory/a_backup
tree dest >before
ok 'installed among the things of others' installs DESTDIR="$tap_dir/dest"
touch dest/usr/local/share/man/man1/others.1
ok '... and uninstalled' uninstalls DESTDIR="$tap_dir/dest"
rm dest/usr/local/share/man/man1/others.1
rmdir -p dest/usr/local/share/man/man1 2>/dev/null || :
tree dest >after
same before after '... all of theirs is there, configuration and backups too, and nothing of ours'
exits 1 'what is not installed cannot be uninstalled' uninstalls DESTDIR="$tap_dir/dest"
said 'nothing was installed below /usr/local' '... and it says so'

# The same twice.
at() { installs DESTDIR="$tap_dir/$1" SOURCE_DATE_EPOCH=1700000000; }
ok 'once' at one
sleep 1
careless() { (umask 077 && at two); }
ok 'and again, by somebody with another umask' careless
content one >one.content
content two >two.content
same one.content two.content 'both have the same content'
tree one >one.tree
tree two >two.tree
same one.tree two.tree '... names and modes'
is 1700000000 "$(find two -type f -printf '%Ts\n' | sort -u)" '... and times'
for shell in 'busybox sh' mksh bash; do
	# The words of a command are meant to split.
	# shellcheck disable=SC2086
	ok "installed by $shell" env DESTDIR="$tap_dir/by" SOURCE_DATE_EPOCH=1700000000 TOOLS="$tools" B="$build" $shell "$top/scripts/install.sh" install
	content by >by.content
	same one.content by.content '... no differently'
done

# Nor does it matter where it was built.
for place in here there/too; do
	mkdir -p $place
	cp -R "$top/Makefile" "$top/lib" $place/
	ok "compiled in $place" make -s -C $place build/lib/number.o
done
same here/build/lib/number.o there/too/build/lib/number.o '... it is the same'

# A newer version over an older one.
mkdir older
cp -R "$top/scripts" "$top/units" "$top/bin" "$top/README" "$top/LICENSE" "$top/backup.conf.example" older/
echo '# nobody sources this' >older/scripts/given-up.sh
mkdir older/units/given-up
echo nothing >older/units/given-up/example
ok 'an older version' env DESTDIR="$tap_dir/dest2" TOOLS="$tools" B="$build" sh older/scripts/install.sh install
ok '... has what the newer has not' test -e dest2/usr/local/libexec/matric-memory/given-up.sh
exec 5<dest2/usr/local/libexec/matric-memory/backup.sh
ok 'the newer one over it' installs DESTDIR="$tap_dir/dest2"
absent '... takes it away' dest2/usr/local/libexec/matric-memory/given-up.sh dest2/usr/local/share/doc/matric-memory/examples/given-up
ok '... and leaves the rest' test -e dest2/usr/local/libexec/matric-memory/backup.sh
unchanged() { cmp - older/scripts/backup.sh <&5; }
ok 'a run of the older driver goes on reading the older driver' unchanged
exec 5<&-
ok 'uninstalled' uninstalls DESTDIR="$tap_dir/dest2"
is . "$(cd dest2 && find .)" '... even what the older one had made is gone'

# Elsewhere.
for prefix in usr/local '/opt/a b' "/opt/a'b" '/opt/a|b' /opt/a/ /; do
	exits 2 "PREFIX=$prefix is refused" installs PREFIX="$prefix" DESTDIR="$tap_dir/nowhere"
done
absent '... and nothing was put' nowhere
ok 'installed below another PREFIX' installs PREFIX="$tap_dir/opt/suite"
said 'systemd does not look into' '... which systemd does not know, and it says so'
foreign() { grep -r /usr/local opt/suite/lib opt/suite/bin/mm-backup; }
exits 1 '... and nothing there says /usr/local any more' foreign
ok 'installed as a distribution does' installs PREFIX=/usr DESTDIR="$tap_dir/distribution"
silent '... has nothing to remark on'
ok '... the units run /usr/bin' grep -qx 'ExecStart=/usr/bin/mm-backup --wait 1h make' distribution/usr/lib/systemd/system/matric-backup.service

# What is installed works, far from its sources and with none of our directories in PATH.
cluster_start "$tap_dir/pg"
psql -qX -d postgres -c 'create database matric'
psql -qX -d matric -c 'create table notes as select i as id from generate_series(1, 1000) i'
there() {
	env -i PATH=/usr/bin:/bin PGHOST="$PGHOST" PGUSER="$PGUSER" BACKUP_DEST="$tap_dir/home" "$tap_dir/opt/suite/bin/mm-backup" "$@"
}
ok 'the installed mm-backup makes a backup' there make
is 2 "$(find home -name 'matric_backup_*' | wc -l)" '... which is there with its manifest'
exits 78 'its status is the status of the driver' there meke
done_testing
