#!/bin/sh
# backup.sh and S3: sent, healed, pruned, and home itself, on a real server, with and without trouble on the way.
# shellcheck disable=SC2016,SC2094
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/s3/proxy.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; proxy_stop "$tap_dir/proxy"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
proxy_start "$tap_dir/proxy"
bucket=s3://$S3_BUCKET/nightly
export BACKUP_REMOTE_S3="$bucket" S3_OPTIONS="--endpoint-url $S3_ENDPOINT"

names() { s3_list "$@" | awk '{ print $1 }'; }
count() { names "$1" | grep -c 'enc$'; }
# good PREFIX - how many backups there are whole by their manifest, got by another client.
good() {
	names "$1" | sed -n "s|^.*\(matric_backup_.*\)\.manifest$|\1|p" >names
	while IFS= read -r one; do
		s3_cat "$1$one.manifest" >manifest && s3_cat "$1$one" | mm-verify -i key -x manifest >/dev/null && echo "$one"
	done <names | wc -l
}

ok 'a backup goes to a bucket' sealed
is 1 "$(good nightly/)" '... is there, whole, as another client sees it'
is 2 "$(s3_list nightly/ | wc -l)" '... with its manifest, and nothing else'
ok 'sending again' sealed send
is 1 "$(count nightly/)" '... sends nothing'
ok 'the prefix may end in a slash' env BACKUP_REMOTE_S3="$bucket/" sh "$top/scripts/backup.sh" send
is 2 "$(s3_list | wc -l)" '... and means the same'

# The bucket away, and back.
away() { S3_OPTIONS="--endpoint-url http://127.0.0.1:1 --retry-time 1s" sealed; }
exits 3 'a server that is away: the backup is made and the status is 3' away
said "$bucket" '... it is named'
ok 'the next run' sealed
is 3 "$(good nightly/)" '... heals it'
denied() { AWS_SECRET_ACCESS_KEY=wrong sealed send; }
rm -f home/.nothing
exits 3 'a wrong secret' denied
secret() { grep -q -e "$AWS_SECRET_ACCESS_KEY" "$tap_said"; }
exits 1 '... of which nothing is said' secret

# Trouble on the way.
through() { S3_OPTIONS="--endpoint-url $S3_PROXY --retry-time 3s --timeout 3s" sealed "$@"; }
sleep 1
ok 'another backup' env BACKUP_REMOTE_S3= sh "$top/scripts/backup.sh" make
new=$(basename "$(newest)")
proxy_faults "$tap_dir/proxy" 'Put answer 503 SlowDown'
exits 3 'a server that answers 503 for ever' through send
is 3 "$(good nightly/)" '... has no more than it had'
absent_there() { ! s3_list nightly/ | grep -q "$new"; }
ok '... nothing of the new name' absent_there
proxy_faults "$tap_dir/proxy" 'Put/*manifest answer 403 AccessDenied'
exits 3 'a manifest that is refused' through send
ok '... leaves the backup unfinished there' sh -c '! grep -q manifest' <names
proxy_faults "$tap_dir/proxy"
ok 'the next run finishes it' through send
is 4 "$(names nightly/ | grep -c 'manifest$')" '... with its manifest'

