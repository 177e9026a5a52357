# radosgw.sh - sourced, after tap.sh: a Ceph radosgw of the test's own, on loopback; as swift.sh, with more that S3 has.
#
#	. "$top/t/s3/radosgw.sh"
#	at_exit='radosgw_stop "$PWD/radosgw"'
#	radosgw_start "$PWD/radosgw" [sts] [min-part=BYTES] [store=bluestore|memstore]
#
# Exports what swift.sh does (S3_READER and S3_OTHER are one here), and
#	S3_TLS_ENDPOINT, S3_CA	the same server by TLS, as https://localhost:PORT, and who vouches for it
#	S3_LOCK_BUCKET		a bucket with object lock
#	S3_ROLE			with "sts": a role that S3's user may assume; a wrong key or secret is AccessDenied then
# Storage classes are STANDARD, STANDARD_IA and GLACIER, mmkey is a key of its key service.  It takes some 15 seconds to
# start, and DIR has no blanks.  shellcheck shell=sh
: "${top:?radosgw.sh: source tap.sh first}"
. "$top/t/daemon.sh"
. "$top/t/s3/client.sh"

# radosgw_certificates DIR - DIR/tls: an authority, and a server's certificate that it signed.
radosgw_certificates() {
	mkdir -p -- "$1/tls" || return
	openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj '/CN=the authority of a test' \
		-keyout "$1/tls/ca.key" -out "$1/tls/ca.pem" 2>/dev/null &&
		openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' -keyout "$1/tls/server.key" -out "$1/tls/server.csr" 2>/dev/null &&
		echo 'subjectAltName = DNS:localhost, DNS:mm-test.localhost, IP:127.0.0.1' >"$1/tls/names" &&
		openssl x509 -req -in "$1/tls/server.csr" -CA "$1/tls/ca.pem" -CAkey "$1/tls/ca.key" -CAcreateserial -days 10 \
			-extfile "$1/tls/names" -out "$1/tls/server.pem" 2>/dev/null
}

# radosgw_cluster_conf DIR PORT FSID STORE - a cluster of one, careless, with its monitor at PORT+2 and the rest after it.
radosgw_cluster_conf() {
	cat <<-EOF
		[global]
		fsid = $3
		mon host = [v1:127.0.0.1:$(($2 + 2))/0]
		mon initial members = a
		public addr = 127.0.0.1
		public network = 127.0.0.0/8
		cluster network = 127.0.0.0/8
		ms bind ipv6 = false
		ms bind msgr2 = false
		ms bind port min = $(($2 + 3))
		ms bind port max = $(($2 + 15))
		auth cluster required = none
		auth service required = none
		auth client required = none
		run dir = $1/run
		crash dir = $1/log
		admin socket =
		pid file =
		log file = $1/log/\$name.log
		log to stderr = false
		err to stderr = true
		osd pool default size = 1
		osd pool default min size = 1
		osd pool default pg num = 4
		osd pool default pgp num = 4
		osd pool default pg autoscale mode = off
		osd crush chooseleaf type = 0
		osd objectstore = $4
		osd memory target = 939524096
		osd class update on start = false
		osd crush update on start = false
		osd op num shards = 2
		osd scrub load threshold = 0.01
		mon allow pool size one = true
		paxos propose interval = 0.05
		paxos min wait = 0.01
		mon max pg per osd = 1000
		mon data avail crit = 1
		mon data avail warn = 2
		bluestore block size = 21474836480
		memstore device bytes = 4294967296
		[mon.a]
		mon data = $1/mon
		[osd.0]
		osd data = $1/osd
	EOF
}

# radosgw_gateway_conf DIR PORT STS MIN_PART - the gateway, at PORT without TLS and at PORT+1 with it.
radosgw_gateway_conf() {
	cat <<-EOF
		[client.rgw.a]
		rgw data = $1
		rgw frontends = beast endpoint=127.0.0.1:$2 ssl_endpoint=127.0.0.1:$(($2 + 1)) ssl_certificate=$1/tls/server.pem ssl_private_key=$1/tls/server.key
		rgw dns name = localhost
		rgw enable usage log = false
		rgw thread pool size = 64
		rgw multipart min part size = $4
		rgw s3 auth use sts = $3
		rgw sts key = sixteenbyteslong
		rgw crypt require ssl = false
		rgw crypt s3 kms backend = testing
		rgw crypt s3 kms encryption keys = mmkey=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
	EOF
}

