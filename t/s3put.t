#!/bin/sh
# mm-s3put: an object under its name, or nothing of that name.  Against OpenStack Swift.
# shellcheck disable=SC2002,SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
at_exit='proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
export AWS_ENDPOINT_URL="$S3_ENDPOINT"
b=s3://$S3_BUCKET
mib=1048576

head -c $((20 * mib)) /dev/urandom >long
head -c 1000 long >short
: >empty
head -c $((8 * mib)) long >full
head -c $((8 * mib + 1)) long >over

from_pipe() { cat "$1" | mm-s3put -E "$2"; }
put() { mm-s3put "$2" <"$1"; }
etag() { s3_head "$1" | sed -n 's/^etag: "*\([^"]*\)"*$/\1/p'; }
nothing_is_left() {
	is '' "$(s3_list "$1")" "${2:-... nothing of that name}"
	is '' "$(s3_uploads "$1")" '... and no upload'
}

# All lengths at which something changes, from a file and from a pipe.
for file in empty short full over long; do
	ok "$file, from a file" put "$file" "$b/file/$file"
	is "$(sha256sum <"$file" | cut -c1-64)  $file" "$(cat "$tap_dir/.stdout")" '... the receipt is a sha256sum line with the base name'
	silent '... and nothing else is said'
	s3_cat "file/$file" >back
	same "$file" back '... the same comes back'
	ok "$file, from a pipe" from_pipe "$file" "$b/pipe/$file"
	s3_cat "pipe/$file" >back
	same "$file" back '... the same comes back'
done
is "$(md5sum <full | cut -c1-32)" "$(etag pipe/full)" 'what ends with the first part is one request'
is 2 "$(etag pipe/over | sed 's/.*-//')" 'a byte more is an upload of two parts'
is 3 "$(etag file/long | sed 's/.*-//')" '20 MiB are three'
is '' "$(s3_uploads)" 'no upload is left'

# The gate.
bare() { cat short | mm-s3put "$b/bare"; }
exits 2 'a bare end of file is refused' bare
said 'no mm-pipe upstream' '... and says so'
nothing_is_left bare
ok 'a stage of mm-pipe' mm-pipe cat long '|' mm-s3put "$b/piped"
is "$(sha256sum <long | cut -c1-64)" "$(s3_cat piped | sha256sum | cut -c1-64)" '... the object is what was piped'
broken() { mm-pipe sh -c 'cat '"$1"'; exit 3' '|' mm-s3put "$b/broken"; }
exits 1 'a short stream that broke off' broken short
nothing_is_left broken
exits 1 'a long one' broken long
nothing_is_left broken

# What is there is not replaced.
exits 2 'an existing object is refused' put short "$b/file/long"
said 'exists already' '... and says so'
mkfifo never
exec 8<>never
before_reading() { timeout 20 mm-s3put -E "$b/file/long" <&8; }
exits 2 'it looks before it reads' before_reading
exec 8>&-
is "$(sha256sum <long | cut -c1-64)" "$(s3_cat file/long | sha256sum | cut -c1-64)" '... and the object is what it was'
forced() { mm-s3put -f "$b/pipe/long" <short; }
ok '-f replaces it' forced
s3_cat pipe/long >back
same short back '... by what was given'
# ... nor what turns up while we read, at a server that knows If-None-Match.
mkfifo slow
mm-s3put -E "$b/late" <slow >late.out 2>late.err &
late=$!
exec 7>slow
cat over >&7
eventually 20 sh -c '[ -n "$("$top/t/s3/oracle.py" uploads late)" ]'
s3_put late <short
exec 7>&-
lands_late() { wait "$late"; }
exits 2 'an object that turned up meanwhile is not replaced' lands_late
ok '... and says so' grep -q 'is there now, and is not replaced' late.err
s3_cat late >back
same short back '... it is what it was'
is '' "$(s3_uploads late)" '... and no upload is left'
is '' "$(cat late.out)" '... and there is no receipt'

# ... nor what turns up before a short one is sent, though the server, as Swift for one request, does not know it.
mkfifo slower
mm-s3put -E "$b/later" <slower >late.out 2>late.err &
late=$!
exec 7>slower
cat short >&7
sleep 2
s3_put later <full
exec 7>&-
exits 2 'what turned up before a single request is not replaced' lands_late
ok '... and says so' grep -q 'is there now, and is not replaced' late.err
s3_cat later >back
same full back '... it is what it was'
is '' "$(cat late.out)" '... and there is no receipt'

