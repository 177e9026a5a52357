#!/bin/sh
# backup.sh send and prune over directories: every place gets what it lacks, whole or not at all, and an outage heals.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

mkdir near 'far off'
export BACKUP_REMOTE_RSYNC="$tap_dir/near, \"$tap_dir/far off\""
count() { find "$1" -name "${2:-*}_backup_*.enc" | wc -l; }
# whole DIR - each backup there has its manifest and is what that says.
whole() { (cd "$1" && for m in *.manifest; do mm-verify -i "$tap_dir/key" -x "$m" <"${m%.manifest}" >/dev/null || exit; done && ls ./*.manifest >/dev/null); }

ok 'a backup goes to two places' sealed
for place in near 'far off'; do
	is 1 "$(count "$place")" "... $place has it"
	ok '... whole' whole "$place"
done
is 600 "$(stat -c %a near/*.enc)" '... and only its owner reads it'
ok 'sending again' sealed send
is 1 "$(count near)" '... sends nothing'
is '' "$(leftovers)" 'nothing else is left'

# A place that is away, and comes back.
mv near away
exits 3 'a place that is away: the backup is made and the status is 3' sealed
said "$tap_dir/near" '... it is named'
is 2 "$(count 'far off')" '... and the other place has all'
is 2 "$(count home)" '... as has home'
mv away near
ok 'the next run' sealed
is 3 "$(count near)" '... heals it'
ok '... whole' whole near

# What broke off half way at the place is sent again; what has gone is, too.
one=$(find near -name '*.enc' | sort | head -n 1)
rm "$one.manifest"
head -c 1000 "$one" >short && cat short >"$one"
ok 'a copy that was broken off' sealed send
ok '... is whole again' whole near
rm "$one"
ok 'a copy that went missing' sealed send
ok '... is there again' whole near

# When the server is away, what is there is sent all the same.
rm near/*
exits 1 'without a database no backup is made' env PGDATABASE=nosuch BACKUP_NAME=matric sh "$top/scripts/backup.sh"
is 3 "$(count near)" '... but what a place lacks goes there'

# What went bad at home goes nowhere.
bad=$(newest)
rm near/* "far off"/*
printf X | dd of="$bad" bs=1 seek=2000 conv=notrunc 2>/dev/null
exits 3 'a backup that went bad at home' sealed send
said 'marked as suspect' '... is marked'
ok '... as a suspect' test -s "$bad.suspect"
absent '... and goes nowhere' "near/${bad##*/}" "near/${bad##*/}.manifest" "far off/${bad##*/}.manifest"
is 2 "$(count near)" '... but the good ones do'
ok '... after which all is well' sealed send
rm home/*.suspect
cp near/*.enc home 2>/dev/null || :

# Another host's.
stranger=matric_backup_$(date -u -d 'now + 30 minutes' +%Y%m%d_%H%M%S).sql.zst.enc
cp "$one" "near/$stranger"
sed "s/^# host: .*/# host: somebody-else/; s/${one##*/}/$stranger/" "$one.manifest" >"near/$stranger.manifest"
exits 3 'a place to which another host sends backups of the same name' sealed send
said 'host somebody-else sends its backups of matric there too' '... is refused'
ok '... unless that may be' env BACKUP_SHARED=yes BACKUP_COMPRESS=zstd BACKUP_ENCRYPT="$tap_dir/recipients" sh "$top/scripts/backup.sh" send
rm "near/$stranger" "near/$stranger.manifest"

# aged DIR DAYS... - copies of a good backup, as if made so many days ago.
aged() {
	into=$1
	shift
	for days; do
		made=matric_backup_$(date -u -d "now - $days days" +%Y%m%d_%H%M%S).sql.zst.enc
		cp "$one" "$into/$made"
		sed "s/${one##*/}/$made/" "$one.manifest" >"$into/$made.manifest"
	done
}
rm home/*.enc home/*.manifest
cp "$one" keep-me && cp "$one.manifest" keep-me.manifest
rm near/* 'far off'/*
one=keep-me
sed -n 's/^[0-9a-f]*  //p' keep-me.manifest >name && mv keep-me "$(cat name)" && mv keep-me.manifest "$(cat name).manifest" && one=$(cat name)
ok 'a new backup' sealed
aged home 1 2 3 10
aged near 1 2 3 8 11 12 40
ok 'prune' env BACKUP_KEEP_RSYNC=within=9d sh "$top/scripts/backup.sh" prune
is 4 "$(count home)" '... at home by its policy'
is 5 "$(count near)" '... at a place by the policy of the places'
ok '... whole' whole near
aged near 20 30
forever() { BACKUP_KEEP_RSYNC=forever sealed prune; }
ok 'a place that keeps for ever' forever
is 7 "$(count near)" '... does'
rm "near/$(basename "$(newest)").manifest"
exits 3 'a place without the newest backup' backup prune
is 7 "$(count near)" '... drops nothing'
was=$(find near home | sort | cksum)
would() { sealed -n send >would; }
ok 'send -n' would
is "$was" "$(find near home | sort | cksum)" '... does nothing'
ok '... and says what it would do' grep -q "^would send to $tap_dir/near: $(basename "$(newest)").manifest" would

# Places at work.
mm-pipe -L "$(echo home/.lock.*near)" --wait 5s sleep 30 &
holder=$!
eventually 5 sh -c '! mm-pipe -L home/.lock.*near true 2>/dev/null'
ok 'a place where another run is at work' sealed
said 'left to the run that is at work there' '... is left to that'
ok '... by send, too' sealed send
kill "$holder"
wait "$holder" || :

for place in relative host:relative 'host:' 's3://' 's3:/x/y' '-oProxyCommand=x:/y'; do
	exits 78 "no place: $place" env BACKUP_REMOTE_RSYNC="$place" sh "$top/scripts/backup.sh" send
done
exits 78 'no home and two places' env BACKUP_DEST= sh "$top/scripts/backup.sh" make
exits 78 'no home and none' env BACKUP_DEST= BACKUP_REMOTE_RSYNC= sh "$top/scripts/backup.sh" make
exits 78 'a host cannot be home' env BACKUP_DEST= BACKUP_REMOTE_RSYNC=h:/b sh "$top/scripts/backup.sh" make
only() { BACKUP_DEST='' BACKUP_REMOTE_RSYNC=$tap_dir/near sealed; }
ok 'a directory alone can' only
exits 78 'a rate that is none' env BACKUP_LIMIT_RATE=fast sh "$top/scripts/backup.sh" send
exits 1 'check reaches for every place' env BACKUP_REMOTE_RSYNC=/no/such/place sh "$top/scripts/backup.sh" check
said '/no/such/place: cannot be reached' '... and names it'
is '' "$(leftovers)" 'nothing else is left'
done_testing
