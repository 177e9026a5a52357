#!/bin/sh
# The keys for S3: each source, against a stand-in on loopback; the order of the sources, against botocore itself;
# keys renewed in time and on demand; and no secret on stderr, whatever happens.
. "${0%/*}/tap.sh"
. "$top/t/s3/keys.sh"

try=$build/t/try-s3cred
dir=$tap_dir/keys
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do
	unset "$name"
done
export HOME="$tap_dir" AWS_EC2_METADATA_DISABLED=true
mkdir .aws
at_exit=keys_stop

# mode [TEXT] - what goes wrong at the stand-in from now on.
mode() { printf '%s' "${1:-}" >"$dir/mode"; }

# config, credentials - the file from stdin.
config() { cat >.aws/config; }
credentials() { cat >.aws/credentials && chmod 600 .aws/credentials; }

# asked [NAME=VALUE...] - ask for keys, with these variables, as $lines say, of the profile $profile and with the
# certificates of $ca if these are set.
lines='get' profile='' ca=''
asked() {
	st=0
	printf '%b\n' "$lines" | env "$@" "$try" ${profile:+-p "$profile"} ${ca:+-c "$ca"} 2>.err || st=$?
	cat .err >>.all-errors
	cat .err >&2
	return "$st"
}

# says_once DESC - what the last command had to say is one line, of this program.
says_once() { is '1 1' "$(grep -c . .err) $(grep -c '^try-s3cred: ' .err)" "$1"; }

# What takes its whole time goes on meanwhile: a service that does not answer.
slowly() (
	begun=$(date +%s) st=0
	echo get | env "$@" "$try" >"$slow.out" 2>"$slow.err" || st=$?
	echo "$st $(($(date +%s) - begun))" >"$slow"
)
keys_start mute
printf hang >mute/mode
mute=$keys_url
slow=$tap_dir/slow-sts
slowly AWS_ENDPOINT_URL_STS="$mute" AWS_WEB_IDENTITY_TOKEN_FILE=mute/web-token AWS_ROLE_ARN=arn:aws:iam::1:role/x &
slow=$tap_dir/slow-container
slowly AWS_CONTAINER_CREDENTIALS_FULL_URI="$mute/" &
slow=$tap_dir/slow-instance
slowly AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT="$mute/" &
keys_start "$dir"

# The environment.
ok 'keys from the environment' asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV
said 'AKENV canary-AKENV - 1 the environment' '... as they are there'
silent '... without a word'
ok 'with a session token' asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV AWS_SESSION_TOKEN=canary-tok
said 'AKENV canary-AKENV canary-tok 1' '... that is there too'
exits 2 'an access key without its secret is an error' asked AWS_ACCESS_KEY_ID=AKENV
said 'AWS_SECRET_ACCESS_KEY is not' '... and the message says which'
exits 2 'a carriage return at the end of a secret is an error' \
	asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY="canary$(printf '\r')"
said 'the environment: the secret key is empty, or has control bytes in it' '... and told, not sent'
exits 2 'so is a line break in a token' asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary \
	AWS_SESSION_TOKEN="canary
X-Other: header"

# Nothing.
exits 2 'no keys anywhere' asked
said "not in AWS_ACCESS_KEY_ID, profile default of $HOME/.aws/credentials or $HOME/.aws/config" '... says where it looked'
says_once '... in one line'
profile=nowhere
exits 2 'a profile that is nowhere' asked
said "profile nowhere: neither in $HOME/.aws/credentials nor in $HOME/.aws/config" '... says so'
profile=
exits 2 'so does one of AWS_PROFILE' asked AWS_PROFILE=nowhere

# Files.
credentials <<-'END'
	[default]
	aws_access_key_id = AKDEFAULT
	aws_secret_access_key = canary-AKDEFAULT
	[other]
	aws_access_key_id = AKOTHER
	aws_secret_access_key = canary-AKOTHER
	aws_session_token = canary-token
	[half]
	aws_access_key_id = AKHALF
