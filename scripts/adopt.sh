# adopt.sh - sourced: a backup that has our name and no manifest, as the old script's have, becomes one of ours.
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
#
#	adopt NAME		follow it to its end, opening it with BACKUP_PASSPHRASE_FILE or, for -i, $identities; then it
#				gets its manifest.  Until then it is not counted, not sent, and never dropped.
#
# Needs what make.sh needs.

# adopt_state NAME - print what it is at home, and its stamp: good, suspect, unfinished; nothing if it has no name of ours.
adopt_state() {
	printf '%s\n' "$1" "$(cd -- "$home" && for f in "$1".*; do [ ! -f "$f" ] || printf '%s\n' "$f"; done)" |
		mm-prune --list | cut -f 1,2
}

# adopt_words - print the words that open it, a line each.
adopt_words() {
	printf '%s' "$identities"
	[ -z "$BACKUP_PASSPHRASE_FILE" ] || [ -n "$identities" ] || printf -- '-p\n%s\n' "$BACKUP_PASSPHRASE_FILE"
}

# adopt_verify - what is found out about $name, in $tmp/report; its digest in $tmp/receipt.
adopt_verify() {
	adopt_ifs=$IFS
	IFS='
'
	set -f
	# A line each, and so they are meant to split.
	# shellcheck disable=SC2046
	set -- $(adopt_words)
	set +f
	IFS=$adopt_ifs
	overheard mm-pipe --with-parent -t "$BACKUP_STALL" mm-verify "$@" -o "$tmp/report" <"$home/$name" || return
	(cd -- "$home" && sha256sum -- "$name") >"$tmp/receipt"
}

adopt() {
	name=''
	case $home in /*) ;; *) log ERROR "adopt: only what lies in a directory here can be adopted, not what is at $home"; return 1 ;; esac
	case $1 in */*) log ERROR "adopt: '$1' is a path; the name of a file in $home is wanted"; return 1 ;; esac
	[ -f "$home/$1" ] || { log ERROR "$home/$1: there is no such file"; return 1; }
	adopt_found=$(adopt_state "$1") || return
	case $adopt_found in
	unfinished*) ;;
	'') log ERROR "$1: this is not how a backup is named: NAME_backup_YYYYMMDD_HHMMSS.sql..."; return 1 ;;
	*) log ERROR "$1: has a manifest already"; return 1 ;;
	esac
	adopted=$1 db=${1%_backup_*}
	# The name is no journal's: what is not finished here must never be removed.
	(
		name=$adopted
		adopt_verify || { log ERROR "$name: this backup is not whole, or cannot be opened; it is left as it is"; exit 1; }
		started=$(printf '%s\n' "${adopt_found#*	}" |
			sed 's/\(....\)\(..\)\(..\)_\(..\)\(..\)\(..\)/\1-\2-\3T\4:\5:\6Z/')
		true >"$tmp/proof"
		BACKUP_PROVE=yes
		write_manifest
	) || return
	log INFO "$adopted: whole, and from now on a backup like any other"
}