proxy_start "$tap_dir/proxy" 'Complete answer 409 ConditionalRequestConflict'
conflict() { timeout 20 mm-s3put --endpoint-url "$S3_PROXY" "$b/conflict" <long; }
exits 2 'somebody else who writes it at the same time' conflict
said 'ConditionalRequestConflict' '... said so'
nothing_is_left conflict

# A receipt that cannot be written takes the object back.
no_receipt() { mm-s3put "$b/$1" <"$1" >/dev/full; }
exits 2 'no room for the receipt of a short one' no_receipt short
nothing_is_left short '... the object is taken back'
exits 2 'nor of a long one' no_receipt long
nothing_is_left long '... the object is taken back'
no_reader() { mm-s3put "$b/$1" <"$1" | true; }
ok 'a reader of the receipt that has gone' no_reader short
nothing_is_left short '... the object is taken back'

# A file that is not the same at its end is not published.
cp long changing
proxy_faults "$tap_dir/proxy" 'UploadPart#1 delay 3'
begun() { [ -n "$(s3_uploads changing)" ]; }
# changed COMMAND... - run it while changing is read, of which the second part waits to be sent.
changed() {
	cp long changing
	mm-s3put --endpoint-url "$S3_PROXY" -j 1 --part-size 5M "$b/changing" <changing >changing.out &
	changing=$!
	eventually 20 begun || return 99
	"$@"
	wait "$changing"
}
exits 1 'a file that is cut short while it is read' changed truncate -s 16000000 changing
said 'the file changed while it was read' '... is said'
nothing_is_left changing
is '' "$(cat changing.out)" '... and there is no receipt'
exits 1 'one that grows' changed truncate -s 21000000 changing
nothing_is_left changing
exits 1 'one that is written to' changed touch changing
nothing_is_left changing
ok 'one that is left alone' changed true
is "$(sha256sum <long | cut -c1-64)" "$(cut -c1-64 changing.out)" '... arrives'
halfway() { (dd bs=1000 count=1 2>/dev/null >/dev/null; mm-s3put "$b/halfway") <full; }
ok 'one that is read from its middle' halfway
tail -c +1001 full >want
s3_cat halfway >back
same want back '... arrives from there'

# Parts go out while nothing comes in.
proxy_faults "$tap_dir/proxy"
mkfifo pause
mm-s3put -E --endpoint-url "$S3_PROXY" "$b/pause" <pause >/dev/null &
paused=$!
exec 7>pause
cat over >&7
sent() { [ "$(awk -F '\t' '$3 == "UploadPart" && $4 == "pause"' "$tap_dir/proxy/seen" | wc -l)" -eq 1 ]; }
ok 'a part is sent while the producer rests' eventually 20 sent
exec 7>&-
goes_on() { wait "$paused"; }
ok '... and then it goes on' goes_on
s3_cat pause >back
same over back '... to the right end'

# A signal leaves nothing.
ending() {
	rm -f slow
	mkfifo slow
	exec 9<>slow
	env --default-signal=INT mm-s3put -E "$b/ended/$1" <slow >/dev/null 9>&- &
	cat long >slow
	eventually 20 sh -c '[ -n "$("$top/t/s3/oracle.py" uploads ended/)" ]' || return 99
	kill -s "$1" $!
	wait $! || { st=$?; exec 9>&-; return "$st"; }
}
for signal in TERM:143 INT:130 HUP:129; do
	exits "${signal#*:}" "${signal%:*} ends it" ending "${signal%:*}"
	nothing_is_left ended/
done

# ... nor does one that comes while keys are fetched, and does not wait for them.
mkdir fetching
cat >fetching/hangs <<-END
	#!/bin/sh
	echo \$\$ >$tap_dir/fetching/pid
	sleep 1000
END
chmod 700 fetching/hangs
printf '[profile %s]\n%s\n' hangs "credential_process = $tap_dir/fetching/hangs" >fetching/config
printf '[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = user\n[profile user]\naws_access_key_id = a\naws_secret_access_key = b\n' \
	>>fetching/config
