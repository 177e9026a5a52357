#!/bin/sh
# mm-s3ls, mm-s3rm and mm-s3put before a server that answers nonsense: an error soon, in little memory, and no name invented.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/server.sh"
at_exit='proxy_stop "$tap_dir/proxy"; s3_server_stop "$tap_dir/server"'
s3_server_start "$tap_dir/server"
proxy_start "$tap_dir/proxy"
b=s3://$S3_BUCKET

# What a sanitizer built has a measure of its own.
sanitized=$(LC_ALL=C grep -ao -m1 __asan_init "$build/mm-s3ls" | head -n 1) || :

# page TRUNCATED REST - an answer to List with two names, in file page.
page() {
	cat >page <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>mm-test</Name><IsTruncated>$1</IsTruncated>$2
		<Contents><Key>one</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"x"</ETag><Size>1</Size></Contents>
		<Contents><Key>two</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"x"</ETag><Size>2</Size></Contents>
		</ListBucketResult>
	END
}
list() { command time -o used -f %M timeout 30 mm-s3ls --endpoint-url "$S3_PROXY" --timeout 5s --retry-time 1s "$b" >names; }
# refuses DESC - with file page for an answer to List, mm-s3ls is in trouble.
refuses() {
	proxy_faults "$tap_dir/proxy" "List body $tap_dir/page"
	exits 2 "$1" list
	[ -n "$sanitized" ] || ok '... in less than 64 MiB' test "$(tail -n 1 used)" -lt 65536
}

page false ''
proxy_faults "$tap_dir/proxy" "List body $tap_dir/page"
ok 'a page as it should be' list
is 'one two' "$(xargs <names)" '... is listed'

page true ''
refuses 'more pages, and no word of where they begin'
page true '<NextContinuationToken>again</NextContinuationToken>'
refuses 'pages that lead to themselves'
page maybe ''
sed -i 's/<Key>one/<Key>one\&secret;/' page
refuses 'an entity that nobody declared'
page false ''
sed -i '1a <!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>' page
sed -i 's/<Key>one/<Key>one\&secret;/' page
refuses 'an entity that is a file of ours'
is 0 "$(grep -c root: names)" '... whose content is nowhere'
page false ''
sed -i '1a <!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaa"><!ENTITY b "\&a;\&a;\&a;\&a;\&a;\&a;\&a;\&a;"><!ENTITY c "\&b;\&b;\&b;\&b;\&b;\&b;\&b;\&b;"><!ENTITY d "\&c;\&c;\&c;\&c;\&c;\&c;\&c;\&c;"><!ENTITY e "\&d;\&d;\&d;\&d;\&d;\&d;\&d;\&d;"><!ENTITY f "\&e;\&e;\&e;\&e;\&e;\&e;\&e;\&e;"><!ENTITY g "\&f;\&f;\&f;\&f;\&f;\&f;\&f;\&f;"><!ENTITY secret "\&g;\&g;\&g;\&g;\&g;\&g;\&g;\&g;">]>' page
sed -i 's/<Key>one/<Key>one\&secret;/' page
refuses 'entities that swell to 32 MiB'
page false ''
sed -i '/two/,$d' page
refuses 'XML that breaks off'
echo 'It works!' >page
refuses 'a page of a web server'
echo '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Welcome</title></head><body><p>It works!</p></body></html>' >page
refuses 'a page of a web server that is XML'
echo '<html/>' >page
refuses '... and an empty one'
echo '<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>' >page
refuses 'a listing of something else'
echo '<ListBucketResult><Contents/></ListBucketResult>' >page
proxy_faults "$tap_dir/proxy" "List body $tap_dir/page"
ok 'a listing with hardly anything in it' list
echo '<ListBucketResult/>' >page
ok '... and an empty one' list
: >page
refuses 'an empty page'
head -c 100000 /dev/urandom >page
refuses 'noise'
{ printf '<ListBucketResult>'; yes '<a>' | head -n 1000000; } >page
refuses 'elements a million deep'
{ printf '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>'; head -c 20000000 /dev/zero | tr '\0' k; printf '</Key></Contents></ListBucketResult>'; } >page
refuses 'a name of 20 MB'
{ printf '<ListBucketResult><IsTruncated>false</IsTruncated>'; head -c 50000000 /dev/zero | tr '\0' ' '; printf '</ListBucketResult>'; } >page
refuses 'a page of 50 MB'

put() { timeout 30 mm-s3put --endpoint-url "$S3_PROXY" --timeout 5s --retry-time 1s "$b/put" <file; }
head -c 20000000 /dev/urandom >file
# puts_not DESC - with file page for an answer to Create, mm-s3put is in trouble, and no object is there.
puts_not() {
	proxy_faults "$tap_dir/proxy" "Create body $tap_dir/page"
	exits 2 "$1" put
	is '' "$(s3_list put)$(s3_uploads put)" '... and nothing is there'
}
echo '<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>' >page
puts_not 'an upload without a name'
{ printf '<InitiateMultipartUploadResult><UploadId>'; head -c 1000000 /dev/zero | tr '\0' i; printf '</UploadId></InitiateMultipartUploadResult>'; } >page
puts_not 'an upload with a name of a megabyte'
echo '<html><body>It works!</body></html>' >page
puts_not 'a page of a web server'

for name in keep drop; do s3_put "rm/$name" <used; done
proxy_faults "$tap_dir/proxy" 'Delete/rm/keep answer 403 AccessDenied'
removes() { printf 'keep\ndrop\n' | timeout 30 mm-s3rm --endpoint-url "$S3_PROXY" --retry-time 1s "$b/rm"; }
exits 2 'a name that may not be removed is an error' removes
said 'rm/keep' '... said by name'
is rm/keep "$(s3_list rm/ | cut -f1)" '... and the others are gone'
for name in first drop; do s3_put "rm/$name" <used; done
proxy_faults "$tap_dir/proxy" 'Delete/rm/keep answer 403 AccessDenied'
stops() { printf 'first\nkeep\ndrop\n' | timeout 30 mm-s3rm --endpoint-url "$S3_PROXY" --retry-time 1s --stop "$b/rm"; }
exits 2 'with --stop it is the end' stops
said 'rm/keep' '... said by name'
is 'rm/drop rm/keep' "$(s3_list rm/ | cut -f1 | sort | xargs)" '... what came before is gone, what comes after is not'
proxy_faults "$tap_dir/proxy"
ok '... and without a failure it goes to the end' stops
is '' "$(s3_list rm/)" '... indeed'
exits 2 '--stop is not for uploads' mm-s3rm --stop --uploads --older-than 1d "$b/rm"
done_testing
