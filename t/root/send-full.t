#!/bin/sh
# Places without room: a directory, the directory of a host, a bucket. It is said which, nothing half is there, the others have all,
# and when there is room again the next run heals it.
# shellcheck disable=SC2016
# shellcheck source=t/tap.sh
. "${0%/*}/../tap.sh"
# shellcheck source=t/s3/swift.sh
. "$top/t/s3/swift.sh"
# shellcheck source=t/s3/proxy.sh
. "$top/t/s3/proxy.sh"
# shellcheck source=t/sshd.sh
. "$top/t/sshd.sh"
# shellcheck source=t/driver.sh
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; umount -l disk sshd/box; sshd_stop "$tap_dir/sshd"; proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
sshd_start "$tap_dir/sshd"
swift_start "$tap_dir/swift"
proxy_start "$tap_dir/proxy"
mkdir disk near
for name in disk sshd/box; do
	mount -t tmpfs -o mode=700 tmpfs $name
	# Without a single block in use, no room would mean no limit.
	echo something >$name/something
done
far=$SSH_HOST:$tap_dir/sshd/box
bucket=s3://$S3_BUCKET/nightly
export BACKUP_REMOTE_RSYNC="$tap_dir/disk $far $tap_dir/near" BACKUP_REMOTE_S3="$bucket" S3_OPTIONS="--endpoint-url $S3_PROXY --retry-time 2s"

# room NAME [KIB] - so much is free there; without KIB, plenty.
room() { mount -o "remount,size=$(($(df -k --output=used "$1" | tail -n 1) + ${2:-100000}))k" "$tap_dir/$1"; }
# whole DIR - it has all that home has, as home has it.
whole() { for file in home/matric_backup_*; do cmp "$file" "$1/${file##*/}" || return; done; }
in_bucket() { for file in home/matric_backup_*; do s3_cat "nightly/${file##*/}" | cmp - "$file" || return; done; }
# half DIR - print what of the newest backup is there and is not whole, under whatever name.
half() { find "$1" -name "*$(basename "$(newest)")*" | while IFS= read -r file; do cmp -s "$file" "home/${file##*/}" || echo "$file"; done; }

ok 'a backup goes to four places' sealed
# pages FILE - print how many KiB it takes, in whole pages.
pages() { du -k --apparent-size "$1" | awk '{ print int(($1 + 3) / 4) * 4 }'; }
for room in none half 'all but the manifest'; do
	for name in disk sshd/box; do
		ok 'another backup' sealed make
		case $name in disk) place=$tap_dir/disk ;; *) place=$far ;; esac
		kib=$(pages "$(newest)")
		case $room in none) kib=0 ;; half) kib=$((kib / 2)) ;; esac
		room $name "$kib"
		exits 3 "$name has room for $room" sealed send
		said 'No space left on device' '... which is said'
		said "$place: $(basename "$(newest)")" '... with the place and the backup'
		is '' "$(half $name)" '... nothing half is there'
		absent '... and no manifest' "$name/$(basename "$(newest)").manifest"
		for other in disk sshd/box near; do
			[ $other = $name ] || ok "... $other has all" whole $other
		done
		ok '... as has the bucket' in_bucket
		room $name
		ok '... with room, the next run' sealed send
		ok '... heals it' whole $name
	done
done
for answer in '507 InsufficientStorage' '403 QuotaExceeded'; do
	for what in enc manifest; do
		ok 'another backup' sealed make
		proxy_faults "$tap_dir/proxy" "Put/*$what answer $answer"
		exits 3 "a bucket that says $answer to the $what" sealed send
		said "${answer#* }" '... which is said'
		said "$bucket: $(basename "$(newest)")" '... with the place and the backup'
		has_manifest() { s3_list nightly/ | grep -q "$(basename "$(newest)").manifest"; }
		exits 1 '... it has no manifest' has_manifest
		for other in disk sshd/box near; do ok "... $other has all" whole $other; done
		proxy_faults "$tap_dir/proxy"
		ok '... with room, the next run' sealed send
		ok '... heals it' in_bucket
	done
done
is '' "$(leftovers)" 'nothing else is left'
done_testing
