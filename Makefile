# GNU make.  Everything made lands in $(B); `make B=build/other` builds elsewhere.

B	= build
CC	= gcc
CFLAGS	= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
WARN	= -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
# gcc checks the signs; to clang every enum status is an unsigned one.
WARN	+= $(if $(findstring clang,$(CC)),-Wno-sign-conversion)
PREFIX	?= /usr/local
HARDEN	= -fstack-protector-strong -fPIE
CPPFLAGS = -D_POSIX_C_SOURCE=200809L -Ilib
LDFLAGS	= -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack

# The modules, floor by floor (t/floors.t): a module includes only what stands before it.
OBJ	= number clock stamp suffix stdfds pipesize visible newfile json range pgrows digest quota b64 bech32 hkdf meter work sshkey coredump \
	  confkey confline \
	  halt sigv4 s3xml s3error s3place s3plan http awsconf oneline notice \
	  sink pool relay holdback gate retain names kin freshness listing agesource agemetrics agereport agecheck \
	  awskeys awsmeta awssts credproc s3cred \
	  manifest report pgtoc pghead pgcustom pgtar pgplain gzmember keyfile agehead x25519 scrypt stream \
	  fdsink receipt stage tally watch gz gunz zst xz pgdump armor seal unseal \
	  s3opt s3wire s3req s3 s3look s3list s3attr s3sum s3confirm s3upload s3part s3fetch s3probe \
	  method landfile keeper \
	  sniff stored pump

TOOLS	= mm-pipe mm-land mm-verify mm-seal mm-key mm-compress mm-prune mm-conf mm-json mm-s3put mm-s3get mm-s3ls mm-s3rm mm-post
LIBS_mm-land	= -lcrypto
LIBS_mm-verify	= -lsodium -ldeflate -lz -lzstd -llzma -lcrypto
LIBS_mm-seal	= -lsodium -lcrypto
LIBS_mm-key	= -lsodium -lcrypto
LIBS_mm-compress = -ldeflate -lz -lzstd -llzma
S3LIBS	= -lcurl -lcrypto -lexpat -ljansson
LIBS_mm-s3put	= $(S3LIBS)
LIBS_mm-s3get	= $(S3LIBS)
LIBS_mm-s3ls	= $(S3LIBS)
LIBS_mm-s3rm	= $(S3LIBS)
LIBS_mm-post	= -lcurl

# t/c-NAME.c is a test; t/try-NAME.c lets a test in sh call a module.
CTESTS	= $(patsubst t/%.c,$B/t/%,$(wildcard t/c-*.c t/try-*.c))
LIBS_TEST = -lsodium -ldeflate -lz -lzstd -llzma -lcrypto -lcurl -ljansson -lexpat
COMPILE	= $(CC) -std=c11 -ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS) -pthread -MMD -MP -c -o $@ $<
LINK	= $(CC) $(HARDEN) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

all: $(TOOLS:%=$B/%)
$(TOOLS:%=$B/%): $B/%: $B/bin/%.o $B/libmm.a
	$(LINK) $(LIBS_$*)
$B/libmm.a: $(OBJ:%=$B/lib/%.o)
	rm -f $@ && ar rcs $@ $^
$(CTESTS): $B/t/%: $B/t/%.o $B/libmm.a
	$(LINK) $(LIBS_TEST)
$B/lib/agecheck.o: CPPFLAGS += -DMM_VERSION='"$(shell sed -n 's/^suite=//p' scripts/conf.sh)"'
$B/lib/agecheck.o: scripts/conf.sh
$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE)

tests: all $(CTESTS)
check:
	MM_BUILD=$B CC='$(CC)' CFLAGS='$(CFLAGS)' sh t/run.sh
check-long:
	MM_BUILD=$B sh t/run.sh t/long/*.t
check-s3:
	MM_S3=radosgw MM_BUILD=$B sh t/run.sh -j2 t/radosgw/*.t $$(grep -l 's3/server.sh' t/*.t)
demo:
	sh scripts/demo.sh
install: all
	TOOLS='$(TOOLS)' B='$B' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh scripts/install.sh install
uninstall:
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh scripts/install.sh uninstall
sanitize:
	$(MAKE) check B=build/sanitize CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
lint:
	shellcheck -x -P t:scripts:t/long -s sh $(wildcard scripts/*.sh t/*.sh t/*.t t/root/*.t t/radosgw/*.t t/long/*.t t/bench/*.sh units/*/*.sh) .ci/run
	mandoc -T lint -W warning bin/*.1 scripts/*.[58]
	cppcheck -q --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 -DMM_VERSION='"0"' -Ilib bin lib t
clean:
	rm -rf build

.PHONY: all tests check check-long check-s3 demo install uninstall sanitize lint clean
.SECONDARY:
-include $(wildcard $B/*/*.d)
