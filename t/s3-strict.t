#!/bin/sh
# What mm-s3put says of what it sends: digests, checksums, attributes.  Against a stand-in that is strict about them, since
# the servers here are not; by http and by TLS.
# shellcheck disable=SC2016,SC2094
. "${0%/*}/tap.sh"
. "$top/t/daemon.sh"
at_exit='daemon_stop "$tap_dir/plain" strict; daemon_stop "$tap_dir/tls" strict'
unset AWS_CA_BUNDLE CURL_CA_BUNDLE AWS_REGION AWS_DEFAULT_REGION AWS_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 \
	http_proxy https_proxy no_proxy HTTPS_PROXY NO_PROXY all_proxy ALL_PROXY
export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null \
	AWS_SHARED_CREDENTIALS_FILE=/dev/null

head -c 5250000 /dev/urandom >long
head -c 1000 long >short
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName = DNS:localhost' \
	-keyout server.key -out server.pem 2>/dev/null

mkdir plain tls
daemon_start "$tap_dir/plain" strict "$top/t/s3/strict.py" "$tap_dir/plain"
daemon_start "$tap_dir/tls" strict "$top/t/s3/strict.py" "$tap_dir/tls" "$tap_dir/server.pem" "$tap_dir/server.key"
daemon_wait 20 test -s plain/port
daemon_wait 20 test -s tls/port
plain=http://127.0.0.1:$(cat plain/port)
tls=https://localhost:$(cat tls/port)

n=0
# puts DESC DIR FILE OPTION... - put it, to a name of its own; what was seen of it is in seen.
puts() {
	puts_desc=$1 dir=$2 file=$3
	shift 3
	n=$((n + 1))
	: >"$dir/seen"
	[ "$dir" = plain ] || set -- --ca-file server.pem "$@"
	case $dir in
	plain) where=$plain ;;
	tls) where=$tls ;;
	esac
	put() { mm-s3put --endpoint-url "$where" --retry-time 2 --part-size 5M "$@" "s3://bucket/$n" <"$file"; }
	ok "$puts_desc" put "$@"
	cp "$dir/seen" seen
}
# has OPERATION NAME=VALUE DESC - the request had that header; "-NAME" for VALUE: it had not.
has() {
	tap_line "$(awk -F '\t' -v op="$1" -v want="$2" '
		$1 == op { for (i = 2; i <= NF; i++) if ($i ~ "^" want) hit = 1; seen = 1 } END { print !(seen && hit) }' seen)" "$3"
}
lacks() {
	tap_line "$(awk -F '\t' -v op="$1" -v want="$2" '
		$1 == op { for (i = 2; i <= NF; i++) if ($i ~ "^" want) hit = 1; seen = 1 } END { print !(seen && !hit) }' seen)" "$3"
}

puts 'http' plain long
has UploadPart 'x-amz-content-sha256=[0-9a-f]' 'signs the SHA-256 of a part'
lacks UploadPart content-md5 '... and has no MD5'
lacks UploadPart x-amz-checksum '... nor a checksum'
lacks UploadPart x-amz-sdk '... nor what SDKs say'
has Complete 'if-none-match=\\*' 'Complete replaces nothing'
lacks Create if-none-match '... which Create need not know'
puts 'http, one request' plain short
has Put 'x-amz-content-sha256=[0-9a-f]' 'signs its SHA-256'
lacks Put content-md5 '... and has no MD5'
has Put 'if-none-match=\\*' 'it replaces nothing'
puts 'https' tls long
has UploadPart x-amz-content-sha256=UNSIGNED-PAYLOAD 'does not sign a part'
has UploadPart content-md5= '... and has its MD5'
puts 'https, one request' tls short
has Put x-amz-content-sha256=UNSIGNED-PAYLOAD 'is not signed'
has Put content-md5= '... and has its MD5'

# This server does not heed If-None-Match: an object that turns up while we read is seen all the same.
mkfifo slow
: >plain/seen
mm-s3put -E --endpoint-url "$plain" --retry-time 2 --part-size 5M s3://bucket/late <slow >late.out 2>late.err &
late=$!
exec 7>slow
cat long >&7
eventually 20 grep -q ^UploadPart plain/seen
curl -s -f -T short "$plain/bucket/late" -H "x-amz-content-sha256: $(sha256sum <short | cut -c1-64)"
exec 7>&-
lands_late() { wait "$late"; }
exits 2 'an object that turned up meanwhile is not replaced' lands_late
ok '... and says so' grep -q 'is there now, and is not replaced' late.err
mm-s3get --endpoint-url "$plain" s3://bucket/late >back
same short back '... it is what it was'
is '' "$(cat late.out)" '... and there is no receipt'

