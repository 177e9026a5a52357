#!/bin/sh
# mm-post: what the receiver gets, what it may answer, how long all of it may take, and that the address is a secret.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

for name in NOTIFY_WEBHOOK NOTIFY_PING http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do
	unset "$name"
done
dir=$tap_dir/receiver
mkdir "$dir"
/usr/bin/python3 "$top/t/receiver.py" "$dir" &
at_exit="kill $!"
eventually 20 test -s "$dir/port"
origin=http://127.0.0.1:$(cat "$dir/port")
# Each part of an address but the origin may be a secret.
export NOTIFY_WEBHOOK="http://canary-user:canary-word@${origin#http://}/canary/path?canary=query"

# post TEXT OPTION... - post this text, of which printf makes bytes.  What it says is kept for the end.
post() {
	text=$1 st=0
	shift
	# The text is a format.
	# shellcheck disable=SC2059
	printf "$text" | mm-post "$@" 2>.err || st=$?
	cat .err >>.all-errors
	cat .err >&2
	return "$st"
}

# count - how many requests have come.
count() { find "$dir" -name '*.body' | wc -l; }

# sent PART - that of the last request.
sent() { cat "$dir/$(count).$1"; }

# field NAME - a string of the last body, as Python would write it; fails if the body is no JSON.
field() { sent body | /usr/bin/python3 -c 'import json, sys; print(ascii(json.load(sys.stdin)[sys.argv[1]])[1:-1])' "$1"; }
host=$(uname -n)

# answers LINE... - of the next requests.
answers() { printf '%s\n' "$@" >"$dir/answers"; }

# What is sent.
ok 'a text is posted' post 'all is well\n' --title backup --status success
silent '... without a word'
is '/canary/path?canary=query' "$(sent path)" '... to the address in NOTIFY_WEBHOOK'
said_header() { sent headers | grep -qix -e "$1"; }
ok '... as JSON' said_header 'content-type: application/json'
is 'all is well\n' "$(field text)" '... with its text'
is 'backup' "$(field title)" '... its title'
is success "$(field status)" '... its status'
is "$host" "$(field host)" '... the host'
ok '... and the time' test "$(($(date +%s) - $(date -d "$(field time)" +%s)))" -le 60
ok 'no title, no status' post 'x'
is '' "$(grep -e title -e status "$dir/$(count).body" || :)" '... are left out'
ok 'control characters, quotes, bytes that are no UTF-8' post 'a"\\b\001\033\177\tc\000d\377\n' --title 'a"\b'
is 'a"\\b\x01\x1b\x7f\tc\ufffdd\ufffd\n' "$(field text)" '... arrive, or are replaced'
is 'a"\\b' "$(field title)" '... in a title, too'
ok 'Slack' post 'a <b>\n' --format slack --title t
is "$host"': t\n```\na &lt;b&gt;\n```' "$(field text)" '... gets its own'
ok 'Discord' post 'a\n' --format discord --status fail
is "$host"': fail\n```\na\n```' "$(field content)" '... gets its own'
is '"allowed_mentions":{"parse":[]}' "$(grep -o '"allowed.*}' "$dir/$(count).body" | sed 's/}$//')" '... and calls nobody'
seq 1 200000 >log
much() { mm-post "$@" <log; }
ok 'a long text for Discord' much --format discord
field content >shown
is 2000 "$(sed 's/\\n/_/g' shown | tr -d '\n' | wc -m)" '... is cut to 2000 characters'
ok '... and ends with its end' grep -qF '199999\n200000\n```' shown
nothing() { mm-post </dev/null; }
ok 'no text at all' nothing
is '' "$(field text)" '... is an empty one'

# Pings.
export NOTIFY_PING="$origin/canary-ping"
ok 'a ping' post 'log\n' --format ping --status success
is '/canary-ping' "$(sent path)" '... goes to the address in NOTIFY_PING'
is 'log' "$(sent body)" '... with the text as it is'
ok '... as text' said_header 'content-type: text/plain; charset=utf-8'
ok 'a start' post '' --format ping --status start --rid 12-ab
is '/canary-ping/start?rid=12-ab' "$(sent path)" '... with an id'
ok 'a failure' post '' --format ping --status fail
is '/canary-ping/fail' "$(sent path)" '... has its address'
ok 'an exit status' post '' --format ping --status 78
is '/canary-ping/78' "$(sent path)" '... has its address'
ok 'a long log' much --format ping --status fail
tail -c 100000 log >want
same want "$dir/$(count).body" '... is the end of it, 100000 bytes'
exits 2 'a ping that does not say what happened' post '' --format ping
said '--status is missing' '... is not sent'

