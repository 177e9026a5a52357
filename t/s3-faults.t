#!/bin/sh
# mm-s3put before a server and a network that fail: the object is there, whole, or nothing is, and the status says which.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/server.sh"
at_exit='for lane in $lanes; do proxy_stop "$tap_dir/proxy-$lane"; done; s3_server_stop "$tap_dir/server"'
lanes='0 1 2 3 4 5'

# rows - everything that may happen.  row WHAT works|fails [WORD...] FAULT...; the words are
# small (one request is enough), says=TEXT, left=UPLOADS, region=NAME, clock=OFF, keys=command.  A fault after "?" may have no chance to befall.
rows() {
	row 'a part gets 503 once' works 'UploadPart:1 answer 503 SlowDown'
	row 'a part gets 500 once' works 'UploadPart:1 answer 500 InternalError'
	row 'a part gets 400 RequestTimeout once' works 'UploadPart:1 answer 400 RequestTimeout'
	row 'a part gets 503 and is told when to come back' works 'UploadPart:1 answer 503 SlowDown retry-after=1'
	row 'a part gets 503 before its body is read' works 'UploadPart:1 early 503 SlowDown'
	row 'a part is reset in its midst' works 'UploadPart:1 reset-at 3000000'
	row 'a part is reset after it' works 'UploadPart:1 done reset'
	row 'a part gets no answer but FIN' works 'UploadPart:1 done close'
	row 'all parts get 503' fails says=SlowDown 'UploadPart answer 503 SlowDown'
	row 'all parts are reset in their midst' fails 'UploadPart reset-at 3000000'
	row 'a part gets no answer at all' works 'UploadPart:1 done stall'
	row 'a part is not read' works 'UploadPart:1 stall-at 3000000'
	row 'a part arrives with a flipped bit' works 'UploadPart:1 flip'
	row 'all parts arrive with a flipped bit' fails says='damages it' 'UploadPart flip'
	row 'a part gets BadDigest once' works 'UploadPart:1 answer 400 BadDigest'
	row 'a part gets a wrong ETag' works 'UploadPart:1 etag wrong'
	row 'a part gets no ETag' works 'UploadPart:1 etag none'
	row 'keys that cannot be had anew have expired' fails says=ExpiredToken 'UploadPart:2 answer 400 ExpiredToken'
	row 'keys have expired, and are had anew' works keys=command 'UploadPart:2 answer 400 ExpiredToken'
	row 'the clock is said to be wrong, once' works 'UploadPart:1 answer 403 RequestTimeTooSkewed'
	row 'the clock is an hour late' works clock=-1h '* fin'
	row 'the clock is an hour early' works clock=+1h '* fin'
	row 'a part is sent elsewhere' works 'UploadPart:1 answer 307 TemporaryRedirect location=upstream'
	row 'everything is sent elsewhere' works '* answer 307 TemporaryRedirect location=upstream'
	row 'a part may not be written' fails says=AccessDenied 'UploadPart:2 answer 403 AccessDenied'
	row '100 Continue never comes' works 'UploadPart mute-continue'

	row 'Create is done, its answer lost' works 'Create:1 done reset'
	row 'Create is done, its answer is 500' works 'Create:1 done answer 500 InternalError'
	row 'Create is done, its answer broken off' works 'Create:1 cut 100'
	row 'Create is done, its XML broken off' works 'Create:1 truncate 100'
	row 'Create is done, its answer empty' works 'Create:1 done empty'
	row 'Create gets no answer at all' works 'Create:1 done stall'
	row 'Create is answered with a byte a second' works 'Create:1 drip 1'
	row 'Create gets 503 once' works 'Create:1 answer 503 SlowDown'
	row 'Create may not be' fails says=AccessDenied 'Create answer 403 AccessDenied'

	row 'Complete is not done: 200 and an error' works 'Complete:1 answer 200 InternalError'
	row 'Complete is done: 200 and an error' works 'Complete:1 done answer 200 InternalError'
	row 'Complete is never done: 200 and an error' fails says=InternalError 'Complete answer 200 InternalError'
	row 'Complete is not done: 200, blanks, an error' works 'Complete:1 blanks 1 InternalError'
	row 'Complete is done, its answer lost' works 'Complete:1 done reset'
	row 'Complete is done, FIN for an answer' works 'Complete:1 done close'
	row 'Complete is done and said to be 500' works 'Complete:1 done answer 500 InternalError'
	row 'Complete is done, and then there is no such upload' works 'Complete:1 done answer 404 NoSuchUpload'
	row 'Complete is lost, and then there is no such upload' works 'Complete:1 done reset' '?Complete:2 answer 404 NoSuchUpload'
	row 'Complete is not done: there is no such upload' fails says=NoSuchUpload 'Complete answer 404 NoSuchUpload'
	row 'Complete is done, its answer empty' works 'Complete:1 done empty'
	row 'Complete is not done, its answer empty' works 'Complete:1 empty'
	row 'Complete is done, its answer broken off' works 'Complete:1 cut 60'
	row 'Complete is done, its XML broken off' works 'Complete:1 truncate 60'
	row 'Complete is done after 3 s of blanks' works 'Complete:1 blanks 3'
	row 'Complete is done after a declaration and 3 s of blanks' works 'Complete:1 blanks-inside 3'
	row 'Complete gives a wrong ETag, HEAD the right one' works 'Complete etag wrong'
	row 'Complete gives no ETag' works 'Complete etag none'
	row 'what is there has a wrong ETag' fails 'Complete etag wrong' 'Head etag wrong'
	# A Ceph tells none that could be wrong.
	[ "${MM_S3-}" = radosgw ] ||
		row 'Complete gives a wrong ETag, and these keys may not look' fails says='not what was sent' 'Complete etag wrong' \
			'Head answer 403 AccessDenied' 'Get answer 403 AccessDenied'
	row 'Complete gives no ETag, and these keys may not look' works 'Complete etag none' 'Head answer 403 AccessDenied' \
		'Get answer 403 AccessDenied'
	row 'Complete gives a wrong ETag, and then nobody can look' fails says='cannot look at it' 'Complete etag wrong' 'Head:3- answer 503 SlowDown'
	row 'Complete gives a wrong ETag, and a look fails once' works 'Complete etag wrong' 'Head:3 answer 503 SlowDown'
	row 'Complete cannot find a part, once' works 'Complete:1 answer 400 InvalidPart'
	row 'Complete may not be' fails says=AccessDenied 'Complete answer 403 AccessDenied'
	row 'nothing can be aborted' fails left=1 'UploadPart answer 403 AccessDenied' 'Abort answer 403 AccessDenied'
	row 'Abort gets 503 once' fails 'UploadPart answer 403 AccessDenied' 'Abort:1 answer 503 SlowDown'
	row 'Abort is done, its answer lost' fails 'UploadPart answer 403 AccessDenied' 'Abort:1 done reset'

	row 'after every answer the connection is closed' works '* fin'
	row 'the first look gets 503 once' works 'Head:1 answer 503 SlowDown'
	row 'the region is another, and named in the error' works region=eu-west-1 \
		'* region us-east-1 400 AuthorizationHeaderMalformed Region=us-east-1'
	row 'the region is another, and named in a header' works region=eu-west-1 \
		'* region us-east-1 301 PermanentRedirect x-amz-bucket-region=us-east-1'

	row 'one request: 503 once' works small 'Put:1 answer 503 SlowDown'
	row 'one request: reset after it' works small 'Put:1 done reset'
	row 'one request: done and said to be 500' works small 'Put:1 done answer 500 InternalError'
	row 'one request: not done, 200 and an error' works small 'Put:1 answer 200 InternalError'
	row 'one request: a flipped bit' works small 'Put:1 flip'
	row 'one request: no answer at all' works small 'Put:1 done stall'
	row 'one request: wrong ETag, HEAD has the right one' works small 'Put etag wrong'
	row 'one request: may not be' fails small says=AccessDenied 'Put answer 403 AccessDenied'
	row 'one request: 503 for ever' fails small says=SlowDown 'Put answer 503 SlowDown'
}

