#!/bin/sh
# mm-pipe: statuses, the report, the lock, signals, what its stages inherit, and what it leaves behind.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

into() { mm-pipe "$@" </dev/null; }

# --- pipelines ---
ok 'one stage is a pipeline' into echo hello
said hello 'its output is ours'
ok 'three are one' into printf 'b\na\n' '|' sort '|' tr a-b A-B
said 'A
B' 'joined in their order'
ok 'an argument that only contains a bar is an argument' into echo 'a|b' '||'
said 'a|b ||' '... and comes through'
ok 'an empty argument is an argument' into sh -c 'test $# -eq 2' x '' ''
exits 2 'no command is a usage error' mm-pipe
exits 2 'nothing after a bar is one' into echo '|'
exits 2 'nothing before a bar is one' into '|' cat
exits 2 'two bars are one' into echo '|' '|' cat
exits 2 'an unknown option is one' mm-pipe --nonsense true
exits 2 'a grace time that is none is one' mm-pipe --grace soon true
ok 'options of a command are not ours' into sh -c 'exit 0' -- -E --early

# --- statuses and causes ---
exits 1 'a stage that fails is status 1' into sh -c 'exit 3' '|' cat
said 'mm-pipe: stage 1 sh: exit 3' '... named, with its status'
exits 1 'a stage that is killed is status 1' into cat '|' sh -c 'kill -s KILL $$'
said 'stage 2 sh: killed by signal 9' '... named, with the signal'
exits 1 'a command that is not there is status 1' into true '|' /no/such-command '|' cat
said 'stage 2 such-command: cannot be run: No such file or directory' '... named, with the reason'
echo >not-a-program
exits 1 'one that is no program is status 1' into ./not-a-program
said 'Permission denied' '... with the reason'
exits 1 'a filter that stops early is status 1' into seq 1000000 '|' head -n 1 '|' cat
said 'stage 2 head: exit 0 before its input ended' '... and is the cause, not who got SIGPIPE'
exits 1 'a filter that leaves bytes unread is status 1' into echo hello '|' sleep 0.2
said 'stage 2 sleep: exit 0 before its input ended, 6 bytes unread' '... and how many'
exits 1 'the first failure is the cause' into sh -c 'cat; exit 4' '|' sh -c 'exit 5'
said 'stage 2 sh: exit 5' '... whatever follows from it'
reader_gone() { { mm-pipe yes '|' cat </dev/null 2>err; echo $? >status; } | head -n 1; [ "$(cat status)" = 1 ]; }
ok 'a reader of ours that goes is status 1' reader_gone
ok '... and says so' grep -q "whoever reads mm-pipe's output has gone" err

ok '--early lets the last stage stop' into --early seq 1000000 '|' cat '|' head -n 1
silent '... and finds nothing wrong'
ok '--early lets a reader leave bytes' into --early echo hello '|' true
decompressing() { head -c 30000000 /dev/urandom | mm-compress -T 2 >early.zst; into --early cat early.zst '|' mm-compress -d -T 2 '|' head -c 10 >/dev/null; }
ok '--early lets a decompressor that writes in a thread die of its pipe' decompressing
exits 1 '--early forgives no failure' into --early sh -c 'exit 3' '|' true
exits 1 '--early forgives no failing reader' into --early seq 1000000 '|' sh -c 'head -n 1; exit 3'

# --- the report ---
exits 1 'a failing run with a report' into -o report seq 1000000 '|' sh -c 'head -n 1 >/dev/null; exit 7' '|' cat
is '1 seq signal:13
2 sh exit:7
3 cat gate' "$(awk -F '\t' '$1 != "end" { print $1, $2, $3 }' report)" 'a line for each stage: its number, name and status'
is '9' "$(awk -F '\t' 'NR == 1 { print NF }' report)" 'nine fields'
is 'end|1|stage 2 sh: exit 7' "$(tail -n 1 report | tr '\t' '|')" 'the last line has our status and the cause'
ok 'a good run with a report' into -o report true '|' true
is 'end|0|-' "$(tail -n 1 report | tr '\t' '|')" '... says so'
counted() { into -o report sh -c 'head -c 3000000 /dev/zero' '|' mm-compress '|' mm-seal -R recipients '|' mm-land "sealed.$1" && size=$(wc -c <"sealed.$1"); }
age-keygen 2>/dev/null | age-keygen -y >recipients
ok 'a run whose stages count' counted 1
is "- 3000000
3000000 $(awk -F '\t' 'NR == 2 { print $9 }' report)
$(awk -F '\t' 'NR == 2 { print $9 }' report) $size
$size $size" "$(awk -F '\t' '$1 != "end" { print $8, $9 }' report)" 'bytes in and out, those of a stage that does not count from its neighbour'
if [ "$(id -u)" -eq 0 ]; then
	chmod 777 .
	as_other() { runuser -u nobody -- sh -c "PATH=$PATH; mm-pipe -o other head -c 3000000 /dev/zero '|' mm-seal -R recipients '|' mm-land other.sealed" </dev/null; }
	ok 'an ordinary user has the same' as_other
	is 3000000 "$(awk -F '\t' 'NR == 2 { print $8 }' other)" '... of a tool that is not dumpable too'
