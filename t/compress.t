#!/bin/sh
# mm-compress: what any method promises.
. "${0%/*}/tap.sh"

methods=$(mm-compress --list | cut -f1)

# there_and_back METHOD FILE - FILE survives METHOD, and -d finds the method by itself, except for none.
there_and_back() {
	mm-compress -m "$1" <"$2" >packed && mm-compress -d -m "$1" <packed | cmp - "$2" || return
	[ "$1" = none ] || mm-compress -d <packed | cmp - "$2"
}
packed_by() { mm-compress -m "$1" <"$2"; }

: >empty
printf x >one
seq 1 400000 >many
for method in $methods; do
	for file in empty one many; do
		ok "$method: $file comes back" there_and_back "$method" "$file"
	done
done

is "$(printf 'zstd\t.zst\t1\t3\t22')" "$(mm-compress --list | grep ^zstd)" '--list has a row for zstd'
is .zst "$(mm-compress -s)" '-s: the suffix of the default method'
is '' "$(mm-compress -s -m none)" '-s -m none: no suffix'
ok '-s needs no input' mm-compress --suffix --method=zstd

unpack() { mm-compress -d <"$1"; }
exits 1 'an empty input is bad' unpack empty
said 'the input is empty' '... and it says so'
exits 1 'an input of no known method is bad' unpack many
said 'no method that is known' '... and it says so'

# Options.
exits 2 'an unknown method is refused' packed_by rar one
said 'unknown method rar' '... by name'
compress_one() { mm-compress "$@" <one; }
exits 2 'a level out of range is refused' compress_one -l 23
said "'23' is not a whole number from 1 to 22" '... with the range'
exits 2 'no level when decompressing' compress_one -d -l 3
exits 2 'no operands' compress_one one
exits 2 'too many threads are refused' compress_one -T 257
exits 2 'too little memory is refused' compress_one -M 1M
said 'needs -M ' '... with the figure that is needed'
ok '-T 0 is the default' compress_one -T 0

# Descriptors.
to_full() { mm-compress -m "$1" <many >/dev/full; }
back_to_full() { mm-compress -m "$1" <many | mm-compress -d -m "$1" >/dev/full; }
closed_in() { mm-compress <&-; }
closed_out() { mm-compress <one >&-; }
closed_out_back() { mm-compress <many | mm-compress -d >&-; }
from_directory() { mm-compress </; }
for method in $methods; do
	exits 2 "$method: a full disk is noticed" to_full "$method"
	exits 2 "$method: ... on the way back too" back_to_full "$method"
done
exits 2 'a closed stdin is noticed' closed_in
exits 2 'a closed stdout is noticed' closed_out
exits 2 'a closed stdout is noticed on the way back' closed_out_back
exits 2 'a directory is not an input' from_directory
on_terminal() { script -qec "mm-compress -m $1 <one" /dev/null; }
for method in $methods; do
	exits 2 "$method: not to a terminal" on_terminal "$method"
	said 'terminal' '... and it says so'
done
mm-compress <one >one.zst
back_on_terminal() { script -qec "mm-compress -d <one.zst" /dev/null; }
ok 'decompressed data may go to a terminal' back_on_terminal
done_testing