# What went bad at home goes nowhere.
rotten=$(newest)
cp "$rotten" sound
s3_list nightly/ | awk '{ print $1 }' | grep "${rotten##*/}" | sed 's|.*/||' | mm-s3rm --endpoint-url "$S3_ENDPOINT" "$bucket"
printf X | dd of="$rotten" bs=1 seek=2000 conv=notrunc 2>/dev/null
exits 3 'a backup that went bad at home' sealed send
said 'marked as suspect' '... is marked'
is '' "$(names nightly/ | grep "${rotten##*/}")" '... and goes nowhere'
is 3 "$(good nightly/)" '... the others are there'
rm "$rotten.suspect"
cat sound >"$rotten"
ok 'the good one' sealed send
is 4 "$(good nightly/)" '... goes there'

# A server that a profile names, which has no storage class but its own; and words for what writes alone.
printf '[default]\nendpoint_url = %s\nregion = us-east-1\n' "$S3_ENDPOINT" >aws-config
chmod 600 aws-config
by_profile() { env -u AWS_ENDPOINT_URL -u AWS_ENDPOINT_URL_S3 S3_OPTIONS='' AWS_CONFIG_FILE="$tap_dir/aws-config" "$@"; }
profiled() { by_profile BACKUP_REMOTE_S3="s3://$S3_BUCKET/profiled" sh "$top/scripts/backup.sh" send; }
ok 'a server that the profile names' profiled
is 4 "$(good profiled/)" '... gets all'
described() { S3_PUT_OPTIONS='--metadata a=b --metadata c=d' BACKUP_REMOTE_S3=s3://$S3_BUCKET/described sealed send; }
ok 'S3_PUT_OPTIONS' described
is 'b d' "$(s3_head "described/$new" | sed -n 's/^x-amz-meta-[ac]: //p' | tr '\n' ' ' | sed 's/ $//')" '... reach what is written'
is 4 "$(good described/)" '... and nothing else'

# Kept there by a policy of its own.
kept() { BACKUP_KEEP_S3=last=1,least=1 sealed; }
ok 'a policy for the bucket' kept
is 1 "$(good nightly/)" '... keeps one there'
is 1 "$(names nightly/ | grep -c 'manifest$')" '... and drops the others whole'
is 5 "$(find home -name '*.manifest' | wc -l)" '... and none at home'

# A drop that is cut short: a backup that stays is whole, and what has lost its manifest goes at the next run.
ok 'the others are sent again' env BACKUP_KEEP_S3=forever sh "$top/scripts/backup.sh" send
backups() { names nightly/ | grep -vc 'manifest$'; }
before=$(backups)
dropping() { BACKUP_KEEP_S3=last=1,least=1 through "$@"; }
proxy_faults "$tap_dir/proxy" 'Delete/*.manifest answer 503 SlowDown'
exits 3 'a manifest that cannot be removed' dropping prune
is "$before" "$(good nightly/)" '... keeps its backup'
proxy_faults "$tap_dir/proxy" 'Delete/*.enc answer 403 AccessDenied'
exits 3 'a backup that may not be removed, whose manifest may' dropping prune
is "$((before - 1)) $before" "$(good nightly/) $(backups)" '... is left without it'
proxy_faults "$tap_dir/proxy"
ok 'the next one' dropping prune
is '1 1' "$(good nightly/) $(backups)" '... removes it, and what else is to go, whole'

# A credential that may write and not look or remove: what it sent it remembers.
proxy_faults "$tap_dir/proxy" 'List answer 403 AccessDenied' 'Delete answer 403 AccessDenied'
ok 'a credential that may not list' through
said 'we may not see what is there' '... goes by what was sent'
is 2 "$(names nightly/ | grep -c 'enc$')" '... and sends the new one alone'
proxy_faults "$tap_dir/proxy" 'Delete answer 403 AccessDenied' 'DeleteObjects answer 403 AccessDenied'
may_not() { BACKUP_KEEP_S3=last=1,least=1 through prune; }
ok 'a credential that may not remove' may_not
said 'nothing can be removed there by us' '... leaves that to the bucket'
proxy_faults "$tap_dir/proxy"

# The bucket as home.
alone() { BACKUP_DEST='' BACKUP_REMOTE_S3=s3://$S3_BUCKET/alone sealed "$@"; }
ok 'the bucket as home' alone
is 1 "$(good alone/)" '... has the backup'
is '# proved: no' "$(s3_cat "alone/$(cat names).manifest" | grep proved)" '... which was not read back'
proven() { BACKUP_PROVE=yes alone; }
ok '... unless that is asked for' proven
said 'read back and proven' '... then it was'
is 2 "$(good alone/)" '... and is there'
described_home() { BACKUP_DEST='' S3_PUT_OPTIONS='--metadata a=b' BACKUP_REMOTE_S3=s3://$S3_BUCKET/home sealed; }
ok '... with S3_PUT_OPTIONS' described_home
is b "$(s3_head "$(s3_list home/ | awk '/enc/ { print $1 }' | grep -v manifest)" | sed -n 's/^x-amz-meta-a: //p')" '... which reach it'
broken() {
	mkdir -p dying
	printf '#!/bin/sh\n"%s" "$@" | head -c 200000\nexit 1\n' "$(command -v pg_dump)" >dying/pg_dump
	chmod +x dying/pg_dump
	PATH=$tap_dir/dying:$PATH MM_BUILD=$build alone make
}
exits 1 'a dump that dies on its way to the bucket' broken
is 2 "$(good alone/)" '... leaves nothing of its name'
is 4 "$(s3_list alone/ | wc -l)" '... nothing at all'
is 0 "$(s3_uploads | wc -l)" '... and no upload'
few() { BACKUP_KEEP=last=1,least=1 alone; }
ok 'a policy' few
is 1 "$(good alone/)" '... is kept there too'

# Home without room: straight to the bucket.  (A disk that is full is a write that says so.)
mkdir full
cat >full/mm-land <<'END'
#!/bin/sh
case $1 in "$BACKUP_DEST"/*.manifest) exec "$build/mm-land" "$@" ;; "$BACKUP_DEST"/*) ;; *) exec "$build/mm-land" "$@" ;; esac
exec 2>&1
cat >/dev/null
echo "mm-land: write $1: No space left on device" >&2
exit 2
END
sed -i '/^exec 2>&1$/d' full/mm-land
chmod +x full/mm-land
rescued() { PATH=$tap_dir/full:$PATH MM_BUILD=$build BACKUP_REMOTE_S3=s3://$S3_BUCKET/rescue sealed make; }
exits 3 'a home that is full' rescued
said 'straight to s3://' '... says where the backup goes'
is 1 "$(good rescue/)" '... and there it is'
is '' "$(leftovers)" 'nothing else is left'

# And back again.
is "$(names nightly/ | sed 's|.*/||' | sort)" "$(sh "$top/scripts/place.sh" list "$bucket" | tr '\0' '\n' | sort)" 'place.sh lists it'
one=$(sh "$top/scripts/place.sh" list "$bucket" | tr '\0' '\n' | grep 'enc$' | head -n 1)
fetched() { sh "$top/scripts/place.sh" fetch "$bucket" "$one" | mm-verify -i key >/dev/null; }
ok '... and fetches from it' fetched
argv() { ASAN_OPTIONS=detect_leaks=0 strace -f -qq -s 1000 -e trace=execve -o trace sh "$top/scripts/backup.sh" && ! grep -v '/\*' trace | grep -q "\"$AWS_SECRET_ACCESS_KEY"; }
ok 'no secret in an argument' argv
done_testing
