#!/bin/sh
# The servers that stand for S3: they start, tell what other clients tell them, and leave nothing behind.
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
# shellcheck disable=SC2016
at_exit='swift_stop "$tap_dir/swift"'

ok 'a Swift starts' swift_start swift
head -c 100000 /dev/urandom >file
ok 'an object is put' s3_put a/b.c <file
s3_cat a/b.c >back
same file back '... and is the same when it comes back'
ok 'it stops' swift_stop swift
absent '... and leaves nothing' swift
done_testing
