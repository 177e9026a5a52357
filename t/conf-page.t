#!/bin/sh
# backup.conf(5) has every key of conf.sh, once, with its default, and no other; and something to say of each.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

page=$top/scripts/backup.conf.5
settings() { sh -c '. "$1" && printf "%s\n" "$conf_settings"' - "$top/scripts/conf.sh"; }
# items - what stands in front of each paragraph that explains a key, as KEY=default.
items() { sed -n 's/^\.It Li \([A-Z][A-Z0-9_]*=.*\)/\1/p' "$page"; }

is "$(settings | sort)" "$(items | sort)" 'it has the keys and defaults of conf.sh'
ok 'which are not few' expr "$(settings | wc -l)" : '[4-9][0-9]$'
unexplained() { awk '/^\.(It|El|Sh)/ && told == 0 && key { print key } /^\.(It|El|Sh)/ { key = "" } /^\.It Li [A-Z]/ { key = $3; told = 0; next } /^[^.]/ { told = 1 }' "$page"; }
is '' "$(unexplained)" '... each is explained'
# What is said of a choice is what the preflight lets through.
choices() {
	sed -n '/^preflight_settings/,/^}/p' "$top/scripts/preflight.sh" | sed -n 's/^	*one_of \([A-Z_]*\) \(.*\)/\1 \2/p'
	sed -n 's/^	for preflight_key in \(.*\); do$/\1/p' "$top/scripts/preflight.sh" | grep -o '[A-Z]\{3,\}_[A-Z_]*' |
		grep -v KEEP | sed 's/$/ yes/'
}
# paragraph KEY - what is said of it, without macros.
paragraph() { awk -v key="$1=" '/^\.(It Li [A-Z]|El|Sh)/ { on = $1 == ".It" && index($3, key) == 1 } on' "$page" | tr ' ' '\n'; }
unsaid() {
	# Of two words for the same, one will do.
	choices | sed 's/ yes no true / true /' | while read -r key words; do
		for word in $words; do
			paragraph "$key" | grep -qx -e "$word" -e ".*=$word" || echo "$key: $word"
		done
	done
}
is '' "$(unsaid)" 'of a key that takes one of a few words, all of them are said'
ok '... there are such keys' test "$(choices | wc -l)" -ge 9
done_testing
