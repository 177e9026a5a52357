# daemon.sh - sourced: servers that a test starts for itself, on loopback, and ends for certain.
#
#	daemon_start DIR NAME COMMAND...	in the background; DIR/run/NAME.pid, DIR/log/NAME
#	daemon_alive DIR NAME			it runs
#	daemon_stop DIR NAME...			they and all that they started are gone; nothing to do is no error
#	daemon_mute DIR				a server called mute, at $port, that takes connections and never says a word
#	free_ports N				print the first of N free TCP ports in a row on 127.0.0.1
#
# A server that stays in the foreground is best: then its process is the one we know.  shellcheck shell=sh

# free_ports N - print a multiple of 16 that begins N free ports, N at most 16, below those the kernel gives to clients.
# Another may take them before the caller does, so who binds the first of them and cannot asks again.
free_ports() {
	/usr/bin/python3 - "$1" <<-'PYTHON'
		import random, socket, sys
		low = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
		first, last = (10000, low) if low > 12000 else (10000, 60000)
		def free(port):
		    with socket.socket() as s:
		        try:
		            s.bind(("127.0.0.1", port))
		        except OSError:
		            return False
		        return True
		for _ in range(1000):
		    base = random.randrange(first // 16, last // 16) * 16
		    if all(free(base + i) for i in range(int(sys.argv[1]))):
		        print(base)
		        sys.exit(0)
		sys.exit("daemon.sh: no free ports")
	PYTHON
}

# daemon_start DIR NAME COMMAND... - run it in the background, in a session of its own; say nothing of how it fares.
# It is no child of this shell, so that a bare wait does not wait for it.
daemon_start() {
	daemon_dir=$1 daemon_name=$2
	shift 2
	mkdir -p -- "$daemon_dir/run" "$daemon_dir/log" || return
	rm -f -- "$daemon_dir/run/$daemon_name.pid"
	# shellcheck disable=SC2016
	(
		setsid sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' "$daemon_dir/run/$daemon_name.pid" "$@" \
			>>"$daemon_dir/log/$daemon_name" 2>&1 </dev/null &
	)
}

# daemon_pid DIR NAME - print its process id, as soon as it has one.
daemon_pid() {
	daemon_left=100
	until [ -s "$1/run/$2.pid" ]; do
		[ "$daemon_left" -gt 0 ] || return 1
		daemon_left=$((daemon_left - 1))
		sleep 0.05
	done
	cat "$1/run/$2.pid"
}

# daemon_runs PID - it exists and is more than a dead child that nobody waited for.
daemon_runs() {
	grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}

# daemon_alive DIR NAME - it runs.
daemon_alive() {
	daemon_id=$(daemon_pid "$1" "$2") && daemon_runs "$daemon_id"
}

# daemon_family PID - print it and all that descends from it.
daemon_family() {
	printf '%s\n' "$1"
	for daemon_child in $(pgrep -P "$1"); do
		daemon_family "$daemon_child"
	done
}

# daemon_freeze PID... - stop them and all that descends from them, until no more turn up; print who they are.
daemon_freeze() {
	daemon_all=
	while :; do
		daemon_before=$daemon_all
		daemon_all=$(for daemon_root; do daemon_family "$daemon_root"; done | tr '\n' ' ')
		[ "$daemon_all" != "$daemon_before" ] || break
		# The words are process ids.
		# shellcheck disable=SC2086
		kill -STOP $daemon_all 2>/dev/null || :
	done
	printf '%s\n' "$daemon_all"
}

# daemon_kill PID... - they and all that descends from them are gone.
daemon_kill() {
	daemon_victims=$(daemon_freeze "$@")
	# shellcheck disable=SC2086
	kill -KILL $daemon_victims 2>/dev/null || :
	for daemon_id in $daemon_victims; do
		while daemon_runs "$daemon_id"; do sleep 0.02; done
	done
}

# daemon_stop DIR NAME... - end each, with all that it started; what it keeps in DIR is of no use afterwards.
daemon_stop() {
	daemon_dir=$1 daemon_ids=
	shift
	for daemon_name; do
		[ ! -s "$daemon_dir/run/$daemon_name.pid" ] || daemon_ids="$daemon_ids $(cat "$daemon_dir/run/$daemon_name.pid")"
		rm -f -- "$daemon_dir/run/$daemon_name.pid"
	done
	# shellcheck disable=SC2086
	[ -z "$daemon_ids" ] || daemon_kill $daemon_ids
}

# daemon_wait SECONDS COMMAND... - true as soon as the command is, false when it was not in that time.
daemon_wait() {
	daemon_left=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$daemon_left" -gt 0 ] || return 1
		daemon_left=$((daemon_left - 1))
		sleep 0.1
	done
}

# daemon_mute DIR - it is there when we are back.
daemon_mute() {
	port=$(free_ports 1)
	daemon_start "$1" mute /usr/bin/python3 -c "import socket, time
s = socket.create_server(('127.0.0.1', $port))
print('mute', flush=True)
time.sleep(1000)"
	daemon_wait 10 grep -q mute "$1/log/mute"
}
