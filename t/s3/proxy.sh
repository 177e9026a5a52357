# proxy.sh - sourced, after swift.sh or radosgw.sh: a proxy before the server, which does what networks and servers do.
#
#	proxy_start "$PWD/proxy" 'UploadPart:1 answer 503 SlowDown' 'Complete:1 done reset'
#	mm-s3put --endpoint-url "$S3_PROXY" ...
#	is 2 "$(proxy_saw "$PWD/proxy" Complete)" 'Complete was sent twice'
#
# proxy.py says how faults are written.  Several side by side, each with its DIR.  shellcheck shell=sh
: "${top:?proxy.sh: source tap.sh first}"

# proxy_start DIR [FAULT...] - a proxy before $S3_ENDPOINT, which stays the server itself; export S3_PROXY.
proxy_start() {
	mkdir -p -- "$1" || return
	proxy_dir=$(cd -- "$1" && pwd -P) || return
	rm -f -- "$proxy_dir/port"
	shift
	proxy_faults "$proxy_dir" "$@"
	daemon_start "$proxy_dir" proxy /usr/bin/python3 "$top/t/s3/proxy.py" "${S3_ENDPOINT#*://}" "$proxy_dir" || return
	daemon_wait 10 proxy_decided "$proxy_dir" || :
	[ -s "$proxy_dir/port" ] || {
		echo "proxy.sh: $proxy_dir: it does not start:" >&2
		cat "$proxy_dir/log/proxy" >&2
		return 2
	}
	S3_PROXY=http://127.0.0.1:$(cat "$proxy_dir/port") || return
	export S3_PROXY
}

# proxy_decided DIR - it listens, or gave up.
proxy_decided() {
	[ -s "$1/port" ] || ! daemon_alive "$1" proxy
}

# proxy_faults DIR [FAULT...] - these are the faults from now on, each counted from here; none is a good connection.
proxy_faults() {
	proxy_to=$1
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$proxy_to/faults.new"
	[ $# -gt 0 ] || : >"$proxy_to/faults.new"
	mv -f -- "$proxy_to/faults.new" "$proxy_to/faults"
}

# proxy_log DIR - print a line for every request so far, in the order in which they ended.
proxy_log() {
	curl -s -m 20 "http://127.0.0.1:$(cat "$1/port")/.settled" || return
	cat "$1/seen"
}

# proxy_saw DIR OPERATION - print how many of these it saw.
proxy_saw() {
	proxy_log "$1" | awk -F '\t' -v operation="$2" '$3 == operation { n++ } END { print n + 0 }'
}

# proxy_hurt DIR - print how many requests a fault befell.
proxy_hurt() {
	proxy_log "$1" | awk -F '\t' '$8 != "-" { n++ } END { print n + 0 }'
}

# proxy_stop DIR - it is gone, and DIR too.
proxy_stop() {
	[ -d "$1" ] || return 0
	daemon_stop "$1" proxy
	rm -rf -- "$1"
}
