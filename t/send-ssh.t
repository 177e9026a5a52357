#!/bin/sh
# backup.sh send and prune over ssh: a real sshd, with a shell behind it, without one, and where nothing may be removed.
# shellcheck disable=SC2016,SC2030,SC2031
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"'
sshd_start "$tap_dir/sshd"
box=$tap_dir/sshd/box

count() { find "$box${1+/$1}" -maxdepth 1 -name 'matric_backup_*.enc' | wc -l; }
whole() { (cd "$box${1+/$1}" && for m in *.manifest; do mm-verify -i "$tap_dir/key" -x "$m" <"${m%.manifest}" >/dev/null || exit; done && ls ./*.manifest >/dev/null); }
hidden() { find "$box" -name '.*' -type f; }
# to PLACE WORD... - the driver, with that place; as whom is for SSH_OPTIONS.
to() {
	place=$1
	shift
	BACKUP_REMOTE_RSYNC=$place sealed "$@"
}
# as KEY COMMAND... - with another way in.
as() (
	SSH_OPTIONS=$(sshd_options "$tap_dir/sshd" "$1")
	shift
	"$@"
)

ok 'a backup goes over ssh' to "$SSH_HOST:$box"
is 1 "$(count)" '... is there'
ok '... whole' whole
is 600 "$(stat -c %a "$box"/*.enc)" '... and only its owner reads it'
asked() { rm "$box"/* && to "$SSH_HOST:$box" send; }
ok 'where there is a shell' asked
quiet() { ! grep -q 'no sha256sum' "$tap_said"; }
ok '... the far side is asked for the digest' quiet

mkdir "$box/an odd 'place'"
ok 'a directory with blanks and quotes' to "\"$SSH_HOST:$box/an odd 'place'\""
is 2 "$(count "an odd 'place'")" '... has what home has'
ok '... whole' whole "an odd 'place'"
rm -r "$box/an odd 'place'"

# A rate is bytes a second, and to rsync a bare number is KiB.
mkdir noting
printf '#!/bin/sh\necho "$*" >>"%s/noted"\nexec "%s" "$@"\n' "$tap_dir" "$(command -v rsync)" >noting/rsync
chmod +x noting/rsync
rated() { PATH=$tap_dir/noting:$PATH MM_BUILD=$build BACKUP_LIMIT_RATE=$1 to "$SSH_HOST:$box" send; }
for rate in 3000000 3M; do
	rm "$box"/*
	ok "with a rate of $rate" rated $rate
	ok '... rsync sends' whole
	is "$(echo "--bwlimit=$rate" | sed 's/0$/0B/')" "$(grep -o -e '--bwlimit=[^ ]*' noted | sort -u)" '... no faster'
	rm noted
done

# What rsync is told besides says how bytes travel, and nothing more.
refuses() (
	RSYNC_OPTIONS="-z $1"
	. "$top/scripts/places-ssh.sh"
	[ "$(place_rsync_refused)" = "${1%% *}" ]
)
for option in --partial -P -azP --partial-dir=.parts --inplace --append --append-verify --remove-source-files --delete --delete-after \
	--del -b --backup --suffix=.old --backup-dir=old -n --dry-run --existing --ignore-existing --ignore-non-existing -u --update \
	--size-only -I --max-size=1 --min-size=1 -T/tmp --temp-dir=/tmp --delay-updates -a -r -v -q -- - -e --rsh=ssh -M--partial \
	--remote-option=--partial --list-only --exclude=x --files-from=x --copy-dest=x --link-dest=x --write-batch=x --iconv=. \
	-zn -z4P '--bwlimit x' --timeout=; do
	ok "RSYNC_OPTIONS: $option is not taken" refuses "$option"
done
parts() { RSYNC_OPTIONS='-z --partial' to "$SSH_HOST:$box" "$@"; }
for command in check send; do
	exits 78 "$command with an option that is not taken" parts $command
	said "RSYNC_OPTIONS: '--partial' is not taken" '... names it'
done
ok 'who reads with such an option' as rrsync env RSYNC_OPTIONS=--remove-source-files sh -c '! sh "$top/scripts/place.sh" list "$SSH_HOST:/"'
said "RSYNC_OPTIONS: '--remove-source-files' is not taken" '... is refused as well'
ok '... and all is there' whole
quickly() { rm "$box"/* && RSYNC_OPTIONS='-zW4 --timeout=60 --bwlimit=100M --compress-level=1' to "$SSH_HOST:$box" send; }
ok 'with options that are taken' quickly
ok '... a backup is sent' whole

# rsync and nothing else.
ok 'a box that runs rsync alone' as rrsync to "$SSH_HOST:/"
said 'no sha256sum can be run there; rsync compares' '... is proven by rsync, and that is said'
is 3 "$(count)" '... and has what home has'
ok '... whole' whole
export BACKUP_KEEP_RSYNC=last=1,least=1
ok 'where nothing can be removed' as rrsync to "$SSH_HOST:/"
said 'nothing can be removed there by us' '... what is too old stays, and the run is good'
is 4 "$(count)" '... it stays'
ok 'a key that may not delete' as keeps to "$SSH_HOST:/" prune
ok 'where there is a shell' to "$SSH_HOST:$box"
is 1 "$(count)" '... it goes'
ok '... and what is left is whole' whole
unset BACKUP_KEEP_RSYNC

# A far side that greets.
greeted() { rm -f "$box"/* && as noisy to "$SSH_HOST:$box" send; }
exits 3 'a shell that greets on standard output spoils the protocol of rsync' greeted
is 0 "$(count)" '... and nothing is there'

# What cannot be: each is status 3, quickly, with a line that names the place, and no file.
refused() {
	exits 3 "$1" timeout 60 env BACKUP_REMOTE_RSYNC="$2" SSH_OPTIONS="$3" sh "$top/scripts/backup.sh" send
	said "${2%%:/*}" '... names the place'
	is 0 "$(count)" '... and leaves nothing'
}
refused 'a host that nobody knows' 'user@no-such-host.invalid:/x' "$SSH_OPTIONS"
refused 'a port where nobody listens' "$SSH_HOST:$box" "$(printf '%s' "$SSH_OPTIONS" | sed 's/-p [0-9]*/-p 1/')"
ssh-keygen -q -t ed25519 -N '' -f other
refused 'a key that is not let in' "$SSH_HOST:$box" "$(printf '%s' "$SSH_OPTIONS" | sed "s,-i [^ ]*,-i $tap_dir/other,")"
printf '[127.0.0.1]:%s %s\n' "$SSH_PORT" "$(cut -d' ' -f1,2 other.pub)" >changed
refused 'a host whose key has changed' "$SSH_HOST:$box" "$(printf '%s' "$SSH_OPTIONS" | sed "s,UserKnownHostsFile=[^ ]*,UserKnownHostsFile=$tap_dir/changed,")"
refused 'a key that runs no command' "$SSH_HOST:$box" "$(sshd_options "$tap_dir/sshd" shut)"
refused 'a directory that is not there' "$SSH_HOST:$box/no/such/dir" "$SSH_OPTIONS"

# A connection that breaks in the middle, and the next run.
psql -qX -d matric -c 'create table much as select i, md5(i::text) as a, md5((i * 7)::text) as b from generate_series(1, 50000) i'
ok 'a larger backup' backup make
broken() {
	BACKUP_LIMIT_RATE=1M to "$SSH_HOST:$box" send &
	eventually 20 sh -c "find '$box' -name '.matric_backup_*' -size +200k | grep -q ." || return 99
	sshd_drop "$tap_dir/sshd"
	wait $!
}
rm home/*.enc home/*.enc.manifest
exits 3 'a connection that breaks in the middle' broken
is '' "$(find "$box" -name 'matric_backup_*')" '... leaves nothing of its name'
ok 'the next run' to "$SSH_HOST:$box" send
ok '... sends it' cmp "$(newest)" "$box/$(basename "$(newest)")"
is '' "$(hidden)" '... and nothing hidden is left there'

# The sender is killed: what is on its way never has a name.
killed() {
	rm -f "$box"/*
	BACKUP_LIMIT_RATE=1M to "$SSH_HOST:$box" send &
	driver=$!
	eventually 20 sh -c "find '$box' -name '.matric_backup_*' -size +200k | grep -q ." || return 99
	pkill "-$1" -P $$ -f rsync || pkill "-$1" -f "rsync.*$box"
	wait "$driver"
}
exits 3 'rsync killed here' killed KILL
is '' "$(find "$box" -name 'matric_backup_*')" '... leaves nothing of its name there'
terminated() {
	rm -f "$box"/*
	BACKUP_REMOTE_RSYNC=$SSH_HOST:$box BACKUP_LIMIT_RATE=1M sh "$top/scripts/backup.sh" send &
	driver=$!
	eventually 20 sh -c "find '$box' -name '.matric_backup_*' -size +200k | grep -q ." || return 99
	kill -s TERM "$driver"
	wait "$driver"
}
exits 143 'TERM to the driver' terminated
is '' "$(find "$box" -name 'matric_backup_*')" '... leaves nothing of its name there'
still() { pgrep -f "rsync.*$box"; }
exits 1 '... and no rsync' still
ok '... and the next run sends it' to "$SSH_HOST:$box" send

# A far side that has something else under that name.
name=$(basename "$(newest)")
rm "$box/$name.manifest" && head -c 5000 "$box/$name" >short && cp short "$box/$name"
ok 'a copy that broke off there' to "$SSH_HOST:$box" send
ok '... is sent again' cmp "$(newest)" "$box/$name"

# oddly NAME - the far side, by the way `odd', has a command of that name: standard input.
oddly() { cat >"$tap_dir/sshd/odd/$1" && chmod +x "$tap_dir/sshd/odd/$1"; }

# Where sha256sum cannot be run: it is said once, and rsync compares, however long that takes.
oddly sha256sum <<'END'
#!/bin/sh
exit 1
END
oddly rsync <<'END'
#!/bin/sh
# Takes longer to compute the checksums of a backup than it may be silent.
case $* in *--sender*matric_backup*) sleep 8 ;; esac
exec /usr/bin/rsync "$@"
END
rm "$box"/* home/*
ok 'two backups' sealed make
ok '... of the same database' sealed make
slowly() { RSYNC_OPTIONS=--timeout=3 as odd to "$SSH_HOST:$box" send 2>slowly.said; }
ok 'a far side whose checksums take longer than it may be silent' slowly
ok '... gets all' whole
is 2 "$(count)" '... that home has'
is 1 "$(grep -c 'no sha256sum can be run there; rsync compares' slowly.said)" '... how they are compared is said once'
twice() { grep -e 'WARN.*NOTICE' slowly.said; }
exits 1 '... and is no warning' twice
name=$(basename "$(newest)")
rm -f "$box/$name.manifest"
ok 'one whose manifest was not sent' slowly
ok '... is compared, and gets it' whole
rm -f "$box/$name.manifest" && cp short "$box/$name"
ok 'one that broke off' slowly
ok '... is sent again' whole
rm "$tap_dir/sshd/odd/rsync" "$tap_dir/sshd/odd/sha256sum"

# What went bad at home goes nowhere.
for key in plain rrsync odd; do
	at=$SSH_HOST:$box
	[ $key != rrsync ] || at=$SSH_HOST:/
	[ $key != odd ] || printf '#!/bin/sh\nexit 1\n' | oddly sha256sum
	rm -f "$box"/* home/*.suspect
	cp "$(newest)" sound
	printf X | dd of="$(newest)" bs=1 seek=2000 conv=notrunc 2>/dev/null
	exits 3 "a backup that went bad at home, by the way $key" as $key to "$at" send
	said 'marked as suspect' '... is marked'
	ok '... as a suspect' test -s "home/$name.suspect"
	is 1 "$(count)" '... and does not get there'
	absent '... nor its manifest' "$box/$name" "$box/$name.manifest"
	ok '... but the good one does' whole
	rm -f "home/$name.suspect"
	cat sound >"home/$name"
done
rm "$tap_dir/sshd/odd/sha256sum"
ok 'the good one' to "$SSH_HOST:$box" send
is 2 "$(count)" '... goes there'

# And back.
listing() { sh "$top/scripts/place.sh" list "$1" | tr '\0' '\n' | sort; }
for key in plain rrsync; do
	at=$SSH_HOST:$box
	[ "$key" = plain ] || at=$SSH_HOST:/
	fetched() { as "$key" sh "$top/scripts/place.sh" fetch "$at" "$name" | cmp - "$(newest)"; }
	ok "fetched by the way $key" fetched
	is "$(cd "$box" && find . -type f | sed 's|^./||' | sort)" "$(as $key listing "$at")" '... and listed'
done
is '' "$(leftovers)" 'nothing else is left'
done_testing
