# restore-options.sh - sourced: how restore.sh is called.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	read_command_line WORD...	our options, and what to restore.  Options that are passed on are kept as quoted words: for
#				mm-verify in $identities, for pg_restore in $select_words, those of them that need no part of the
#				backup in $privilege_words.  $again is how to call us so once more, without a backup; in $basics
#				are no options that say what becomes of it.
#	check_command_line	78 if what is asked for cannot be had together

# usage - say how we are called.
usage() {
	cat >&2 <<-'END'
		usage: restore.sh [-nvf] [-c conf] [--from place] [-i identity ... | -p passfile] [-j jobs]
		                  [--to database] [--swap | --in-place [--yes database]] [--table table ...] [--schema schema ...]
		                  [--schema-only | --data-only] [--no-owner] [--no-acl] [--no-tablespaces] [--spool]
		                  [--globals | --globals-only] [backup | --latest]
		Without a backup: which there are, and what restores each.
	END
	exit 78
}

# takes_value OPTION - is the next word, or what comes after =, its value?
takes_value() {
	case $1 in
	-c | --configuration | --from | -i | --identity | -p | --passphrase-file | -j | --jobs | --to | --yes | --table | --schema) ;;
	*) return 1 ;;
	esac
}

# take_value OPTION VALUE - an option that has one.
take_value() {
	case $1 in
	-c | --configuration) conf=$2 ;;
	--from) from=$2 ;;
	-i | --identity) identities="$identities $(quoted "$2")" ;;
	-p | --passphrase-file) passfile=$2 ;;
	-j | --jobs) jobs=$2 ;;
	--to) to=$2 ;;
	--yes) yes=$2 ;;
	--table) tables="$tables $(quoted "$2")" select_words="$select_words --strict-names $(quoted "--table=$2")" ;;
	--schema) schemas="$schemas $(quoted "$2")" select_words="$select_words --strict-names $(quoted "--schema=$2")" ;;
	esac
	case $1 in --to | --yes | --table | --schema) ;; *) basics="$basics $1 $(quoted "$2")" ;; esac
	again="$again $1 $(quoted "$2")"
}

# take_flag OPTION - an option that has none.
take_flag() {
	case $1 in
	-n | --dry-run) dry=yes ;;
	-v | --verbose) verbose=--verbose ;;
	-f | --force) force=yes ;;
	--latest) latest=yes ;;
	--swap | --in-place) [ "$mode" = new ] || usage; mode=${1#--} ;;
	--schema-only | --data-only) [ -z "$only" ] || usage; only=${1#--} only=${only%-only} select_words="$select_words $1" ;;
	--no-owner | --no-acl | --no-tablespaces) privilege_words="$privilege_words $1" select_words="$select_words $1" ;;
	--spool) may_spool=yes ;;
	--globals | --globals-only) globals=${1#--} ;;
	*) usage ;;
	esac
}

read_command_line() {
	dry=no conf='' from='' identities='' passfile='' jobs=1 to='' yes='' tables='' schemas='' mode=new only='' force=no
	latest=no select_words='' privilege_words='' verbose='' may_spool=no globals='' operand=''
	again=$(quoted "$0")
	[ -x "$0" ] || again="sh $again"
	basics=$again
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; break ;;
		--*=*)
			takes_value "${1%%=*}" || usage
			take_value "${1%%=*}" "${1#*=}"
			;;
		-[cijp]?*)
			take_value "${1%"${1#-?}"}" "${1#-?}"
			;;
		-[nvf]?*)
			split=$1
			shift
			set -- "${split%"${split#-?}"}" "-${split#-?}" "$@"
			continue
			;;
		-?*)
			if takes_value "$1"; then
				[ $# -ge 2 ] || usage
				take_value "$1" "$2"
				shift
			else
				take_flag "$1"
				[ "$1" = --latest ] || again="$again $1"
			fi
			;;
		*) break ;;
		esac
		shift
	done
	case $latest$# in no[01] | yes0) ;; *) usage ;; esac
	operand=${1-}
	case $operand in */*) [ -z "$from" ] || usage; from=${operand%/*} operand=${operand##*/} from=${from:-/} ;; esac
}

check_command_line() {
	case $jobs in '' | 0* | *[!0-9]*) fail 78 "-j $jobs: that is no number of jobs" ;; esac
	case $mode/$only in
	swap/?*) fail 78 "--swap with --$only-only would put a part in the place of the whole" ;;
	new/data) fail 78 '--data-only needs tables that are there: --in-place' ;;
	in-place/schema) fail 78 '--in-place with --schema-only would empty the tables' ;;
	esac
	[ "$mode" != swap ] || [ -z "$tables$schemas" ] || fail 78 '--swap with a part of the backup would put that in the place of the whole'
	[ "$mode" != in-place ] || [ -z "$tables" ] || [ "$only" = data ] || fail 78 '--in-place with --table would take from the' \
		'tables their indexes, constraints and triggers: add --data-only, for rows into the tables that are there, or restore with --to'
	[ "$mode" != in-place ] || [ "$jobs" -eq 1 ] || fail 78 '--in-place is one transaction, and that has one job'
	[ -z "$yes" ] || [ "$mode" = in-place ] || fail 78 '--yes is for --in-place'
}
