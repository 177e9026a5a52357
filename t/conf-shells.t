#!/bin/sh
# What mm-conf prints may be evaluated: in every shell it sets exactly what it says, and runs nothing, whatever the file.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"

# each FUNCTION - call it with each shell's name.
each() { for shell in dash 'busybox sh' mksh bash; do "$1" "$shell"; done; }
# in_shell SHELL COMMAND ARG... - run it there; the name may be two words.
# shellcheck disable=SC2086
in_shell() { words=$1; shift; $words -c "$@"; }

# --- every byte -------------------------------------------------------------------------------------------
perl -e '
	@bytes = (9, 32 .. 126, 128 .. 255);
	sub quoted { my $b = shift; return $b eq "\x27" ? "\x27\\\x27\x27" : $b }
	open my $conf, ">", "conf"; open my $want, ">", "want";
	for (@bytes) { my $b = chr; printf $conf "B%d=\x27x%sy\x27\n", $_, quoted($b); printf $want "x%sy\n", $b }
	my $all = join "", map chr, @bytes, reverse @bytes;
	printf $conf "ALL=\x27%s\x27\n", join "", map quoted($_), split //, $all; printf $want "%s\n", $all;
	open my $show, ">", "show"; printf $show "printf \x27%%s\\n\x27 \"\$%s\"\n", $_ for map("B$_", @bytes), "ALL"'
bytes() {
	for locale in C C.UTF-8; do
		LC_ALL=$locale in_shell "$1" 'out=$(mm-conf <conf) && eval "$out" && . ./show' >got
		same want got "every byte comes back in $1, locale $locale"
	done
}
each bytes

# --- names that a shell computes --------------------------------------------------------------------------
# owned SHELL - the names that it lists as integer or read-only, and those of its environment; set each to a trap.
owned() {
	case $1 in
	mksh | bash) in_shell "$1" 'typeset -i; typeset -r; set' ;;
	*) in_shell "$1" set ;;
	esac | sed -n 's/^[a-z -]* *\([A-Za-z_][A-Za-z0-9_]*\)\(=.*\)*$/\1/p' | sort -u >names
	sed 's/$/=\x27a[$(touch pwned)]\x27/' names >traps
	mm-conf <traps >settings 2>warnings
	ok "$1 has names of its own" grep -q '^PPID$\|^OPTIND$\|^PATH$' names
	ok "... of which what is left does no harm" in_shell "$1" 'eval "$(cat settings)"'
	absent '... and runs nothing' pwned
}
each owned
computed() { printf "PGRP='a[\$(touch pwned)]'\nPGHOST=h\n" | mm-conf 'PG*' 2>/dev/null; }
is "PGHOST='h'" "$(computed)" 'PG* does not let PGRP through, which mksh computes'