END
ok 'keys from the credentials file' asked
said "AKDEFAULT canary-AKDEFAULT - 1 profile default in $HOME/.aws/credentials" '... with their source'
silent '... without a word'
ok 'of the profile in AWS_PROFILE' asked AWS_PROFILE=other
said 'AKOTHER canary-AKOTHER canary-token' '... with its token'
profile=other
ok 'a profile that was asked for counts for more than the environment' \
	asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV
said 'AKOTHER ' '... indeed'
profile=
ok 'one of AWS_PROFILE does not' asked AWS_PROFILE=other AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV
said 'AKENV ' '... indeed'
profile=half
exits 2 'half a key is an error' asked
said 'aws_access_key_id without aws_secret_access_key in' '... told'
profile=
chmod 644 .aws/credentials
lines='get\nexpired 1'
exits 2 'a file that others may read is read' asked
said 'others may read or change the keys in it (mode 644)' '... with a warning'
is 1 "$(grep -c 'mode 644' .err)" '... one'
lines='get'
chmod 600 .aws/credentials
printf '[default]\naws_secret_access_key canary\n' >.aws/credentials
exits 2 'a line that is none' asked
said 'credentials: line 2: neither [section] nor key = value' '... is named'
rm .aws/credentials
config <<-'END'
	[default]
	aws_access_key_id = AKCONFIG
	aws_secret_access_key = canary-AKCONFIG
	[profile sso]
	sso_account_id = 1
	sso_role_name = x
END
ok 'keys from the configuration' asked
said "AKCONFIG canary-AKCONFIG - 1 profile default in $HOME/.aws/config" '... with their source'
exits 2 'single sign-on' asked AWS_PROFILE=sso
said 'export-credentials --profile sso' '... is refused with a way out'

# A process.
cat >process.sh <<-'END'
	n=$(($(cat count 2>/dev/null || echo 0) + 1))
	echo $n >count
	printf '{"Version": 1, "AccessKeyId": "AKPROCESS%s", "SecretAccessKey": "canary-%s", "SessionToken": "canary-%s"' \
		"$n" "$n" "$n"
	[ -z "$1" ] || printf ', "Expiration": "%s"' "$(date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ)"
	echo '}'
END
# process ARGUMENT... - the default profile has this credential_process.
process() { printf '[default]\ncredential_process = %s\n' "$*" >.aws/config; }
process sh process.sh "''"
ok 'keys from a process' asked
said 'AKPROCESS1 canary-1 canary-1 1 credential_process of profile default' '... with token and source'
process sh process.sh "'1 hour'"
lines='get\nlater 3290\nget\nlater 20\nget'
ok 'it runs again in time' asked
is 'AKPROCESS2 AKPROCESS2 AKPROCESS3' "$(sed 's/ .*//' .stdout | paste -sd' ')" '... five minutes before the keys expire'
lines='get'
process sh process.sh "'1 second ago'"
exits 2 'keys that have expired' asked
said 'credential_process of profile default: the keys that it gives have expired' '... are an error'
process echo "'canary {'"
exits 2 'garbage' asked
said 'credential_process of profile default: the answer is not JSON (line 1, column' '... is one'
process sh -c "'echo canary; exit 7'"
exits 2 'a process that fails' asked
said 'credential_process of profile default: exit 7' '... is one'
says_once '... told once'
process no-such-program --secret canary
exits 2 'one that is not there' asked
said 'cannot be run: No such file' '... is one'
process sh process.sh "''"
lines='get\nexpired 1\nget\nexpired 1\nget\nexpired 2\nget'
ok 'when the server says that keys have expired' asked
is 'AKPROCESS5 1,status 0,AKPROCESS6 2,status 0,AKPROCESS6 2,status 0,AKPROCESS7 3' \
	"$(sed 's/ canary[^ ]* canary[^ ]*\( [0-9]*\).*/\1/' .stdout | paste -sd,)" \
	'... others are fetched, once for each set of keys'
lines='get'

