#!/bin/sh
# The bucket's files: aws accepts them, and they say what their README says.
# shellcheck disable=SC2016,SC2094
. "${0%/*}/tap.sh"
unset AWS_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null AWS_PAGER=''
s3=$top/units/s3

# filled FILE - it, with names in it.
filled() { sed -e 's|BUCKET|company-backups|g' -e 's|PREFIX|postgres|g' "$s3/$1"; }
# accepted WORD... - aws has checked its parameters, and went on to the network, which ends at once.
accepted() {
	st=0
	AWS_MAX_ATTEMPTS=1 /usr/bin/aws --endpoint-url http://127.0.0.1:1 "$@" >answer 2>&1 || st=$?
	cat answer
	[ "$st" -eq 255 ] && grep -q 'Could not connect to the endpoint' answer || return "$st"
}
# json EXPRESSION FILE... - true if Python says so of what they hold, a b ...
json() { /usr/bin/python3 -c 'import json, sys; a, b, *_ = [json.load(open(f)) for f in sys.argv[2:]] + [None]; sys.exit(not eval(sys.argv[1]))' "$@"; }
lifecycle() { accepted s3api put-bucket-lifecycle-configuration --bucket company-backups --lifecycle-configuration "file://$1"; }

for file in lifecycle lifecycle-plain; do
	filled $file.json >$file.json
	ok "aws accepts $file.json" lifecycle $file.json
	is "$(grep -c '"ID"' $file.json)" "$(grep -c '"Prefix": "postgres/"' $file.json)" '... each of whose rules is for the prefix'
	ok '... one is for uploads that broke off' grep -q AbortIncompleteMultipartUpload $file.json
	ok '... one for versions that prune has hidden' grep -q NoncurrentVersionExpiration $file.json
	ok '... and none deletes a backup by its date' json 'all(r.get("Expiration", {}).keys() <= {"ExpiredObjectDeleteMarker"} for r in a["Rules"])' $file.json
done
sed 's/"ID"/"Id"/' lifecycle.json >misspelt.json
exits 252 'aws refuses a rule with a word that it does not know' lifecycle misspelt.json
ok 'the two differ by the change of storage class alone' json '[r for r in a["Rules"] if "Transitions" not in r] == b["Rules"] != a["Rules"]' lifecycle.json lifecycle-plain.json
ok 'aws accepts object-lock.json' accepted s3api put-object-lock-configuration --bucket company-backups --object-lock-configuration "file://$s3/object-lock.json"

for policy in send prune look; do
	filled policy-$policy.json >company-backups-$policy.json
	ok "policy-$policy.json is about the bucket and the prefix" json '{s["Resource"] for s in a["Statement"]} == {"arn:aws:s3:::company-backups", "arn:aws:s3:::company-backups/postgres/*"}' company-backups-$policy.json
	exits 1 '... which allows nothing by a star' grep -e '"s3:[A-Za-z]*\*' -e '"\*"' company-backups-$policy.json
	exits 1 '... nor to delete a version' grep DeleteObjectVersion company-backups-$policy.json
done
exits 1 'who sends may not delete' grep Delete company-backups-send.json
exits 1 'who prunes may not put' grep PutObject company-backups-prune.json
is '"s3:GetObject" "s3:ListBucket"' "$(grep -o '"s3:[A-Z][A-Za-z]*"' company-backups-look.json | sort | paste -sd ' ')" 'who looks may read and list'

grep '^    aws ' "$s3/README" | sed 's/^    //' >commands
ok 'README has commands for aws' test -s commands
while IFS= read -r command; do
	# They are words.
	# shellcheck disable=SC2086
	ok "aws accepts: $command" accepted ${command#aws }
done <commands

sets_up() { (mkdir -p here && cd here && sh "$s3/bucket.sh" "$@"); }
for names in 'Upper p' 'a_b p' '../x p' 'b /p' 'b p/' 'b' 'b p q'; do
	# shellcheck disable=SC2086
	exits 2 "bucket.sh refuses the names $names" sets_up -e http://127.0.0.1:1 $names
done
ok 'what cannot be reached is said' sh -c '! sh "$1" -e http://127.0.0.1:1 company-backups postgres' - "$s3/bucket.sh"
said 'Could not connect' '... by aws'
is '' "$(ls here)" '... and no policy is left'
done_testing
