# client.sh - sourced: who the clients are, and what others than ours see in the bucket at $S3_ENDPOINT.
#
#	s3_cat KEY		s3_put KEY <file	s3_list [PREFIX]	s3_head KEY	s3_rm KEY
#	s3_uploads [PREFIX]	s3_start KEY FILE...	s3_parts KEY ID		s3_abort KEY ID
#		verbs of oracle.py, which explains them
#	s3_by aws|rclone|s3cmd put KEY <file
#	s3_by aws|rclone|s3cmd get KEY >file
#		the clients that people have
#
# shellcheck shell=sh
: "${top:?client.sh: source tap.sh first}"

for s3_verb in list head cat put rm uploads start parts abort; do
	eval "s3_$s3_verb() { \"\$top/t/s3/oracle.py\" $s3_verb \"\$@\"; }"
done

# s3_identity ENDPOINT KEY SECRET - export them; nothing else of the caller's environment or home counts any more.
s3_identity() {
	unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION AWS_SESSION_TOKEN AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_CA_BUNDLE \
		AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI \
		AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT \
		http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	export S3_ENDPOINT="$1" S3_BUCKET=mm-test AWS_ACCESS_KEY_ID="$2" AWS_SECRET_ACCESS_KEY="$3" AWS_REGION=us-east-1 \
		AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
}

# s3_by CLIENT put|get KEY - with Debian's own, whatever else is in PATH.
s3_by() {
	case $1-$2 in
	aws-put) /usr/bin/aws --endpoint-url "$S3_ENDPOINT" s3 cp - "s3://$S3_BUCKET/$3" ;;
	aws-get) /usr/bin/aws --endpoint-url "$S3_ENDPOINT" s3 cp "s3://$S3_BUCKET/$3" - ;;
	rclone-put) s3_rclone rcat "t:$S3_BUCKET/$3" ;;
	rclone-get) s3_rclone cat "t:$S3_BUCKET/$3" ;;
	s3cmd-put) s3_s3cmd put - "s3://$S3_BUCKET/$3" ;;
	s3cmd-get) s3_s3cmd get "s3://$S3_BUCKET/$3" - ;;
	*) return 2 ;;
	esac
}

# s3_rclone ARGUMENT... - rclone, whose remote "t" is the endpoint.
s3_rclone() {
	env -u AWS_CA_BUNDLE RCLONE_CONFIG=/dev/null RCLONE_CONFIG_T_TYPE=s3 RCLONE_CONFIG_T_PROVIDER=Other RCLONE_CONFIG_T_ENV_AUTH=true \
		RCLONE_CONFIG_T_ENDPOINT="$S3_ENDPOINT" ${AWS_CA_BUNDLE:+RCLONE_CA_CERT="$AWS_CA_BUNDLE"} \
		RCLONE_S3_NO_CHECK_BUCKET=true rclone -q "$@"
}

# s3_s3cmd ARGUMENT... - s3cmd, which takes the endpoint's secret from a file alone.
s3_s3cmd() (
	config=$(mktemp) || return
	trap 'rm -f "$config"' EXIT
	host=${S3_ENDPOINT#*://} tls=True
	[ "${S3_ENDPOINT%%:*}" = https ] || tls=False
	cat >"$config" <<-EOF
		[default]
		access_key = $AWS_ACCESS_KEY_ID
		secret_key = $AWS_SECRET_ACCESS_KEY
		host_base = $host
		host_bucket = $host
		bucket_location = $AWS_REGION
		use_https = $tls
		ca_certs_file = ${AWS_CA_BUNDLE:-}
	EOF
	s3cmd -q --no-progress -c "$config" "$@"
)