# A role by way of other keys.
sts="AWS_ENDPOINT_URL_STS=$keys_url"
config <<-'END'
	[profile role]
	role_arn = arn:aws:iam::1:role/first
	source_profile = base
	external_id = ex te/rn+al
	role_session_name = at-night
	duration_seconds = 1800
	[profile base]
	aws_access_key_id = AKBASE
	aws_secret_access_key = canary-AKBASE
	[profile wrong]
	aws_access_key_id = AKBASE
	aws_secret_access_key = canary-and-wrong
	[profile second]
	role_arn = arn:aws:iam::1:role/second
	source_profile = role
	[profile of-wrong]
	role_arn = arn:aws:iam::1:role/x
	source_profile = wrong
	[profile self]
	role_arn = arn:aws:iam::1:role/self
	source_profile = self
	aws_access_key_id = AKSELF
	aws_secret_access_key = canary-AKSELF
	[profile circle]
	role_arn = arn:aws:iam::1:role/x
	source_profile = circle2
	[profile circle2]
	role_arn = arn:aws:iam::1:role/x
	source_profile = circle
	[profile empty-self]
	role_arn = arn:aws:iam::1:role/x
	source_profile = empty-self
	[profile both]
	role_arn = arn:aws:iam::1:role/x
	source_profile = base
	credential_source = Environment
	[profile none]
	role_arn = arn:aws:iam::1:role/x
	[profile lost]
	role_arn = arn:aws:iam::1:role/x
	source_profile = nobody
	[profile mfa]
	role_arn = arn:aws:iam::1:role/x
	source_profile = base
	mfa_serial = arn:aws:iam::1:mfa/x
	[profile of-env]
	role_arn = arn:aws:iam::1:role/of-env
	credential_source = Environment
	[profile of-instance]
	role_arn = arn:aws:iam::1:role/of-instance
	credential_source = Ec2InstanceMetadata
	[profile of-container]
	role_arn = arn:aws:iam::1:role/of-container
	credential_source = EcsContainer
	[profile of-moon]
	role_arn = arn:aws:iam::1:role/x
	credential_source = Moon
	[profile served]
	role_arn = arn:aws:iam::1:role/served
	source_profile = base
	services = here
	[services here]
	sts =
	  endpoint_url = URL/path
END
sed "s,URL,$keys_url," .aws/config >.aws/config.new
mv .aws/config.new .aws/config
chmod 600 .aws/config
: >"$dir/log"
ok 'keys of a role, the request signed with those of its source_profile' asked "$sts" AWS_PROFILE=role
said 'AKFIRST1 canary-AKFIRST1 canary-token-AKFIRST1 1 role arn:aws:iam::1:role/first' '... with token and source'
ok '... with what the profile says of it' grep -qF 'DurationSeconds=1800 ExternalId=ex te/rn+al RoleArn=arn:aws:iam::1:role/first RoleSessionName=at-night' "$dir/log"
ok 'a role by way of a role, whose token is signed too' asked "$sts" AWS_PROFILE=second
said 'AKSECOND1 ' '... indeed'
ok 'a profile may be its own source' asked "$sts" AWS_PROFILE=self
said 'AKSELF1 ' '... if it has keys'
profile=of-env
ok 'the keys of the environment may be the source' asked "$sts" AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV
said 'AKOF-ENV1 ' '... indeed'
exits 2 '... or be missing' asked "$sts"
said 'credential_source Environment has no keys' '... which is told'
profile=
ok 'or a container' asked "$sts" AWS_PROFILE=of-container AWS_CONTAINER_CREDENTIALS_FULL_URI="$keys_url/container"
said 'AKOF-CONTAINER1 ' '... indeed'
ok 'or the instance' asked "$sts" AWS_PROFILE=of-instance AWS_EC2_METADATA_DISABLED=false \
	AWS_EC2_METADATA_SERVICE_ENDPOINT="$keys_url"
said 'AKOF-INSTANCE1 ' '... indeed'
ok 'the address of STS may stand in a services section' asked AWS_PROFILE=served
said 'AKSERVED1 ' '... with a path, which is signed'
exits 2 '... but not if such addresses are to be ignored' asked AWS_PROFILE=served AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true \
	https_proxy=http://127.0.0.1:1