# radosgw_daemon DIR NAME PROGRAM ARGUMENT... - a daemon of Ceph in the foreground, as whoever we are.
radosgw_daemon() {
	radosgw_home=$1 radosgw_name=$2 radosgw_program=$3
	shift 3
	[ "$(id -u)" -ne 0 ] || set -- "$@" --setuser root --setgroup root
	daemon_start "$radosgw_home" "$radosgw_name" "$radosgw_program" -c "$radosgw_home/ceph.conf" -f "$@"
}

# radosgw_ask DIR - commands for the monitor, a line of JSON each, on stdin; all must succeed.
radosgw_ask() {
	/usr/bin/python3 -c 'if True:
		import rados, sys
		cluster = rados.Rados(conffile=sys.argv[1], conf={"client_mount_timeout": "20", "rados_mon_op_timeout": "60"})
		cluster.connect()
		for line in sys.stdin:
		    status, _, said = cluster.mon_command(line, b"")
		    if status:
		        sys.exit("%s: %s" % (line.strip(), said))
	' "$1/ceph.conf"
}

# radosgw_store DIR - a monitor, a store, and the pools of a gateway.
radosgw_store() {
	radosgw_fsid=$(sed -n 's/^fsid = //p' "$1/ceph.conf")
	radosgw_mon=$(sed -n 's/^mon host = //p' "$1/ceph.conf")
	mkdir -p -- "$1/mon" "$1/osd" || return
	monmaptool --create --clobber --fsid "$radosgw_fsid" --addv a "$radosgw_mon" "$1/monmap" >/dev/null || return
	ceph-mon -c "$1/ceph.conf" -i a --mkfs --monmap "$1/monmap" || return
	radosgw_daemon "$1" mon ceph-mon -i a || return
	radosgw_uuid=$(cat /proc/sys/kernel/random/uuid) || return
	ceph-osd -c "$1/ceph.conf" -i 0 --mkfs --osd-uuid "$radosgw_uuid" || return
	radosgw_ask "$1" <<-EOF || return
		{"prefix": "osd new", "uuid": "$radosgw_uuid", "id": 0}
		{"prefix": "osd crush add", "id": 0, "weight": 1.0, "args": ["root=default", "host=here"]}
	EOF
	radosgw_daemon "$1" osd ceph-osd -i 0 || return
	for radosgw_pool in .rgw.root default.rgw.log default.rgw.control default.rgw.meta \
		default.rgw.buckets.index default.rgw.buckets.data default.rgw.buckets.non-ec; do
		printf '{"prefix": "osd pool create", "pool": "%s", "pg_num": 4}\n' "$radosgw_pool"
		printf '{"prefix": "osd pool application enable", "pool": "%s", "app": "rgw"}\n' "$radosgw_pool"
	done | radosgw_ask "$1" || return
	daemon_wait 60 radosgw_store_decided "$1" || return
	daemon_alive "$1" osd
}

# radosgw_store_decided DIR - the store takes part, or gave up.
radosgw_store_decided() {
	grep -q 'state: booting -> active' "$1/log/osd.0.log" || ! daemon_alive "$1" osd
}

# radosgw_admin DIR ARGUMENT... - as the gateway's administrator.
radosgw_admin() {
	radosgw_home=$1
	shift
	timeout 60 radosgw-admin -c "$radosgw_home/ceph.conf" -n client.rgw.a "$@"
}

# radosgw_people DIR STS - users, storage classes, the role.
radosgw_people() {
	radosgw_admin "$1" user create --uid mm --display-name mm --access-key mmtestaccesskey00001 \
		--secret-key 'mmTestSecret/Key+0123456789abcdefghijklm' --caps 'roles=*' || return
	radosgw_admin "$1" user create --uid other --display-name other --access-key otheraccesskey000001 \
		--secret-key otherSecretKey0123456789abcdefghijklmnop || return
	for radosgw_class in STANDARD_IA GLACIER; do
		radosgw_admin "$1" zonegroup placement add --rgw-zonegroup default --placement-id default-placement \
			--storage-class "$radosgw_class" || return
		radosgw_admin "$1" zone placement add --rgw-zone default --placement-id default-placement \
			--storage-class "$radosgw_class" --data-pool default.rgw.buckets.data || return
	done
	[ "$2" = true ] || return 0
	radosgw_admin "$1" role create --role-name mmrole --path / --assume-role-policy-doc \
		'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/mm"]},"Action":["sts:AssumeRole"]}]}' || return
	radosgw_admin "$1" role-policy put --role-name mmrole --policy-name all --policy-doc \
		'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::*"}]}'
}

