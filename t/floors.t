#!/bin/sh
# The architecture holds: a module includes only what stands on a floor below its own, tools only lib,
# scripts stay within their size, and every tool has its page.
. "${0%/*}/tap.sh"

# modules - the lib modules, in the order of the Makefile's OBJ.
modules() {
	sed -n '/^OBJ/,/[^\\]$/p' "$top/Makefile" | tr -s '\t \\=' '\n' | grep -v -e '^OBJ$' -e '^$'
}

# upward - each include in lib of a module that stands above the one that includes it.
upward() {
	modules >order
	for file in "$top"/lib/*.c "$top"/lib/*.h; do
		module=${file##*/}
		module=${module%.*}
		here=$(grep -nx -- "$module" order | cut -d: -f1)
		[ -n "$here" ] || [ "$module" = status ] || echo "$file: not in OBJ"
		sed -n 's/^#include "\(.*\)\.h"$/\1/p' "$file" | while read -r name; do
			there=$(grep -nx -- "$name" order | cut -d: -f1)
			[ "$name" = status ] || [ "$name" = "$module" ] || [ "${there:-9999}" -lt "$here" ] ||
				echo "$file includes $name.h, which is not below it"
		done
	done
}

# outside - each include in bin that is neither a lib header nor the system's.
outside() {
	sed -n 's/^#include "\(.*\)"$/\1/p' "$top"/bin/*.c | sort -u | while read -r name; do
		[ -e "$top/lib/$name" ] || echo "bin includes $name"
	done
}

long_scripts() {
	wc -l "$top"/scripts/*.sh | awk '$2 != "total" && $1 > 250 { print $2, $1 }'
}

pageless() {
	for tool in "$top"/bin/*.c; do
		[ -e "${tool%.c}.1" ] || echo "$tool"
	done
}

ok 'OBJ names at least the modules of the skeleton' test "$(modules | wc -l)" -ge 8
is '' "$(upward)" 'no include points up'
is '' "$(outside)" 'the tools stand on lib alone'
is '' "$(long_scripts)" 'no script is over 250 lines'
is '' "$(pageless)" 'every tool has its page'
done_testing
