#!/bin/sh
# The S3 tools against a Ceph radosgw, which has what Swift has not: TLS, roles, tags, storage classes, encryption, object
# lock, a bucket in the host's name, and an ETag that is empty in the answer to Complete.
# shellcheck source=t/tap.sh disable=SC2016,SC2094
. "${0%/*}/../tap.sh"
# shellcheck source=t/s3/radosgw.sh
. "$top/t/s3/radosgw.sh"
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; radosgw_stop "$tap_dir/radosgw"'
radosgw_start "$tap_dir/radosgw" sts
export AWS_ENDPOINT_URL="$S3_ENDPOINT"
b=s3://$S3_BUCKET

head -c 20000000 /dev/urandom >long
head -c 1000 long >short
: >empty
put() { file=$1; shift; mm-s3put "$@" <"$file"; }
comes_back() {
	s3_cat "$1" >back
	same "$2" back "${3:-... and the object is right}"
}
says_of() { s3_head "$1" | sed -n "s/^$2: //p"; }

for file in empty short long; do
	ok "$file, on http" put "$file" "$b/http/$file"
	comes_back "http/$file" "$file"
	ok '... and back' mm-s3get "$b/http/$file"
	same "$file" "$tap_dir/.stdout" '... the same'
done
is 3 "$(says_of http/long etag | sed 's/.*-//; s/"//')" 'a long one has three parts'
exits 2 'what is there is not replaced' put short "$b/http/long"
is '' "$(s3_uploads)" 'no upload is left'

# On https the body is not signed: its MD5 guards it, and the ETag that comes back.
tls() { AWS_ENDPOINT_URL=$S3_TLS_ENDPOINT "$@"; }
trusting() { tls "$1" --ca-file "$S3_CA" "$2"; }
tls_put() { trusting mm-s3put "$b/tls/$1" <"$1"; }
tls_get() { trusting mm-s3get "$b/tls/$1" >back; }
for file in empty short long; do
	ok "$file, on https" tls_put "$file"
	comes_back "tls/$file" "$file"
	ok '... and back' tls_get "$file"
	same "$file" back '... the same'
done
is "$(printf 'empty\nlong\nshort')" "$(trusting mm-s3ls "$b/tls")" 'a listing'
by_bundle() { AWS_CA_BUNDLE=$S3_CA AWS_ENDPOINT_URL=$S3_TLS_ENDPOINT mm-s3ls "$b/tls"; }
ok 'AWS_CA_BUNDLE serves as well' by_bundle
untrusted() { tls timeout 20 mm-s3put "$b/untrusted" <short; }
exits 2 'a server that nobody vouches for' untrusted
said 'certificate' '... is refused at once'
said 'see --ca-file' '... with a remedy'
other_host() { AWS_ENDPOINT_URL=$(echo "$S3_TLS_ENDPOINT" | sed 's/localhost/elsewhere.localhost/') trusting_here; }
trusting_here() { timeout 20 mm-s3put --ca-file "$S3_CA" "$b/untrusted" <short; }
exits 2 'a certificate of another host' other_host
absent_from_bucket() { is '' "$(s3_list untrusted)" '... and nothing is sent'; }
absent_from_bucket

# The bucket in the host's name.
by_name() { mm-s3put --addressing virtual --endpoint-url "$(echo "$S3_ENDPOINT" | sed 's/127\.0\.0\.1/localhost/')" "$@" <long; }
ok 'the bucket in the host'"'"'s name' by_name "$b/virtual key/a+b"
comes_back 'virtual key/a+b' long

# If-None-Match on PUT.
proxy_start "$tap_dir/proxy" 'Put:1 done reset'
ambiguous() { mm-s3put --endpoint-url "$S3_PROXY" "$b/ambiguous" <short; }
ok 'a PUT whose answer was lost' ambiguous
comes_back ambiguous short
is 1 "$(proxy_saw "$tap_dir/proxy" Put)" '... was not sent again'
mkfifo slow
mm-s3put -E "$b/late" <slow >late.out 2>late.err &
late=$!
exec 7>slow
cat short >&7
sleep 1
s3_put late <empty
exec 7>&-
lands_late() { wait "$late"; }
exits 2 'an object that turned up meanwhile is not replaced' lands_late
ok '... and says so' grep -q 'is there now, and is not replaced' late.err
comes_back late empty '... it is what it was'
# ... nor by Complete, where this server does not heed it.
rm slow
mkfifo slow
mm-s3put -E "$b/late-long" <slow >late.out 2>late.err &
late=$!
exec 7>slow
cat long >&7
eventually 20 sh -c '[ -n "$("$top/t/s3/oracle.py" uploads late-long)" ]'
s3_put late-long <short
exec 7>&-
exits 2 'an object that turned up during an upload of parts is not replaced' lands_late
ok '... and says so' grep -q 'is there now, and is not replaced' late.err
comes_back late-long short '... it is what it was'
is '' "$(s3_uploads late-long)" '... and no upload is left'