said 'AssumeRole at https://sts.eu-test-1.amazonaws.com: Failed to connect to 127.0.0.1 port 1' \
	'... then it is that of the region, by way of a proxy if there is one'
ok 'AWS_ENDPOINT_URL is for all services' asked AWS_ENDPOINT_URL="$keys_url/" AWS_PROFILE=role
refused() {
	exits 2 "$1" asked "$sts" AWS_PROFILE="$2"
	said "$3" "... $3"
	says_once '... in one line'
}
refused 'a secret that is wrong' of-wrong "AssumeRole at $keys_url: SignatureDoesNotMatch: by the stand-in's own account"
refused 'roles in a circle' circle 'leads in a circle'
refused 'a role that is its own source, and has no keys' empty-self 'source_profile empty-self has no keys'
refused 'two sources' both 'wants source_profile or credential_source beside it, and one of them'
refused 'no source' none 'wants source_profile or credential_source beside it, and one of them'
refused 'a source that is nowhere' lost 'there is no profile nobody'
refused 'a code to be typed' mfa 'mfa_serial'
refused 'an unknown source' of-moon 'none of Environment, Ec2InstanceMetadata, EcsContainer'
: >"$dir/fail-once"
ok 'STS is asked a second time if it fails' asked "$sts" AWS_PROFILE=role
absent '... once' "$dir/fail-once"
mode 503
refused 'STS fails' role "AssumeRole at $keys_url: answer 503"
mode 400
refused 'what STS says cannot steer a terminal' role 'Odd: a\xc2\x9b31m\x0ab'
mode ceph
refused 'STS is Ceph' role "AssumeRole at $keys_url: NoSuchEntity"
mode garbage
refused 'STS talks nonsense' role "AssumeRole at $keys_url: the answer is not XML"
mode huge
refused 'STS does not end' role "AssumeRole at $keys_url: the answer is longer than 1048576 bytes"
mode drop
refused 'STS hangs up' role "AssumeRole at $keys_url: Empty reply from server"
mode redirect
refused 'STS points elsewhere: not followed' role "AssumeRole at $keys_url: answer 302"
mode

# Web identity.
web="AWS_WEB_IDENTITY_TOKEN_FILE=$dir/web-token"
: >"$dir/log"
ok 'keys by web identity' asked "$sts" "$web" AWS_ROLE_ARN=arn:aws:iam::1:role/pod AWS_ROLE_SESSION_NAME=s
said 'AKWEB1 canary-AKWEB1 canary-token-AKWEB1 1 role arn:aws:iam::1:role/pod, by web identity' '... with token and source'
ok '... in the name that is set' grep -q 'RoleSessionName=s ' "$dir/log"
exits 2 'without a role' asked "$sts" "$web"
said 'set AWS_ROLE_ARN or role_arn' '... is an error'
printf '[default]\nweb_identity_token_file = %s/web-token\nrole_arn = arn:aws:iam::1:role/pod\n' "$dir" >.aws/config
ok 'a profile may say the same' asked "$sts"
said 'AKWEB1 ' '... indeed'
printf 'canary-old\n' >token
exits 2 'a token that is refused' asked "$sts" AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::1:role/pod
said 'InvalidIdentityToken: the token & nothing else' '... is the service'"'"'s own error'
exits 2 'a token that is not there' asked "$sts" AWS_WEB_IDENTITY_TOKEN_FILE=no-token AWS_ROLE_ARN=arn:aws:iam::1:role/pod \
	AWS_CONTAINER_CREDENTIALS_FULL_URI="$keys_url/container"
said 'the web identity token: open no-token: No such file' '... is an error, and no other source is tried'
lines="get\nlater 3400\nwrite $dir/web-token canary-second\nwrite $dir/serial 2\nwrite token canary-second\nget"
printf web-canary >token
ok 'the token is read each time' asked "$sts" AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::1:role/pod
said 'AKWEB2 ' '... that keys are fetched'
lines='get'
rm "$dir/serial" .aws/config
printf web-canary >"$dir/web-token"

