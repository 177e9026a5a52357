#!/bin/sh
# mm-s3ls and mm-s3rm: all names under a prefix, and just the names that were said, gone.  Against OpenStack Swift.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
export AWS_ENDPOINT_URL="$S3_ENDPOINT"
b=s3://$S3_BUCKET

lists() { mm-s3ls "$@" >list; }
listed() { cat list; }

ok 'an empty bucket' lists "$b"
is '' "$(listed)" '... is an empty list'
for key in top dir/a dir/b dir/sub/c dirx/d 'odd/sp ace' 'odd/pl+us' 'odd/per%cent' 'odd/a&<>"' "odd/it's" 'odd/é日本' 'odd/ ' 'odd/-x' 'odd/..'; do
	printf %s "$key" | s3_put "$key"
done
ok 'a bucket' lists "$b"
is top "$(listed)" '... has names without a slash'
ok 'a prefix' lists "$b/dir"
is 'a
b' "$(listed)" '... is a directory: no deeper names, and none that only begin so'
ok 'with a slash' lists "$b/dir/"
is 'a
b' "$(listed)" '... is the same'
ok 'one level down' lists "$b/dir/sub"
is c "$(listed)" '... too'
ok 'nothing there' lists "$b/none"
is '' "$(listed)" '... is an empty list'
ok 'odd names' lists "$b/odd"
printf '%s\n' 'sp ace' 'pl+us' 'per%cent' 'a&<>"' "it's" 'é日本' ' ' -x .. | sort >want
sort list >got
same want got '... are as they are'

long() { mm-s3ls --long "$b/dir" >list; }
ok '--long' long
is 'a b' "$(awk -F '\t' -v now="$(date +%s)" 'NF == 3 && $2 == length("dir/a") && $1 > now - 600 && $1 < now + 60 { print $3 }' list |
	tr '\n' ' ' | sed 's/ $//')" '... has when and how large'

# The "folder" that some programs make is no name.
s3_put 'dir/' </dev/null
ok 'a folder that is an object' lists "$b/dir"
is 'a
b' "$(listed)" '... is not in its own list'

# A newline.
printf x | s3_put 'lines/one
two'
exits 2 'a name with a newline' lists "$b/lines"
said 'say -0' '... needs -0'
ok '... which takes it' lists -0 "$b/lines"
is "$(printf 'one\ntwo\0' | od -c)" "$(od -c <list)" '... as it is'

# More than a page.
seq 1 2500 | sed 's/^/many\/n/' >keys
many_at_once() {
	/usr/bin/python3 - <<-'PYTHON'
		import sys, os
		from concurrent.futures import ThreadPoolExecutor
		sys.path.insert(0, os.environ["top"] + "/t/s3")
		import oracle
		with ThreadPoolExecutor(8) as pool:
		    list(pool.map(lambda key: oracle.wanted("PUT", oracle.object_path(key.strip())), open("keys")))
	PYTHON
}
many_at_once
ok 'a prefix with 2500 names' lists "$b/many"
sed 's/^many.//' keys | sort >want
sort list >got
same want got '... has them all, once'

proxy_start "$tap_dir/proxy" 'List:2 answer 503 SlowDown' 'List:4 truncate 5000'
through() { timeout 60 mm-s3ls --endpoint-url "$S3_PROXY" --timeout 2 --retry-time 5 "$b/many" >list; }
ok 'pages that fail, or are cut short' through
sort list >got
same want got '... are asked for again'
proxy_faults "$tap_dir/proxy" 'List:2- truncate 5000'
exits 2 'a page that never comes whole' through
said 'cut short' '... said so'
proxy_faults "$tap_dir/proxy" 'List:3 answer 403 AccessDenied'
exits 2 'no right to list the rest' through
said 'AccessDenied' '... said so'
proxy_faults "$tap_dir/proxy" 'List:1 answer 404 NoSuchKey'
ok 'a server that calls an empty list NoSuchKey' through
is '' "$(listed)" '... has an empty list'
exits 2 'no such bucket' mm-s3ls s3://no-such-bucket
said 'NoSuchBucket' '... said so'
full() { mm-s3ls "$b/many" >/dev/full; }
exits 2 'an output that is full' full