# put KEY FILE works|fails - as a pipeline does; what is to work may take its time on a busy machine, but nothing hangs.
put() {
	patience=4
	[ "$3" = fails ] || patience=30
	# The words of $around are meant to split.
	# shellcheck disable=SC2086
	timeout -k 5 120 mm-pipe -o "$out/report" cat "$2" '|' \
		env $around mm-s3put --endpoint-url "$S3_PROXY" --region "$region" --timeout 3s --retry-time "${patience}s" -M 64M "s3://$S3_BUCKET/$1"
}

# wrong TEXT... - add to what is wrong with this row.
wrong() {
	printf '# %s\n' "$@" >>"$out/wrong"
}

# try KEY works|fails FILE FAULT... - one row; say in $out/wrong what is not as it should be.
try() {
	key=$1 want=0 outcome=$2 file=$3
	[ "$outcome" = works ] || want=2
	shift 3
	for fault; do printf '%s\n' "${fault#\?}"; done >"$out/faults"
	proxy_start "$tap_dir/proxy-$lane"
	mv "$out/faults" "$tap_dir/proxy-$lane/faults"
	put "$key" "$file" "$outcome" >"$out/receipt" 2>"$out/err" || :
	st=$(awk '$1 == 2 { print $3 }' "$out/report")
	[ "$st" = "exit:$want" ] || wrong "$st, wanted exit:$want"
	proxy_log "$tap_dir/proxy-$lane" >"$out/seen"
	for fault; do
		[ "${fault#\?}" != "$fault" ] || cut -f8 "$out/seen" | grep -qFx -e "$fault" || wrong "it never befell: $fault"
	done
	[ ! -e "$out/command" ] || [ "$(wc -l <"$out/asked")" -eq 2 ] || wrong 'keys were not fetched anew'
	! grep -q '[^[:space:]]' "$tap_dir/proxy-$lane/log/proxy" || wrong "$(cat "$tap_dir/proxy-$lane/log/proxy")"
	proxy_stop "$tap_dir/proxy-$lane"
	came_of_it "$key" "$want" "$file"
}