# A container.
container="AWS_CONTAINER_CREDENTIALS_FULL_URI=$keys_url/container"
ok 'keys of a container' asked "$container"
said "AKCONTAINER1 canary-AKCONTAINER1 canary-token-AKCONTAINER1 1 the container's credentials" '... with token and source'
printf 'canary bearer' >"$dir/container-token"
ok 'with a token' asked "$container" AWS_CONTAINER_AUTHORIZATION_TOKEN='canary bearer'
printf 'canary bearer\n' >token
ok 'or one in a file, which counts for more' \
	asked "$container" AWS_CONTAINER_AUTHORIZATION_TOKEN=canary AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token
ok 'never through a proxy' asked "$container" AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token http_proxy=http://127.0.0.1:1
exits 2 'a wrong token' asked "$container" AWS_CONTAINER_AUTHORIZATION_TOKEN=canary
said "container credentials at $keys_url: answer 401" '... is an error'
says_once '... told once, after three tries'
exits 2 'a token of two lines' asked "$container" AWS_CONTAINER_AUTHORIZATION_TOKEN="canary
canary"
said 'a header of the request has control bytes in it' '... is not sent'
rm "$dir/container-token"
: >"$dir/log"
for url in http://127.0.0.1.example.com/x http://169.254.169.254/x "http://localhost@192.0.2.1/" ftp://localhost/x x; do
	exits 2 "keys are not asked for at $url" asked AWS_CONTAINER_CREDENTIALS_FULL_URI="$url"
	said 'keys are not asked for there' '... told'
done
exits 2 'a path that would make another host' asked AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="@${keys_url#http://}/container"
said 'does not begin with a slash' '... is refused'
is '' "$(cat "$dir/log")" 'nobody was asked'
ok 'localhost may be' asked AWS_CONTAINER_CREDENTIALS_FULL_URI="http://localhost:${keys_url##*:}/container"

# https.
mkdir secure
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout secure/tls.pem -out secure/ca.pem 2>/dev/null
cat secure/ca.pem >>secure/tls.pem
near=$keys_url
keys_start secure
secure="AWS_CONTAINER_CREDENTIALS_FULL_URI=https://localhost:${keys_url##*:}/container"
exits 2 'a certificate that nobody vouches for' asked "$secure"
said 'SSL certificate problem: self' '... is an error'
ca=secure/ca.pem
ok 'one that the file of certificates vouches for' asked "$secure"
said 'AKCONTAINER1 ' '... is good'
exits 2 'for another name it is not' asked "${secure%%//*}//127.0.0.1:${secure##*:}"
said 'no alternative certificate subject name matches' '... told'
ca=secure/no-such.pem
exits 2 'a file of certificates that is not there' asked "$secure"
said 'error setting certificate' '... is an error'
ca=
keys_url=$near

# The instance.
instance="AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=$keys_url"
: >"$dir/log"
# Two words are meant.
# shellcheck disable=SC2086
asked_instance() { asked $instance "$@"; }
ok 'keys of an instance, by a token of version 2' asked_instance http_proxy=http://127.0.0.1:1
said "AKINSTANCE1 canary-AKINSTANCE1 canary-token-AKINSTANCE1 1 the instance's role" '... with token and source'
is 'PUT /latest/api/token 21600' "$(head -n 1 "$dir/log")" '... which is good for six hours'
mode no-role
exits 2 'no role' asked_instance
said 'no instance metadata (answer 404: the instance has no role)' '... is told with where else it looked'
mode no-imds
exits 2 'no version 2' asked_instance
said 'no instance metadata (answer 404: no service of version 2)' '... likewise'
mode garbage
exits 2 'keys that are none' asked_instance
said "instance metadata at $keys_url: the answer is not JSON" '... are an error'
mode 500
exits 2 'or are not given' asked_instance
said "instance metadata at $keys_url: answer 500 for the keys of role backup.role@x" '... likewise'
mode drip
exits 2 'or come too slowly' asked_instance
said "instance metadata at $keys_url: Operation timed out" '... likewise'
mode
exits 2 'the service may be disabled' asked "AWS_EC2_METADATA_SERVICE_ENDPOINT=$keys_url"
said 'no instance metadata (disabled)' '... told'
exits 2 'or not be there' asked AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1
said 'connect to 127.0.0.1 port 1' '... told'
says_once '... in one line'

