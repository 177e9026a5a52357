#!/bin/sh
# A backup that broke off never looks like a backup: real pg_dump under mm-pipe, each stage broken in each way.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/scripts/cluster.sh"

times=${BROKEN_TIMES:-100}	# where a race is possible
few=5				# where the outcome hangs on no timing

# --- the database, the stages --------------------------------------------------------------------------

chmod 755 "$tap_dir"
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
export PGDATABASE=postgres
psql -qX <<'EOF'
create table notes as select i as id, repeat(md5(i::text), 10) as body from generate_series(1, 20000) i;
create database copy;
EOF
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients

# as NAME COMMAND... - a stage whose process id the test knows.
cat >as <<'EOF'
echo $$ >"pid.$1"
shift
exec "$@"
EOF
# passing BYTES COMMAND... - a stage that passes some of the stream on, runs the command, and passes on the rest.
cat >passing <<'EOF'
bytes=$1
shift
head -c "$bytes"
"$@" >&2
exec cat
EOF
# kill_stage NAME - kill it as the machine would.
cat >kill_stage <<'EOF'
kill -s KILL "$(cat "pid.$1")"
EOF
# stop_stage NAME - stop it, so that it stands still for ever.
cat >stop_stage <<'EOF'
kill -s STOP "$(cat "pid.$1")"
EOF
# publish FILE - a sink that knows no gate and renames at the end of its input.
cat >publish <<'EOF'
cat >"$1.part" && mv "$1.part" "$1"
EOF
# hang BYTES - a source that stops half way and stays.
cat >hang <<'EOF'
head -c 200000 /dev/zero
touch hanging
exec sleep 60
EOF
cat >end_backend <<'EOF'
psql -qXAt -c "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pg_dump'"
EOF
dump='pg_dump --format=custom --compress=0'
plain='pg_dump --format=plain'

# --- what is checked of a broken run -------------------------------------------------------------------

# left_of SESSION - print what still runs in it; the dead whom init has yet to reap do not.
left_of() { ps -o stat=,pid=,args= -s "$1" | awk '!/^Z/'; }
none_left() { [ -z "$(left_of "$1")" ]; }

# run COMMAND... - in a session of its own, to its end; status and stderr to files.
run() {
	rm -f out out.part pid.* hanging
	st=0
	setsid "$@" >stdout 2>stderr </dev/null &
	session=$!
	wait "$session" || st=$?
}

# faultless STATUS WORDS - print what is wrong after a run that ought to have ended so, saying so on one line.
faultless() {
	[ "$st" -eq "$1" ] || echo "status $st, wanted $1"
	[ ! -e out ] || echo 'out was published'
	[ "$(grep -c '^mm-pipe: stage' stderr)" -eq 1 ] || echo 'not one line that names a stage'
	grep '^mm-pipe: stage' stderr | grep -qF -e "$2" || echo "no mention of: $2"
	none_left "$session" || echo "left behind: $(left_of "$session")"
}

# broken TIMES WORDS DESC COMMAND... - each run fails with status $wanted, for this reason, and publishes nothing.
wanted=1
broken() {
	n=$1 words=$2 desc=$3
	shift 3
	rm -f faults
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		run "$@"
		faultless "$wanted" "$words" >fault
		[ ! -s fault ] || { cat fault stderr >>faults; break; }
	done
	if [ -s faults ]; then
		tap_line 1 "$desc"
		sed 's/^/# /' faults
	else
		tap_line 0 "$desc"
	fi
}

# sealed SOURCE... - the pipeline of a backup over a source, its stages known by pid.
cat >sealed <<'EOF'
exec mm-pipe ${stall:+-t "$stall"} "$@" '|' sh as verify mm-verify -P '|' sh as compress mm-compress -m zstd \
	'|' sh as seal mm-seal -R recipients '|' sh as land mm-land out
EOF

# --- it works at all -----------------------------------------------------------------------------------

# shellcheck disable=SC2086
run sh sealed sh as dump $dump '|' sh passing 200000 true
is 0 "$st" 'a whole dump is published'
opens() { age -d -i key out | zstd -dcq | pg_restore --list >list && grep -q 'TABLE DATA public notes' list; }
ok 'and stock age, zstd and pg_restore read it' opens

# --- the source ----------------------------------------------------------------------------------------