# Attributes.
ok 'a storage class' put short --storage-class STANDARD_IA "$b/class"
is STANDARD_IA "$(says_of class x-amz-storage-class)" '... is taken'
ok 'of a long one' put long --storage-class STANDARD_IA "$b/class-long"
is STANDARD_IA "$(says_of class-long x-amz-storage-class)" '... is taken'
exits 2 'one that the server lacks' put short --storage-class NONE "$b/class-none"
ok 'tags' put long --tag 'kind=a dump' --tag 'for=x&y=z' "$b/tags"
is 'kind a dump;for x&y=z;' "$("$top/t/s3/oracle.py" raw GET "/$S3_BUCKET/tags?tagging=" | sed 's/&amp;/\&/g' |
	grep -o '<Key>[^<]*</Key><Value>[^<]*' | sed 's/<Key>//; s,</Key><Value>, ,' | sort -r | tr '\n' ';')" '... are there'
locked() { mm-s3put --lock-mode governance --lock-until 2099-01-01 "s3://$S3_LOCK_BUCKET/$1" <"$1"; }
for file in short long; do
	ok "a lock, $file" locked "$file"
	is 'GOVERNANCE 2099-01-01' "$(S3_BUCKET=$S3_LOCK_BUCKET s3_head "$file" |
		sed -n 's/^x-amz-object-lock-mode: //p; s/^x-amz-object-lock-retain-until-date: \(..........\).*/\1/p' | sort -r | tr '\n' ' ' | sed 's/ $//')" '... holds'
done
exits 2 'a lock in a bucket without' put short --lock-mode compliance --lock-until 2099-01-01 "$b/lock"
said 'InvalidRequest' '... is refused'
ignored() { put "$file" --sse AES256 "$b/ignored"; }
for file in short long; do
	exits 2 "an encryption that the server does not do, $file" ignored
	said 'does not encrypt it' '... is noticed'
	is '' "$(s3_list ignored)$(s3_uploads)" '... and the object taken back'
done
encrypted() { tls mm-s3put --ca-file "$S3_CA" --sse aws:kms --sse-kms-key mmkey "$b/sse/$1" <"$1"; }
for file in short long; do
	ok "encrypted by a key of the server's, $file" encrypted "$file"
	is mmkey "$(says_of "sse/$file" x-amz-server-side-encryption-aws-kms-key-id)" '... is encrypted'
	comes_back "sse/$file" "$file"
done

# Many parts, larger and larger memory aside: their number, and a size that is given.
ok 'parts of a given size' put long --part-size 5M -j 8 "$b/parts"
is 4 "$(says_of parts etag | sed 's/.*-//; s/"//')" '... 5 MiB each'
comes_back parts long

# A role, whose keys come with a session token.
mkdir aws
cat >aws/config <<-END
	[profile user]
	[profile role]
	role_arn = $S3_ROLE
	source_profile = user
	endpoint_url = $S3_ENDPOINT
	region = us-east-1
END
printf '[user]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" >aws/credentials
chmod 600 aws/credentials
as_role() { (unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL; export AWS_ENDPOINT_URL_STS="$S3_ENDPOINT" \
	AWS_CONFIG_FILE="$tap_dir/aws/config" AWS_SHARED_CREDENTIALS_FILE="$tap_dir/aws/credentials" AWS_PROFILE=role; "$@"); }
ok 'a role' as_role put long "$b/role"
comes_back role long
ok '... lists' as_role mm-s3ls "$b"

# Somebody who may do nothing.
nobody() { AWS_ACCESS_KEY_ID=$S3_OTHER_KEY AWS_SECRET_ACCESS_KEY=$S3_OTHER_SECRET "$@"; }
exits 2 'keys without rights' nobody put short "$b/x"
said AccessDenied '... said so'
exits 2 'in a long one too' nobody put long "$b/x"
said AccessDenied '... said so'
exits 2 'to list' nobody mm-s3ls "$b"
said AccessDenied '... said so'
wrong_key() { AWS_ACCESS_KEY_ID=none put short "$b/x"; }
exits 2 'a wrong key' wrong_key

# The probe knows it, and leaves nothing.
ok 'a probe' mm-s3put --probe "$b/probe/it"
is 'look yes;list yes;write yes;read yes;guard-put yes;md5 yes;sha256 yes;crc32c no;tags yes;upload yes;list-parts yes;list-uploads yes;part-10000 yes;abort yes;guard-complete no;complete yes;delete yes;versions no;lock no;sweep no;' \
	"$(cut -f1,2 "$tap_dir/.stdout" | tr '\t\n' ' ;')" '... knows it'
is '' "$(s3_list probe)$(s3_uploads)" '... and leaves nothing'
in_lock() { mm-s3put --probe "s3://$S3_LOCK_BUCKET/probe/it" | grep -E '^(versions|lock)'; }
ok 'of a bucket with lock' in_lock
is 'versions yes;lock yes;' "$(tr '\t\n' ' ;' <"$tap_dir/.stdout")" '... says so'

# More than a page of names that XML has to spell.
/usr/bin/python3 - <<'PYTHON'
import os, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, os.environ["top"] + "/t/s3")
import oracle
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: oracle.wanted("PUT", oracle.object_path("many/it's <%d> & +%%20" % n)), range(1100)))
PYTHON
seq -f "it's <%g> & +%%20" 0 1099 | sort >want
mm-s3ls "$b/many" | sort >got
same want got 'a listing of two pages, whose token has an apostrophe'
ok 'all of them' mm-s3rm "$b/many" <got
is '' "$(mm-s3ls "$b/many")" '... are removed'
done_testing
