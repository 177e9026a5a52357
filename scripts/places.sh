# places.sh - sourced: how a place is reached that holds backups; nobody else knows.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
# A PLACE is	/directory			here, perhaps a mounted disk
#		[user@]host:/directory		by rsync over ssh; what takes a shell there is left out where there is none
#		s3://bucket/prefix		by the mm-s3 tools
#
#	place_known PLACE		is it written as a place is?
#	place_list PLACE		print the names of the plain files there, a NUL after each; not 0 if not all could be seen
#	place_sizes PLACE		the same with sizes: bytes, a tab, the name; fields more may come before
#	place_fetch PLACE NAME		print what that file holds
#	place_gather PLACE FILE DIR	copy small files into DIR: those whose names FILE has, a line each; over one connection
#	place_send PLACE FILE [again]	make FILE, of this machine, a file there of the same base name.  It has its name when
#					it is whole and not before, and replaces none, but for `again`: one that broke off.
#					Prints the SHA-256 of what is there now, or nothing where that cannot be asked: then it
#					has been compared with FILE by rsync.
#	place_tells PLACE		can that be asked there?
#	place_drop PLACE <NAMES		remove these, a line each, in this order, up to one that cannot be; 4 where nothing can
#					be removed, ever
#	place_may_not TEXT		does what a tool said mean that we are not allowed to, rather than that it went wrong?
#
# SSH_OPTIONS, RSYNC_OPTIONS and S3_OPTIONS are words for each ssh, rsync and mm-s3 tool, S3_PUT_OPTIONS more of them for
# mm-s3put; BACKUP_LIMIT_RATE bounds them.  $place_clock, if set, is a file that hears how long each step may take (patience.sh).
# Names are exact, always; they may have any byte but / and NUL.

# shellcheck source=scripts/places-ssh.sh
. "$here/places-ssh.sh"

place_known() {
	case $1 in
	*'
'*) return 1 ;;
	s3:*) place_form='s3://[A-Za-z0-9][A-Za-z0-9._-]*(/[^[:cntrl:]]*)?' ;;
	/*) place_form='/[^[:cntrl:]]*' ;;
	*) place_form='([A-Za-z0-9_][A-Za-z0-9._-]*@)?([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):/[^[:cntrl:]]*' ;;
	esac
	printf '%s\n' "$1" | grep -Eqx -e "$place_form"
}

# place_s3_words - print the options of every mm-s3 tool, a line each.
place_s3_words() {
	set -f
	# shellcheck disable=SC2086
	set -- ${S3_OPTIONS-} ${BACKUP_LIMIT_RATE:+--limit-rate "$BACKUP_LIMIT_RATE"}
	set +f
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

# place_s3 TOOL WORD... - that tool, with these options.
place_s3() {
	place_tool=$1
	shift
	set -f
	# None of the words has a blank: they are meant to split.
	# shellcheck disable=SC2046
	set -- "$place_tool" $(place_s3_words) "$@"
	set +f
	"$@"
}

# place_s3put_words - print how mm-s3put is called, a word a line: what we keep is rarely read.
place_s3put_words() {
	printf '%s\n' mm-s3put --amazon-storage-class STANDARD_IA
	place_s3_words
	set -f
	# shellcheck disable=SC2086
	set -- ${S3_PUT_OPTIONS-}
	set +f
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

place_list() {
	case $1 in
	s3://*) place_s3 mm-s3ls -0 "${1%/}/" ;;
	/*)
		(cd -- "$1" && find . ! -name . -prune -type f -exec sh -c 'for f; do printf "%s\0" "${f#./}"; done' - {} +)
		;;
	*)
		place_found=$(place_rsync --list-only --no-h -- "${1%/}/") || return
		# What is no plain file does not begin with a dash; a name with odd bytes is no backup's, and stands as \#ooo.
		printf '%s\n' "$place_found" | sed -n 's/^-[^ ]* *[0-9]* [0-9/]* [0-9:]* //p' | tr '\n' '\0'
		;;
	esac
}

# place_sizes_dir DIR - a name has no slash, so what comes after " ./" is all of it.
place_sizes_dir() (
	cd -- "$1" 2>/dev/null || { echo "there is no such directory, or we may not look into it" >&2; return 1; }
	place_found=$(find . ! -name . -prune -type f -exec ls -lnd {} +) || return
	printf '%s\n' "$place_found" | sed -n 's|^-[^ ]* *[0-9]* *[0-9]* *[0-9]* *\([0-9]*\) .* \./|\1	|p' | tr '\n' '\0'
)

place_sizes() {
	case $1 in
	s3://*) place_s3 mm-s3ls -0 --long "${1%/}/" ;;
	# What goes away between find and ls is no trouble, if that does not go on.
	/*) place_sizes_dir "$1" 2>/dev/null || place_sizes_dir "$1" ;;
	*)
		place_found=$(place_rsync --list-only --no-h -- "${1%/}/") || return
		printf '%s\n' "$place_found" | sed -n 's|^-[^ ]* *\([0-9]*\) [0-9/]* [0-9:]* |\1	|p' | tr '\n' '\0'
		;;
	esac
}

# place_fetch_rsync PLACE NAME - where there is no shell that could print a file, it comes to this machine first.
place_fetch_rsync() (
	umask 077
	place_into=$(mktemp -d "${TMPDIR:-/tmp}/mm-fetch.XXXXXX")
	trap 'rm -rf -- "$place_into"' EXIT
	trap 'exit 143' TERM INT HUP
	place_rsync -- "${1%/}/$2" "$place_into/file" && cat -- "$place_into/file"
)

place_fetch() {
	case $1 in
	s3://*) place_s3 mm-s3get "${1%/}/$2" ;;
	/*) cat -- "$1/$2" ;;
	*)
		if place_has_shell "$1"; then
			place_ssh "$1" "cat -- $(place_path "$1" "$2")" </dev/null
		else
			place_fetch_rsync "$1" "$2"
		fi
		;;
	esac
}

place_gather() {
	case $1 in
	/* | s3://*) ;;
	*) place_rsync --files-from="$2" --max-size=1M -- "${1%/}/" "$3/"; return ;;
	esac
	place_st=0
	while IFS= read -r place_name <&3; do
		place_fetch "$1" "$place_name" >"$3/$place_name" || { place_st=$?; rm -f -- "$3/$place_name"; }
	done 3<"$2"
	return "$place_st"
}

# place_until BYTES - for whoever set $place_clock: so much is to be read or written there now, in one go; without BYTES, what is done
# watches over itself.
place_until() {
	[ -z "${place_clock-}" ] || patience_until "$1"
}

# place_bytes FILE - print how many it has.
place_bytes() {
	stat -c %s -- "$1"
}

# place_send_dir PLACE FILE AGAIN - mm-land syncs it before it has its name.
place_send_dir() {
	place_until "$(place_bytes "$2")"
	[ -z "$3" ] || rm -f -- "$1/${2##*/}" || return
	mm-land "$1/${2##*/}" <"$2"
}

