#!/bin/sh
# backup.sh readback: what a place has is read whole; a flipped bit there is found, told, and healed by the next send.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
sshd_start "$tap_dir/sshd"
swift_start "$tap_dir/swift"
box=$tap_dir/sshd/box
bucket=s3://$S3_BUCKET/nightly
export S3_OPTIONS="--endpoint-url $S3_ENDPOINT"

# as KEY COMMAND... - with another way in over ssh.
as() (
	SSH_OPTIONS=$(sshd_options "$tap_dir/sshd" "$1")
	shift
	"$@"
)
# flip FILE - one bit of it.
flip() {
	byte=$(dd if="$1" bs=1 skip=3000 count=1 2>/dev/null | od -An -tu1)
	# shellcheck disable=SC2059
	printf "\\$(printf %o $((byte ^ 4)))" | dd of="$1" bs=1 seek=3000 conv=notrunc 2>/dev/null
}
seen() { mm-prune --list <listing | cut -f1,3; }

ok 'a backup' sealed
name=$(basename "$(newest)")
# aged DAYS... - the same, as if made so many days ago.
for days in 1 2 3; do
	made=matric_backup_$(date -u -d "now - $days days" +%Y%m%d_%H%M%S).sql.zst.enc
	cp "home/$name" "home/$made"
	sed "s/$name/$made/" "home/$name.manifest" >"home/$made.manifest"
	oldest=$made
done
mkdir near
export BACKUP_REMOTE_RSYNC="$tap_dir/near" BACKUP_REMOTE_S3="$bucket"
ok 'at a directory and in a bucket' sealed send
ok 'what is sound' sealed readback
for place in home near; do
	said "$tap_dir/$place: $name is what it was" "... the newest at $place"
	said "$tap_dir/$place: $oldest is what it was" '... and the oldest'
done
is 9 "$(grep -c 'is what it was' "$tap_said")" '... and one more, at each of three places'
said "$bucket: $name is what it was" '... the bucket being one of them'
is '' "$(leftovers)" 'nothing else is left'

# A directory.
flip "near/$oldest"
find near | sort >before
METRICS_DIR=$tap_dir
export METRICS_DIR
exits 3 'a flipped bit at a directory' sealed readback
said "$tap_dir/near: $oldest is not what its manifest says; marked as suspect" '... is told'
is '' "$(grep -v -x -F -f before <<-END | grep -v "^near/$oldest.suspect$" || :
	$(find near | sort)
	END
	)" '... the mark is all that is new'
is '' "$(find near | sort | comm -13 - before)" '... and nothing has gone'
find near -type f | sed 's|.*/||' >listing
ok '... it counts no more' sh -c 'echo "$1" | grep -qx "suspect	$2"' - "$(seen)" "$oldest"
is '{home="'"$tap_dir/home"'",command="readback"} 3' "$(sed -n 's/^mm_backup_run_status//p' mm_backup_run.*.readback.prom)" '... the metrics say so'
unset METRICS_DIR
ok 'only the other places' sealed readback "$tap_dir/home" "$bucket"
is 6 "$(grep -c 'is what it was' "$tap_said")" '... are well'
exits 78 'a place that is none of ours' sealed readback /elsewhere
said '/elsewhere: is none of the places that are configured' '... is not read back'
exits 78 'to read back without doing it' sealed -n readback
would() { sealed -n send >would; }
ok 'the next send would' would
ok '... send it again' grep -qxF "would send to $tap_dir/near: $oldest" would
ok '... and does' sealed send
same "home/$oldest" "near/$oldest" '... so that it is whole'
absent '... and its mark has gone' "near/$oldest.suspect"
ok '... which reading back confirms' sealed readback "$tap_dir/near"
sent() { grep "sent .* to $tap_dir/near" "$tap_said"; }
ok 'and after that' sealed send
exits 1 '... nothing is sent' sent

