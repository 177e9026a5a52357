#!/bin/sh
# backup.sh and a place that is slow or hangs: it holds up no other, no dump, no pruning and no notice, and is not waited for for ever.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"'
sshd_start "$tap_dir/sshd"
far=$SSH_HOST:$tap_dir/sshd/box
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done

# whole DIR - it has the newest backup of home, as home has it.
whole() { cmp "$(newest)" "$1/$(basename "$(newest)")" && cmp "$(newest).manifest" "$1/$(basename "$(newest)").manifest"; }
# to PLACES WORD... - the driver, with these.
to() {
	places=$1
	shift
	timeout 300 env BACKUP_REMOTE_RSYNC="$places" BACKUP_COMPRESS=zstd BACKUP_ENCRYPT="$tap_dir/recipients" sh "$top/scripts/backup.sh" "$@"
}

# A tool that waits when it writes to the place `slow', and one that stands still when it writes to `stuck'.
mkdir slow stuck near waiting
mkfifo go
cat >waiting/mm-land <<'END_OF_TOOL'
#!/bin/sh
case $1 in
"$tap_dir"/slow/*.enc) [ -e "$tap_dir/came" ] || { echo here >"$tap_dir/came"; read -r _ <"$tap_dir/go"; } ;;
"$tap_dir"/stuck/*) echo here >"$tap_dir/came"; kill -s STOP $$ ;;
esac
exec "$build/mm-land" "$@"
END_OF_TOOL
chmod +x waiting/mm-land
export tap_dir
waits() { PATH=$tap_dir/waiting:$PATH MM_BUILD=$build "$@"; }

# Slow.
ok 'a backup' sealed make
(waits to "$tap_dir/slow $tap_dir/near $far" send >slow.said 2>&1; echo $? >slow.status) &
slow_one=$!
ok 'a place that is slow' eventually 60 test -e came
ok '... delays no other directory' eventually 60 whole near
ok '... and no host' eventually 60 whole sshd/box
ok '... nor a dump' sealed make
absent '... all of which is done while it is at work' slow.status slow/*.manifest
timeout 60 sh -c 'echo >go'
wait $slow_one
is 0 "$(cat slow.status)" '... and then that is done as well'
is 1 "$(find slow -name '*.manifest' | wc -l)" '... whole'
rm came slow/*

# A host that has a disk that hangs.
printf '#!/bin/sh\nexec sleep 1000\n' >sshd/odd/sha256sum
chmod +x sshd/odd/sha256sum
SSH_OPTIONS_ODD=$(sshd_options "$tap_dir/sshd" odd)
hangs() {
	SSH_OPTIONS=$SSH_OPTIONS_ODD BACKUP_STALL=20s BACKUP_KEEP=last=1,least=1 BACKUP_KEEP_RSYNC=forever \
		BACKUP_POST_HOOK="echo \$BACKUP_STATUS >$tap_dir/hooked" to "$far $tap_dir/near"
}
began=$(date +%s)
exits 3 'a host whose sha256sum never ends' hangs
said "$far: nothing has come of it for too long" '... is given up'
ok '... in time' test $(($(date +%s) - began)) -lt 240
absent '... it has no manifest' "sshd/box/$(basename "$(newest)").manifest"
ok '... the other place has all' whole near
is 2 "$(backups)" '... at home what is too old is dropped'
is 3 "$(cat hooked)" '... and all is told'
rm sshd/odd/sha256sum
ok 'the next run' to "$far" send
ok '... heals it' whole sshd/box

# A mount that hangs: a process that no longer does anything, under every shell.
stuck() { PATH=$tap_dir/under-$1:$PATH BACKUP_STALL=2s waits to "$tap_dir/stuck $tap_dir/near" send; }
for shell in dash busybox mksh bash; do
	rm -f near/* came
	exits 3 "a mount that hangs ($shell)" stuck $shell
	said "$tap_dir/stuck: nothing has come of it for too long" '... is given up'
	ok '... it did hang' test -e came
	ok '... the other place has all' whole near
	is '' "$(find stuck -type f)" '... and it has nothing'
done
ok 'the next run' to "$tap_dir/stuck" send
ok '... heals it' whole stuck

# An earlier run that has the place still.
place_lock=$(echo home/.lock.*near)
mm-pipe -L "$place_lock" --wait 20s sleep 100 &
holder=$!
eventually 20 sh -c '! mm-pipe -L "$0" true 2>/dev/null' "$place_lock"
mkdir -p state/working
clock=state/working/$(mm-prune --spell "$tap_dir/near")
echo "$(($(date +%s) + 1000)) 1" >"$clock"
ok 'an earlier run that is at work in its time' to "$tap_dir/near" send
said 'left to the run that is at work there' '... is left to that'
echo "$(($(date +%s) - 10)) 1" >"$clock"
exits 3 'one that has taken too long' to "$tap_dir/near" send
said "$tap_dir/near: an earlier run has been at work there for too long" '... is said, and the place named'
kill $holder
wait $holder || :
ok 'when it has ended' to "$tap_dir/near" send
is '' "$(find state/working -type f)" '... nothing is left of it'
is '' "$(leftovers)" 'nothing else is left'
done_testing