# radosgw_ready DIR - it answers, and the buckets are there; 1 not yet, 2 one of the daemons died.
radosgw_ready() {
	for radosgw_name in mon osd gateway; do
		daemon_alive "$1" "$radosgw_name" || return 2
	done
	"$top/t/s3/oracle.py" mkbucket 2>>"$1/log/oracle" &&
		S3_BUCKET=mm-lock "$top/t/s3/oracle.py" mkbucket x-amz-bucket-object-lock-enabled:true 2>>"$1/log/oracle"
}

# radosgw_launch DIR PORT STS MIN_PART STORE - all of it at PORT and after it; true when it answers.
radosgw_launch() {
	rm -rf -- "$1/mon" "$1/osd" "$1/log" || return
	mkdir -p -- "$1/log" || return
	radosgw_fsid=$(cat /proc/sys/kernel/random/uuid) || return
	{
		radosgw_cluster_conf "$1" "$2" "$radosgw_fsid" "$5"
		radosgw_gateway_conf "$1" "$2" "$3" "$4"
	} >"$1/ceph.conf"
	radosgw_store "$1" >>"$1/log/store" 2>&1 || return
	radosgw_people "$1" "$3" >>"$1/log/people" 2>&1 || return
	radosgw_daemon "$1" gateway radosgw -n client.rgw.a || return
	s3_identity "http://127.0.0.1:$2" mmtestaccesskey00001 'mmTestSecret/Key+0123456789abcdefghijklm'
	radosgw_left=600
	until radosgw_ready "$1"; do
		[ $? -eq 1 ] && [ "$radosgw_left" -gt 0 ] || return
		radosgw_left=$((radosgw_left - 1))
		sleep 0.1
	done
}

# radosgw_options OPTION... - set radosgw_sts, radosgw_min_part and radosgw_store.
radosgw_options() {
	radosgw_sts=false radosgw_min_part=5242880 radosgw_store=bluestore
	for radosgw_option; do
		case $radosgw_option in
		sts) radosgw_sts=true ;;
		min-part=*) radosgw_min_part=${radosgw_option#*=} ;;
		store=*) radosgw_store=${radosgw_option#*=} ;;
		*) echo "radosgw.sh: what is $radosgw_option?" >&2; return 2 ;;
		esac
	done
}

# radosgw_start DIR [OPTION...] - two empty buckets in a Ceph whose everything is in DIR.
radosgw_start() {
	mkdir -p -- "$1/run" "$1/log" || return
	radosgw_dir=$(cd -- "$1" && pwd -P) || return
	shift
	radosgw_options "$@" || return
	radosgw_certificates "$radosgw_dir" || return
	for radosgw_try in 1 2 3; do
		radosgw_port=$(free_ports 16) || return
		! radosgw_launch "$radosgw_dir" "$radosgw_port" "$radosgw_sts" "$radosgw_min_part" "$radosgw_store" || break
		daemon_stop "$radosgw_dir" gateway osd mon
		[ "$radosgw_try" -lt 3 ] || {
			echo "radosgw.sh: $radosgw_dir: it does not start:" >&2
			cd "$radosgw_dir/log" && tail -n 20 store people oracle mon osd gateway >&2
			return 2
		}
	done
	export S3_TLS_ENDPOINT="https://localhost:$((radosgw_port + 1))" S3_CA="$radosgw_dir/tls/ca.pem" S3_LOCK_BUCKET=mm-lock \
		S3_ROLE=arn:aws:iam:::role/mmrole S3_OTHER_KEY=otheraccesskey000001 S3_OTHER_SECRET=otherSecretKey0123456789abcdefghijklmnop
	export S3_READER_KEY="$S3_OTHER_KEY" S3_READER_SECRET="$S3_OTHER_SECRET"
}

# radosgw_stop DIR - its daemons are gone, and so is DIR.
radosgw_stop() {
	radosgw_dir=$(cd -- "$1" 2>/dev/null && pwd -P) || return 0
	daemon_stop "$radosgw_dir" gateway osd mon
	rm -rf -- "$radosgw_dir"
}
