#!/bin/sh
# mm-conf understands a backup.conf as its author meant it, refuses what it cannot understand, and runs nothing.
# shellcheck disable=SC1003,SC2016
. "${0%/*}/tap.sh"

# conf FORMAT [KEY...] - mm-conf over what printf makes of it.
conf() {
	# shellcheck disable=SC2059
	printf "$1" >conf
	shift
	mm-conf "$@" <conf
}

# means VALUE LINE DESC - a line that sets K to that.
means() {
	printf '%s\n' "$2" >conf
	K='not set'
	tap_run mm-conf <conf
	eval "$(cat "$tap_dir/.stdout")"
	is "$1" "$K" "$3"
}

# refuses TEXT LINE DESC - it is broken, and the message says that.
refuses() {
	printf '%s\n' "$2" >conf
	exits 1 "$3" mm-conf <conf
	said "$1" '... which is said'
}

# --- values -----------------------------------------------------------------------------------------------
means value 'K=value' 'a plain value'
means '' 'K=' 'an empty one'
means '' 'K=   ' '... with blanks after it'
means '' 'K=""' '... in quotes'
means 3 'K=3  # Keep 3 days locally' 'a comment after a blank is one'
means 3 'K=3	#x' '... and after a tab'
means '' 'K= # nothing' '... and after nothing'
means 'a#b' 'K=a#b' 'a # within a word is no comment'
means '#b' 'K=#b' '... nor at the start of one'
means 'a#b' 'K="a"#b' '... nor behind a quote'
means value '  	K=value' 'blanks may stand before a key'
means value 'export K=value' 'export may stand before it'
means value '	export	 K=value  ' '... with any blanks'
means '--format=custom --compress=9' 'K=--format=custom --compress=9' 'blanks between words belong to the value'
means 'a  b	 c' 'K=a  b	 c	 ' '... as they are; those at its end do not'
means 'a  ' 'K="a  " ' '... but for those in quotes'
means 'a ' 'K=a\  ' '... or behind a backslash'
means '$x `y` \n "z" ;&|<>()' "K='\$x \`y\` \\n \"z\" ;&|<>()'" 'in single quotes everything is itself'
means '"a" \ $b `c` \n ;' 'K="\"a\" \\ \$b \`c\` \n ;"' 'in double quotes a backslash escapes as in sh'
means 'a b$"'\''\c' 'K=\a\ \b\$\"\'\''\\c' 'outside quotes it escapes everything'
means "it's" "K='it'\\''s'" 'pieces stand side by side'
means 'abc d' 'K=a"b"'\''c d'\' '... of any kind'
means 'a=b=c' 'K=a=b=c' 'an = may stand in a value'
means '*' 'K=*' 'a wildcard is itself'
means 'a~b' 'K=a~b' '... and so is a ~ within a word'
means 'grün – ☃' 'K=grün – ☃' 'UTF-8 is kept'
means "$(printf 'caf\351')" "$(printf 'K=caf\351')" '... and what is none'

refuses 'line 1: K: a single quote is not closed' "K='abc" 'an open single quote is refused'
refuses 'line 1: K: a double quote is not closed' 'K="abc\"' 'an open double quote is refused'
refuses 'line 1: K: a backslash at the end; a setting is one line' 'K=abc\' 'a line that would go on is refused'
for bad in '$HOME' '${HOME}' '"$HOME"' '"a${x:-b}"' '$' 'pa$word' '$(date)' '`date`' '"`date`"' '$((1+1))' "\$'a'" '$(rm -rf /)' \
	'$(cat relative)' '$(cat /a /b)' '$(cat </a)' '$(cat "/a")' '$(cat /a; date)' '$(cat /a' '$(cat)' 'x$y$(cat /a)' '$(cat /*)' \
	'$(tac /a)' '$(cat /$x)' '$(cat/a)' '$(cat /a|tr a b)' '$(cat /a\ b)' 'a`x`b' '$(< /a)' 'a $b' '\\$b'; do
	refuses 'only $(cat /absolute/file) is understood' "K=$bad" "K=$bad is refused"
done
for bad in 'a;b' 'a; touch pwned' 'a&' 'a&&b' 'a|b' '<a' 'a>b' '(a)' 'a)' ';'; do
	refuses 'one of ; & | < > ( ) outside quotes' "K=$bad" "K=$bad is refused"
