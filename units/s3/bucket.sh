#!/bin/sh
# bucket.sh [-e endpoint] BUCKET PREFIX - make BUCKET fit to hold backups below PREFIX, with aws(1); say what was done.
#
# As the owner of the bucket, from an administrator's machine; README has the whole story.  The bucket is made if it is
# not there.  Whatever is right already stays, so to run it again does no harm.  The policies, with the names filled
# in, land in the directory that it is run in: BUCKET-send.json, BUCKET-prune.json and BUCKET-look.json.
#
#	-e endpoint	the URL of an S3 that is not Amazon's; there the lifecycle has no change of storage class
#
# Exit status: 0 all is done; 1 something is not, and was named; or that of aws, which could not go on.
set -eu
umask 022

# s3api WORD... - aws s3api, at the endpoint, with no page to leaf through.
s3api() {
	AWS_PAGER='' aws ${endpoint:+--endpoint-url "$endpoint"} s3api "$@"
}

# filled FILE - it, with the names in place of BUCKET and PREFIX.
filled() {
	sed -e "s|BUCKET|$bucket|g" -e "s|PREFIX|$prefix|g" "$here/$1"
}

# make_bucket - have it, with object lock, which can be switched on later only by asking Amazon's support.
make_bucket() {
	if s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
		echo "bucket $bucket is there"
		return
	fi
	region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || :)}}
	set -- --bucket "$bucket" --object-lock-enabled-for-bucket
	case $region in
	'' | us-east-1) ;;
	*) set -- "$@" --create-bucket-configuration "LocationConstraint=$region" ;;
	esac
	s3api create-bucket "$@" >/dev/null
	echo "bucket $bucket is made"
}

# keep_versions - what is overwritten or deleted can be had back.
keep_versions() {
	s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
	echo 'versions are kept'
}

# lock_versions - and nobody takes them away for a month, the credentials of the backed-up host least of all.
lock_versions() {
	if s3api put-object-lock-configuration --bucket "$bucket" --object-lock-configuration "file://$here/object-lock.json" >/dev/null; then
		echo 'new versions are locked for 30 days'
	else
		echo "bucket.sh: $bucket is NOT LOCKED: who may delete versions there can delete backups" >&2
		st=1
	fi
}

# other_rules - print the names of the bucket's rules which are not ours.
# Where the server's answer has no message for people, aws trips over that; what went wrong then stands in --debug alone.
other_rules() {
	s3api get-bucket-lifecycle-configuration --bucket "$bucket" --query 'Rules[].[ID]' --output text --debug >"$tmp/rules" 2>"$tmp/said" ||
		grep -q NoSuchLifecycleConfiguration "$tmp/said" || { tail -n 1 "$tmp/said" >&2; return 1; }
	sed -n 's/.*"ID": "\(.*\)".*/\1/p' "$here/lifecycle.json" >"$tmp/ours"
	awk 'NR == FNR { ours[$0] = 1; next } !($0 in ours)' "$tmp/ours" "$tmp/rules"
}

# set_lifecycle - ours, in place of nothing or of ours: one call replaces all rules, and others' are not ours to drop.
set_lifecycle() {
	rules=lifecycle.json
	[ -z "$endpoint" ] || rules=lifecycle-plain.json
	others=$(other_rules)
	if [ -n "$others" ]; then
		printf 'bucket.sh: %s has other rules; add those of %s by hand.  It has:\n%s\n' "$bucket" "$here/$rules" "$others" >&2
		st=1
		return
	fi
	filled "$rules" >"$tmp/lifecycle.json"
	s3api put-bucket-lifecycle-configuration --bucket "$bucket" --lifecycle-configuration "file://$tmp/lifecycle.json" >/dev/null
	echo "the lifecycle is that of $rules"
}

main() {
	endpoint=''
	while getopts e: option; do
		case $option in
		e) endpoint=$OPTARG ;;
		*) exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	bucket=${1-} prefix=${2-}
	case $#-$bucket-$prefix in
	2-*[!a-z0-9.-]*-* | 2-*-*[!A-Za-z0-9/_.-]* | 2-*-/* | 2-*/) wrong=yes ;;
	2-?*-?*) wrong=no ;;
	*) wrong=yes ;;
	esac
	[ "$wrong" = no ] || { echo 'usage: bucket.sh [-e endpoint] bucket prefix, such as: company-backups postgres' >&2; exit 2; }
	here=$(cd -- "$(dirname -- "$0")" && pwd)
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/mm-bucket.XXXXXX")
	trap 'rm -rf -- "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	st=0
	make_bucket
	keep_versions
	lock_versions
	set_lifecycle
	for policy in send prune look; do
		filled "policy-$policy.json" >"$bucket-$policy.json"
	done
	echo "the policies are here: $bucket-send.json $bucket-prune.json $bucket-look.json"
	return "$st"
}

main "$@"
