#!/bin/sh
# The servers that stand for S3, and the proxy that stands for the network: others' clients work through them, every
# fault reaches a client, and nothing is left behind.
# shellcheck disable=SC2016,SC2030,SC2031,SC2094
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'

ok 'a Swift starts' swift_start swift
ok 'a proxy starts before it' proxy_start proxy
head -c 20000000 /dev/urandom >file

# through COMMAND... - run it with the proxy for an endpoint.
through() { (export S3_ENDPOINT="$S3_PROXY" && "$@"); }

for client in aws rclone s3cmd; do
	ok "$client puts through the proxy" through s3_by "$client" put "by-$client" <file
	s3_cat "by-$client" >direct
	same file direct '... what the server then has'
	through s3_by "$client" get "by-$client" >back
	same file back '... and gets the same'
done
is 3 "$(s3_list | grep -c 20000000)" 'the listing has them'
is 3 "$(proxy_saw proxy Create)" 'the proxy saw three uploads begin'
is 3 "$(proxy_saw proxy Complete)" '... and end'
is 0 "$(proxy_hurt proxy)" '... and hurt none'
is '' "$(s3_uploads)" 'no upload is unfinished'
s3_start half/done file >id
is "half/done	$(cat id)" "$(s3_uploads)" '... until one is'
is 20000000 "$(s3_parts half/done "$(cat id)" | cut -f2)" '... whose part is there'
ok '... and it can be aborted' s3_abort half/done "$(cat id)"
is '' "$(s3_uploads)" '... and is gone'
exits 1 'what is not there has no head' s3_head nothing