dump_killed='stage 1 sh: killed by signal 9'
# shellcheck disable=SC2086
{
broken "$times" "$dump_killed" 'pg_dump killed mid-stream: our sink' \
	sh sealed sh as dump $dump '|' sh passing 200000 sh kill_stage dump
broken "$times" "$dump_killed" 'pg_dump killed mid-stream: gzip and a sink that knows no gate' \
	mm-pipe sh as dump $dump '|' sh passing 200000 sh kill_stage dump '|' gzip -1 '|' sh publish out
broken "$times" "$dump_killed" 'pg_dump killed mid-stream: the same inside sh -c' \
	mm-pipe sh as dump $dump '|' sh passing 200000 sh kill_stage dump '|' sh -c 'gzip -1 | sh publish out'
broken "$few" 'stage 1 sh: exit 1' 'exit 1 after complete output: our sink' \
	sh sealed sh -c "$dump; exit 1"
broken "$times" 'stage 1 sh: exit 1' 'exit 1 after complete output: a sink that knows no gate' \
	mm-pipe sh -c "$dump; exit 1" '|' gzip -1 '|' sh publish out
broken "$few" 'stage 2 sh: exit 1' 'exit 0 with nothing said' \
	sh sealed sh -c 'exit 0'
broken "$few" 'stage 1 pg_dump: exit 1' 'the backend ended in mid-COPY: our sink' \
	sh sealed $dump '|' sh passing 200000 sh end_backend
broken "$few" 'stage 1 pg_dump: exit 1' 'the backend ended in mid-COPY: a sink that knows no gate' \
	mm-pipe $dump '|' sh passing 200000 sh end_backend '|' gzip -1 '|' sh publish out
}

# psql -1 commits what it has read when its input ends.
in_copy() { psql -qXAt -d copy -c "select count(*) from pg_class where relname = 'notes'"; }
# shellcheck disable=SC2086
{
broken "$times" 'stage 1 sh: killed by signal 9' 'pg_dump killed mid-stream: psql -1' \
	mm-pipe sh as dump $plain '|' sh passing 200000 sh kill_stage dump '|' psql -qX -1 -d copy
is 0 "$(in_copy)" '... has committed nothing'
broken "$few" 'stage 1 sh: killed by signal 9' 'the same behind a filter inside sh -c' \
	mm-pipe sh as dump $plain '|' sh passing 200000 sh kill_stage dump '|' sh -c 'cat | psql -qX -1 -d copy'
is 0 "$(in_copy)" '... has committed nothing'
run mm-pipe $plain '|' psql -qX -1 -d copy
is 0 "$st" 'a whole dump is committed'
is 1 "$(in_copy)" '... as it should'
}

# --- every other stage, killed in turn, and exiting 0 early in turn ------------------------------------

# shellcheck disable=SC2086
for name in verify compress seal land; do
	broken "$few" 'sh: killed by signal 9' "mm-$name killed mid-stream" \
		sh sealed $dump '|' sh passing 200000 sh kill_stage "$name"
done
wanted=3
export stall=1
for name in 3:verify 4:compress 5:seal 6:land; do
	# shellcheck disable=SC2086
	broken 1 "stage ${name%:*} sh stands still" "mm-${name#*:} stopped mid-stream" \
		sh sealed $dump '|' sh passing 200000 sh stop_stage "${name#*:}"
done
unset stall
wanted=1
early='head -c 1000'
# shellcheck disable=SC2086
{
broken "$times" 'stage 2 head: exit 0' 'the verifier exits 0 early' \
	mm-pipe $dump '|' $early '|' mm-compress -m zstd '|' mm-seal -R recipients '|' mm-land out
broken "$few" 'stage 2 head: exit 0' 'the compressor exits 0 early' \
	mm-pipe $dump '|' $early '|' mm-seal -R recipients '|' mm-land out
broken "$few" 'stage 3 head: exit 0' 'the sealer exits 0 early' \
	mm-pipe $dump '|' mm-compress -m zstd '|' $early '|' mm-land out
broken "$few" 'stage 4 head: exit 0' 'the sink exits 0 early' \
	mm-pipe $dump '|' mm-compress -m zstd '|' mm-seal -R recipients '|' $early
broken "$times" 'stage 2 head: exit 0' 'a filter exits 0 early before a sink that knows no gate' \
	mm-pipe $dump '|' $early '|' sh publish out
# What is left unread may be less than a pipe holds, so that nobody gets SIGPIPE.
broken "$times" 'before its input ended, 19000 bytes unread' 'a filter leaves the last bytes of a short stream' \
	mm-pipe head -c 20000 /dev/zero '|' sh -c 'head -c 1000; sleep 0.01' '|' sh publish out
}

# --- mm-pipe itself killed -----------------------------------------------------------------------------