chmod 600 fetching/config
# prompt PROFILE COMMAND... - TERM ends it soon after that command succeeds.
prompt() {
	AWS_CONFIG_FILE=$tap_dir/fetching/config AWS_ENDPOINT_URL_STS=$S3_PROXY mm-s3put --profile "$1" "$b/fetching" <short >/dev/null &
	fetching=$!
	shift
	eventually 20 "$@" || return 99
	from=$(date +%s%N)
	kill -TERM "$fetching"
	st=0
	wait "$fetching" || st=$?
	took=$((($(date +%s%N) - from) / 1000000))
	[ "$took" -lt 2500 ] || echo "it took $took ms" >&2
	return "$st"
}
exits 143 'TERM while a command is to give keys' prompt hangs test -s fetching/pid
is '' "$(grep 'it took' "$tap_said")" '... ends it at once'
exits 1 '... and the command' kill -0 "$(cat fetching/pid)"
proxy_faults "$tap_dir/proxy" 'Other stall'
asks() { [ -n "$(find "/proc/$fetching/fd" -lname 'socket:*')" ]; }
exits 143 'TERM while STS is to give keys' prompt role asks
is '' "$(grep 'it took' "$tap_said")" '... ends it soon'

# One that was ignored stays so.
ignoring() { (trap '' HUP; rm -f slow; mkfifo slow; exec 9<>slow; mm-s3put -E "$b/ignored" <slow 9>&- & cat short >slow; sleep 0.3; kill -HUP $!; exec 9>&-; wait $!); }
ok 'a signal that is ignored is none' ignoring

# KILL leaves an upload, and the next one of the same file goes on with it.
proxy_faults "$tap_dir/proxy" 'UploadPart:3- stall'
mm-s3put --endpoint-url "$S3_PROXY" -j 2 "$b/resumed" <long >/dev/null 2>&1 &
killed=$!
two_parts() { [ "$(awk -F '\t' '$3 == "UploadPart" && $4 == "resumed" && $7 == 200' "$tap_dir/proxy/seen" | wc -l)" -ge 2 ]; }
eventually 20 two_parts
kill -KILL "$killed"
wait "$killed" 2>/dev/null || :
is 1 "$(s3_uploads resumed | wc -l)" 'SIGKILL leaves an upload'
proxy_faults "$tap_dir/proxy"
before=$(proxy_saw "$tap_dir/proxy" UploadPart)
resuming() { mm-s3put --endpoint-url "$S3_PROXY" "$b/resumed" <"$1"; }
ok 'the same file goes on' resuming long
is 1 "$(($(proxy_saw "$tap_dir/proxy" UploadPart) - before))" '... with the part that is lacking'
s3_cat resumed >back
same long back '... and comes out right'
is '' "$(s3_uploads resumed)" '... nothing is left'

# Parts of something else are not taken for ours.
head -c $((8 * mib)) /dev/urandom >other
head -c $((4 * mib)) long >odd
s3_start foreign other >/dev/null
ok 'an upload with other bytes' put long "$b/foreign"
s3_cat foreign >back
same long back '... does not get into the object'
s3_rm foreign
head -c $((8 * mib)) long >same-part
s3_start foreign same-part >/dev/null
exits 2 'one that another program began, with the same bytes' put long "$b/foreign"
said 'begun with other options' '... lacks what the object is to have'
is '' "$(s3_list foreign)" '... and is taken back'
ok '... the next time goes well' put long "$b/foreign"
s3_start foreign2 odd >/dev/null
ok 'one with parts of other sizes' put long "$b/foreign2"
is 1 "$(s3_uploads foreign2 | wc -l)" '... is left alone'
s3_cat foreign2 >back
same long back '... and the object is right'

# Memory: parts in flight, the one that is filled, 15 MiB.
head -c $((200 * mib)) /dev/zero >zeros
peak() { cat zeros | /usr/bin/time -o used -f %M mm-s3put -E "$@" && [ "$(cat used)" -le "$most" ]; }
if ! LC_ALL=C grep -qa __asan_init "$build/mm-s3put"; then
	most=$((64 * 1024))
	ok 'no more than 64 MiB' peak "$b/zeros"
	most=$((32 * 1024))
	ok '... and 32 MiB with -j 1' peak -j 1 "$b/zeros1"
	most=$((31 * 1024))
	ok '... or with -M 31M' peak -M 31M "$b/zeros2"
	most=$((115 * 1024))
	ok '... (j + 1) parts and 15 MiB' peak -j 4 --part-size 20M "$b/zeros3"
fi

# A stream that cannot fit.
exits 2 'a file that cannot fit is refused' mm-s3put --max-parts 2 --part-size 5M "$b/large" <long
said 'do not fit' '... and says so'
exits 2 'so is one that is expected' mm-s3put -E --max-parts 2 --part-size 5M --expected-size 11M "$b/large" </dev/null
too_long() { cat long | mm-s3put -E --max-parts 2 --part-size 5M "$b/large"; }
exits 2 'a stream that turns out not to fit fails' too_long
said 'longer than 2 parts hold' '... and says so'
nothing_is_left large

