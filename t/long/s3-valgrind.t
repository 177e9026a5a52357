#!/bin/sh
# valgrind finds nothing wrong with the tools for S3, on good and on bad connections.
# shellcheck source=t/tap.sh disable=SC2016
. "${0%/*}/../tap.sh"
# shellcheck source=t/s3/swift.sh
. "$top/t/s3/swift.sh"
# shellcheck source=t/s3/proxy.sh
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
proxy_start "$tap_dir/proxy"
export AWS_ENDPOINT_URL="$S3_PROXY"
b=s3://$S3_BUCKET
head -c 20000000 /dev/urandom >long
head -c 1000 long >short
echo long >names

# sound COMMAND... - run it; 99 if valgrind has found something, whatever else it said.
sound() { valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$@"; }
clean() { st=0; sound "$@" || st=$?; [ "$st" -ne 99 ]; }
from() { input=$1; shift; clean "$@" <"$input" >out; }
# under FAULT... - what comes next is hurt so.
under() { proxy_faults "$tap_dir/proxy" "$@"; }

for file in short long; do
	ok "put, $file" from "$file" mm-s3put "$b/$file"
	ok "put what is there, $file" from "$file" mm-s3put "$b/$file"
	ok "get, $file" from /dev/null mm-s3get "$b/$file"
	same "$file" out '... the same'
done
ok 'list' from /dev/null mm-s3ls --long "$b"
ok 'probe' from /dev/null mm-s3put --probe "$b/probe"
ok 'put as a stage' clean mm-pipe cat long '|' mm-s3put "$b/stage"
ok 'put what broke off' clean mm-pipe sh -c 'cat long; false' '|' mm-s3put "$b/broken"
under 'UploadPart:1-2 answer 503 SlowDown' 'UploadPart:3 reset-at 100000' 'Create:1 done reset' 'Complete:1 done reset'
ok 'put with answers that are lost' from long mm-s3put "$b/lost"
under 'UploadPart:2 answer 403 AccessDenied'
ok 'put what is refused' from long mm-s3put "$b/refused"
under 'Get:2 cut 1000000' 'Get:3 reset'
ok 'get what is cut' from /dev/null mm-s3get "$b/long"
under 'Get:2- answer 403 AccessDenied'
ok 'get what is refused' from /dev/null mm-s3get "$b/long"
under 'List:1 truncate 100'
ok 'list what is cut' from /dev/null mm-s3ls "$b"
under
ok 'remove' from names mm-s3rm "$b"
ok 'sweep' from /dev/null mm-s3rm --uploads --older-than 0 "$b"
done_testing