# Gone.
removes() { mm-s3rm "$@" <names; }
printf 'n7\nn8\nnone\n' >names
ok 'names are removed' removes "$b/many"
mm-s3ls "$b/many" | sort >got
grep -vx -e n7 -e n8 want >left
same left got '... these, and no others; one that is not there is gone'
silent '... and nothing is said'
mm-s3ls -0 "$b/odd" >names
ok 'all that -0 lists' removes -0 "$b/odd"
is '' "$(mm-s3ls "$b/odd")" '... is removed, whatever its name'
mm-s3ls -0 "$b/lines" >names
ok 'a newline too' removes -0 "$b/lines"
is '' "$(s3_list lines/)" '... is removed'
echo 'sub/c' >names
ok 'a name may have a slash' removes "$b/dir"
is '' "$(s3_list dir/sub)" '... as a key has'
echo '*' >names
ok 'there are no patterns' removes "$b/dir"
is 'a
b' "$(mm-s3ls "$b/dir")" '... nothing is removed'
printf 'a' >names
ok 'a last line without its end' removes "$b/dir"
is b "$(mm-s3ls "$b/dir")" '... is a name'

# Each failure is told, and the rest is done.
printf 'n1\nn2\nn3\n' >names
proxy_faults "$tap_dir/proxy" 'Delete:2 answer 403 AccessDenied'
failing() { mm-s3rm --endpoint-url "$S3_PROXY" --retry-time 2 "$b/many" <names; }
exits 2 'one that cannot be removed' failing
said 'many/n2: cannot remove it' '... is named'
is n2 "$(mm-s3ls "$b/many" | grep -x -e n1 -e n2 -e n3)" '... and the others are gone'
printf '\nn4\n' >names
exits 2 'an empty name' removes "$b/many"
is '' "$(mm-s3ls "$b/many" | grep -x n4)" '... is none, and the others are gone'
printf 'n5\0n6\n' >names
exits 2 'a zero byte without -0' removes "$b/many"
is 'n5
n6' "$(mm-s3ls "$b/many" | grep -x -e n5 -e n6)" '... removes nothing'
proxy_faults "$tap_dir/proxy" 'Delete:1 answer 503 SlowDown'
echo n9 >names
ok 'one that fails once' failing
is '' "$(mm-s3ls "$b/many" | grep -x n9)" '... is gone'
: >names
ok 'no names' removes "$b/many"
no_bucket() { echo x | mm-s3rm s3://no-such-bucket; }
exits 2 'a name in no bucket' no_bucket

# Uploads.
head -c 5242880 /dev/zero >part
s3_start old/one part >/dev/null
s3_start old/deep/two >/dev/null
s3_start elsewhere >/dev/null
sweeps() { mm-s3rm --uploads --older-than "$@"; }
ok 'uploads that are young' sweeps 1h "$b/old"
is 3 "$(s3_uploads | wc -l)" '... stay'
is '' "$(cat "$tap_dir/.stdout")" '... and none is named'
sleep 2
ok 'those that are old' sweeps 1 "$b/old"
is 'old/deep/two
old/one' "$(sort "$tap_dir/.stdout")" '... are named'
is elsewhere "$(s3_uploads | cut -f1)" '... and gone, at any depth, but only under the prefix'
ok 'in the whole bucket' sweeps 1 "$b"
is '' "$(s3_uploads)" '... all'

exits 2 'no operand' mm-s3ls
exits 2 'no operand' mm-s3rm
exits 2 'an age without what' mm-s3rm --older-than 1d "$b"
exits 2 'uploads without an age' mm-s3rm --uploads "$b"
exits 2 'an age that is none' mm-s3rm --uploads --older-than old "$b"
done_testing