# place_same PLACE FILE - is that what the host has under its name, by rsync's checksums?  While they are computed neither side says
# a word, so it is left to ssh to notice that the line is dead.  As if to fetch it: a far side that lets nothing be replaced has
# nothing to say of what it would replace.
place_same() {
	place_until "$(place_bytes "$2")"
	place_differs=$(place_rsync --timeout=0 --checksum --dry-run --itemize-changes -- "${1%/}/${2##*/}" "$2") || return 2
	case $place_differs in *'>f'*) return 1 ;; esac
}

# place_digest - print the digest that sha256sum prints.
place_digest() {
	sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\)  .*/\1/p'
}

# place_send_ssh PLACE FILE AGAIN - rsync itself gives the name when all is there and fits; then the far side is asked.
place_send_ssh() {
	# rsync itself ends when nothing moves.
	if [ -z "$3" ]; then
		place_until ''
		place_rsync --perms --chmod=F600 --times --ignore-existing -- "$2" "${1%/}/" || return
	elif ! place_same "$1" "$2"; then
		place_until ''
		place_rsync --perms --chmod=F600 --times --ignore-times --whole-file -- "$2" "${1%/}/" || return
	fi
	place_until "$(place_bytes "$2")"
	place_there=$(place_path "$1" "${2##*/}")
	place_sum=$(place_ssh "$1" "sha256sum -- $place_there && { sync -- $place_there || sync; }" 2>/dev/null </dev/null | place_digest)
	[ -z "$place_sum" ] || { printf '%s\n' "$place_sum"; return; }
	place_st=0
	place_same "$1" "$2" || place_st=$?
	[ "$place_st" -ne 1 ] || echo "${2##*/} differs there from ours" >&2
	return "$place_st"
}

place_tells() {
	case $1 in /* | s3://*) return ;; esac
	[ -n "$(place_ssh "$1" sha256sum 2>/dev/null </dev/null | place_digest)" ]
}

# place_send_s3 PLACE FILE AGAIN - mm-s3put completes nothing that is not whole.
place_send_s3() {
	set -f
	# None of the words has a blank: they are meant to split.
	# shellcheck disable=SC2046
	set -- "$@" $(place_s3put_words) ${3:+-f}
	set +f
	place_url=${1%/}/${2##*/} place_file=$2
	shift 3
	"$@" "$place_url" <"$place_file"
}

place_send() {
	case $1 in
	s3://*) place_receipt=$(place_send_s3 "$1" "$2" "${3-}") || return ;;
	/*) place_receipt=$(place_send_dir "$1" "$2" "${3-}") || return ;;
	*) place_receipt=$(place_send_ssh "$1" "$2" "${3-}") || return ;;
	esac
	place_until 0
	printf '%s' "${place_receipt%% *}"
}

# place_drop_ssh PLACE - the names of standard input, a hundred in one command.
place_drop_ssh() {
	place_names=$(cat)
	[ -n "$place_names" ] || return 0
	place_until 0
	place_has_shell "$1" || return 4
	printf '%s\n' "$place_names" | while IFS= read -r place_name; do place_path "$1" "$place_name"; done |
		sed 's/^/rm -f -- /' | place_ssh "$1" 'sh -e'
}

place_drop() {
	case $1 in
	s3://*) place_s3 mm-s3rm --stop "${1%/}/" ;;
	/*)
		while IFS= read -r place_name; do
			place_until 0
			rm -f -- "$1/$place_name" || return
		done
		;;
	*) place_drop_ssh "$1" ;;
	esac
}

place_may_not() {
	case $1 in *AccessDenied* | *'not allowed'* | *'Operation not permitted'*) ;; *) return 1 ;; esac
}
