# sshd.sh - sourced, after tap.sh: an OpenSSH server of the test's own, on loopback, for whoever runs the test.
#
#	. "$top/t/sshd.sh"
#	at_exit='sshd_stop "$PWD/sshd"'
#	sshd_start "$PWD/sshd"
#	ssh $SSH_OPTIONS "$SSH_HOST" true
#	rsync -e "ssh $(sshd_options "$PWD/sshd" rrsync)" file "$SSH_HOST:/file"
#
# Exports SSH_HOST (user@127.0.0.1), SSH_PORT and SSH_OPTIONS, whose words are meant to split, so DIR has no blanks;
# DIR/box is a directory to send to.  DIR/keys has a key for each way in:
#
#	plain	a shell, as one wishes			rrsync	rsync inside DIR/box only; to it that is /
#	keeps	the same, and nothing can be deleted	sftp	sftp inside DIR/box, no shell
#	noisy	a shell that greets on stdout		shut	no command whatever, exit 1
#	odd	a shell that finds DIR/odd first in its PATH
#
# shellcheck shell=sh
: "${top:?sshd.sh: source tap.sh first}"
. "$top/t/daemon.sh"

# sshd_key DIR NAME [OPTIONS] - DIR/keys/NAME, which may come in under these options.
sshd_key() {
	ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1/keys/$2" || return
	printf '%s%s\n' "${3:+$3 }" "$(cat "$1/keys/$2.pub")" >>"$1/authorized_keys"
}

# sshd_keys DIR - the host's key and everybody's.
sshd_keys() {
	ssh-keygen -q -t ed25519 -N '' -C host -f "$1/host" || return
	sshd_key "$1" plain &&
		sshd_key "$1" rrsync "restrict,command=\"rrsync $1/box\"" &&
		sshd_key "$1" keeps "restrict,command=\"rrsync -no-del $1/box\"" &&
		sshd_key "$1" sftp "restrict,command=\"internal-sftp -d $1/box\"" &&
		sshd_key "$1" noisy "restrict,command=\"echo Welcome to the box.; eval \\\"\$SSH_ORIGINAL_COMMAND\\\"\"" &&
		sshd_key "$1" odd "restrict,command=\"PATH=$1/odd:\$PATH; eval \\\"\$SSH_ORIGINAL_COMMAND\\\"\"" &&
		sshd_key "$1" shut 'restrict,command="exit 1"'
}

# sshd_configure DIR PORT - a server that reads nothing outside DIR.  An account without a password is no locked account to
# PAM; a bash that is no first shell does not read ~/.bashrc, which may do anything.
sshd_configure() {
	sshd_pam=no
	[ "$(id -u)" -ne 0 ] || ! getent shadow root | grep -q '^root:!' || sshd_pam=yes
	cat >"$1/config" <<-EOF
		ListenAddress 127.0.0.1
		Port $2
		HostKey $1/host
		AuthorizedKeysFile $1/authorized_keys
		PidFile none
		StrictModes no
		UsePAM $sshd_pam
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PrintMotd no
		SetEnv SHLVL=2
		MaxStartups 100
		Subsystem sftp internal-sftp
	EOF
	printf '[127.0.0.1]:%s %s\n' "$2" "$(cut -d' ' -f1,2 "$1/host.pub")" >"$1/known_hosts"
}

# sshd_options DIR KEY - print how ssh comes in with that key, and reads no configuration on its way.
sshd_options() {
	printf -- '-F none -p %s -i %s -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes ' "$SSH_PORT" "$1/keys/$2"
	printf -- '-o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=%s\n' \
		"$1/known_hosts"
}

# sshd_listens DIR - it does, or it gave up.
sshd_listens() {
	grep -q '^Server listening' "$1/log/sshd" || ! daemon_alive "$1" sshd
}

# sshd_launch DIR PORT - start it; true when it listens.
sshd_launch() {
	sshd_configure "$1" "$2" || return
	: >"$1/log/sshd"
	daemon_start "$1" sshd /usr/sbin/sshd -D -e -f "$1/config" || return
	daemon_wait 10 sshd_listens "$1" || return
	daemon_alive "$1" sshd
}

# sshd_start DIR - a server whose everything is in DIR.  Root's needs /run/sshd as well, which stays.
sshd_start() {
	mkdir -p -- "$1/box" "$1/odd" "$1/keys" "$1/log" || return
	sshd_dir=$(cd -- "$1" && pwd -P) || return
	[ "$(id -u)" -ne 0 ] || [ -d /run/sshd ] || mkdir -m 755 /run/sshd || return
	sshd_keys "$sshd_dir" || return
	for sshd_try in 1 2 3 4 5; do
		SSH_PORT=$(free_ports 1) || return
		! sshd_launch "$sshd_dir" "$SSH_PORT" || break
		daemon_stop "$sshd_dir" sshd
		[ "$sshd_try" -lt 5 ] || {
			echo "sshd.sh: $sshd_dir: it does not start:" >&2
			cat "$sshd_dir/log/sshd" >&2
			return 2
		}
	done
	SSH_HOST=$(id -un)@127.0.0.1 || return
	SSH_OPTIONS=$(sshd_options "$sshd_dir" plain) || return
	export SSH_PORT SSH_HOST SSH_OPTIONS
}

# sshd_drop DIR - cut every connection there is, and go on listening.
sshd_drop() {
	sshd_id=$(daemon_pid "$1" sshd) || return
	sshd_all=$(daemon_family "$sshd_id" | grep -vx "$sshd_id" | tr '\n' ' ')
	# The words are process ids; some may have ended by themselves.
	# shellcheck disable=SC2086
	[ -z "$sshd_all" ] || kill -KILL $sshd_all 2>/dev/null || :
}

# sshd_stop DIR - it and every session are gone, and DIR too.
sshd_stop() {
	sshd_dir=$(cd -- "$1" 2>/dev/null && pwd -P) || return 0
	daemon_stop "$sshd_dir" sshd
	rm -rf -- "$sshd_dir"
}