# came_of_it KEY STATUS FILE - compare what the server has with what mm-s3put claims.
came_of_it() {
	if [ "$2" -eq 0 ]; then
		[ "$(s3_cat "$1" 2>&1 | sha256sum | cut -c1-64)  $1" = "$(cat "$out/receipt")" ] || wrong 'the object is not what the receipt says'
		[ "$(cut -c1-64 "$out/receipt")" = "$(sha256sum <"$3" | cut -c1-64)" ] || wrong 'the receipt is not what was sent'
	else
		[ ! -s "$out/receipt" ] || wrong 'there is a receipt'
		[ -z "$(s3_list "$1")" ] || wrong 'there is an object'
		[ -z "$says" ] || grep -qF -e "$says" "$out/err" || wrong "nowhere said: $says"
	fi
	[ "$(s3_uploads "$1" | wc -l)" -eq "$left" ] || wrong "uploads are left: $(s3_uploads "$1" | wc -l), wanted $left"
}

# row WHAT works|fails [WORD...] FAULT... - in a lane: try it, if it is this lane's.  Without one: tell what came of it.
row() {
	n=$((n + 1)) out=$tap_dir/row-$((n + 1)) what=$1 outcome=$2 file=big says='' left=0 region=us-east-1 around=
	shift 2
	[ "$lane" = tell ] || [ "$((n % 6))" -eq "$lane" ] || return 0
	[ "$lane" != tell ] || { tell; return; }
	mkdir "$out"
	(read_words "$@")
	: >"$out/over"
}

# read_words [WORD...] FAULT... - set what the words say, and try.
read_words() {
	while :; do
		case $1 in
		small) file=small ;;
		says=*) says=${1#*=} ;;
		left=*) left=${1#*=} ;;
		region=*) region=${1#*=} ;;
		clock=*) wrong_clock "${1#*=}" ;;
		keys=command) keys_by_command ;;
		*) break ;;
		esac
		shift
	done
	try "$n.dump" "$outcome" "$tap_dir/$file" "$@"
}

# wrong_clock OFF - the row's clock is wrong by OFF; intervals are right.
wrong_clock() {
	around="LD_PRELOAD=$(dpkg -L libfaketime | grep '/libfaketime.so.1$') FAKETIME=$1 FAKETIME_DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=verify_asan_link_order=0"
}

# keys_by_command - the row's keys come from a command, which counts its runs and gives each time another session.
keys_by_command() {
	cat >"$out/command" <<-EOF
		#!/bin/sh
		echo >>$out/asked
		printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s", "Expiration": "%s"}' \
			'$AWS_ACCESS_KEY_ID' '$AWS_SECRET_ACCESS_KEY' \$(wc -l <$out/asked) 2038-01-01T00:00:00Z
	EOF
	chmod +x "$out/command"
	printf '[default]\ncredential_process = %s\n' "$out/command" >"$out/config"
	around="-u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE=$out/config"
}

# tell - the row's line of TAP, and if it is not as wanted, all that is known.
tell() {
	if [ -e "$out/over" ] && [ ! -s "$out/wrong" ]; then
		tap_line 0 "$what: $outcome"
		return
	fi
	tap_line 1 "$what: $outcome"
	for said in wrong err seen; do
		[ ! -s "$out/$said" ] || sed 's/^[^#]/#   | &/' "$out/$said"
	done
}

head -c 20971520 /dev/urandom >big
head -c 100000 big >small
s3_server_start "$tap_dir/server"
for lane in $lanes; do
	(n=0; trap - EXIT; rows) >"lane-$lane" 2>&1 &
done
wait
cat lane-* | sed 's/^/# /'
n=0 lane=tell
rows
done_testing
