#!/bin/sh
# A throwaway cluster starts, answers, and leaves nothing behind, under every shell.
. "${0%/*}/tap.sh"
chmod a+x .

# a_cluster SHELL... - start one, ask it who we are, stop it.
a_cluster() {
	# shellcheck disable=SC2016
	"$@" -eu -c '. "$top/scripts/cluster.sh"
		cluster_start "an odd place"
		psql -XAtd postgres -c "select user || chr(32) || current_setting('"'server_encoding'"')"
		cluster_stop "an odd place"'
}

for shell in dash bash mksh 'busybox sh'; do
	# The words of a command are meant to split.
	# shellcheck disable=SC2086
	ok "a cluster starts and stops under $shell" a_cluster $shell
	said 'matric UTF8' '... its superuser is matric, its encoding UTF8'
	absent '... and nothing is left' 'an odd place'
done

. "$top/scripts/cluster.sh"
long=$PWD/$(printf '%090d' 0)
exits 2 'a directory too long for a socket is refused' cluster_start "$long"
said 'too long for the path of a socket' '... and says so'
done_testing