# orphaned TIMES DESC PATTERN COMMAND... - the process PATTERN names in the session is killed while the source hangs.
orphaned() {
	n=$1 desc=$2 whom=$3
	shift 3
	rm -f faults
	while [ "$n" -gt 0 ] && [ ! -s faults ]; do
		n=$((n - 1))
		rm -f out out.part pid.* hanging
		setsid "$@" >stdout 2>stderr </dev/null &
		session=$!
		eventually 20 test -e hanging || echo 'the source never got half way' >>faults
		sleep 0.02
		pkill -KILL -x -s "$session" "$whom" || echo "no $whom to kill" >>faults
		wait "$session" 2>/dev/null || :
		eventually 10 none_left "$session" || echo "left behind: $(left_of "$session")" >>faults
		[ ! -e out ] || echo 'out was published' >>faults
	done
	if [ -s faults ]; then
		tap_line 1 "$desc"
		sed 's/^/# /' faults
	else
		tap_line 0 "$desc"
	fi
}
for whom in mm-pipe mm-keeper; do
	orphaned "$times" "$whom killed: our sink" "$whom" mm-pipe sh hang '|' cat '|' mm-land out
	orphaned "$times" "$whom killed: a sink that knows no gate" "$whom" mm-pipe sh hang '|' cat '|' sh publish out
	orphaned "$times" "$whom killed: the same inside sh -c" "$whom" \
		mm-pipe sh hang '|' sh -c 'cat | cat | sh publish out'
	orphaned "$few" "$whom killed: psql -1" "$whom" \
		mm-pipe sh -c 'echo "create table half (i int);"; exec sh hang' '|' sh -c 'tr -d "\000" | psql -qX -1 -d copy'
done
orphaned "$times" 'both killed: our sink' 'mm-(pipe|keeper)' mm-pipe sh hang '|' cat '|' mm-land out
orphaned "$few" 'the outer of two is killed' mm-pipe mm-pipe sh hang '|' mm-pipe cat '|' sh -c 'cat | sh publish out'
is 0 "$(psql -qXAt -d copy -c "select count(*) from pg_class where relname = 'half'")" 'psql -1 has committed nothing'

# --- mm-land where its gate does not reach -------------------------------------------------------------

# refused DESC COMMAND... - a run that fails and publishes nothing, though its source is good.
refused() {
	desc=$1
	shift
	run "$@"
	if [ "$st" -ne 0 ] && [ ! -e out ] && none_left "$session"; then
		tap_line 0 "$desc"
	else
		tap_line 1 "$desc"
		sed 's/^/# /' stderr
	fi
}
# shellcheck disable=SC2086
{
refused 'mm-land by sudo' mm-pipe $dump '|' sudo -n "$build/mm-land" out
refused 'mm-land by env -i' mm-pipe $dump '|' env -i "$build/mm-land" out
refused 'mm-land inside sh -c, behind a filter' mm-pipe $dump '|' sh -c 'cat | mm-land out'
refused 'mm-land inside sh -c, behind a broken command of its own' \
	mm-pipe $dump '|' sh -c 'cat >/dev/null; head -c 1000 /dev/zero | mm-land out'
refused 'pg_dump | mm-pipe ... mm-land' sh -c "$dump | mm-pipe cat '|' mm-land out"
refused 'a killed producer | mm-pipe ... mm-land' sh -c "sh -c 'head -c 1000 /dev/zero; kill -9 \$\$' | mm-pipe cat '|' mm-land out"
refused 'a killed producer | mm-land' sh -c "sh -c 'head -c 1000 /dev/zero; kill -9 \$\$' | mm-land out"
run mm-pipe $dump '|' sh -c 'exec mm-land out'
is 0 "$st" 'mm-land that a shell becomes has its gate'
}

# --- mm-pipes inside mm-pipes --------------------------------------------------------------------------

# shellcheck disable=SC2086
{
broken "$times" 'stage 1 sh: killed by signal 9' 'the source of the outer is killed, the sink is in the inner' \
	mm-pipe sh as dump $dump '|' sh passing 200000 sh kill_stage dump '|' mm-pipe cat '|' mm-land out
broken "$few" 'stage 1 sh: killed by signal 9' 'the same with a sink that knows no gate' \
	mm-pipe sh as dump $dump '|' sh passing 200000 sh kill_stage dump '|' mm-pipe cat '|' sh publish out
run mm-pipe mm-pipe sh -c 'head -c 1000 /dev/zero; kill -9 $$' '|' cat '|' mm-land out
is 1 "$st" 'a source of the inner is killed, the sink is in the outer'
absent 'nothing is published' out
run mm-pipe $dump '|' mm-pipe cat '|' mm-land out
is 0 "$st" 'a whole dump goes through both'
run mm-pipe $dump '|' mm-pipe mm-land out
is 0 "$st" 'the first stage of the inner has a gate too'
}

# --- and good runs are good ----------------------------------------------------------------------------

# good TIMES DESC COMMAND... - all exit 0 and leave nothing behind.
good() {
	n=$1 desc=$2
	shift 2
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		run "$@"
		none_left "$session" || st=left
		[ "$st" = 0 ] || break
	done
	is 0 "$st" "$desc"
	[ "$st" = 0 ] || sed 's/^/# /' stderr
}
# shellcheck disable=SC2086
good $((3 * times)) 'good runs with stock gzip' mm-pipe head -c 3000000 /dev/urandom '|' gzip -1 '|' sh publish out
# shellcheck disable=SC2086
good $((3 * times)) 'good runs with pg_restore as the last stage' mm-pipe $dump '|' pg_restore -f /dev/null
done_testing
