/* Base64 without padding: one spelling for each string of bytes, and no other is taken. */
#include <string.h>

#include <sodium.h>

#include "b64.h"
#include "tap.h"

/* RFC 4648, section 10, less its padding. */
static void
says(const char *plain, const char *text)
{
	char got[64];
	uint8_t buf[64];
	size_t n = b64_encode((const uint8_t *)plain, strlen(plain), got);

	ok(n == strlen(text) && memcmp(got, text, n) == 0, "'%s' is '%s'", plain, text);
	ok(b64_decode(text, n, buf) && B64_BYTES(n) == strlen(plain) && memcmp(buf, plain, strlen(plain)) == 0,
	    "... and back");
}

/* Every length, against libsodium's. */
static int
agrees(size_t len)
{
	uint8_t buf[256], back[256];
	char ours[512], theirs[512];
	size_t n;

	randombytes_buf(buf, len);
	n = b64_encode(buf, len, ours);
	sodium_bin2base64(theirs, sizeof(theirs), buf, len, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return n == B64_CHARS(len) && n == strlen(theirs) && memcmp(ours, theirs, n) == 0 &&
	    b64_decode(ours, n, back) && memcmp(buf, back, len) == 0;
}

/* Whether it is taken; -1 if libsodium thinks otherwise. */
static int
is_taken(const char *text, size_t n)
{
	uint8_t buf[256], theirs[256];
	size_t len;
	int taken = b64_decode(text, n, buf);

	return taken == (sodium_base642bin(theirs, sizeof(theirs), text, n, NULL, &len, NULL,
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0) ? taken : -1;
}

/* Each byte at each place of a text of n: how many are taken, each when libsodium takes it; -1 if they differ. */
static int
every_byte(size_t n)
{
	char text[8];
	uint8_t buf[8];
	int c, taken = 0, t;
	size_t i;

	for (i = 0; i < n; i++) {
		for (c = 0; c < 256; c++) {
			memset(text, 'A', sizeof(text));
			text[i] = (char)c;
			/* libsodium 1.0.18 takes what is not ASCII for something. */
			t = c < 128 ? is_taken(text, n) : b64_decode(text, n, buf);
			if (t == -1)
				return -1;
			taken += t;
		}
	}
	return taken;
}

int
main(void)
{
	size_t len;
	int all = 1;

	if (sodium_init() == -1)
		return 2;
	says("", "");
	says("f", "Zg");
	says("fo", "Zm8");
	says("foo", "Zm9v");
	says("foob", "Zm9vYg");
	says("fooba", "Zm9vYmE");
	says("foobar", "Zm9vYmFy");
	for (len = 0; len < 256; len++)
		all &= agrees(len);
	ok(all, "every length comes back and is spelled as libsodium spells it");
	ok(every_byte(4) == 4 * 64, "of four characters, each may be one of 64");
	ok(every_byte(3) == 2 * 64 + 16, "of three, the last may be one of 16");
	ok(every_byte(2) == 64 + 4, "of two, the last may be one of 4");
	ok(every_byte(1) == 0, "one is none");
	ok(every_byte(5) == 0, "nor are five");
	ok(is_taken("AA==", 4) == 0, "padding is not taken");
	ok(is_taken("AAAA\n", 5) == 0 && is_taken("AA\nA", 4) == 0, "nor is a line's end");
	return done_testing();
}