done
refuses 'line 1: K: a ~ is not expanded here' 'K=~/backups' 'a home directory is not looked up'
refuses 'line 1: K: a ~ is not expanded here' 'K=host:~/backups' '... nor behind a colon'
refuses 'line 1: K: a second KEY= on the line' 'K=1 L=2' 'two settings on a line are refused'
means '1 L=2' 'K="1 L=2"' '... unless quotes say that they are one value'

# --- keys and lines ---------------------------------------------------------------------------------------
refuses 'line 1: a blank before the =; write KEY=VALUE' 'K = value' 'blanks around the = are refused'
refuses 'line 1: a blank before the =; write KEY=VALUE' 'K	=value' '... one before'
refuses 'line 1: K: a blank after the =; write KEY=VALUE' 'K= value' '... one after'
refuses 'line 1: not KEY=VALUE: there is no =' 'hunter2' 'a word alone is refused'
refuses 'line 1: not KEY=VALUE: there is no =' 'export K' '... and an export of nothing'
refuses 'line 1: not KEY=VALUE: there is no =' '[backup]' '... and a section'
refuses 'line 1: not KEY=VALUE: there is no =' '. /etc/other.conf' '... and a command'
for bad in '=value' '9K=value' 'K-L=value' 'K.L=value' 'K+=value' 'K[0]=value' 'set K=value' 'Kö=value' '"K"=value'; do
	refuses 'line 1: not KEY=VALUE: a key is made of letters, digits and _' "$bad" "$bad is refused"
done
means value 'K=value
# a comment

   # another' 'comments and empty lines are skipped'

is "A='1'
_b2='2'" "$(conf 'A=1\r\n\r\n_b2="2"\r\n')" 'lines may end in CR LF'
is "K='1'" "$(conf '\357\273\277K=1\n')" 'the file may begin with a byte order mark'
is "K='1'" "$(conf 'K=1')" 'the last line may lack its end'
is '' "$(conf '')" 'an empty file is a configuration'
exits 0 '... a good one' conf ''
exits 1 'a byte order mark within the file is refused' conf 'A=1\n\357\273\277K=1\n'
exits 1 'a NUL byte is refused' conf 'A=1\nK=a\000b\n'
said 'line 2: a NUL byte' '... with its line'
exits 1 '... in a comment too' conf '# \000\n'
for byte in 001 010 013 014 015 033 177; do
	exits 1 "the control byte $byte is refused" conf "K='a\\${byte}b'\n"
	said 'line 1: K: a control byte in the value' '... and said'
done
long=$(head -c 65534 /dev/zero | tr '\0' x)
is "K='$long'" "$(conf "K=$long\n")" 'a line of 64 KiB is taken'
exits 1 'a longer one is refused' conf "K=x$long\n"
said 'line 1: longer than 64 KiB' '... and said'
million() { { printf 'A=1\nK='; head -c 1048576 /dev/zero | tr '\0' x; printf '\nB=2\n'; } | mm-conf; }
exits 1 '... be it a megabyte long' million
said 'line 2: longer than 64 KiB' '... with its line'
endless() { yes 'K=1' | mm-conf; }
exits 1 'an endless input is refused' endless
said 'stdin: longer than 4 MiB, no configuration' '... as no configuration'