# Home: no place is a source for home, but nothing goes on from there.
cp "home/$oldest" sound
flip "home/$oldest"
exits 3 'a flipped bit at home' sealed readback "$tap_dir/home"
said "$tap_dir/home: $oldest is not what its manifest says; marked as suspect" '... is told'
rm near/*
ok 'what is suspect at home' sealed send
absent '... is not sent' "near/$oldest"
cp sound "home/$oldest" && rm "home/$oldest.suspect"
ok '... until it has been mended' sealed send
ok '... and is then' test -e "near/$oldest.manifest"

# What home has dropped is compared with the manifest beside it.
rm "home/$oldest.manifest" "home/$oldest"
ok 'what home has no more' sealed readback "$tap_dir/near"
said "near: $oldest is what it was" '... is read back'
flip "near/$oldest"
exits 3 '... and found out' sealed readback "$tap_dir/near"
ok '... and marked' test -e "near/$oldest.suspect"
rm near/*

# A place that is down.
mv near away
exits 3 'a place that is down' sealed readback
said "$tap_dir/near: cannot be reached, or not listed; nothing was read back there" '... is named'
is 6 "$(grep -c 'is what it was' "$tap_said")" '... and delays no other'
mv away near

# A bucket.
s3_cat "nightly/$name" >copy
flip copy
mm-s3put --endpoint-url "$S3_ENDPOINT" -f "$bucket/$name" <copy >/dev/null
exits 3 'a flipped bit in a bucket' sealed readback "$bucket"
said "$bucket: $name is not what its manifest says; marked as suspect" '... is told'
s3_list nightly/ | awk '{ print $1 }' | sed 's|.*/||' >listing
ok '... it counts no more' sh -c 'echo "$1" | grep -qx "suspect	$2"' - "$(seen)" "$name"
ok 'the next send' sealed send
s3_cat "nightly/$name" >copy
same "home/$name" copy '... heals it'
absent_there() { ! s3_list nightly/ | grep -q suspect; }
ok '... and the mark has gone' absent_there

# A credential that may add and not remove, as the service has that sends; the one that may is that of the service that prunes.
proxy_start "$tap_dir/proxy"
adding() { S3_OPTIONS="--endpoint-url $S3_PROXY" sealed "$@"; }
flip copy
mm-s3put --endpoint-url "$S3_ENDPOINT" -f "$bucket/$name" <copy >/dev/null
exits 3 'a flipped bit again' sealed readback "$bucket"
proxy_faults "$tap_dir/proxy" 'Delete answer 403 AccessDenied' 'DeleteObjects answer 403 AccessDenied'
ok 'who may only add' adding send
s3_cat "nightly/$name" >copy
same "home/$name" copy '... heals it'
exits 1 '... and cannot remove the mark' absent_there
ok '... which is all that is left to do' adding send
again() { grep "sent $name" "$tap_said"; }
said 'could not be removed yet: 1' '... and the mark is spoken of'
exits 1 '... so nothing is sent' again
proxy_faults "$tap_dir/proxy"
ok 'who may remove' sealed prune
ok '... removes the mark' absent_there
away() { S3_OPTIONS="--endpoint-url http://127.0.0.1:1 --retry-time 1s" sealed readback "$bucket"; }
exits 3 'a bucket that is away' away
said "$bucket: cannot be reached" '... is named'

# Over ssh, with and without a shell at the other end.
export BACKUP_REMOTE_S3='' BACKUP_REMOTE_RSYNC="$SSH_HOST:$box"
ok 'over ssh' sealed send
ok '... what is sound' sealed readback
for key in plain rrsync; do
	at=$SSH_HOST:$box
	[ $key = plain ] || at=$SSH_HOST:/
	BACKUP_REMOTE_RSYNC=$at
	ok "by the way $key what is sound" as $key sealed readback
	flip "$box/$name"
	exits 3 '... and a flipped bit' as $key sealed readback
	said "$at: $name is not what its manifest says; marked as suspect" '... is told'
	ok '... and marked' test -s "$box/$name.suspect"
	ok '... the next send' as $key sealed send
	same "home/$name" "$box/$name" '... heals it'
done
ok '... but where nothing can be removed the mark stays' test -e "$box/$name.suspect"
ok 'the next send there' as rrsync sealed send
said 'could not be removed yet: 1' '... says that the mark is there'
exits 1 '... and does not send it once more' again
BACKUP_REMOTE_RSYNC=$SSH_HOST:$box
ok 'who may remove' sealed send
absent '... removes it' "$box/$name.suspect"
gone() { SSH_OPTIONS=$(printf '%s' "$SSH_OPTIONS" | sed 's/-p [0-9]*/-p 1/') sealed readback "$SSH_HOST:$box"; }
exits 3 'a host that is away' gone
said "$SSH_HOST:$box: cannot be reached" '... is named'
is '' "$(leftovers)" 'nothing else is left'
done_testing