# --- sh and we agree --------------------------------------------------------------------------------------
# Lines of odd pieces, new ones each time; SEED=n has them again.  Those that we take are read by each shell as well:
# what it takes, it takes as the same.  No piece is a : alone, a command that lets an assignment before it stay.
echo 'f i"l$e' >secret
seed=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d " ")}
perl -e '
	srand $ARGV[0];
	@pieces = (qw{a b K X= = a: ~ :~ # #c * ? [a-z] {a,b} ! % ^ $x ${x} $( ` ; & | < > ( )},
		qw{" "" "a "a" \\ \\\\ \\a \\" \\$ \\` \\; "\\n" "\\$x" "\\`" "\\\\" "\\"" "a;b&c|d<e>(f)"},
		"\x27", "\x27\x27", "\\\x27", "\x27\\\x27", "\$\x27a\x27", "\x27\$x;`y`\x27", "\xc3\xa9", "\xff",
		"\\ ", "\\\t", "\x27\t\x27", "\x27a b\x27", "\"a  b\"", "\" #c\"", "\x27 #c\x27",
		"\$(cat $ARGV[1]/secret)", "\"\$(cat $ARGV[1]/secret)\"");
	for (1 .. 4000) {
		my $line = join "", map $pieces[rand @pieces], 1 .. rand 7;
		$line .= " " if rand() < 0.1; $line .= " #c" if rand() < 0.1;
		print "K=$line\n";
	}' "$seed" "$PWD" >lines
mm-conf <lines 2>said >none || :
sed -n 's/^mm-conf: line \([0-9]*\): \(K: \|not KEY\|a blank\).*/\1d/p' said >drop
sed -f drop lines >good
awk '{ print "K" NR substr($0, 2) }' good >conf
ok "of 4000 lines (seed $seed) some are good" test "$(wc -l <good)" -gt 500
exits 1 '... and some are broken' test "$(wc -l <good)" -eq 4000
sh -c 'out=$(mm-conf <conf) && eval "$out" && i=1 && while [ $i -le "$1" ]; do eval "printf \"%s\\n\" \"\$K$i\""; i=$((i + 1)); done' - \
	"$(wc -l <good)" >ours

mkdir bin
ln -s "$(command -v cat)" /usr/bin/printf bin/	# mksh has none of its own
# agree SHELL - let it read each good line, where a line can run nothing but cat; one that fails is none of its.
agree() {
	in_shell "$1" 'PATH=$PWD/bin HOME=/nowhere
	while IFS= read -r line; do
		(unset K; eval "$line" </dev/null >/dev/null 2>&1 && [ -n "${K+set}" ] && printf "%s\n" "$K") || echo FAILS
	done <good' >theirs 2>theirs_said
	paste -d '\n' ours theirs | awk -v lines=good '
		{ ours = $0; getline; getline line <lines }
		$0 == "FAILS" { fails++; next }
		$0 == ours { same++; next }
		{ print line " is to us " ours ", to sh " $0 }
		END { print same + 0 " alike, " fails + 0 " not for sh"; if (same < 500 || fails > same / 4) exit 1 }' >verdict || echo few >>verdict
	is '' "$(grep -av 'alike,' verdict)" "$1 understands each line as we do (seed $seed)"
}
each agree

# --- garbage ----------------------------------------------------------------------------------------------
# exact SHELL - what is set after it is what is printed, and no more.
exact() {
	in_shell "$1" '
	export LC_ALL=C
	names() { set | sed -n "s/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p" | sort -u; }
	names >before; names >before
	eval "$(cat settings)"; names >after
	comm -13 before after' | grep -avx '_\|PIPESTATUS\|BASH_ARG[CV]' >became || :
	LC_ALL=C sed 's/=.*//' settings | LC_ALL=C sort >printed
	same printed became "$1 sets what is printed and nothing else (seed $seed)"
	absent '... and runs nothing' pwned
}
perl -e '
	srand $ARGV[0];
	@odd = ("\x27", "\"", "\\", "\$", "`", ";", "&", "#", " ", "=", "\$(touch pwned)", "`touch pwned`", "\x27;touch pwned;\x27",
		"\"\$(touch pwned)\"", "\xff", "a", "\\\x27", "\r", "export ", "\x27\x27");
	printf "%sKEY%d=%s\n", rand() < 0.1 ? "export " : "", $_, join "", map $odd[rand @odd], 1 .. rand 9 for 1 .. 4000' "$seed" >lines
mm-conf <lines 2>said >none || :
sed -n 's/^mm-conf: line \([0-9]*\):.*/\1d/p' said >drop
sed -f drop lines >conf
ok 'of the odd lines some are left' test "$(wc -l <conf)" -gt 200
ok '... and good' mm-conf <conf
mm-conf <conf >settings
each exact

# garbled - print what is wrong with how mm-conf ends, or what it says, on a configuration with random bytes in it.
garbled() {
	perl -e '
		srand $ARGV[0];
		my $text = join "", map "KEY$_=\"value $_\" # \\\x27\n", 1 .. 20;
		for my $n (1 .. 300) {
			my $bytes = $n % 3 ? $text : "";
			substr($bytes, rand length $bytes, rand 4) = join "", map chr rand 256, 1 .. rand 8 for 1 .. rand 20;
			open my $to, "|-", "mm-conf >out 2>said"; print $to $bytes; close $to;
			my $st = $?; my $said = `cat said`; my $out = -s "out";
			print "status $st\n" if $st != 0 && $st != 256;
			print "broken, and printed\n" if $st && $out;
			print "broken, and nothing said\n" if $st && $said eq "";
			print "said: $said\n" if $said =~ /^(?!mm-conf: line \d+: [ -~]*\n)/m && $said ne "";
		}' "$seed"
}
is '' "$(garbled)" "random bytes do no harm (seed $seed)"
done_testing
