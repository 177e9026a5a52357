#!/bin/sh
# What is secret stays so through a whole run of backup.sh, in each of its processes: in no argument, in no file, not in the log;
# and no name of a table leaves the host. Watched by strace, under every sh.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

psql -qX -d matric -c "create table plaintable as select i, 'plaincanary ' || i as body from generate_series(1, 500) i"
echo 'passphrase-canary' >pass
chmod 600 pass
mkdir tmpdir
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done
export PGPASSWORD=password-canary AWS_SECRET_ACCESS_KEY=aws-canary
export TMPDIR="$tap_dir/tmpdir" BACKUP_COMPRESS=zstd BACKUP_GLOBALS=yes LOG_LEVEL=DEBUG LOG_FILE="$tap_dir/log"
# (No leak checker works under strace.)
export ASAN_OPTIONS=detect_leaks=0

# watched KEY=VALUE... - a whole run, all of its calls that matter in ./trace.
watched() {
	PATH=$tap_dir/under-$shell:$PATH MM_BUILD=$build env "$@" \
		strace -f --seccomp-bpf -y -qq -s 65536 -e trace=execve,write,pwrite64,writev,openat -o trace sh "$top/scripts/backup.sh" >said 2>&1
}
secret='-canary|AGE-SECRET-KEY-1'
# What is a word of a program, or is written to what has a name: a pipe and a socket have none.
in_arguments() { grep -E 'execve\(' trace | grep -E -c -e "$secret" || :; }
in_writes() { grep -E '(write|pwrite64|writev)\([0-9]+</' trace | grep -v -E '\([0-9]+<(/dev/null|/proc)' | grep -E -c -e "$secret|plaincanary" || :; }
# made_elsewhere - print each file that was made or written to, but for those that a run may.
made_elsewhere() {
	sed -n 's/.*openat([^"]*"\([^"]*\)", [^)]*O_\(WRONLY\|RDWR\|CREAT\)[^)]*) = [0-9].*/\1/p' trace | sort -u |
		grep -v -e "^$tap_dir/\(home\|state\|tmp\|tmpdir\)/" -e "^$tap_dir/log$" -e '^/dev/\(null\|tty\)$' -e '^/proc/' -e '^\.$' || :
}
in_files() { grep -rE -l -e "$secret|plaincanary" home state tmp tmpdir log said || :; }
named() { find home tmpdir | grep -c -e plaintable || grep -l -e plaintable -e secret_notes home/*.manifest || :; }

for shell in dash busybox mksh bash; do
	for how in "BACKUP_ENCRYPT=$tap_dir/recipients" "BACKUP_PASSPHRASE_FILE=$tap_dir/pass"; do
		# A passphrase never is in the shell.
		case $shell$how in busyboxBACKUP_P* | bashBACKUP_P*) continue ;; esac
		: >log
		rm -rf home
		ok "a run with ${how%%=*} is watched ($shell)" watched "$how"
		ok '... and was whole' test "$(backups)" -eq 3
		ok '... strace has seen it prove the backup' grep -q 'execve.*mm-verify.*"-x"' trace
		is 0 "$(in_arguments)" '... no secret is in an argument'
		is 0 "$(in_writes)" '... none, and no row, is written to a file'
		is '' "$(made_elsewhere)" '... no file is made where none should be'
		is '' "$(in_files)" '... nor is one in what is left, nor in the log'
		is 0 "$(named)" '... and no table is named where others may read'
	done
done

# Whom it tells is a secret too.  (Nobody listens there.)
shell=dash
ok 'a run that notifies' watched NOTIFY_ON=always NOTIFY_WEBHOOK=http://127.0.0.1:1/webhook-canary
ok '... has tried to' grep -q 'execve.*mm-post' trace
is '0 0 ' "$(in_arguments) $(in_writes) $(in_files)" '... and the address is nowhere'

# The watch sees what it is for.
seen() { strace -f --seccomp-bpf -y -qq -s 65536 -e trace=execve,write,openat -o trace sh -c 'echo some-canary >tmp/file; env some-canary=x true'; }
ok 'a run that leaks' seen
is '2 1' "$(in_arguments) $(in_writes)" '... is found out'
done_testing
