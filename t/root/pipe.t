#!/bin/sh
# mm-pipe and programs that run others as somebody else: they stop themselves when those are stopped, and must end all the same.
# shellcheck disable=SC2034
. "${0%/*}/../tap.sh"

chmod 777 .
# ended - TERM to a pipeline whose stage is a runuser; 99 if that took longer than it may.
ended() {
	rm -f up
	mm-pipe --grace 60 sh -c 'runuser -u nobody -- sh -c "touch up; sleep 60; :"; :' </dev/null 2>/dev/null &
	eventually 10 test -e up
	kill -s TERM $!
	eventually 10 sh -c "! kill -0 $!" || return 99
	wait $!
}
many() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do st=0; ended || st=$?; [ "$st" -eq 143 ] || return "$st"; done; }
ok 'a stage that runs as another user ends at TERM, twenty times' many
done_testing
