#!/bin/sh
# mm-compress and the stock tools read what the other has written, whatever options it was written with.
. "${0%/*}/tap.sh"

seq 1 300000 >text				# 2 MB: several blocks
head -c 1100000 /dev/urandom >noise
: >empty
printf x >one

# they_read LEVEL METHOD FILE COMMAND... - what mm-compress writes from FILE, COMMAND makes FILE of again.
they_read() {
	level=$1 method=$2 file=$3
	shift 3
	mm-compress -m "$method" -l "$level" <"$file" >packed && "$@" <packed >back && cmp back "$file"
}

for file in empty one text noise; do
	ok "gzip -d reads $file" they_read 5 gzip "$file" gzip -dc
	ok "pigz -d reads $file" they_read 1 gzip "$file" pigz -dc
	ok "zlib reads $file" they_read 9 gzip "$file" perl -MIO::Uncompress::Gunzip=gunzip \
		-e 'gunzip "-" => "-", MultiStream => 1 or die'
	ok "zstd -d reads $file" they_read 3 zstd "$file" zstd -dc
	ok "xz -d reads $file" they_read 1 xz "$file" xz -dc
done
ok 'gzip: the highest level' they_read 12 gzip text gzip -dc
ok 'zstd: the lowest level' they_read 1 zstd text zstd -dc
ok 'zstd: a high level' they_read 19 zstd one zstd -dc
ok 'zstd: the highest level, as far as the memory goes' they_read 22 zstd one zstd -dc
ok 'xz: the lowest level' they_read 0 xz text xz -dc
ok 'xz: the highest level, as far as the memory goes' they_read 9 xz one xz -dc
head -c 5000000 /dev/urandom >far
finds_far() {
	cat far far | mm-compress -m zstd -l "$1" >packed && zstd -dc <packed | tail -c 5000000 | cmp - far &&
	[ "$(wc -c <packed)" -lt 6000000 ]
}
ok 'zstd: from level 12 on, repetitions far back are found' finds_far 12
tests_whole() { mm-compress -m "$1" -l 2 <text >packed && "$1" -t <packed; }
for method in gzip zstd xz; do
	ok "$method -t finds no fault" tests_whole "$method"
done
is CRC64 "$(mm-compress -m xz -l 1 <text >t.xz && xz --robot -lv t.xz | awk '$1 == "file" { print $7 }')" \
	'xz has CRC64'
mm-compress -m zstd <text >t.zst
ok 'zstd has a content checksum' sh -c 'zstd -lv t.zst | grep -q "Check: XXH64"'

# we_read FILE COMMAND... - what COMMAND writes from FILE, -d makes FILE of again.
we_read() {
	file=$1
	shift
	"$@" <"$file" >packed && mm-compress -d <packed >back && cmp back "$file"
}
for file in empty one text noise; do
	ok "we read gzip -1 of $file" we_read "$file" gzip -1
	ok "we read gzip -9 of $file" we_read "$file" gzip -9
	ok "we read pigz of $file" we_read "$file" pigz -p 2 -b 128
	ok "we read zstd -1 of $file" we_read "$file" zstd -1
	ok "we read zstd -12 of $file" we_read "$file" zstd -12
	ok "we read xz -1 of $file" we_read "$file" xz -1
done
ok 'we read pigz with blocks that stand alone' we_read text pigz -i
ok 'we read zstd without a checksum' we_read text zstd --no-check
ok 'we read zstd of many threads' we_read text zstd -T3
ok 'we read zstd of the largest window that needs no option' we_read text sh -c 'cat | zstd -1 --long=27 -c'
ok 'we read zstd that tells no length' we_read text sh -c 'cat | zstd -1 -c'
for check in none crc32 sha256; do
	ok "we read xz with check $check" we_read text xz -1 -C "$check"
done
ok 'we read xz in blocks' we_read text xz -1 -T2 --block-size=300000
ok 'we read xz with a filter before it' we_read text xz --delta=dist=1 --lzma2=preset=1

# A header with everything: FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT (RFC 1952), around deflate data of gzip's.
everything() {
	gzip -nc text | perl -0777 -MCompress::Zlib=crc32 -ne '
		$h = "\x1f\x8b\x08\x1f\0\0\0\0\0\x03" . "\x06\0XX\x02\0ab" . "name\0" . "a comment\0";
		print $h, pack("v", crc32($h) & 0xffff), substr($_, 10)' >packed
}
everything
ok 'gzip reads a header with all there can be' sh -c 'gzip -dc <packed | cmp - text'
ok '... and so do we' sh -c 'mm-compress -d <packed | cmp - text'
perl -0777 -pi -e 'substr($_, 13, 1) ^= "\x01"' packed
exits 1 '... and its checksum counts' sh -c 'mm-compress -d <packed'

# One after another.
joined() {
	cat "$@" >packed && mm-compress -d <packed | cmp - twice
}
cat text text >twice
gzip -c text >a.gz
pigz -c text >b.gz
mm-compress -m gzip <text >c.gz
zstd -qc text >a.zst
mm-compress <text >c.zst
xz -1c <text >a.xz
mm-compress -m xz -l 1 <text >c.xz
printf '\120\052\115\030\004\0\0\0skip' >skip
printf '\0\0\0\0' >pad4
printf '\0\0\0' >pad3
ok 'gzip: members of others' joined a.gz b.gz
ok 'gzip: theirs and ours' joined a.gz c.gz
ok 'gzip: ours and theirs' joined c.gz b.gz
ok 'gzip: zeros at the end' joined c.gz c.gz pad3
ok 'zstd: frames' joined a.zst c.zst
ok 'zstd: skippable frames before, between, after' joined skip a.zst skip c.zst skip
ok 'xz: streams' joined a.xz c.xz
ok 'xz: padding' joined a.xz pad4 c.xz pad4
refused() {
	cat "$@" >packed
	mm-compress -d <packed >back
}
exits 1 'xz: padding of three bytes is bad' refused a.xz pad3
exits 1 'gzip: something after zeros is bad' refused a.gz pad3 one
exits 1 'zstd: zeros at the end are bad' refused a.zst pad4
for f in a.gz c.gz a.zst c.zst a.xz c.xz; do
	exits 1 "$f and then something else is bad" refused "$f" text
	said 'byte' '... and it says where'
	head -c 1000 "$f" >start
	exits 1 "$f twice, the second cut short, is bad" refused "$f" start
	said 'byte' '... and it says where'
done
done_testing
