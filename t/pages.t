#!/bin/sh
# What the pages of the commands say: their examples work when pasted, block after block, on a server with backups here, on
# another machine and in a bucket; and the messages that they quote are ours.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/s3/swift.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
. "$top/t/page.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"; swift_stop "$tap_dir/swift"'
swift_start "$tap_dir/swift"
sshd_start "$tap_dir/sshd"
[ "$(id -u)" -ne 0 ] || chmod 711 .
stamp=20260117_023000 name=matric_backup_20260117_023000.sql.zst.enc

# The commands, as they are installed.
TOOLS=$(sed -n 's/^TOOLS	*= //p' "$top/Makefile") B=$build PREFIX=$tap_dir/usr sh "$top/scripts/install.sh" install >/dev/null
PATH=$tap_dir/usr/bin:$PATH

# settle - a database, a backup of it at home, called $made, and the same in the two other places.
settle() {
	dropdb --if-exists matric
	createdb matric
	psql -qX -d matric -c 'create table notes as select i as id, md5(i::text) as body from generate_series(1, 2000) i'
	export BACKUP_DEST="$PWD/home" BACKUP_STATE="$PWD/state" BACKUP_TEMP_DIR="$PWD/tmp"
	export BACKUP_GLOBALS=yes BACKUP_COMPRESS=zstd BACKUP_ENCRYPT="$PWD/recipients" SSH_OPTIONS AWS_ENDPOINT_URL="$S3_ENDPOINT"
	rm -rf "$tap_dir/sshd/box/matric" && mkdir "$tap_dir/sshd/box/matric"
	BACKUP_REMOTE_RSYNC=$SSH_HOST:$tap_dir/sshd/box/matric BACKUP_REMOTE_S3=s3://$S3_BUCKET/$page_name mm-backup || return
	made=$(cd home && echo *.enc.manifest)
	made=${made%.manifest}
}

# at_home FILE - what a page says of the system, said of the test's.
at_home() {
	sed -i -e "s,/var/backups/matric-memory,$PWD/home,g" -e "s,backup@backup-1.example.com:/backups/matric,$SSH_HOST:$tap_dir/sshd/box/matric,g" \
		-e "s,s3://company-backups/postgres,s3://$S3_BUCKET/$page_name,g" -e "s,$name,$made,g; s,$stamp,$(expr "$made" : '.*\([0-9]\{8\}_[0-9]\{6\}\)'),g" "$1"
}

for page in "$top"/scripts/*.[58]; do
	page_name=${page##*/}
	page_name=${page_name%.[58]}
	mkdir "$page_name"
	cd "$page_name"
	cp ../key ../recipients .
	ok "$page_name: a database, and a backup of it in three places" settle
	blocks "$page" RUNBOOK EXAMPLES
	ok "$page_name has examples" test -e 01
	for block in [0-9][0-9]; do
		at_home "$block"
		ok "$page_name, example $block" pasted "$block"
	done
	cd ..
	for left in $(psql -XAtd postgres -c "select datname from pg_database where datname not in ('postgres', 'template0', 'template1', 'matric')"); do
		dropdb "$left"
	done
done

# What the pages refer to is there: other pages of ours, and what is installed as documents.
dangling() {
	cat "$top"/bin/*.1 "$top"/scripts/*.[58] | sed 's/ , Xr /\n.Xr /g; s/^\.It Xr/.Xr/' | sed -n 's/^\.Xr \(mm-[a-z0-9-]*\|backup\.conf\) \([158]\).*/man\2\/\1.\2/p' |
		sort -u | while IFS= read -r page; do [ -e "usr/share/man/$page" ] || echo "$page"; done
	cat "$top"/scripts/*.[58] | sed -n 's/^\(\.It \)\{0,1\}\.*Pa \(examples\/[^ ]*\|INSTALL\|RUNBOOK\).*/\2/p' | sort -u |
		while IFS= read -r document; do [ -e "usr/share/doc/matric-memory/$document" ] || echo "$document"; done
}
is '' "$(dangling)" 'what pages refer to is there'

# options COMMAND - print those that it says it has, one a line, without a dash, or the first of two.
options() {
	case $1 in mm-check) "$1" --help || : ;; *) "$1" --no-such-option 2>&1 || : ;; esac | grep -oE -e '(^|[[ |])-[-a-z]+' | tr -d '[| ' |
		sed -e 's/^-//' -e '/^-/!s/./&\n/g' | grep . | sort -u
}
# unexplained COMMAND - print those of which its page says nothing.
unexplained() {
	options "$1" | while IFS= read -r option; do
		grep -q -e "^\.It Fl \(.* Fl \)\{0,1\}$option\( \|$\)" "$top/scripts/$1.8" || echo "$option"
	done
}
for command in mm-backup mm-restore mm-drill mm-migrate mm-check mm-status; do
	ok "$command has options" test "$(options $command | wc -l)" -ge 3
	is '' "$(unexplained $command)" '... and its page explains each'
done

# quoted PAGE - the messages that it quotes, each as an expression for grep.
quoted() {
	sed -n -e '/^\.Sh \(TROUBLESHOOTING\|WHEN IT\)/,/^\.Sh [SO]/s/^\.It \(Sy .* \)\{0,1\}Ql //p' "$1" |
		sed -e 's/Ar [^ ]*/.*/g' -e 's/ No / /g' -e 's/ (status [0-9]*)//' -e 's/ X25519 \.\.\.//' -e 's/; say -i/; say/'
}
for page in mm-backup mm-restore; do
	quoted "$top/scripts/$page.8" >messages
	ok "$page quotes messages" test "$(wc -l <messages)" -ge 4
	while IFS= read -r message; do
		ok "... '$message' is one of ours" grep -q -e "$message" -r "$top/scripts" --include='*.sh'
	done <messages
done
done_testing
