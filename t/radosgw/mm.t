#!/bin/sh
# The S3 tools by TLS beside the clients that people have, with a session's keys, and a lock that holds.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/../tap.sh"
. "$top/t/s3/radosgw.sh"
at_exit='radosgw_stop "$tap_dir/radosgw"'
radosgw_start "$tap_dir/radosgw" sts
b=s3://$S3_BUCKET
head -c 20971520 /dev/urandom >big
head -c 1000 big >small

# by_tls TOOL ARGUMENT... - run it with the TLS endpoint and its authority; nothing takes long.
by_tls() {
	tool=$1
	shift
	timeout 30 "$tool" --endpoint-url "$S3_TLS_ENDPOINT" --ca-file "$S3_CA" --retry-time 5s "$@"
}
put() { by_tls mm-s3put "$@" <"$file"; }
get() { by_tls mm-s3get "$@" >back; }
# theirs CLIENT put|get KEY - as s3_by, by TLS.
theirs() { (export S3_ENDPOINT="$S3_TLS_ENDPOINT" AWS_CA_BUNDLE="$S3_CA" && s3_by "$@"); }

file=big
ok 'a large object goes by TLS' put "$b/big"
for client in aws rclone s3cmd; do
	ok "what $client put ..." theirs "$client" put "by-$client" <big
	get "$b/by-$client"
	same big back '... comes back'
	theirs "$client" get big >back
	same big back "$client gets what we put"
done
file=small
ok 'the bucket may stand in the name of the host' put --addressing virtual "$b/virtual"
s3_cat virtual >direct
same small direct '... with the same result'
removal() { echo virtual | by_tls mm-s3rm "$b"; }
ok 'it is removed' removal
list() { by_tls mm-s3ls "$b" | LC_ALL=C sort | xargs; }
is 'big by-aws by-rclone by-s3cmd' "$(list)" '... and gone from the listing'

expired() {
	LD_PRELOAD=$(dpkg -L libfaketime | grep '/libfaketime.so.1$') FAKETIME='+30d' FAKETIME_DONT_FAKE_MONOTONIC=1 \
		timeout 30 mm-s3put --endpoint-url "$S3_TLS_ENDPOINT" --ca-file "$S3_CA" "$b/unknown" <small
}
exits 2 'a certificate that has expired is refused at once' expired
said certificate '... and said to be the cause'
plain() { timeout 30 mm-s3put --endpoint-url "https://localhost:${S3_ENDPOINT##*:}" --retry-time 2s "$b/unknown" <small; }
exits 2 'a server without TLS gets nothing' plain
is '' "$(s3_list unknown)" 'nothing of these is there'

/usr/bin/aws --endpoint-url "$S3_ENDPOINT" sts assume-role --role-arn "$S3_ROLE" --role-session-name test >session
of_session() { sed -n "s/^ *\"$1\": \"\\(.*\\)\".*/\\1/p" session; }
# in_session TOKEN COMMAND...
in_session() {
	session_key=$(of_session AccessKeyId)
	session_secret=$(of_session SecretAccessKey)
	(export AWS_ACCESS_KEY_ID="$session_key" AWS_SECRET_ACCESS_KEY="$session_secret" AWS_SESSION_TOKEN="$1" && shift && "$@")
}
file=big
ok 'a session puts' in_session "$(of_session SessionToken)" put "$b/session"
s3_cat session >direct
same big direct '... all of it'
ok '... and gets' in_session "$(of_session SessionToken)" get "$b/session"
same big back '... all of it'
exits 2 'a token that is none is refused' in_session nonsense put "$b/no-session"

until=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
for file in small big; do
	ok "a $file object is locked" put --lock-mode compliance --lock-until "$until" "s3://$S3_LOCK_BUCKET/$file"
	(export S3_BUCKET="$S3_LOCK_BUCKET" && s3_head "$file" >headers)
	"$top/t/s3/oracle.py" raw DELETE "/$S3_LOCK_BUCKET/$file?versionId=$(sed -n 's/^x-amz-version-id: //p' headers)" >answer
	is 403 "$(head -n 1 answer)" '... and cannot be deleted'
	exits 2 'a lock where there is none is refused' put --lock-mode governance --lock-until "$until" "$b/locked"
	is '' "$(s3_list locked)" '... and leaves nothing'
done
is '' "$(s3_uploads)" 'no upload is left'
done_testing
