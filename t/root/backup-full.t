#!/bin/sh
# A disk that is full, or cannot be written any more, at every step of backup.sh: a whole backup, or none of that name and the
# reason; the good ones stay, nothing half-done does. And a log, or a note, costs no backup.
# shellcheck disable=SC2016,SC2086,SC2119
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"
# shellcheck source=t/faults.sh
. "$top/t/faults.sh"
psql -qX -d matric -c 'truncate much'

# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"; umount -l home state tmp logs'
for name in home state tmp logs; do
	mkdir $name
	mount -t tmpfs -o mode=700 tmpfs $name
	# Without a single block in use, no room would mean no limit.
	echo something >$name/something
done
# room NAME KIB [INODES] - so much is free there, and so many files can be made; without KIB, plenty.
room() {
	set -- "$tap_dir/$1" "${2:-100000}" "${3:-1000}"
	mount -o "remount,size=$(($(df -k --output=used "$1" | tail -n 1) + $2))k,nr_inodes=$(($(df --output=iused "$1" | tail -n 1) + $3))" "$1"
}
export BACKUP_GLOBALS=yes

ok 'a good backup' backup make
remember
kib=$(du -k --apparent-size "$(newest)" | cut -f1)
# ends DESC - a run that succeeds and leaves a whole backup, or fails and says why; what it said is added to ./all.
ends() {
	st=0
	backup make >said 2>&1 || st=$?
	cat said >>all
	made=$(find home -name '*.manifest' | grep -vxcFf known || :)
	is "$((1 - (st != 0)))" "$made" "$1: a backup, or none"
	ok '... and a reason' test "$st" -eq 0 -o "$(grep -c ' ERROR ' said)" -gt 0
	is '' "$(faults; left)" '... and all is sound'
}

for free in 0 4 8 $((kib / 2)) $((kib - 4)) $kib $((kib + 4)) $((kib + 8)) $((kib + 12)) $((kib + 16)); do
	room home $free
	ends "$free KiB free at home"
done
is 0 "$st" 'the last of them was enough'
for what in 'No space left on device' 'no backup was made of database matric' 'roles and tablespaces could not be dumped' 'manifest could not be written'; do
	ok "... and before, it failed: $what" grep -q "$what" all
done
rm all
for free in 0 1 2 3; do
	room home '' $free
	ends "$free files free at home"
done
is 0 "$st" 'the last of them was enough'
room home

for free in 0 4 8 12; do
	room state $free
	ends "$free KiB free for what we remember"
done
is 0 "$st" 'the last of them was enough'
room state '' 0
ends 'no file can be made there'
room state

for free in 0 4 8 12 16 64; do
	room tmp $free
	ends "$free KiB free for temporary files"
done
is 0 "$st" 'the last of them was enough'
ok '... and before, it was said where there was no room' grep -q "is there room in $tap_dir/tmp" all
room tmp '' 0
ends 'no file can be made there'
room tmp

# A file system that can be written no more, from one moment to the next; one is told so where nothing is open for writing.
export LOCK_FILE="$tap_dir/lock"
for at in begin landed proven; do
	halt_at $at
	mount -o remount,ro home
	go_on
	finish
	is 1 "$st" "home can be read only: $at"
	ok '... which is said' grep -q 'ERROR.*Read-only file system' said
	mount -o remount,rw home
	is '' "$(faults; next_run)" '... when it can be written again, the next run is good, and takes away what was left'
done
unset LOCK_FILE

# Whether a shell can make a here-document is not what a backup hangs on.
for shell in dash busybox mksh bash; do
	room logs 0 10
	elsewhere() { PATH=$tap_dir/under-$shell:$PATH MM_BUILD=$build TMPDIR=$tap_dir/logs sh "$top/scripts/backup.sh" make; }
	ok "TMPDIR is full ($shell)" elsewhere
	is '' "$(left)" '... and all is sound'
done
logged() { LOG_FILE=$tap_dir/logs/log backup make; }
ok 'the log is full' logged
said 'cannot be written; going on without it' '... which is said'
is '' "$(left)" '... and all is sound'
done_testing