# A server that wants the MD5 gets it, on http too.
: >plain/demand
puts 'an MD5 that is demanded' plain long
has UploadPart content-md5= '... is given'
puts '... for one request too' plain short
has Put content-md5= '... is given'
rm plain/demand
puts 'a lock' plain long --lock-mode compliance --lock-until 2099-12-31
has UploadPart content-md5= '... has it without being asked'

# ETags that are no MD5s, of a server that encrypts by itself.
: >tls/kms
puts 'ETags of what is encrypted' tls long --sse aws:kms
puts '... in one request' tls short --sse aws:kms
rm tls/kms

for sum in crc32c crc64nvme sha256; do
	puts "--checksum $sum" plain long --checksum "$sum"
	has UploadPart "x-amz-checksum-$sum=" '... is sent with each part'
	puts '... in one request' tls short --checksum "$sum"
	has Put "x-amz-checksum-$sum=" '... is sent with it'
done

: >tls/kms
puts 'attributes' tls long --storage-class DEEP_ARCHIVE --sse aws:kms --sse-kms-key arn:aws:kms:key --metadata A=b --tag 'c d=e&f' \
	--tag g= --lock-mode governance --lock-until 2099-12-31T01:02:03Z
for attribute in x-amz-storage-class=DEEP_ARCHIVE x-amz-server-side-encryption=aws:kms x-amz-meta-a=b \
	x-amz-server-side-encryption-aws-kms-key-id=arn:aws:kms:key 'x-amz-tagging=c%20d=e%26f&g=' x-amz-object-lock-mode=GOVERNANCE \
	x-amz-object-lock-retain-until-date=2099-12-31T01:02:03Z x-amz-meta-mm-upload-id=; do
	has Create "$attribute" "Create has $attribute"
	lacks UploadPart "${attribute%%=*}" '... and UploadPart has not'
done
puts 'in one request' tls short --storage-class GLACIER_IR --sse aws:kms --metadata A=b
has Put x-amz-storage-class=GLACIER_IR 'Put has a class'
has Put x-amz-server-side-encryption=aws:kms '... and an encryption'
has Put x-amz-meta-a=b '... and metadata'
rm tls/kms

