#!/bin/sh
# The Ceph that stands for S3 where Swift cannot: TLS, sessions, object lock, storage classes; nothing is left of it.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/../tap.sh"
. "$top/t/s3/radosgw.sh"
at_exit='radosgw_stop "$tap_dir/radosgw"'

ok 'a radosgw starts' radosgw_start radosgw sts min-part=100000
head -c 20000000 /dev/urandom >file
head -c 100000 file >part
printf 'short' >rest

# by_tls COMMAND... - run it with the TLS endpoint.
by_tls() { (export S3_ENDPOINT="$S3_TLS_ENDPOINT" AWS_CA_BUNDLE="$S3_CA" && "$@"); }
for client in aws rclone s3cmd; do
	ok "$client puts by TLS" by_tls s3_by "$client" put "by-$client" <file
	s3_cat "by-$client" >direct
	same file direct '... what the server then has'
	by_tls s3_by "$client" get "by-$client" >back
	same file back '... and gets the same'
done
unknown() { (export S3_ENDPOINT="$S3_TLS_ENDPOINT" && s3_list); }
exits 1 'who does not know the authority does not connect' unknown
said CERTIFICATE_VERIFY_FAILED '... and says so'

s3_start small part rest >id
is '100000 5' "$(s3_parts small "$(cat id)" | cut -f2 | xargs)" 'parts may be small'
s3_abort small "$(cat id)"

stranger() { (export AWS_ACCESS_KEY_ID="$S3_OTHER_KEY" AWS_SECRET_ACCESS_KEY="$S3_OTHER_SECRET" && s3_list); }
exits 1 'another user has no rights' stranger
said AccessDenied '... and is told so'

/usr/bin/aws --endpoint-url "$S3_ENDPOINT" sts assume-role --role-arn "$S3_ROLE" --role-session-name test >session
# of_session NAME - print that of the session.
of_session() { sed -n "s/^ *\"$1\": \"\\(.*\\)\".*/\\1/p" session; }
session() {
	session_key=$(of_session AccessKeyId)
	session_secret=$(of_session SecretAccessKey)
	(export AWS_ACCESS_KEY_ID="$session_key" AWS_SECRET_ACCESS_KEY="$session_secret" AWS_SESSION_TOKEN="$1" && s3_list)
}
ok 'a session has the rights of its role' session "$(of_session SessionToken)"
said by-aws '... and sees what is there'
exits 1 'with another token it has none' session nonsense

lock="x-amz-object-lock-retain-until-date:$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)"
locked() { (export S3_BUCKET="$S3_LOCK_BUCKET" && "$@"); }
md5=$(openssl md5 -binary part | base64)
ok 'an object can be locked' locked s3_put kept "content-md5:$md5" x-amz-object-lock-mode:COMPLIANCE "$lock" <part
locked s3_head kept >headers
ok '... and says so' grep -q '^x-amz-object-lock-mode: COMPLIANCE' headers
"$top/t/s3/oracle.py" raw DELETE "/$S3_LOCK_BUCKET/kept?versionId=$(sed -n 's/^x-amz-version-id: //p' headers)" >answer
is 403 "$(head -n 1 answer)" '... and cannot be deleted'

s3_put cold x-amz-storage-class:STANDARD_IA <rest
s3_head cold >headers
ok 'there are storage classes' grep -q '^x-amz-storage-class: STANDARD_IA' headers

radosgw_stop radosgw
absent 'it stops and leaves nothing' radosgw
is '' "$(pgrep -f "$tap_dir")" '... nor anything that runs'
done_testing
