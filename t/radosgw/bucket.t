#!/bin/sh
# units/s3 for real: bucket.sh makes the bucket, our tools get along with what its policies allow, and nobody with what
# they do not; the lifecycle takes what it should and leaves the rest.
# shellcheck disable=SC2016
. "${0%/*}/../tap.sh"
. "$top/t/s3/radosgw.sh"
at_exit='radosgw_stop "$tap_dir/radosgw"'
radosgw_start "$tap_dir/radosgw"
export AWS_PAGER='' PATH="/usr/bin:$PATH"

sets_up() { sh "$top/units/s3/bucket.sh" -e "$S3_ENDPOINT" "$@"; }
s3api() { aws --endpoint-url "$S3_ENDPOINT" s3api "$@"; }
bucket=company-backups
ok 'bucket.sh makes the bucket' sets_up $bucket postgres
ok '... and finds it as it should be when run again' sets_up $bucket postgres
is Enabled "$(s3api get-bucket-versioning --bucket $bucket --query Status --output text)" 'versions are kept'
is 'GOVERNANCE 30' "$(s3api get-object-lock-configuration --bucket $bucket --output text \
	--query 'ObjectLockConfiguration.Rule.DefaultRetention.[Mode,Days]' | tr '\t' ' ')" '... and locked'
s3api get-bucket-lifecycle-configuration --bucket $bucket >got.json
same_rules() {
	/usr/bin/python3 -c 'if True:
		import json, sys
		got, want = [sorted(json.load(open(f))["Rules"], key=lambda r: r["ID"]) for f in sys.argv[1:]]
		sys.exit(got != want)' "$@"
}
sed -e 's|PREFIX|postgres|' "$top/units/s3/lifecycle-plain.json" >want.json
ok 'the lifecycle is the one without a change of storage class' same_rules got.json want.json

sets_up "$S3_BUCKET" postgres >said 2>&1 || :
ok 'of a bucket without lock it says so' grep -q 'NOT LOCKED' said
sed -e 's|PREFIX|others|; s|"ID": "parts|"ID": "of others: parts|' "$top/units/s3/lifecycle-plain.json" >others.json
s3api put-bucket-lifecycle-configuration --bucket "$S3_BUCKET" --lifecycle-configuration file://others.json
exits 1 'a lifecycle of others' sets_up "$S3_BUCKET" postgres
said 'of others: parts' '... is named'
s3api get-bucket-lifecycle-configuration --bucket "$S3_BUCKET" >got.json
ok '... and left alone' same_rules got.json others.json

# The policies, granted to somebody who has no other right here.  (There are policies of users at Amazon, of buckets here.)
may() {
	/usr/bin/python3 -c 'if True:
		import json, sys
		policy = json.load(sys.stdin)
		for statement in policy["Statement"]:
		    statement["Principal"] = {"AWS": ["arn:aws:iam:::user/other"]}
		print(json.dumps(policy))' <"$bucket-$1.json" >granted.json
	s3api put-bucket-policy --bucket $bucket --policy file://granted.json
}
by_other() { env AWS_ACCESS_KEY_ID="$S3_OTHER_KEY" AWS_SECRET_ACCESS_KEY="$S3_OTHER_SECRET" "$@"; }
place=s3://$bucket/postgres
put() { by_other mm-s3put --endpoint-url "$S3_ENDPOINT" "s3://$bucket/$1" <"$2"; }
tool() { by_other "$1" --endpoint-url "$S3_ENDPOINT" "$2"; }
head -c 12000000 /dev/urandom >large
echo small >small

may send
ok 'who may send puts a large backup, in parts' put postgres/large large
ok '... and a small one' put postgres/small small
ok '... lists them' tool mm-s3ls $place/
is 'large small' "$(sort <"$tap_said" | paste -sd ' ')" '... both'
tool mm-s3get $place/large >back
same large back '... and reads them'
broken() { by_other mm-pipe sh -c 'head -c 11000000 large; exit 1' '|' mm-s3put --endpoint-url "$S3_ENDPOINT" $place/broken </dev/null; }
exits 1 'one that broke off' broken
is '' "$(s3api list-multipart-uploads --bucket $bucket --query 'Uploads[].Key' --output text | grep -v None || :)" '... is taken back'
drop() { echo "$1" | tool mm-s3rm $place/; }
exits 2 'who may send may not delete' drop small
exits 2 '... nor put elsewhere' put other/small small
exits 2 '... nor list elsewhere' tool mm-s3ls "s3://$bucket/other/"
# asks_aws WORD... - as the same person, by aws.
asks_aws() { by_other aws --endpoint-url "$S3_ENDPOINT" s3api "$@" >/dev/null; }
exits 255 '... nor change the lifecycle' asks_aws put-bucket-lifecycle-configuration --bucket $bucket --lifecycle-configuration file://want.json
exits 255 '... nor forget versions' asks_aws put-bucket-versioning --bucket $bucket --versioning-configuration Status=Suspended

may look
ok 'who may look lists' tool mm-s3ls $place/
tool mm-s3get $place/small >back
same small back '... and reads'
exits 2 '... and may not put' put postgres/another small
exits 2 '... nor delete' drop small

may prune
exits 2 'who may prune may not put' put postgres/another small
ok '... but delete' drop small
is large "$(tool mm-s3ls $place/)" '... what it named'
version=$(s3api list-object-versions --bucket $bucket --prefix postgres/small --query 'Versions[0].VersionId' --output text)
exits 255 '... though not the version behind it' asks_aws delete-object --bucket $bucket --key postgres/small --version-id "$version"
exits 254 'which for a month not even the owner can' s3api delete-object --bucket $bucket --key postgres/small --version-id "$version"
# Here an object belongs to who put it, and not to whose the bucket is.
asks_aws get-object --bucket $bucket --key postgres/small --version-id "$version" back
same small back '... and which can be had back'

# A month of the lifecycle, of a second each day; without a lock, which knows only real days.
s3api create-bucket --bucket month
s3api put-bucket-versioning --bucket month --versioning-configuration Status=Enabled
s3api put-bucket-lifecycle-configuration --bucket month --lifecycle-configuration file://want.json
for key in postgres/kept postgres/dropped other/dropped; do s3api put-object --bucket month --key $key --body small >got.json; done
for key in postgres/dropped other/dropped; do s3api delete-object --bucket month --key $key >got.json; done
for key in postgres/broken other/broken; do s3api create-multipart-upload --bucket month --key $key >got.json; done
sleep 32
radosgw_admin "$tap_dir/radosgw" --rgw-lc-debug-interval=1 lc process --bucket month >said 2>&1
is 'other/dropped postgres/kept' "$(s3api list-object-versions --bucket month --query 'Versions[].Key' --output text | tr '\t' '\n' | sort | paste -sd ' ')" \
	'after a month what was dropped is gone, what was not is there, and so is what is not ours'
is other/broken "$(s3api list-multipart-uploads --bucket month --query 'Uploads[].Key' --output text)" '... and the parts of ours that broke off are gone'
done_testing
