#!/bin/sh
# mm-s3put, mm-s3get, mm-s3ls and mm-s3rm where Swift cannot follow: TLS, sessions, object lock, what an object may have.
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

for file in small big; do
	ok "a $file object goes by TLS" put "$b/$file"
	is "$(sha256sum <"$file" | cut -c1-64)  $file" "$(cat "$tap_dir/.stdout")" '... its receipt is right'
	s3_cat "$file" >direct
	same "$file" direct '... as is what is there'
	ok '... and comes back' get "$b/$file"
	same "$file" back '... the same'
done
list() { by_tls mm-s3ls "$b" | LC_ALL=C sort | xargs; }
is 'big small' "$(list)" 'the listing has both'
file=small
ok 'the bucket may stand in the name of the host' put --addressing virtual "$b/virtual"
s3_cat virtual >direct
same small direct '... with the same result'
removal() { echo virtual | by_tls mm-s3rm "$b"; }
ok 'an object is removed' removal
is 'big small' "$(list)" '... and gone'
for client in aws rclone s3cmd; do
	(export S3_ENDPOINT="$S3_TLS_ENDPOINT" AWS_CA_BUNDLE="$S3_CA" && s3_by "$client" put "by-$client" <big)
	ok "what $client put ..." get "$b/by-$client"
	same big back '... comes back'
	(export S3_ENDPOINT="$S3_TLS_ENDPOINT" AWS_CA_BUNDLE="$S3_CA" && s3_by "$client" get big >back)
	same big back "$client gets what we put"
done

# Whom not to trust.
unknown() { timeout 30 mm-s3put --endpoint-url "$S3_TLS_ENDPOINT" --retry-time 10m "$b/unknown" <small; }
exits 2 'an authority that is not known is refused at once' unknown
said certificate '... and the certificate named as the cause'
elsewhere() { timeout 30 mm-s3put --endpoint-url "https://other.localhost:${S3_TLS_ENDPOINT##*:}" --ca-file "$S3_CA" "$b/unknown" <small; }
exits 2 'so is a certificate for another host' elsewhere
said certificate '... with its name for the cause'
expired() {
	LD_PRELOAD=$(dpkg -L libfaketime | grep '/libfaketime.so.1$') FAKETIME='+30d' FAKETIME_DONT_FAKE_MONOTONIC=1 \
		timeout 30 mm-s3put --endpoint-url "$S3_TLS_ENDPOINT" --ca-file "$S3_CA" "$b/unknown" <small
}
exits 2 'so is one that has expired' expired
said certificate '... with its name for the cause'
plain() { timeout 30 mm-s3put --endpoint-url "https://localhost:${S3_ENDPOINT##*:}" --retry-time 2s "$b/unknown" <small; }
exits 2 'a server without TLS gets nothing' plain
is '' "$(s3_list unknown)" 'nothing of them is there'

# Sessions.
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

# Locks.
until=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
file=small
ok 'an object is locked' put --lock-mode compliance --lock-until "$until" "s3://$S3_LOCK_BUCKET/$file"
(export S3_BUCKET="$S3_LOCK_BUCKET" && s3_head "$file" >headers)
is "COMPLIANCE $until" "$(sed -n 's/^x-amz-object-lock-mode: //p' headers) $(sed -n 's/^x-amz-object-lock-retain-until-date: \([^.Z]*\).*/\1Z/p' headers)" \
	'... in that mode, until then'
"$top/t/s3/oracle.py" raw DELETE "/$S3_LOCK_BUCKET/$file?versionId=$(sed -n 's/^x-amz-version-id: //p' headers)" >answer
is 403 "$(head -n 1 answer)" '... and cannot be deleted'
exits 2 'a lock where there is none is refused' put --lock-mode governance --lock-until "$until" "$b/locked"
is '' "$(s3_list locked)" '... and leaves nothing'

# What an object may have.
for file in small big; do
	ok "a $file object has a storage class, metadata and a key" put --storage-class STANDARD_IA --sse aws:kms --sse-kms-key mmkey \
		--metadata kind=dump "$b/rich-$file"
	s3_head "rich-$file" >headers
	is 'STANDARD_IA aws:kms mmkey dump' "$(for name in storage-class server-side-encryption server-side-encryption-aws-kms-key-id meta-kind; do
		sed -n "s/^x-amz-$name: //p" headers
	done | xargs)" '... as it says'
	ok '... and comes back' get "$b/rich-$file"
	same "$file" back '... the same'
done
file=small
ok 'an object has tags' put --tag a=b --tag 'c d=e&f' "$b/tagged"
"$top/t/s3/oracle.py" raw GET '/mm-test/tagged?tagging' >answer
is 2 "$(grep -o -e '<Tag><Key>a</Key><Value>b</Value></Tag>' -e '<Tag><Key>c d</Key><Value>e&amp;f</Value></Tag>' answer | wc -l)" '... both'
exits 2 'a storage class that is none is refused' put --storage-class NONE "$b/none"
is '' "$(s3_list none)" '... and leaves nothing'
is '' "$(s3_uploads)" 'no upload is left'
done_testing