# Answers.
before=$(count)
answers 503 500 200
ok '503 and 500, then 200' post x
is 3 $(($(count) - before)) '... three tries'
before=$(count)
answers 404
exits 1 '404 is a refusal' post x
said "mm-post: $origin: answer 404" '... told'
is 1 $(($(count) - before)) '... and not tried again'
answers 302
exits 1 '302 is one, too' post x
answers '429 Retry-After: 1' 204
ok '429 is not' post x --retry 1
answers '429 Retry-After: 3000'
exits 2 'more time than there is' post x
said 'answer 429' '... is not waited for'
before=$(count)
answers 500 500 500
exits 2 'a receiver that is out of order' post x --retry 2
said "mm-post: $origin: answer 500" '... is told'
is 3 $(($(count) - before)) '... after as many tries as were asked for'
answers drop 200
ok 'an answer that does not come' post x --retry 1
answers

# Time.
# within SECONDS COMMAND... - it ends in that time, with the status that it has.
within() {
	limit=$1 begun=$(date +%s%N) st=0
	shift
	"$@" || st=$?
	[ $((($(date +%s%N) - begun) / 1000000)) -le $((limit * 1000)) ] || st=99
	return "$st"
}
answers hang hang hang hang
exits 2 'a receiver that hangs' within 4 post x -t 2s
said "mm-post: $origin: Operation timed out" '... is given up when the time is over'
answers hang 200
ok 'one that hangs once' within 6 post x -t 4s --retry 1
answers
refused() { NOTIFY_WEBHOOK=http://127.0.0.1:1/canary post x "$@"; }
exits 2 'nobody there' within 4 refused -t 2s
said 'mm-post: http://127.0.0.1:1: Failed to connect to 127.0.0.1 port 1' '... told'
unknown() { NOTIFY_WEBHOOK=http://canary@no-such-host.invalid/canary post x --retry 0 "$@"; }
exits 2 'a host that is none' unknown
mkfifo pipe
sleep 30 >pipe &
sleeper=$!
endless() { mm-post -t 2s <pipe; }
ok 'input that does not end' within 4 endless
said 'standard input has not ended' '... is told'
kill "$sleeper"
is '' "$(field text)" '... and what there was is posted'

# The address.
(umask 077; printf '%s/canary-file\n' "$origin" >url)
ok 'an address in a file' post x --url-file url
is '/canary-file' "$(sent path)" '... is the one'
other() { OTHER=$origin/canary-other post x --url-env OTHER; }
ok 'an address in another variable' other
is '/canary-other' "$(sent path)" '... is the one'
exits 2 'no such variable' post x --url-env NO_SUCH
said 'NO_SUCH is not set' '... is told'
exits 2 'no such file' post x --url-file no-such
said 'the address: open no-such: No such file' '... is told'
for url in canary canary.example.org/canary file:///etc/canary ftp://127.0.0.1/canary 'http://127.0.0.1:canary/' 'http://ca nary/' http://127.0.0.1:1:/canary; do
	printf '%s\n' "$url" >url
	exits 2 "no address: $url" post x --url-file url --retry 0
	ok '... told, in one line' test "$(grep -c '^mm-post: ' .err)" -eq 1
done
printf 'http://canary/\nhttp://canary/\n' >url
exits 2 'two addresses in a file' post x --url-file url

# In use it is no one's business either.
answers hang
before=$(count)
mm-post -t 8s --retry 0 <log >/dev/null 2>&1 &
poster=$!
has_come() { [ "$(count)" -gt "$before" ]; }
ok 'meanwhile' eventually 5 has_come
is "mm-post -t 8s --retry 0 " "$(tr '\0' ' ' <"/proc/$poster/cmdline")" 'the address is not on the command line'
kill "$poster"
answers

# -n, and the command line.
before=$(count)
dry() { printf 'x\n' | env -u NOTIFY_WEBHOOK mm-post -n "$@"; }
ok '-n needs no address' dry
said '"text":"x\u000a"' '... prints the body'
is 0 $(($(count) - before)) '... and posts nothing'
exits 2 'an unknown format' dry --format telegram
exits 2 'an unknown status' dry --status good
exits 2 'an id that would change the address' dry --rid 'x&y'
exits 2 'two addresses' dry --url-file url --url-env X
exits 2 'an operand' dry "$NOTIFY_WEBHOOK"
full() { printf x | mm-post -n >/dev/full; }
exits 2 'a body that cannot be printed' full

ok 'all of these had something to say' test -s .all-errors
is '' "$(grep canary .all-errors || :)" '... and never of the address'
done_testing
