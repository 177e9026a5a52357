# swift.sh - sourced, after tap.sh: an OpenStack Swift with its S3 interface, of the test's own, on loopback.
#
#	. "$top/t/s3/swift.sh"
#	at_exit='swift_stop "$PWD/swift"'
#	swift_start "$PWD/swift"
#	s3_put a/key <file		(client.sh)
#
# Exports S3_ENDPOINT, S3_BUCKET (made, empty), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, and two who have
# no rights there: S3_READER_KEY and S3_READER_SECRET of the same account, S3_OTHER_KEY and S3_OTHER_SECRET of another.
# Swift takes no more than 1000 parts, unless told.  Root or anyone; several side by side.  shellcheck shell=sh
: "${top:?swift.sh: source tap.sh first}"
. "$top/t/daemon.sh"
. "$top/t/s3/client.sh"

# swift_prepare DIR - DIR with the rings' directory, where extended attributes hold; Swift keeps its metadata in them.
swift_prepare() {
	mkdir -p -- "$1/etc" "$1/run" "$1/log" "$1/srv/d1" || return
	/usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.swift.metadata", b"x" * 1000)' "$1/srv" 2>/dev/null || {
		echo "swift.sh: $1: this file system keeps no extended attributes of users; set TMPDIR to one that does" >&2
		return 2
	}
}

# swift_rings DIR PORT - one device on each of three servers, at PORT+2, +3 and +4.
swift_rings() {
	/usr/bin/python3 - "$1" "$2" <<-'PYTHON'
		import sys
		from swift.common.ring import RingBuilder
		for number, name in enumerate(("account", "container", "object"), 2):
		    builder = RingBuilder(4, 1, 1)
		    port = int(sys.argv[2]) + number
		    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1})
		    builder.rebalance()
		    builder.get_ring().save("%s/etc/%s.ring.gz" % (sys.argv[1], name))
	PYTHON
}

# swift_default DIR PORT LOGPORT - what all four servers are told; what they log besides goes to a port of ours, unheard.
swift_default() {
	cat <<-EOF
		[DEFAULT]
		bind_ip = 127.0.0.1
		bind_port = $2
		bind_timeout = 1
		user = $(id -un)
		swift_dir = $1/etc
		devices = $1/srv
		mount_check = false
		workers = 0
		log_level = INFO
		log_udp_host = 127.0.0.1
		log_udp_port = $3
		fallocate_reserve = 0
		disable_fallocate = true
		object_chunk_size = 1048576
		client_chunk_size = 1048576
		recon_cache_path = $1/run
	EOF
}

# swift_storage_conf DIR NAME PORT LOGPORT - DIR/etc/NAME-server.conf
swift_storage_conf() {
	{
		swift_default "$1" "$3" "$4"
		cat <<-EOF
			[pipeline:main]
			pipeline = $2-server
			[app:$2-server]
			use = egg:swift#$2
			slow = 0
			conn_timeout = 10
			node_timeout = 60
			disk_chunk_size = 1048576
			network_chunk_size = 1048576
		EOF
	} >"$1/etc/$2-server.conf"
}

# swift_proxy_conf DIR PORT LOGPORT MAX_PARTS - DIR/etc/proxy-server.conf; memcached is at LOGPORT too.
swift_proxy_conf() {
	{
		swift_default "$1" "$2" "$3"
		cat <<-EOF
			[pipeline:main]
			pipeline = catch_errors proxy-logging cache s3api tempauth bulk copy slo dlo versioned_writes symlink proxy-logging proxy-server
			[app:proxy-server]
			use = egg:swift#proxy
			account_autocreate = true
			conn_timeout = 10
			node_timeout = 60
			error_suppression_limit = 1000000
			allow_account_management = true
			[filter:catch_errors]
			use = egg:swift#catch_errors
			[filter:proxy-logging]
			use = egg:swift#proxy_logging
			[filter:cache]
			use = egg:swift#memcache
			memcache_servers = 127.0.0.1:$3
			[filter:s3api]
			use = egg:swift#s3api
			location = us-east-1
			storage_domain = localhost
			max_upload_part_num = $4
			max_multi_delete_objects = 1000
			min_segment_size = 5242880
			[filter:tempauth]
			use = egg:swift#tempauth
			user_test_tester = testerSecret0123 .admin
			user_test_reader = readerSecret0123
			user_other_tester = otherSecret0123 .admin
			[filter:slo]
			use = egg:swift#slo
			max_manifest_segments = $4
			[filter:versioned_writes]
			use = egg:swift#versioned_writes
			allow_object_versioning = true
			[filter:bulk]
			use = egg:swift#bulk
			[filter:copy]
			use = egg:swift#copy
			[filter:symlink]
			use = egg:swift#symlink
			[filter:dlo]
			use = egg:swift#dlo
		EOF
	} >"$1/etc/proxy-server.conf"
}