# Keys with anything in them.
for key in 'sp ace' 'pl+us' 'per%cent' 'é日本' "a!'()*;:@&=\$,~[]\\^\`{|}\"<>?#" 'a//b' 'a/./b' 'a/../b' ' ' '-f' '%2e%2e'; do
	ok "a key: $key" put short "$b/keys/$key"
	s3_cat "keys/$key" >back
	same short back '... is that key'
done
is "$(printf '%s' "$(sha256sum <short | cut -c1-64)  b")" "$(mm-s3put "$b/keys/a///b" <short)" 'the receipt has the base name'
new_line='new
line'
ok 'a newline' put short "$b/keys/$new_line"
said '  new\nline' '... is escaped in the receipt as sha256sum does'

# Attributes.
described() { mm-s3put --metadata Kind=dump --metadata 'note=a b' "$b/described" <"$1"; }
ok 'metadata' described short
is 'dump a b' "$(s3_head described | sed -n 's/^x-amz-meta-kind: //p; s/^x-amz-meta-note: //p' | tr '\n' ' ' | sed 's/ $//')" '... are kept'
s3_rm described
ok 'of a long one too' described long
is dump "$(s3_head described | sed -n 's/^x-amz-meta-kind: //p')" '... are kept'
is 32 "$(s3_head described | sed -n 's/^x-amz-meta-mm-upload-id: //p' | tr -d '\n' | wc -c)" 'and so is a token of the upload'
exits 2 'a storage class that the server lacks' mm-s3put --storage-class NONE "$b/class" <short
said 'InvalidStorageClass' '... in its own words'
said 'see --storage-class' '... and a remedy'
exits 2 'a tag, which this server lacks' mm-s3put --tag a=b "$b/tag" <short
said 'leave out the option' '... has one too'