fi
exits 2 'a report that cannot be opened is trouble before anything runs' into -o no/such/report touch ran
absent 'nothing ran' ran
exits 2 'a report that cannot be written is trouble' into -o /dev/full true

# --- the lock ---
exits 78 'the status of a single command under a lock is ours' into -L lock sh -c 'exit 78'
silent '... and we add no word to its own'
exits 1 'that of one of several is not' into -L lock true '|' sh -c 'exit 78'
exits 1 'a single command that is killed is status 1' into -L lock sh -c 'kill -s KILL $$'
exits 75 'a second one fails' into -L lock mm-pipe -L lock touch ran
said 'lock: another run holds the lock' '... and says so'
absent 'and runs nothing' ran
mkfifo in
mm-pipe -L lock sh -c 'touch held; exec cat' <in >/dev/null 2>&1 &
exec 9>in
eventually 5 test -e held
exits 75 'a lock that is held is status 75' into -L lock true
exits 75 '... even after a wait' into -L lock --wait 1s touch ran
kill -s KILL $!
waited() {
	mm-pipe -L queue sleep 1 &
	eventually 5 sh -c '! mm-pipe -L queue true 2>/dev/null'
	into -L queue --wait 1m touch waited
}
ok 'with --wait it is waited for' waited
ok '... and had' test -e waited
ok 'it goes with its holder, however that ends' eventually 5 into -L lock true
exec 9>&-
ln -s lock linked
exits 2 'a symbolic link is no lock file' into -L linked true
inherits() { into -L lock sh -c '! ls -l /proc/$$/fd | grep -q lock'; }
ok 'no stage inherits it' inherits

