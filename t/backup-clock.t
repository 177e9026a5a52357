#!/bin/sh
# The clock stands still, jumps back, jumps ahead: each backup has a name of its own, and nothing that is good is dropped.
# shellcheck disable=SC2016,SC2119
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

# What the driver asks for the time has it from the file `clock`; sleeping moves that on.
mkdir clocked
cat >clocked/date <<'END'
#!/bin/sh
PATH=$path exec date -d "@$(cat "$clock")" "$@"
END
cat >clocked/sleep <<'END'
#!/bin/sh
echo $(($(cat "$clock") + $1)) >"$clock"
END
cat >clocked/mm-prune <<'END'
#!/bin/sh
case ${1-} in --list | --spell | -0) ;; *) exec "$build/mm-prune" "$@" ;; esac
case $* in *--list* | *--spell*) exec "$build/mm-prune" "$@" ;; esac
exec "$build/mm-prune" --now "$(PATH=$path date -u -d "@$(cat "$clock")" +%Y%m%d_%H%M%S)" "$@"
END
chmod +x clocked/*
export path="$PATH" clock="$tap_dir/clock"
at() { date -u -d "$1" +%s >clock; }
timed() { PATH=$tap_dir/clocked:$PATH MM_BUILD=$build BACKUP_ENCRYPT=$tap_dir/recipients backup "$@"; }
names() { find home -name '*.manifest' | sed 's/.*_backup_\([0-9_]*\)\..*/\1/' | sort | paste -sd ' '; }
whole() { for f in home/*.manifest; do mm-verify -i key -x "$f" <"${f%.manifest}" || return; done; }

at '2026-03-01 12:00:00'
for i in 1 2 3; do ok "run $i within one second" timed make; done
is '20260301_120000 20260301_120001 20260301_120002' "$(names)" '... each has a name of its own'
ok '... and all are whole' whole

# Back, by a minute, a day and a year.
at '2026-03-01 11:59:00'
ok 'the clock goes back by a minute' timed
ok '... the backup is there, and whole' whole
before=$(names)
for back in '2026-02-28 12:00:00' '2025-03-01 12:00:00' '1999-12-31 23:59:59'; do
	at "$back"
	exits 3 "the clock goes back to $back" timed
	said 'future' '... the backup is made, and nothing is dropped'
done
is "19991231_235959 20250301_120000 20260228_120000 $before" "$(names)" '... they are all there'
at '2026-03-02 12:00:00'
ok 'when it is right again' timed prune
is "20260228_120000 $before" "$(names)" '... what it made meanwhile is as old as its name says, and the newest are there'

# Ahead, by so much that all would be too old.
at '2027-03-01 12:00:00'
exits 3 'the clock jumps ahead by a year' timed
is "20260228_120000 $before 20270301_120000" "$(names)" '... the backup is made, and nothing is dropped'
for after in '2038-01-19 03:14:08' '2106-02-07 06:28:16' '2099-12-31 23:59:59'; do
	at "$after"
	exits 3 "and on to $after" timed
done
ok '... all are whole' whole
is 9 "$(find home -name '*.manifest' | wc -l)" '... and all there'
done_testing
