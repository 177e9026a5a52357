#!/bin/sh
# A place on a file system that hangs, where whoever writes cannot even be killed: nobody waits for it, and it is not taken for busy.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; fsfreeze -u disk 2>/dev/null; sleep 1; umount -l disk'
truncate -s 32M image
mkfs.ext4 -q image
mkdir disk near
mount -o loop image disk
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done
place=$tap_dir/disk
export BACKUP_REMOTE_RSYNC="$place $tap_dir/near"
whole() { cmp "$(newest)" "$1/$(basename "$(newest)")" && cmp "$(newest).manifest" "$1/$(basename "$(newest)").manifest"; }
stuck() { pgrep -r D -f "mm-land $place/"; }
sends() { PATH=$tap_dir/under-$1:$PATH MM_BUILD=$build BACKUP_STALL=3s BACKUP_COMPRESS=zstd timeout 300 sh "$top/scripts/backup.sh" send; }
free() { mm-pipe -L "$(echo home/.lock.*disk)" true; }

for shell in dash busybox mksh bash; do
	ok 'a backup' sealed make
	fsfreeze -f disk
	exits 3 "a disk that hangs ($shell)" sends $shell
	said "$place: nothing has come of it for too long" '... is given up'
	ok '... although a process there cannot be killed' stuck
	ok '... the other place has all' whole near
	exits 3 '... the next run' sends $shell
	said "$place: an earlier run has been at work there for too long" '... finds it so, and says so'
	fsfreeze -u disk
	ok '... when it goes on' eventually 60 free
	ok '... the next run' sealed send
	ok '... heals it' whole disk
done

ok 'a backup' sealed make
fsfreeze -f disk
BACKUP_REMOTE_RSYNC=$place BACKUP_COMPRESS=zstd sh "$top/scripts/backup.sh" send >said 2>&1 &
driver=$!
ok 'a run that waits for it' eventually 60 stuck
kill $driver
st=0
wait $driver || st=$?
is 143 $st '... ends by TERM'
ok '... although a process there cannot be killed' stuck
fsfreeze -u disk
ok '... when it goes on' eventually 60 free
ok '... the next run' sealed send
ok '... heals it' whole disk
is '' "$(leftovers)" 'nothing else is left'
done_testing
