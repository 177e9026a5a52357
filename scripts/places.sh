# places.sh - sourced: how a place is reached that holds backups; nobody else knows.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
# A PLACE is an absolute directory.  What is done there is done by exact names, and names may have any byte but / and NUL.

# place_known PLACE - is it written as a place is?
place_known() {
	case $1 in /*) ;; *) return 1 ;; esac
}

# place_list PLACE - print the names of the plain files there, a NUL after each; not 0 if not all could be seen.
place_list() (
	cd -- "$1" || exit
	find . ! -name . -prune -type f -exec sh -c 'for f; do printf "%s\0" "${f#./}"; done' - {} +
)

# place_fetch PLACE NAME - print what that file holds.
place_fetch() {
	cat -- "$1/$2"
}

# place_drop PLACE <NAMES - remove these, a line each, in this order; the first that cannot be removed ends it.
place_drop() {
	while IFS= read -r place_name; do
		rm -f -- "$1/$place_name" || return
	done
}
