#!/bin/sh
# mm-json: lines of facts to JSON that others read; and nothing at all where a line is wrong.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

# facts FORMAT - to mm-json, as printf has it.
facts() {
	# The format is the test's own.
	# shellcheck disable=SC2059
	printf "$1" >facts
	mm-json <facts
}
# gives FORMAT WANT DESC - what another reader of JSON makes of it, spelled in one way.
gives() {
	exits 0 "$3" facts "$1"
	is "$2" "$(python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])), sort_keys=True))' "$tap_dir/.stdout" 2>&1)" '... as it was meant'
}

gives '' '{}' 'nothing is an empty object'
gives 'string\ta\tb\n' '{"a": "b"}' 'a string'
gives 'string\ta\tb' '{"a": "b"}' '... whose line has no end'
gives 'string\ta\t\n' '{"a": ""}' '... that is empty'
gives 'string\ta\tx\ty "z" \\ \001\t\n' '{"a": "x\ty \"z\" \\ \u0001\t"}' '... with tabs, quotes, backslashes, control bytes'
gives 'string\ta\t\303\251 \377\n' '{"a": "\u00e9 \ufffd"}' '... with UTF-8 and what is none'
gives 'number\ta\t18446744073709551615\nnumber\tb\t0\n' '{"a": 18446744073709551615, "b": 0}' 'numbers'
gives 'bool\ta\ttrue\nbool\tb\tfalse\n' '{"a": true, "b": false}' 'true and false'
gives 'object\to\narray\ta\nstring\t\t1\nnumber\t\t2\nobject\nend\narray\t\nend\nend\nstring\tb\tc\nend\nstring\td\te\n' \
	'{"d": "e", "o": {"a": ["1", 2, {}, []], "b": "c"}}' 'objects and arrays in one another'
gives "$(for _ in 1 2 3 4 5 6 7; do printf 'object\\tk\\n'; done; for _ in 1 2 3 4 5 6 7; do printf 'end\\n'; done)" \
	'{"k": {"k": {"k": {"k": {"k": {"k": {"k": {}}}}}}}}' 'as deep as it goes'

# wrong FORMAT TEXT DESC - it is refused, with that reason, and nothing is printed.
wrong() {
	exits 1 "$3" facts "string\tgood\tone\n$1"
	said "mm-json: line $2" '... and why is said'
	is '' "$(cat "$tap_dir/.stdout")" '... with nothing printed'
}
wrong 'strong\ta\tb\n' '2: it begins with none of' 'an unknown kind'
wrong '\n' '2: no key' 'an empty line'
wrong 'string\ta\n' '2: no value' 'no value'
wrong 'string\n' '2: no key' 'no key'
wrong 'string\t\tb\n' '2: no key' 'an empty key'
wrong 'array\ta\nstring\tk\tb\nend\n' '3: a key, within an array' 'a key in an array'
wrong 'object\to\tv\nend\n' '2: a value too many' 'an object with a value'
wrong 'number\ta\t-1\n' '2: this is no whole number' 'a number below 0'
wrong 'number\ta\t1.5\n' '2: this is no whole number' 'a fraction'
wrong 'number\ta\t\n' '2: this is no whole number' 'an empty number'
wrong 'number\ta\t18446744073709551616\n' '2: this is no whole number' 'a number too large'
wrong 'bool\ta\tyes\n' '2: this is neither true nor false' 'yes'
wrong 'end\n' '2: there is nothing to end here' 'an end too many'
wrong 'array\ta\n' '3: an object or array has no end' 'an end too few'
wrong 'string\ta\tb\000c\n' '2: a zero byte' 'a zero byte'
wrong "$(for _ in 1 2 3 4 5 6 7 8; do printf 'object\\tk\\n'; done)" '9: one in the other so often' 'too deep'
exits 2 'an operand' mm-json x
closed() { mm-json <&-; }
exits 2 'no standard input' closed
full() { echo 'bool	a	true' | mm-json >/dev/full; }
exits 2 'a full disk' full
done_testing