# swift_configure DIR PORT MAX_PARTS - memcached at PORT, the proxy at PORT+1, account, container and object after it.
swift_configure() {
	swift_rings "$1" "$2" || return
	swift_secret=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n') || return
	printf '[swift-hash]\nswift_hash_path_suffix = %s\n[storage-policy:0]\nname = Policy-0\ndefault = yes\n' "$swift_secret" \
		>"$1/etc/swift.conf" || return
	swift_proxy_conf "$1" $(($2 + 1)) "$2" "$3" || return
	swift_number=1
	for swift_name in account container object; do
		swift_number=$((swift_number + 1))
		swift_storage_conf "$1" "$swift_name" $(($2 + swift_number)) "$2" || return
	done
}

# swift_ready DIR - all five run, and together they made the bucket; 1 not yet, 2 one of them died.
swift_ready() {
	for swift_name in memcached account container object proxy; do
		daemon_alive "$1" "$swift_name" || return 2
	done
	"$top/t/s3/oracle.py" mkbucket 2>>"$1/log/oracle"
}

# swift_decided DIR - memcached listens, or gave up.
swift_decided() {
	[ -s "$1/run/listens" ] || ! daemon_alive "$1" memcached
}

# swift_launch DIR PORT MAX_PARTS - start the five at PORT and after it; true when they answer.
# Swift shares a port with whoever listens there already; memcached does not, so PORT stands for all five.
swift_launch() {
	rm -f -- "$1/run/listens"
	daemon_start "$1" memcached memcached -u "$(id -un)" -l 127.0.0.1 -p "$2" -U 0 -m 32 -P "$1/run/listens" || return
	swift_configure "$1" "$2" "$3" || return
	daemon_wait 10 swift_decided "$1" || return
	[ -s "$1/run/listens" ] || return
	for swift_name in account container object proxy; do
		daemon_start "$1" "$swift_name" \
			/usr/bin/python3 "/usr/bin/swift-$swift_name-server" "$1/etc/$swift_name-server.conf" --verbose || return
	done
	s3_identity "http://127.0.0.1:$(($2 + 1))" test:tester testerSecret0123
	swift_left=300
	until swift_ready "$1"; do
		[ $? -eq 1 ] && [ "$swift_left" -gt 0 ] || return
		swift_left=$((swift_left - 1))
		sleep 0.1
	done
}

# swift_start DIR [MAX_PARTS] - an empty bucket in a Swift whose everything is in DIR.
swift_start() {
	mkdir -p -- "$1" || return
	swift_dir=$(cd -- "$1" && pwd -P) || return
	swift_prepare "$swift_dir" || return
	for swift_try in 1 2 3 4 5; do
		swift_port=$(free_ports 5) || return
		! swift_launch "$swift_dir" "$swift_port" "${2:-1000}" || break
		swift_end "$swift_dir" || return
		[ "$swift_try" -lt 5 ] || {
			echo "swift.sh: $swift_dir: it does not start:" >&2
			tail -n 20 "$swift_dir"/log/* >&2
			return 2
		}
	done
	export S3_READER_KEY=test:reader S3_READER_SECRET=readerSecret0123 S3_OTHER_KEY=other:tester S3_OTHER_SECRET=otherSecret0123
}

# swift_end DIR - its servers are gone.
swift_end() {
	daemon_stop "$1" proxy object container account memcached
}

# swift_stop DIR - its servers are gone, and so is DIR.
swift_stop() {
	swift_dir=$(cd -- "$1" 2>/dev/null && pwd -P) || return 0
	swift_end "$swift_dir" || return
	rm -rf -- "$swift_dir"
}
