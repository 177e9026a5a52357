# client.sh - sourced: who the clients are, and an independent client's view of the bucket.
#
#	s3_cat KEY	s3_put KEY <file	s3_list [PREFIX]	s3_head KEY	s3_rm KEY
#	s3_uploads [PREFIX]	s3_start KEY PART-FILE...	s3_abort KEY ID		s3_parts KEY ID
#
# All of them are verbs of oracle.py, and speak to $S3_ENDPOINT.  shellcheck shell=sh
: "${top:?client.sh: source tap.sh first}"

s3_cat() { "$top/t/s3/oracle.py" cat "$@"; }
s3_put() { "$top/t/s3/oracle.py" put "$@"; }
s3_list() { "$top/t/s3/oracle.py" list "$@"; }
s3_head() { "$top/t/s3/oracle.py" head "$@"; }
s3_rm() { "$top/t/s3/oracle.py" rm "$@"; }
s3_uploads() { "$top/t/s3/oracle.py" uploads "$@"; }
s3_start() { "$top/t/s3/oracle.py" start "$@"; }
s3_abort() { "$top/t/s3/oracle.py" abort "$@"; }
s3_parts() { "$top/t/s3/oracle.py" parts "$@"; }

# s3_identity ENDPOINT KEY SECRET - export them; nothing else of the caller's environment or home counts any more.
s3_identity() {
	unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION AWS_SESSION_TOKEN AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_CA_BUNDLE \
		AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI \
		AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT \
		http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	export S3_ENDPOINT="$1" S3_BUCKET=mm-test AWS_ACCESS_KEY_ID="$2" AWS_SECRET_ACCESS_KEY="$3" AWS_REGION=us-east-1 \
		AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
}
