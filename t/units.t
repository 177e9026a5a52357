#!/bin/sh
# The units as they are installed: systemd has nothing to say against them, and they are confined as promised.
. "${0%/*}/tap.sh"

prefix=$tap_dir/usr
units=$prefix/lib/systemd/system
examples=$prefix/share/doc/matric-memory/examples
TOOLS=$(sed -n 's/^TOOLS	*= //p' "$top/Makefile") B=$build PREFIX=$prefix sh "$top/scripts/install.sh" install >/dev/null
# Ours first, then whatever systemd knows besides.
export SYSTEMD_UNIT_PATH="$tap_dir/etc:$units:"

# instance UNIT - the unit, or one for the database notes where it is a template.
instance() { printf '%s\n' "$1" | sed 's/@\./@notes./'; }
verified() { systemd-analyze verify --man=no "$@"; }
for unit in "$units"/*; do
	unit=${unit##*/}
	ok "$unit is good" verified "$(instance "$unit")"
	is '' "$(cat "$tap_said")" '... and nothing is remarked'
done
# without_page - each page that a unit names and that is not installed.
without_page() {
	sed -n 's/^Documentation=//p' "$units"/* | tr ' ' '\n' | sort -u >named
	while IFS= read -r page; do
		name=${page#man:}
		case $page in
		man:*) page=$(echo "$name" | sed "s|\(.*\)(\(.\))|$prefix/share/man/man\2/\1.\2|") ;;
		*) page=${page#file:} ;;
		esac
		[ -e "$page" ] || echo "$page"
	done <named
}
is '' "$(without_page)" 'the pages that they name are installed'
mkdir etc
sed 's/^ExecStart=.*mm-backup/&-not-there/' "$units/matric-backup.service" >etc/matric-backup.service
exits 1 'a command that is not there would have been remarked' verified matric-backup.service
rm etc/matric-backup.service

exposed() { systemd-analyze security --offline=true --threshold="$1" "$2"; }
for unit in "$units"/*.service; do
	ok "${unit##*/} is exposed by 15 of 100 at the most" exposed 15 "$unit"
done
exits 1 '... and one that is not confined would be seen' exposed 15 "$top/units/matric-backup.service"

# set_to LINE UNIT... - each of them has this line, as it was installed.
set_to() {
	line=$1
	shift
	for unit; do grep -qxF -e "$line" "$units/$unit" || { echo "$unit has no $line"; return 1; }; done
}
services=$(cd "$units" && echo *.service)
for line in MemoryMax=1536M CPUWeight=20 IOWeight=20 Nice=10 User=matric-backup UMask=0077 LimitCORE=0; do
	# Their names are words.
	# shellcheck disable=SC2086
	ok "every service has $line" set_to $line $services
done
ok 'a dump ends after six hours' set_to TimeoutStartSec=6h matric-backup.service matric-backup@.service
for line in 'OnCalendar=*-*-* 02:30:00' RandomizedDelaySec=15min AccuracySec=1min Persistent=true; do
	ok "the timers have $line" set_to "$line" matric-backup.timer matric-backup@.timer
done
is '' "$(grep -l '^\(Requires\|EnvironmentFile\)=\|/home' "$units"/* || :)" 'none starts what it follows, reads a file of settings, or knows a home'
is '' "$(grep -L '^WantedBy=timers.target$' "$units"/*.timer || :)" 'timers are what can be enabled'
is '' "$(grep -l '^\[Install\]' "$units"/*.service || :)" '... and services are not'

# A template is its unit, but for the file that it reads and the names of its fellows.
plain() { grep -v -e '^#' -e '^$' "$1"; }
as_template() {
	plain "$1" | sed -e 's|^\(Description=.*\)|\1 (%i)|' -e 's|/mm-backup |&-c /etc/matric-memory/%i.conf |' \
		-e '/^On[SF]/s|\(matric-backup-[a-z]*\)\.service|\1@%i.service|'
}
for unit in "$units"/*@.service "$units"/*@.timer; do
	case $unit in *-notify@*) continue ;; esac
	as_template "${unit%@*}.${unit##*.}" >wanted
	plain "$unit" >got
	same wanted got "${unit##*/} is the unit without @, for another file"
done

# fits FILE UNIT - verified with this drop-in.
fits() {
	mkdir -p "etc/$2.d"
	cp "$1" "etc/$2.d/"
	st=0
	verified "$(instance "$2")" || st=$?
	rm -r "etc/$2.d"
	return "$st"
}
for timer in "$examples"/timers/*.conf; do
	ok "${timer##*/} fits the timer" fits "$timer" matric-backup.timer
	is '' "$(cat "$tap_said")" '... and nothing is remarked'
	sed -n 's/^OnCalendar=\(.\)/\1/p' "$timer" >elapses
	ok '... systemd understands its times' xargs -d '\n' systemd-analyze calendar <elapses
	is OnCalendar= "$(grep -m 1 ^OnCalendar "$timer")" '... and it forgets the nightly one'
done
for dropin in "$examples"/dropins/*.conf; do
	unit=$(sed -n '1s/^# For \(the service.d of \)\{0,1\}\(matric-[a-z-]*@\{0,1\}\).*/\2.service/p' "$dropin")
	ok "${dropin##*/} fits $unit" fits "$dropin" "$unit"
	is '' "$(cat "$tap_said")" '... and nothing is remarked'
done
printf '[Timer]\nOnCalender=\n' >wrong.conf
ok 'one that does not fit ...' fits wrong.conf matric-backup.timer
said OnCalender '... would have been remarked'
done_testing
