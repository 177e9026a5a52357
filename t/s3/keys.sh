# keys.sh - sourced: the stand-in for the services that hand out AWS keys.  shellcheck shell=sh

# keys_start DIR - start it; its files are in DIR, its address is in $keys_url.
keys_start() {
	mkdir -p "$1"
	printf web-canary >"$1/web-token"
	# shellcheck disable=SC2154
	/usr/bin/python3 "$top/t/s3/keys.py" "$1" &
	keys_pids="${keys_pids:-} $!"
	eventually 20 test -s "$1/port" || return
	# shellcheck disable=SC2034
	keys_url=http://127.0.0.1:$(cat "$1/port")
}

# keys_stop - end all that were started.
keys_stop() {
	for keys_pid in ${keys_pids:-}; do
		kill "$keys_pid"
	done
}
