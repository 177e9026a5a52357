# words.sh - sourced: text as a word of a command line, for a shell that reads it later, here or on another machine.
# shellcheck shell=sh
#
#	shell_word TEXT		print it so that sh takes it for one word, whatever is in it

shell_word() {
	printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}