# --- what the stages inherit ---
mask() { env --default-signal --ignore-signal=PIPE --block-signal=USR1,TERM mm-pipe sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status' </dev/null; }
ok 'a hostile signal mask' mask
said 'SigBlk:	0000000000000000' '... does not reach the stages'
said 'SigIgn:	0000000000000000' '... nor an ignored SIGPIPE'
nohup_kept() { env --default-signal --ignore-signal=HUP mm-pipe sh -c 'grep -E "^SigIgn" /proc/self/status' </dev/null; }
ok 'an ignored SIGHUP' nohup_kept
said 'SigIgn:	0000000000000001' '... does: that is what nohup is for'
count_fds='ls /proc/self/fd >fds; wc -l <fds'
outside=$(sh -c "$count_fds" </dev/null)
inside=$(mm-pipe true '|' sh -c "cat; $count_fds" </dev/null)
is $((outside + 1)) "$inside" 'a stage has the descriptors of the caller and its gate, no more'
extra() { echo secret >extra; mm-pipe true '|' sh -c 'cat; cat <&5' 5<extra </dev/null; }
ok 'a descriptor that the caller opened comes through' extra
said secret '... with what it holds'
ok 'the first stage has no gate' into sh -c 'test -z "${MM_GATE-}"'
ok 'the second has one, with its own process id' into true '|' sh -c 'cat; test "${MM_GATE#*:}" = $$'
ok 'it opens when the first has ended' into true '|' sh -c 'cat; fd=${MM_GATE%:*}; test "$(eval "head -c 1 <&$fd" | wc -c)" -eq 1'
behind_pipe() { true | mm-pipe true '|' sh -c 'cat; test -z "${MM_GATE-}"'; }
ok 'behind a pipe nobody has one' behind_pipe
trusted() { true | mm-pipe -E cat '|' sh -c 'cat; test -n "${MM_GATE-}"'; }
ok '... unless -E trusts it' trusted
trusted_land() { echo data | mm-pipe -E mm-land trusted; }
ok '... and then the first has one too' trusted_land
wrong_gate() { MM_GATE=5:1 mm-pipe true </dev/null; }
exits 2 "somebody else's gate is refused" wrong_gate
closed_gate() { sh -c 'MM_GATE=77:$$ exec mm-pipe true' </dev/null; }
exits 2 'a gate that is closed is refused' closed_gate
odd_gate() { MM_GATE=nonsense mm-pipe true </dev/null; }
exits 2 'a gate that is nonsense is refused' odd_gate

# --- signals ---
# signalled SIGNAL COMMAND... - start it, send it the signal when the file "up" appears, and be its status.
signalled() {
	rm -f up
	sig=$1
	shift
	env --default-signal=INT,QUIT "$@" </dev/null &
	eventually 10 test -e up || return 99
	kill -s "$sig" $!
	wait $!
}
wait_up='touch up; exec sleep 60'
for sig in TERM:143 INT:130 HUP:129 QUIT:131; do
	exits "${sig#*:}" "${sig%:*} is passed on and is our status" signalled "${sig%:*}" mm-pipe sh -c "$wait_up" '|' cat
done
said 'ended by signal 3 (Quit)' 'the signal is named'
stubborn='trap "" TERM; touch up; while :; do sleep 0.05; done'
exits 143 'a stage that ignores TERM is killed after --grace' \
	signalled TERM timeout 20 mm-pipe --grace 1 sh -c "$stubborn" '|' cat
exits 1 'so is one downstream of a failure' into --grace 1 sh -c 'sleep 0.1; exit 1' '|' sh -c "$stubborn"
stopped() { into --grace 5 sh -c 'sleep 0.1; exit 1' '|' sh -c 'kill -s STOP $$'; }
exits 1 'a stopped stage is ended too' stopped
# twice SECONDS COMMAND... - TERM, and after so long TERM again.
twice() {
	rm -f up
	apart=$1
	shift
	mm-pipe --grace 60 "$@" </dev/null &
	eventually 10 test -e up
	kill -s TERM $!
	sleep "$apart"
	kill -s TERM $!
	wait $!
}
exits 143 'a second TERM does not wait for --grace' twice 1.1 sh -c "$stubborn"
tidy='trap "rm -f up; sleep 0.3; touch tidied; exit 1" TERM; touch up; while :; do sleep 0.05; done'
exits 143 'one that follows at once, as if to a whole group,' twice 0.1 sh -c "$tidy"
ok '... lets a stage end as it would' test -e tidied

# --- the watchdog and the line on the terminal ---
exits 3 'a stage that is stopped stalls the pipeline' into -t 1 yes '|' sh -c 'head -c 1000; kill -s STOP $$' '|' cat
said 'stage 2 sh stands still' '... and is named, not those that wait for it'
exits 3 'a source that says nothing stalls it' into -t 1 sleep 60 '|' cat
said 'stage 1 sleep stands still' '... and is named'
ok 'one that computes does not' into -t 1 sh -c 'timeout --foreground 2.5 awk "BEGIN { while (1) x++ }"; true' '|' cat
slowly() { into -t 1 sh -c 'for i in 1 2 3 4 5; do echo x; sleep 0.5; done' '|' cat; }
ok 'nor one that says a little now and then' slowly
mkdir fake
printf '#!/bin/sh\nsleep 2.5\n' >fake/pg_dump
chmod +x fake/pg_dump
silent_dump() { PATH=$PWD/fake:$PATH into -t 1 pg_dump '|' mm-compress '|' wc -c; }
ok 'a pg_dump that has given nothing yet has an hour' silent_dump
exits 2 'no time at all is a usage error' into -t 0 true
on_terminal() { script -qec "mm-pipe -v sh -c 'head -c 2000000 /dev/zero; sleep 1.2' '|' mm-compress '|' wc -c" /dev/null </dev/null; }
ok '-v on a terminal' on_terminal
said 'sh 1.9M > mm-compress' '... shows what each stage has given'
expecting() { script -qec "mm-pipe -v --expect 4M sh -c 'head -c 2M /dev/zero; sleep 1.2' '|' mm-compress -m none '|' wc -c" /dev/null </dev/null; }
ok '--expect on a terminal' expecting
said ' 50%, 0:00:0' '... says how much is done, and how long the rest will take'
exits 2 '--expect of no number is a mistake' into --expect much true
into -v sleep 0.7 2>err
is '' "$(cat err)" '... and elsewhere shows nothing'

# --- what is left behind ---
leaves() { into sh -c 'setsid sleep 300 & echo $! >left'; }
ok 'a stage that leaves a process in a session of its own' leaves
gone() { ! kill -0 "$(cat left)" 2>/dev/null; }
ok '... leaves none behind' eventually 5 gone
late() { into sh -c '{ sleep 0.2; echo late; } &' '|' cat; }
ok 'output of a process in the background of a stage' late
said late '... belongs to the stream'
late_unread() { into echo x '|' sh -c 'exec 3<&0; (sleep 0.2; cat <&3 >got) &' '|' cat; }
ok 'a background reader of a stage' late_unread
is x "$(cat got)" '... reads it all'
follows() {
	rm -f up
	sh -c 'mm-pipe --with-parent sh -c "echo \$\$ >pid; touch up; exec sleep 60" </dev/null & sleep 60' &
	eventually 10 test -e up
	kill -s KILL $!
	eventually 5 sh -c '! kill -0 "$(cat pid)"'
}
ok '--with-parent ends with the parent' follows
exits 1 'a stage that wants the terminal fails' timeout 20 script -qec "mm-pipe sh -c 'read line </dev/tty' '|' cat" /dev/null
said 'wants the terminal' '... and says why'
done_testing
