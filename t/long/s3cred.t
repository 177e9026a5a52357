#!/bin/sh
# Whatever of the eight sources of S3 keys is configured at once, we take the keys that botocore takes.
. "${0%/*}/../tap.sh"
. "$top/t/s3/keys.sh"

at_exit=keys_stop
keys_start keys
ok 'of all sets of sources, we take the keys that botocore takes' \
	/usr/bin/python3 "$top/t/s3/order.py" "$build/t/try-s3cred" "$tap_dir/keys" 8
said '512 sets, 9 outcomes' '... with a profile asked for or not'
done_testing