# as KEY SECRET COMMAND... - run it as another user.
as() { (export AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$2" && shift 2 && "$@"); }
as "$S3_READER_KEY" "$S3_READER_SECRET" s3_list >none 2>&1 || :
is 1 "$(grep -c AccessDenied none)" 'another user of the account has no rights'
as "$S3_OTHER_KEY" "$S3_OTHER_SECRET" s3_list >none 2>&1 || :
is 1 "$(grep -c -e NoSuchBucket -e AccessDenied none)" 'another account has not even the bucket'
as "$AWS_ACCESS_KEY_ID" wrong s3_list >none 2>&1 || :
is 1 "$(grep -c SignatureDoesNotMatch none)" 'a wrong secret opens nothing'

printf 'a small object, of some length' >small
s3_put small <small

# asks VERB... - the oracle, patient for $limit seconds.
asks() { timeout "$limit" "$top/t/s3/oracle.py" "$@"; }
put() { asks raw PUT "/mm-test/$1" <"$1"; }
get() { asks raw GET /mm-test/small; }
list() { asks raw GET '/mm-test?list-type=2&prefix=small'; }
etag() { asks head small | grep etag || echo 'no etag'; }
elsewhere() { (export AWS_REGION=eu-west-1 && get); }
content() { asks cat small | cmp - small; }

# shows FAULT TEXT COMMAND... - under this fault the command says TEXT, as it does not without; just one request is hurt.
shows() {
	fault=$1 text=$2
	shift 2
	proxy_faults proxy
	limit=20
	[ -e "well-$*" ] || through "$@" >"well-$*" 2>&1 || :
	hurt=$(proxy_hurt proxy)
	proxy_faults proxy "$fault"
	[ "$text" != 'status 124' ] || limit=1
	through "$@" >ill 2>&1 || echo "status $?" >>ill
	is '0 1 1' "$(grep -c -e "$text" "well-$*") $(grep -m1 -c -e "$text" ill) $(($(proxy_hurt proxy) - hurt))" "$fault: $text"
}

shows 'Put answer 503 SlowDown retry-after=7' 'retry-after: 7' put small
shows 'Put answer 403 RequestTimeTooSkewed date=+3600' '^date: .* '"$(date -d '+1 hour' +%H):" put small
shows 'Put answer 307 TemporaryRedirect location=upstream' "^location: $S3_ENDPOINT/mm-test/small" put small
shows 'Put answer 400 AuthorizationHeaderMalformed Region=eu-west-1' '<Region>eu-west-1</Region>' put small
shows 'Put answer 200 InternalError' '<Error><Code>InternalError</Code>' put small
shows 'Get body small 404' '^404' get
shows 'Get empty' '^content-length: 0' get
shows 'Put reset' ConnectionResetError put small
shows 'Put close' RemoteDisconnected put small
shows 'Put stall' 'status 124' put small
shows 'List blanks 0.5 InternalError' '^  *<?xml' list
is 1 "$(grep -c '<Code>InternalError' ill)" '... and an error after them'
shows 'Put early 503 SlowDown' '<Code>SlowDown</Code>' put file
shows 'Put reset-at 1000000' 'ConnectionResetError\|BrokenPipe' put file
shows 'Put stall-at 1000000' 'status 124' put file
shows 'Put flip' BadDigest put small
shows 'Put slow 1000000' 'status 124' put file
shows 'Head etag wrong' '^etag: "0*"' etag
shows 'Head etag none' 'no etag' etag
shows 'List etag wrong' '<ETag>[^<0]*00000000000000000000000000000000[^0]' list
shows 'List etag none' '</LastModified><Size>' list
shows 'Get cut 5' IncompleteRead get
shows 'Get truncate 5' '^content-length: 5$' get
shows 'Get flip-answer' 'differ: byte 16' content
shows 'Get drip 10' 'status 124' get
shows 'List blanks 0.5' '^  *<?xml' list
shows 'List blanks-inside 0.5' '^  *<ListBucketResult' list
shows 'Get delay 2' 'status 124' get
shows 'Get region us-east-1 301 PermanentRedirect x-amz-bucket-region=us-east-1' '^x-amz-bucket-region: us-east-1' elsewhere

# What needs more than one look.
silently() { curl -s -o first -o second -w '%{num_connects} ' "$S3_PROXY/mm-test/1" "$S3_PROXY/mm-test/2"; }
proxy_faults proxy
is '1 0 ' "$(silently)" 'a connection serves twice'
proxy_faults proxy 'Get fin'
is '1 1 ' "$(silently)" 'Get fin: ... but not when it is closed after an answer'
expecting() { curl -sv -o answer -H 'Expect: 100-continue' --expect100-timeout 1 -T file "$S3_PROXY/mm-test/1" 2>&1 | grep -c 'Done waiting'; }
is 0 "$(expecting)" 'a client is told to go on, or not to'
proxy_faults proxy 'Put mute-continue'
is 1 "$(expecting)" 'Put mute-continue: ... or waits in vain'

proxy_faults proxy 'Put/lost:1 answer 500 InternalError' 'Put/made:1 done answer 500 InternalError'
through s3_put lost <small 2>none && echo well
through s3_put made <small 2>none && echo well
is made "$(s3_list | awk '$1 == "lost" || $1 == "made" { print $1 }')" 'a request is made or not, as the fault says'
proxy_faults proxy 'Put:2-3 close' 'UploadPart#2 answer 400 BadDigest'
several() { for _ in 1 2 3 4; do through s3_put several <small 2>none && printf '%s ' well || printf '%s ' ill; done; }
is 'well ill ill well ' "$(several)" 'the second and the third of a kind can be meant'
through s3_start parts small small small >none 2>&1 || :
is '1 2' "$(proxy_log proxy | awk -F '\t' '$3 == "UploadPart" && $4 == "parts" { print $5 }' | xargs)" '... or a part'
! proxy_start wrong 'Put explode' 2>none || echo 'not ok'
ok 'a fault that does not exist stops the proxy' grep -q explode none

# Another has his own, beside it; this test's place is out of his reach but for what he needs.
[ "$(id -u)" -ne 0 ] || {
	chmod a+rx .
	mkdir -m 777 others others/t others/t/s3
	cp "$top/t/daemon.sh" others/t
	cp "$top"/t/s3/*.sh "$top"/t/s3/*.py others/t/s3
	chmod -R a+rX others
	as_another() {
		runuser -u postgres -- env top="$PWD/others" sh -euc 'cd "$top" && . t/s3/swift.sh && swift_start "$top/swift" 10000 &&
			echo mine | s3_put mine && s3_list && swift_stop "$top/swift"'
	}
	ok 'one who is not root has a Swift too' as_another
	said 'mine	5' '... and his own objects'
}

ok 'the proxy stops' proxy_stop proxy
ok 'Swift stops' swift_stop swift
absent '... and nothing is left' proxy swift others/swift
done_testing
