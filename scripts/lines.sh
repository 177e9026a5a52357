# lines.sh - sourced: a command for each line of a text.
# shellcheck shell=sh
#
#	each_line TEXT COMMAND	call COMMAND with each line that is not empty; the first that fails ends it, with its status
#
# Not by a here-document: for one, some shells make a file, which cannot always be made and outlives them if they are killed.

each_line() {
	lines_ifs=$IFS
	IFS='
'
	set -f
	# shellcheck disable=SC2086
	set -- "$2" $1
	set +f
	IFS=$lines_ifs
	while [ $# -gt 1 ]; do
		"$1" "$2" || return
		# COMMAND may call us too, and changes our variables then, but not our words.
		lines_command=$1
		shift 2
		set -- "$lines_command" "$@"
	done
}
