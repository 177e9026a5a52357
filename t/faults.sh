# faults.sh - sourced, after driver.sh: runs of scripts/backup.sh that wait where the test wants them, and what must hold after
# whatever was done to them there.
# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2119,SC2120,SC2154
#
#	halt WHERE COMMAND...	start COMMAND..., a run, in a session of its own, and return when it is there; $driver is its process
#	halt_at WHERE		the same for a run that comes there
#	go_on			let it go on
#	finish			wait for its end: its status in $st, what it said in ./said
#	running			print the processes of that session, a line each
#	child NAME [OF]		print the process of that name that OF, by default the driver, has started
#	signal NAME ID...	send it to these
#	kill_all		kill all of them, at one moment
#	remember		what is there now is as it should be
#	faults [plain]		print what is wrong after a run, however it ended; with `plain` there may be plain text
#	left			print what it has left, but for backups that are whole; those are taken away
#	next_run		print what is wrong with a run from the beginning, or there after it
#
# WHERE: preflight; asking, the server, which databases it has; begin, before anything is there; dump, in mid-COPY; linked, mm-land
# has given the name and done nothing more; landed, before the proof; proven, before the manifest; recorded, after it; globals;
# spool, plain text is on disk; pruning, a manifest has gone and its backup has not; hook, the one after a run.  $shell is the
# sh of that run.  Two that wait at one time are told apart by $halt.

mkdir halting
cat >halting/tool <<'EOT'
#!/bin/sh
# A tool that waits, once, where $halts says; then it is what it is called.
tool=${0##*/}
PATH=$halts_path
here() {
	[ "$halts" = "$1" ] && mkdir "$halts_dir/once" 2>/dev/null || return 0
	echo "$$" >"$halts_dir/there"
	read -r _ <"$halts_dir/go"
}
case $tool:$*: in
mm-compress:-s*) here preflight ;;
mm-prune:--spell*) here begin ;;
mm-verify:*-P*) here dump ;;
mm-verify:*-x*) here landed ;;
mm-land:*.manifest:)
	here proven
	mm-land "$@" || exit
	here recorded
	exit
	;;
