# page.sh - sourced: what a manual page tells people to type.
#
#	blocks PAGE SECTION...	print each literal block of these sections to a file of its own, 01 02 ...
#	pasted FILE		run such a file as from a prompt: whose standard input is a terminal, and at any rate no pipe
#
# shellcheck shell=sh

blocks() {
	blocks_page=$1
	shift
	SECTIONS=$(printf '%s\n' "$@") awk '
	BEGIN { n = split(ENVIRON["SECTIONS"], name, "\n"); for (i in name) wanted[name[i]] = 1; n = 0 }
	/^\.Sh / { on = substr($0, 5) in wanted }
	on && /^\.Bd -literal/ { file = sprintf("%02d", ++n); next }
	/^\.Ed/ { file = ""; next }
	file != "" {
		gsub(/\\&/, ""); gsub(/\\\(aq/, "\047"); gsub(/\\-/, "-"); gsub(/\\e/, "\\")
		print >file
	}' "$blocks_page"
}

pasted() { sh -eu "$1" </dev/null; }