# What is asked of Amazon goes by way of a proxy to the stand-in.
amazon() { http_proxy=$plain mm-s3put --endpoint-url http://s3.eu-west-1.amazonaws.com --retry-time 2 --part-size 5M "$@"; }
# on_amazon DESC FILE OPTION... - as puts does.
on_amazon() {
	puts_desc=$1 file=$2
	shift 2
	n=$((n + 1))
	: >plain/seen
	put_there() { amazon "$@" "s3://bucket/$n" <"$file"; }
	ok "$puts_desc" put_there "$@"
	cp plain/seen seen
}
ia='--amazon-storage-class STANDARD_IA'
head -c 131072 long >large
head -c 131071 long >not-large
# The words of $ia are meant to split.
# shellcheck disable=SC2086
{
	on_amazon 'a class for Amazon, an upload of parts' long $ia
	has Create x-amz-storage-class=STANDARD_IA '... is given there'
	has Create host=bucket.s3.eu-west-1.amazonaws.com '... indeed'
	on_amazon '... one request of 128 KiB' large $ia
	has Put x-amz-storage-class=STANDARD_IA '... is given there'
	on_amazon '... a byte less' not-large $ia
	lacks Put x-amz-storage-class '... is too small for it'
	on_amazon '... and a class for all servers' large $ia --storage-class GLACIER_IR
	has Put x-amz-storage-class=GLACIER_IR '... which counts'
	puts '... elsewhere' plain long $ia
	lacks Create x-amz-storage-class '... is not given, to parts'
	puts '... elsewhere' plain large $ia
	lacks Put x-amz-storage-class '... nor to one request'
}
wrong_class() { mm-s3put --amazon-storage-class 'A B' s3://bucket/x <short; }
exits 2 'a class that is no word' wrong_class

# Which host is asked, as the environment and the profile have it.
# connects HOST DESC VARIABLE=VALUE... - mm-s3ls asks for a tunnel to that host.
connects() {
	host=$1 desc=$2
	shift 2
	: >plain/seen
	env https_proxy="$plain" "$@" timeout 20 mm-s3ls --retry-time 1 s3://bucket >/dev/null 2>&1 || :
	is "$(printf 'CONNECT\t%s:443' "$host")" "$(head -n 1 plain/seen)" "$desc"
}
connects bucket.s3.eu-west-1.amazonaws.com 'a region of Amazon' AWS_REGION=eu-west-1
connects bucket.s3.dualstack.eu-west-1.amazonaws.com 'AWS_USE_DUALSTACK_ENDPOINT' AWS_REGION=eu-west-1 AWS_USE_DUALSTACK_ENDPOINT=true
connects bucket.s3-fips.us-east-1.amazonaws.com 'AWS_USE_FIPS_ENDPOINT' AWS_USE_FIPS_ENDPOINT=true
connects bucket.s3-fips.dualstack.us-east-1.amazonaws.com 'both' AWS_USE_FIPS_ENDPOINT=TRUE AWS_USE_DUALSTACK_ENDPOINT=true
connects bucket.s3.us-east-1.amazonaws.com 'a variable that says false' AWS_USE_FIPS_ENDPOINT=false
printf '[default]\nuse_dualstack_endpoint = true\ns3 =\n  addressing_style = path\n' >config
connects s3.dualstack.us-east-1.amazonaws.com 'use_dualstack_endpoint and addressing_style of the profile' AWS_CONFIG_FILE="$tap_dir/config"
printf '[default]\ns3 =\n  addressing_style = virtual\n' >config
: >plain/seen
virtual() { AWS_CONFIG_FILE=$tap_dir/config http_proxy=$plain mm-s3put --endpoint-url http://s3.example.com s3://bucket/virtual <short; }
ok 'addressing_style virtual at another server' virtual
cp plain/seen seen
has Put host=bucket.s3.example.com '... puts the bucket into the host'"'"'s name'

# Whom to trust.
for variable in AWS_CA_BUNDLE CURL_CA_BUNDLE; do
	trusting() { env "$variable=$tap_dir/server.pem" mm-s3put --endpoint-url "$tls" --retry-time 2 "s3://bucket/$variable" <short; }
	ok "$variable" trusting
done
first_bundle() { AWS_CA_BUNDLE=$tap_dir/server.pem CURL_CA_BUNDLE=/dev/null mm-s3put --endpoint-url "$tls" --retry-time 2 s3://bucket/first <short; }
ok 'AWS_CA_BUNDLE counts more' first_bundle
trusting_nobody() { timeout 20 mm-s3put --endpoint-url "$tls" --retry-time 2 s3://bucket/nobody <short; }
exits 2 'without them it is not trusted' trusting_nobody

# What servers are known for: at R2 parts are equal, and so as large as memory allows, which makes one request of this stream;
# at Scaleway there are a thousand of them at the most.
head -c 20000000 /dev/zero >zeros
# sent_to HOST OPTION... - print by which request a stream begins there.
sent_to() {
	host=$1
	shift
	: >plain/seen
	mm-pipe cat zeros '|' env http_proxy="$plain" mm-s3put --endpoint-url "http://$host" --retry-time 2 -f -M 64M -j 1 "$@" \
		s3://bucket/known >/dev/null || return
	grep -o -m1 -e '^Put' -e '^Create' plain/seen
}
is Create "$(sent_to s3.example.com)" 'a stream begins with a small part'
is Put "$(sent_to s3.example.com --equal-parts)" '--equal-parts makes it a large one'
is Put "$(sent_to account.r2.cloudflarestorage.com)" '... as it is at R2'
expecting() { http_proxy=$plain mm-s3put --endpoint-url "http://$1" --retry-time 2 -E -f --part-size 5M --expected-size 5001M s3://bucket/known </dev/null; }
ok 'more than a thousand parts' expecting s3.example.com
exits 2 '... not at Scaleway' expecting s3.fr-par.scw.cloud
said '1000 parts' '... which is said'

export AWS_SESSION_TOKEN=the-token
puts 'a session' plain long
for operation in Create UploadPart Complete; do
	has "$operation" x-amz-security-token=the-token "$operation has its token"
done
unset AWS_SESSION_TOKEN

# Proxies of the environment are asked.
through() { http_proxy=$plain timeout 20 mm-s3put --endpoint-url http://s3.example.com "s3://bucket/proxied" <short; }
ok 'a proxy' through
around() { http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 timeout 20 mm-s3put --endpoint-url "$plain" "s3://bucket/around" <short; }
ok 'no_proxy' around
done_testing
