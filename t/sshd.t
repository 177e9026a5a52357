#!/bin/sh
# The ssh server that stands for a place: rsync, rrsync and sftp work there as at a real one, and nothing is left of it.
# shellcheck disable=SC2016,SC2029
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
at_exit='sshd_stop "$tap_dir/sshd"'
chmod a+rx .

ok 'a server starts' sshd_start sshd
box=$PWD/sshd/box
# by KEY COMMAND ARGUMENT... - ssh, rsync or sftp, with that key.  The words of ssh's options are meant to split.
by() {
	options=$(sshd_options "$PWD/sshd" "$1") how=$2
	shift 2
	# shellcheck disable=SC2086
	case $how in
	ssh) ssh $options "$SSH_HOST" "$@" ;;
	rsync) rsync -e "ssh $options" "$@" ;;
	sftp) sftp -q -o Port="$SSH_PORT" -F none ${options#*-p "$SSH_PORT"} "$SSH_HOST" ;;
	esac
}

head -c 3000000 /dev/urandom >file
# shellcheck disable=SC2086
ok 'a command runs there' ssh $SSH_OPTIONS "$SSH_HOST" 'echo "$SSH_CONNECTION"'
said "127.0.0.1 $SSH_PORT" '... at our port'
ok 'rsync sends a file' by plain rsync file "$SSH_HOST:$box/sent"
same file sshd/box/sent '... which is the same there'
ok 'rrsync takes a file' by rrsync rsync file "$SSH_HOST:/restricted"
same file sshd/box/restricted '... into the box'
ok '... and lists the box' by rrsync rsync --list-only "$SSH_HOST:/"
said restricted '... with what is in it'
exits 1 '... but has no shell' by rrsync ssh id
mkdir empty
ok 'rrsync that keeps takes a file' by keeps rsync file "$SSH_HOST:/kept"
by keeps rsync -r --delete empty/ "$SSH_HOST:/" >said 2>&1 || :
same file sshd/box/kept '... and deletes none'
ok 'the other does' by rrsync rsync -r --delete empty/ "$SSH_HOST:/"
absent '... which shows' sshd/box/kept
putting() { echo 'put file by-sftp' | by sftp sftp; }
ok 'sftp takes a file' putting
same file sshd/box/by-sftp '... into the box'
by sftp ssh touch sshd/box/touched >said 2>&1 </dev/null || :
absent '... and has no shell' sshd/box/touched
exits 1 'the shut key does nothing' by shut ssh true
ok 'the noisy one greets' by noisy ssh 'echo done'
said 'Welcome to the box.' '... on stdout'
exits 2 '... which rsync cannot bear' by noisy rsync file "$SSH_HOST:$box/noise"

sed 's/AAAA.*/AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/' sshd/known_hosts >other
mv sshd/known_hosts sshd/known && mv other sshd/known_hosts
exits 255 'another host key is refused' by plain ssh true
said 'Host key verification failed' '... with these words'
mv sshd/known sshd/known_hosts

by plain ssh "sleep 1000; echo $PWD" >said 2>&1 </dev/null &
client=$!
there() { pgrep -f "^[^ ]*sh -c sleep 1000; echo $PWD"; }
ok 'a long session' eventually 10 there
ok '... is cut' sshd_drop sshd
cut() { wait "$client"; }
exits 255 '... which its client sees' cut
ok '... and the server goes on' by plain ssh true

# As another, whose own server it is then; others' files are out of reach, ours too.
[ "$(id -u)" -ne 0 ] || {
	mkdir -m 777 others others/t
	cp "$top/t/sshd.sh" "$top/t/daemon.sh" others/t
	chmod a+r others/t/*
	as_another() {
		runuser -u postgres -- env top="$PWD/others" sh -euc 'cd "$top" && . t/sshd.sh && sshd_start "$top/sshd" &&
			ssh $SSH_OPTIONS "$SSH_HOST" id -un && sshd_stop "$top/sshd"'
	}
	ok 'one who is not root has a server too' as_another
	said postgres '... and is himself there'
}

by plain ssh "sleep 1000; echo $PWD" >said 2>&1 </dev/null &
client=$!
eventually 10 there
ok 'it stops' sshd_stop sshd
absent '... nothing is left' sshd others/sshd
wait "$client" || :
is '' "$(there)" '... no session either'
done_testing