mm-land:"$BACKUP_DEST"/*)
	# Stopped as soon as the name is there.
	if [ "$halts" = linked ] && mkdir "$halts_dir/once" 2>/dev/null; then
		echo "$$" >"$halts_dir/there"
		ASAN_OPTIONS=detect_leaks=0 exec strace -D -qq -o /dev/null -e trace=linkat -e inject=linkat:signal=STOP mm-land "$@"
	fi
	;;
pg_dumpall:*--globals-only*) here globals ;;
psql:*"dbname='postgres'"*) here asking ;;
hook:*)
	here hook
	exit
	;;
tar:*) here spool ;;
rm:*.manifest:)
	rm "$@" || exit
	here pruning
	exit
	;;
esac
exec "$tool" "$@"
EOT
chmod +x halting/tool
for tool in mm-compress mm-prune mm-verify mm-land pg_dumpall psql tar rm hook; do ln -s tool "halting/$tool"; done
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done
shell=dash halt=1

# What a dump has left to say when its reader stands still is more than the pipes hold.
psql -qX -d matric -c "create table much as select i, 'canary ' || repeat(md5(i::text), 10) as body from generate_series(1, 12000) i"
mkdir tmpdir
export TMPDIR="$tap_dir/tmpdir" BACKUP_COMPRESS=zstd BACKUP_ENCRYPT="$tap_dir/recipients"

halt() {
	halts=$1 halts_dir=$tap_dir/halts.$halt halts_path=$PATH
	shift
	rm -rf "$halts_dir"
	mkdir "$halts_dir"
	mkfifo "$halts_dir/there" "$halts_dir/go"
	export halts halts_dir halts_path
	PATH=$tap_dir/halting:$tap_dir/under-$shell:$PATH MM_BUILD=$build env --default-signal=INT,QUIT,HUP \
		setsid "$@" >said 2>&1 </dev/null &
	driver=$!
	halted=$(timeout 120 cat "$halts_dir/there") && [ -n "$halted" ] || { echo "# never came to $halts:"; sed 's/^/# /' said; return 1; }
	case $halts in
	dump) eventually 60 copying ;;
	linked) eventually 60 grep -q '^State:.[Tt]' "/proc/$halted/status" ;;
	esac
}
copying() { psql -qXAt -d postgres -c "select 'yes' from pg_stat_activity where application_name = 'pg_dump' and query like 'COPY%'" | grep -q yes; }

halt_at() {
	case $1 in
	globals) set -- "$1" env BACKUP_GLOBALS=yes sh "$top/scripts/backup.sh" make ;;
	spool) set -- "$1" env BACKUP_PLAINTEXT_SPOOL=yes PGDUMP_OPTIONS=--format=directory sh "$top/scripts/backup.sh" make ;;
	asking) set -- "$1" env PGDATABASE='*' BACKUP_EXCLUDE=postgres sh "$top/scripts/backup.sh" make ;;
	hook) set -- "$1" env BACKUP_POST_HOOK="exec $tap_dir/halting/hook" sh "$top/scripts/backup.sh" make ;;
	pruning) aged 20; set -- "$1" sh "$top/scripts/backup.sh" prune ;;
	*) set -- "$1" sh "$top/scripts/backup.sh" make ;;
	esac
	halt "$@"
}
go_on() {
	if [ "$halts" = linked ]; then kill -s CONT "$halted"; else echo | timeout 10 tee "$halts_dir/go" >/dev/null; fi
}
finish() {
	st=0
	wait "$driver" 2>/dev/null || st=$?
}

running() { ps -o pid=,stat=,args= -s "$driver" | awk '$2 !~ /^Z/'; }
none_runs() { [ -z "$(running)" ]; }
child() { ps -o pid=,comm= --ppid "${2:-$driver}" | awk -v name="$1" '$2 == name { print $1; exit }'; }
# One of several may have gone because of another.
signal() {
	signal_name=$1
	shift
	kill -s "$signal_name" "$@" 2>/dev/null || :
}

# Stopped first, so that none of them sees another die; then children before their parents, since the kernel wakes those that are
# stopped and have lost theirs.
kill_all() {
	# shellcheck disable=SC2046
	set -- $(ps -o pid=,ppid= -s "$driver" | awk '
		{ parent[$1] = $2 }
		END { for (p in parent) { depth = 0; for (q = p; q in parent; q = parent[q]) depth++; print depth, p } }' | sort -rn | cut -d' ' -f2)
	signal STOP "$@"
	signal KILL "$@"
}

# aged DAYS - a copy of the newest backup, with its manifest, as if made so many days ago.
aged() {
	aged_from=$(newest)
	aged_name=matric_backup_$(date -u -d "now - $1 days" +%Y%m%d_%H%M%S).${aged_from#*.}
	cp "$aged_from" "home/$aged_name"
	sed "s/${aged_from##*/}/$aged_name/" "$aged_from.manifest" >"home/$aged_name.manifest"
}

# inventory - print the names of all that a run may touch.
inventory() { find home tmp state tmpdir ! -path 'state/runs*' | sort; }
remember() {
	mkdir -p state/making state/rows state/dropping state/shrunk
	(cd home && find . -type f ! -name .lock -exec sha256sum {} +) >good
	inventory >known
}

# unsound - print each backup of ours that is none, and each manifest that does not fit.
unsound() {
	for file in home/matric_backup_20[2-9]*; do
		case $file in
		*.manifest) mm-verify -i key -x "$file" <"${file%.manifest}" >why 2>&1 || echo "$file: $(cat why)" ;;
		*) mm-verify -i key <"$file" >why 2>&1 || echo "$file: $(cat why)" ;;
		esac
	done
}

faults() {
	eventually 60 none_runs || { echo 'still running:'; running; }
	mm-pipe -L home/.lock true </dev/null 2>/dev/null || echo 'the lock is held'
	unsound
	(cd home && sha256sum -c --quiet ../good 2>&1) || echo 'a good backup is no more what it was'
	[ "${1-}" = plain ] || grep -rl -e canary home tmp state tmpdir | sed 's/^/plain text in /'
	grep -rl -e AGE-SECRET-KEY home tmp state tmpdir | sed 's/^/a secret in /'
}

left() {
	for file in home/matric_backup_20[2-9]*.manifest; do
		grep -qF "./${file#home/}" good || rm -f "$file" "${file%.manifest}" "${file%.manifest}".globals* "state/rows/$(basename "$file" .manifest)"
	done
	inventory | diff known - || :
}

next_run() {
	backup make >said 2>&1 || { echo "the next run: status $?"; cat said; }
	faults
	left
}