# --- files ------------------------------------------------------------------------------------------------
umask 027
echo 's3cr3t "#$x' >secret
means 's3cr3t "#$x' "K=\$(cat $PWD/secret)" 'what a file holds is taken as it is'
means 'a-s3cr3t "#$x-b' "K=a-\"\$(cat	$PWD/secret )\"-b" '... amid other pieces, in double quotes'
means '$(cat /x)' "K='\$(cat /x)'" '... but not in single ones'
means 's3cr3t "#$x s3cr3t "#$x' "K=\$(cat $PWD/secret) \$( cat $PWD/secret)  # x" '... and twice'
printf 'one\n\n\n' >secret
means one "K=\$(cat $PWD/secret)" 'newlines at its end are none of the value'
: >secret
means '' "K=\$(cat $PWD/secret)" 'an empty file is an empty value'
ln -s secret link
echo one >secret
means one "K=\$(cat $PWD/link)" 'a symbolic link is followed'
printf 'one\ntwo\n' >secret
refuses "K: $PWD/secret: more than one line in it" "K=\$(cat $PWD/secret)" 'a file of two lines is refused'
printf 'one\0' >secret
refuses "K: $PWD/secret: a NUL byte in it" "K=\$(cat $PWD/secret)" '... and one with a NUL'
printf 'one\r\n' >secret
refuses 'K: a control byte in the value' "K=\$(cat $PWD/secret)" '... and one with a carriage return'
head -c 65536 /dev/zero | tr '\0' x >secret
means "$(cat secret)" "K=\$(cat $PWD/secret)" 'a file may hold 64 KiB'
refuses 'K: the value is longer than 64 KiB' "K=\$(cat $PWD/secret)x" '... of a value that is no longer'
echo x >>secret
refuses "K: $PWD/secret: longer than 64 KiB" "K=\$(cat $PWD/secret)" '... and no more'
refuses "K: $PWD/absent: No such file or directory" "K=\$(cat $PWD/absent)" 'a file that is not there is refused'
refuses "K: /: not a regular file" 'K=$(cat /)' '... and a directory'
refuses 'K: /dev/null: not a regular file' 'K=$(cat /dev/null)' '... and a device'
mkfifo fifo
printf 'K=$(cat %s/fifo)\n' "$PWD" >conf
exits 1 'a FIFO is not waited for' timeout 10 mm-conf <conf
said "K: $PWD/fifo: not a regular file" '... but refused'
echo one >secret
chmod o+w secret
refuses "K: $PWD/secret: everybody may write to it; chmod o-w it" "K=\$(cat $PWD/secret)" 'a file that everybody may write to is refused'
printf 'A=1\nK=$(cat %s/absent)\n' "$PWD" >conf
exits 0 'a file for a key that nobody asked for is not opened' mm-conf A <conf
umask 022

# --- which keys -------------------------------------------------------------------------------------------
exits 0 'an unknown key is warned of' conf 'BACKUP_RETAIN=3\n\n\nBACKUP_RETIAN=4\n' BACKUP_DEST BACKUP_RETAIN
said 'mm-conf: line 4: unknown key BACKUP_RETIAN (did you mean BACKUP_RETAIN?)' '... with its line, and what was meant'
is "BACKUP_RETAIN='3'" "$(cat "$tap_dir/.stdout")" '... and left out'
exits 0 'one that is like none' conf 'BACKUP_WHATEVER=4\n' BACKUP_DEST BACKUP_RETAIN
is 'mm-conf: line 1: unknown key BACKUP_WHATEVER' "$(cat "$tap_said")" '... is like none'
exits 0 'letters in the wrong case' conf 'backup_dest=4\n' BACKUP_RETAIN BACKUP_DEST
said '(did you mean BACKUP_DEST?)' '... are guessed'
exits 0 'of two that it may be' conf 'BACKUP_KEEP_S=4\n' BACKUP_KEEPS BACKUP_KEEP_S3 BACKUP_KEEP
said '(did you mean BACKUP_KEEPS?)' '... the first of the nearest is named'
exits 0 'a short key' conf 'XY=4\n' AB PG
is 'mm-conf: line 1: unknown key XY' "$(cat "$tap_said")" '... is not like every other'
is "PGHOST='a'
AWS_REGION='b'" "$(conf 'PGHOST=a\nAWS_REGION=b\n' 'PG*' 'AWS_*')" 'a * allows all that begin so'
exits 0 'and nothing else' conf 'PHOST=a\n' 'PG*' 'AWS_*'
said 'unknown key PHOST' '... is allowed'
is "PG='a'" "$(conf 'PG=a\n' 'PG*')" '... but what has nothing more'
is "K='1'" "$(conf 'K=1\n' '*')" 'a * alone allows every key'
exits 0 'names of the shell' conf 'PATH=/x\nPGRP=1\nBASH_ENV=1\nRANDOM=1\nIFS=x\n' 'P*' 'B*' 'R*' 'I*'
is '' "$(cat "$tap_dir/.stdout")" '... are none that a * allows'
said 'line 2: unknown key PGRP (the shell has its own use for that name)' '... and why is said'
is "K='1'" "$(conf 'K=1\nIFS=x\n' 2>/dev/null)" '... nor no key at all'
is "PATH='/x'" "$(conf 'PATH=/x\n' PATH)" '... but their own'
exits 0 'a key that is set again' conf 'BACKUP_COMPRESS=gzip\nA=1\nBACKUP_COMPRESS=zstd\n\nBACKUP_COMPRESS=xz\n'
said 'line 3: BACKUP_COMPRESS is set again; the line before (line 1) counts no more' '... is warned of'
said 'line 5: BACKUP_COMPRESS is set again; the line before (line 3) counts no more' '... each time'
is "A='1'
BACKUP_COMPRESS='xz'" "$(cat "$tap_dir/.stdout")" '... and the last line counts, in its place'
many() { seq 1 200000 | sed 's/.*/K&=&/' | mm-conf | cksum; }
is "$(seq 1 200000 | sed "s/.*/K&='&'/" | cksum)" "$(many)" 'there may be very many keys'

