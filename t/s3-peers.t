#!/bin/sh
# What aws, rclone and s3cmd put, our tools get; what ours put, they get, and list.  Against Swift, or MM_S3=radosgw.
# shellcheck disable=SC2016,SC2094
. "${0%/*}/tap.sh"
. "$top/t/s3/server.sh"
at_exit='s3_server_stop "$tap_dir/s3"'
s3_server_start "$tap_dir/s3"
export AWS_ENDPOINT_URL="$S3_ENDPOINT"
b=s3://$S3_BUCKET

head -c 20000000 /dev/urandom >long
head -c 1000 long >short
: >empty
ours_put() { mm-s3put "$b/$1" <"$2"; }
ours_get() { mm-s3get "$b/$1" >back; }
theirs_put() { s3_by "$client" put "$1" <"$2"; }
theirs_get() { s3_by "$client" get "$1" >back; }

for file in empty short long; do
	ok "mm-s3put, $file" ours_put "ours/$file" "$file"
	for client in aws rclone s3cmd; do
		ok "$client gets it" theirs_get "ours/$file"
		same "$file" back '... as it was put'
	done
done
for client in aws rclone s3cmd; do
	for file in short long; do
		ok "$client puts, $file" theirs_put "$client/$file" "$file"
		ok '... mm-s3get gets it' ours_get "$client/$file"
		same "$file" back '... as it was put'
	done
	mm-s3ls "$b/$client" | sort >names
	printf 'long\nshort\n' >want
	same want names '... mm-s3ls lists it'
	exits 2 '... mm-s3put does not replace it' ours_put "$client/short" long
	ok '... mm-s3rm' mm-s3rm "$b/$client" <names
	is '' "$(s3_list "$client/")" '... removes it'
done

# Names that look alike in listings are told apart.
odd='sp ace+plus%25&é'
ok 'an odd name' ours_put "odd/$odd" short
is "$odd" "$(/usr/bin/aws --endpoint-url "$S3_ENDPOINT" s3 ls "$b/odd/" | sed 's/^[^ ]* [^ ]* *1000 //')" 'aws lists it'
is "$odd" "$(s3_rclone lsf "t:$S3_BUCKET/odd/")" 'rclone lists it'
is "$odd" "$(mm-s3ls "$b/odd")" 'mm-s3ls lists it'

# rclone and aws check what they get against ETag and metadata: a copy of ours is a copy.
mkdir here
ok 'rclone copies it' s3_rclone copy "t:$S3_BUCKET/ours" here
same long here/long '... as it is'
ok 'rclone check agrees' s3_rclone check "t:$S3_BUCKET/ours" here
done_testing
