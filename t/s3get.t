#!/bin/sh
# mm-s3get: an object, whole or not at all.  Against OpenStack Swift.
# shellcheck disable=SC2016,SC2094,SC2317
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
export AWS_ENDPOINT_URL="$S3_ENDPOINT"
b=s3://$S3_BUCKET
mib=1048576

head -c $((30 * mib)) /dev/urandom >long
head -c 1000 long >short
: >empty
head -c $((12 * mib)) long >range
head -c $((24 * mib + 1)) long >over
for file in empty short range over long; do
	s3_put "$file" <"$file"
	get() { mm-s3get "$@" "$b/$file" >back; }
	ok "$file" get
	same "$file" back '... as it is there'
	silent '... and nothing is said'
	ok "$file, one range at a time" get -j 1
	same "$file" back '... as it is there'
done
file=long
ok 'all at once' get -j 64
same long back '... as it is there'

# A network and a server that fail.
proxy_start "$tap_dir/proxy"
get() { timeout 60 mm-s3get --endpoint-url "$S3_PROXY" --timeout 2 --retry-time 5 "$@" "$b/$file" >back; }
through() {
	desc=$1
	shift
	proxy_faults "$tap_dir/proxy" "$@"
	ok "$desc" get
	same "$file" back '... and the object is right'
}
through 'a good connection'
through 'an answer cut short' 'Get:2 cut 3000000'
through 'every answer cut short, but for a while' 'Get:1-6 cut 3000000'
through 'a range goes on from where it broke off, which is' 'Get:1 cut 8000000' 'Get:2- delay 0'
through 'a reset' 'Get:1 reset'
through 'a stall' 'Get:2 stall'
through '503' 'Get:1-3 answer 503 SlowDown'
through '500' 'Get:2 answer 500 InternalError'
through 'another host' 'Get:1 answer 307 TemporaryRedirect location=upstream'
through 'a clock that is off' 'Head:1 answer 403 RequestTimeTooSkewed' 'Get:1 answer 403 RequestTimeTooSkewed'
through 'a connection that ends after each answer' '* fin'
file=short
through 'a short one cut short' 'Get:1 cut 500'
file=long

# fails DESC TEXT FAULT... - exit 2, TEXT said, and what was written is a beginning of the object.
fails() {
	desc=$1 text=$2
	shift 2
	proxy_faults "$tap_dir/proxy" "$@"
	exits 2 "$desc" get
	said "$text" '... and says so'
	head -c "$(wc -c <back)" long >beginning
	same beginning back '... what came out is a beginning of it'
	is 1 "$(($(wc -c <back) < $((30 * mib))))" '... and not all'
}
fails 'an answer that is always cut' 'cannot read it' 'Get:3- cut 0'
fails 'no right to read' AccessDenied 'Get:3- answer 403 AccessDenied'
fails 'nothing but 503' SlowDown 'Get:2- answer 503 SlowDown'
fails 'an object that was replaced' 'was replaced while it was read' 'Get:3 answer 412 PreconditionFailed'

# The real thing: another object takes the place of this one between two ranges.
proxy_faults "$tap_dir/proxy" 'Get:2- delay 2'
mm-s3get -j 1 --endpoint-url "$S3_PROXY" "$b/long" >back 2>err &
getting=$!
eventually 20 test -s back
s3_put long <over
replaced() { wait "$getting"; }
exits 2 'one that is replaced between two ranges' replaced
ok '... and says so' grep -q 'was replaced while it was read' err
s3_put long <long

# What reads it may go, and is not what is reported.
early() { mm-s3get "$b/long" | head -c 10; }
ok 'a reader that goes early' early
silent '... is no news'
resting() { mm-s3get --timeout 1 --retry-time 1 "$b/long" | (sleep 5; cat >back); }
ok 'a reader that rests for longer than --timeout' resting
same long back '... gets all of it'
full() { mm-s3get "$b/long" >/dev/full; }
exits 2 'an output that is full' full
said 'No space left' '... said so'
ok 'a stage of mm-pipe' mm-pipe mm-s3get "$b/long" '|' mm-land landed
same long landed '... is landed'
proxy_faults "$tap_dir/proxy" 'Get:3- answer 403 AccessDenied'
exits 1 'one that fails' mm-pipe mm-s3get --endpoint-url "$S3_PROXY" "$b/long" '|' mm-land broken
absent '... is not' broken

# What is not there.
exits 2 'no such object' mm-s3get "$b/none"
said 'no such object' '... said so'
exits 2 'no such bucket' mm-s3get s3://no-such-bucket/x
said 'NoSuchBucket' '... said so'
stranger() { AWS_ACCESS_KEY_ID=$S3_READER_KEY AWS_SECRET_ACCESS_KEY=$S3_READER_SECRET mm-s3get "$b/long"; }
exits 2 'no right to look' stranger
said 'may not read it' '... said so'
for key in 'sp ace' 'a//b' 'a/../b' 'é%2f'; do
	s3_put "keys/$key" <short
	ok "a key: $key" mm-s3get "$b/keys/$key"
	same short "$tap_dir/.stdout" '... is that key'
done

if ! LC_ALL=C grep -qa __asan_init "$build/mm-s3get"; then
	peak() { /usr/bin/time -o used -f %M mm-s3get "$@" "$b/long" >/dev/null && [ "$(cat used)" -le "$most" ]; }
	most=$((64 * 1024))
	ok 'no more than 64 MiB' peak
	most=$((28 * 1024))
	ok '... and 28 MiB with -j 1' peak -j 1
fi
exits 2 'no operand' mm-s3get
exits 2 'no key' mm-s3get "$b/"
exits 2 'no such option' mm-s3get -E "$b/x"
done_testing