# What cannot work fails at once, in the server's words.
quick() { timeout 20 mm-s3put "$@" <short; }
wrong_secret() { AWS_SECRET_ACCESS_KEY=not-the-secret quick "$b/x"; }
exits 2 'a wrong secret' wrong_secret
said 'SignatureDoesNotMatch' '... by the server'"'"'s code'
said 'the secret key is wrong' '... and a remedy'
leaks() { grep -q -e not-the-secret -e testerSecret "$tap_said"; }
exits 1 '... which does not tell the secret' leaks
exits 2 'no such bucket' quick s3://no-such-bucket/x
said 'NoSuchBucket' '... said so'
stranger() { AWS_ACCESS_KEY_ID=$S3_READER_KEY AWS_SECRET_ACCESS_KEY=$S3_READER_SECRET quick "$b/x"; }
exits 2 'keys without rights' stranger
said 'cannot be told' '... and no way to know what they would replace'
no_keys() { env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY timeout 20 mm-s3put "$b/x" <short; }
exits 2 'no keys at all' no_keys
nobody() { timeout 20 mm-s3put --endpoint-url http://127.0.0.1:1 --retry-time 1 "$b/x" <short; }
exits 2 'nobody there' nobody
said 'Failed to connect' '... after --retry-time'
ok 'another region is followed' quick --region eu-north-7 "$b/region"

# A probe says what there is, and leaves nothing.
ok 'a probe' mm-s3put --probe "$b/probe/it"
is 'look yes;list yes;write yes;read yes;guard-put no;md5 yes;sha256 yes;crc32c no;tags no;upload yes;list-parts yes;list-uploads yes;part-10000 no;abort yes;guard-complete yes;complete yes;delete yes;versions no;lock no;sweep no;' \
	"$(cut -f1,2 "$tap_dir/.stdout" | tr '\t\n' ' ;')" '... knows Swift'
nothing_is_left probe/
probing() { AWS_ACCESS_KEY_ID=$S3_READER_KEY AWS_SECRET_ACCESS_KEY=$S3_READER_SECRET mm-s3put --probe "$b/probe/it"; }
exits 2 'one with keys that may do nothing' probing
is 'no 403 AccessDenied' "$(sed -n 's/^write	//p' "$tap_dir/.stdout" | tr '\t' ' ')" '... says so'

# Keys that expire are fetched anew, in the midst of an upload.
mkdir config
cat >config/keys <<-END
	#!/bin/sh
	echo fetched >>"$tap_dir/config/fetches"
	printf '{ "Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s" }' \
		"\$AWS_ACCESS_KEY_ID" "\$AWS_SECRET_ACCESS_KEY" "\$(wc -l <"$tap_dir/config/fetches")"
END
chmod 700 config/keys
printf '[profile fetching]\ncredential_process = %s\n' "$tap_dir/config/keys" >config/config
proxy_faults "$tap_dir/proxy" 'UploadPart:2 answer 400 ExpiredToken'
fetching() { AWS_CONFIG_FILE=$tap_dir/config/config mm-s3put --profile fetching --endpoint-url "$S3_PROXY" "$b/fetched" <long; }
ok 'keys that have expired' fetching
is 2 "$(wc -l <config/fetches)" '... are fetched once more'
s3_cat fetched >back
same long back '... and the object is right'

# A limit on the rate.
seconds() { from=$(date +%s%N); "$@" >/dev/null || return; took=$((($(date +%s%N) - from) / 1000000)); }
limited() { seconds mm-s3put --limit-rate 2M "$b/limited" <over && [ "$took" -ge 3000 ]; }
ok 'a limit on the rate is kept' limited

# What a part takes to be sent is not the time for which it is tried again.
proxy_faults "$tap_dir/proxy" 'UploadPart#1:1-2 reset-at 4000000'
head -c 5300000 long >little
slow_line() { timeout 60 mm-s3put --endpoint-url "$S3_PROXY" --retry-time 3 --limit-rate 1M -j 1 --part-size 5M "$b/slow-line" <little; }
ok 'a slow line that breaks twice within a part' slow_line
s3_cat slow-line >back
same little back '... gets it there'
s3_rm slow-line
proxy_faults "$tap_dir/proxy" 'UploadPart reset-at 1000000'
exits 2 'one that always breaks is given up' slow_line
nothing_is_left slow-line

# When to come back is for the server to say, in seconds or as a date; dates have no fractions.
later() {
	s3_rm later-put >/dev/null 2>&1
	proxy_faults "$tap_dir/proxy" "Put:1 answer 503 SlowDown retry-after=$1"
	seconds mm-s3put --endpoint-url "$S3_PROXY" "$b/later-put" <short || return
	echo "it took $took ms"
	[ "$took" -ge "$2" ] && [ "$took" -lt $(($2 + 8000)) ]
}
ok 'Retry-After: 3' later 3 3000
ok 'Retry-After: a date four seconds ahead' later +4 3000
ok 'Retry-After: a date that is past' later +-60 0
proxy_faults "$tap_dir/proxy" 'Put answer 503 SlowDown retry-after=3600'
too_late() { timeout 20 mm-s3put --endpoint-url "$S3_PROXY" "$b/too-late" <short; }
exits 2 'Retry-After: later than --retry-time is too late' too_late
proxy_faults "$tap_dir/proxy"

# Where the server is.
first_of_two() { AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ENDPOINT_URL_S3=$S3_ENDPOINT timeout 20 mm-s3put --retry-time 1 "$b/first-of-two" <short; }
ok 'AWS_ENDPOINT_URL_S3 counts more than AWS_ENDPOINT_URL' first_of_two

# Descriptors.
closed_in() { mm-s3put -E "$b/closed" <&-; }
exits 2 'a closed stdin is trouble' closed_in
nothing_is_left closed
closed_out() { mm-s3put "$b/closed" <short >&-; }
exits 2 'so is a closed stdout' closed_out
nothing_is_left closed
closed_err() { mm-s3put "$b/closed" <short 2>&-; }
ok 'a closed stderr is none' closed_err
directory_in() { mm-s3put -E "$b/directory" <config; }
exits 2 'a directory on stdin is trouble' directory_in
nothing_is_left directory

# Usage.
exits 2 'no operand' mm-s3put
exits 2 'two' mm-s3put "$b/a" "$b/b"
exits 2 'no bucket' mm-s3put s3:///a
exits 2 'another scheme' mm-s3put "http://$S3_BUCKET/a"
exits 2 'no name' put short "$b/a/"
exits 2 'a name that is none' put short "$b/a/.."
exits 2 'parts below 5 MiB' mm-s3put --part-size 1M "$b/a"
exits 2 'no parts in flight' mm-s3put -j 0 "$b/a"
exits 2 'a mode without a time' mm-s3put --lock-mode governance "$b/a"
exits 2 'a time that is none' mm-s3put --lock-mode governance --lock-until tomorrow "$b/a"
exits 2 'a key for no encryption' mm-s3put --sse-kms-key k "$b/a"
exits 2 'our own metadata' mm-s3put --metadata mm-upload-id=1 "$b/a"
exits 2 'metadata that is no header' mm-s3put --metadata "a=$new_line" "$b/a"
exits 2 'an unknown checksum' mm-s3put --checksum md5 "$b/a"
done_testing