# --- reports ----------------------------------------------------------------------------------------------
exits 1 'every broken line' conf 'A=1\nB=$x\nC\nD="\nE=2\nF= 1\n' A B
is 'mm-conf: line 2: B: only $(cat /absolute/file) is understood; where a $ or ` stands for itself, put the value in single quotes
mm-conf: line 3: not KEY=VALUE: there is no =
mm-conf: line 4: D: a double quote is not closed
mm-conf: line 5: unknown key E
mm-conf: line 6: F: a blank after the =; write KEY=VALUE' "$(cat "$tap_said")" '... is reported, and nothing is printed'
exits 1 'the file has a name' conf 'C\n' --name /etc/matric-memory/backup.conf
said 'mm-conf: /etc/matric-memory/backup.conf: line 1: not KEY=VALUE' '... in messages if it is told'
secrets='hunter2
PGPASSWORD = hunter2
PGPASSWORD= hunter2
PGPASSWORD="hunter2
PGPASSWORD=hunter2;
PGPASSWORD=hunter2$
PGPASSWORD='\''hunter2
  hunter2'\''
PGPASSWORD=hunter2 hunter2=
PGPASSWORD=$(cat hunter2)
PGPASSWORD=hunter2\'
printf '%s\n' "$secrets" >conf
exits 1 'a secret on a broken line' mm-conf <conf
is "$(echo "$secrets" | wc -l)" "$(wc -l <"$tap_said")" '... has a message'
exits 1 '... that does not tell it' grep hunter2 "$tap_said"

# --- owner and mode ---------------------------------------------------------------------------------------
for mode in 0620 0602 0666; do
	echo A=1 >conf
	chmod "$mode" conf
	exits 1 "mode $mode is refused" mm-conf --name the.conf <conf
	said "the.conf: others than its owner may write to it (mode ${mode#0}); chmod go-w it" '... and why is said'
done
chmod 0640 conf
exits 0 'mode 0640 is accepted' mm-conf <conf
silent '... silently'
chmod 0644 conf
ok 'mode 0644 without a secret is accepted' mm-conf <conf
silent '... silently'
for key in PGPASSWORD AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN NOTIFY_WEBHOOK NOTIFY_PING; do
	printf 'A=1\n%s=x\n' "$key" >conf
	ok "... and with $key" mm-conf <conf
	said "line 2: $key is a secret, and everybody may read this file; chmod 640 it" '... with a warning'
done
echo PGPASSWORD= >conf
ok '... and with an empty one' mm-conf <conf
silent '... silently'
(umask 077; echo one >mine)
echo "PGPASSWORD=\$(cat $PWD/mine)" >conf
ok '... and with one that stands elsewhere' mm-conf <conf
silent '... silently'
chmod 0604 mine
ok '... where everybody may read it' mm-conf <conf
said 'line 1: PGPASSWORD is a secret, and everybody may read the file it is in; chmod 640 that' '... with a warning'
echo PGPASSWORD=x >conf
chmod 0640 conf
ok 'a secret that not everybody may read' mm-conf <conf
silent '... needs none'
through_pipe() { echo PGPASSWORD=x | mm-conf; }
ok 'a pipe has no owner' through_pipe
silent '... and no readers'

# --- trouble ----------------------------------------------------------------------------------------------
exits 2 'a directory is no configuration' mm-conf <.
said 'stdin: a directory, not a file' '... and said to be one'
exits 2 'a device is none' mm-conf </dev/null
said 'stdin: a device, not a file' '... and said to be one'
closed() { mm-conf <&-; }
exits 2 'stdin closed is trouble' closed
echo A=1 >conf
full() { mm-conf <conf >/dev/full; }
exits 2 'a full disk is trouble' full
for operand in '' 'A-B' '9' 'A**' 'A*B' 'ö*' '-'; do
	exits 2 "'$operand' is no key" mm-conf A "$operand" <conf
	said "'$operand' is neither a key nor the beginning of one" '... and said to be none'
done
exits 2 'an unknown option is a usage error' mm-conf -x <conf
said 'usage: mm-conf [--name file] [key ...] < backup.conf' '... and is told the usage'
absent 'nothing was run' pwned
done_testing