# Renewal.
lines="get\nwrite $dir/serial 2\nlater 3290\nget\nlater 20\nget\nget"
ok 'keys are renewed' asked_instance
is 'AKINSTANCE1 AKINSTANCE1 AKINSTANCE2 AKINSTANCE2' "$(sed 's/ .*//' .stdout | paste -sd' ')" \
	'... five minutes before they expire, and kept meanwhile'
lines="get\nwrite $dir/mode 500\nlater 3310\nget\nlater 30\nget\nwrite $dir/mode\nwrite $dir/serial 3\nlater 40\nget"
ok 'when they cannot be renewed in time' asked_instance
is 'AKINSTANCE2 AKINSTANCE2 AKINSTANCE2 AKINSTANCE3' "$(sed 's/ .*//' .stdout | paste -sd' ')" \
	'... the old ones serve, and a minute later it is tried again'
said 'could not be renewed' '... with a warning'
is 1 "$(grep -c 'could not be renewed' .err)" '... each time that it fails'
lines="get\nwrite $dir/mode 500\nlater 3700\nget"
exits 2 'when the old ones have expired' asked_instance
is 'status 2' "$(tail -n 1 .stdout)" '... that is the end'
mode
printf 100 >"$dir/life"
lines="get\nwrite $dir/serial 5\nlater 30\nget\nlater 40\nget"
ok 'keys that live shorter than five minutes' asked_instance
is 'AKINSTANCE3 AKINSTANCE3 AKINSTANCE5' "$(sed 's/ .*//' .stdout | paste -sd' ')" '... are renewed a minute after'
rm "$dir/life" "$dir/serial"
lines='get\nexpired 1'
exits 2 'a service that gives the same keys again, which the server says have expired' asked_instance
said "the keys from the instance's role have expired, and there are no others to be had" '... is told so'
exits 2 'so is who has them in the environment' asked AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=canary-AKENV
said 'the keys from the environment have expired' '... by name'
printf '[default]\naws_access_key_id = A1\naws_secret_access_key = canary-A1\n' | credentials
lines="get\nwrite .aws/credentials [default]\\\\naws_access_key_id = A2\\\\naws_secret_access_key = canary-A2\nexpired 1\nget"
ok 'a file that somebody has renewed is read again' asked
said 'A2 canary-A2 - 2 profile default' '... and serves'
rm .aws/credentials
lines='get'

# The order.
ok 'of two sources that are configured, we take the keys that botocore takes' \
	/usr/bin/python3 "$top/t/s3/order.py" "$try" "$dir" 2
said '74 sets, 9 outcomes' '... for each two, with a profile asked for or not'

wait_for() { eventually 60 test -s "$slow"; }
# slow_one NAME SECONDS TEXT - it ended with an error within these seconds, and said this.
slow_one() {
	slow=$tap_dir/$1
	ok "$1: a service that does not answer is not waited for for ever" wait_for
	read -r st seconds <"$slow"
	cat "$slow.err" >>.all-errors
	is 2 "$st" '... but an error'
	ok "... after $2 seconds at the most" test "$seconds" -le "$2"
	ok '... which says so' grep -qF "$3" "$slow.err"
}
slow_one slow-instance 6 'no instance metadata (Operation timed out'
slow_one slow-container 14 'container credentials at http://127.0.0.1:'
slow_one slow-sts 30 'AssumeRoleWithWebIdentity at http://127.0.0.1:'

ok 'all of these had something to say' test -s .all-errors
is '' "$(grep canary .all-errors || :)" '... and never a secret'
done_testing
