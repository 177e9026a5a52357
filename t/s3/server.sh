# server.sh - sourced, after tap.sh: an S3 server of the test's own, Swift or, with MM_S3=radosgw, Ceph; and the proxy.
#
#	s3_server_start DIR		as swift_start and radosgw_start do; what both export can be relied on
#	s3_server_stop DIR
#
# For tests that must hold on both; make check-s3 runs them on the second.  shellcheck shell=sh
: "${top:?server.sh: source tap.sh first}"
. "$top/t/s3/swift.sh"
. "$top/t/s3/radosgw.sh"
. "$top/t/s3/proxy.sh"

s3_server_start() {
	case ${MM_S3:-swift} in
	swift) swift_start "$1" ;;
	radosgw) radosgw_start "$1" ;;
	*) echo "server.sh: no server is called $MM_S3" >&2; return 2 ;;
	esac
}

s3_server_stop() {
	case ${MM_S3:-swift} in
	swift) swift_stop "$1" ;;
	radosgw) radosgw_stop "$1" ;;
	esac
}
