/* Bech32: the checksum is BIP 173's, the case follows the prefix, bytes have one spelling. */
#include <ctype.h>
#include <string.h>

#include "bech32.h"
#include "tap.h"

#define IDENTITY	"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT	"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

static int
is_recipient(const char *text)
{
	uint8_t buf[32];

	return bech32_decode(text, strlen(text), "age", buf, sizeof(buf));
}

/* Any one character changed to any other. */
static int
survivors(void)
{
	char text[] = RECIPIENT;
	size_t i;
	int c, n = 0;

	for (i = 0; i < strlen(RECIPIENT); i++) {
		for (c = 1; c < 256; c++) {
			text[i] = (char)c;
			n += (char)c != RECIPIENT[i] && is_recipient(text);
		}
		text[i] = RECIPIENT[i];
	}
	return n;
}

int
main(void)
{
	uint8_t buf[64], key[32];
	char text[128];
	size_t i, len;
	int all = 1;

	memset(key, 0x42, sizeof(key));
	bech32_encode("AGE-SECRET-KEY-", key, sizeof(key), text);
	ok(strcmp(text, IDENTITY) == 0, "a known identity is spelled in upper case");
	ok(bech32_decode(IDENTITY, strlen(IDENTITY), "AGE-SECRET-KEY-", buf, 32) && memcmp(buf, key, 32) == 0,
	    "... and read");
	ok(is_recipient(RECIPIENT), "a known recipient is read");
	ok(survivors() == 0, "no character of it may be another");
	for (i = 0; RECIPIENT[i] != '\0'; i++)
		text[i] = (char)toupper(RECIPIENT[i]);
	text[i] = '\0';
	ok(!is_recipient(text), "a recipient in upper case is none");
	for (i = 0; IDENTITY[i] != '\0'; i++)
		text[i] = (char)tolower(IDENTITY[i]);
	ok(!bech32_decode(text, i, "AGE-SECRET-KEY-", buf, 32), "an identity in lower case is none");
	ok(!bech32_decode(IDENTITY, strlen(IDENTITY), "age", buf, 32), "nor is it a recipient");
	ok(!is_recipient("age1") && !is_recipient("") && !is_recipient("age"), "too short is none");
	/* "A12UEL5L" and the like, of BIP 173, with no data at all. */
	ok(bech32_decode("A12UEL5L", 8, "A", buf, 0), "BIP 173: A12UEL5L");
	ok(bech32_decode("a12uel5l", 8, "a", buf, 0), "BIP 173: a12uel5l");
	ok(!bech32_decode("A1G7SGD8", 8, "A", buf, 0), "BIP 173: A1G7SGD8 has its checksum from upper case");
	ok(bech32_decode("age1qqqqqqqd9e8ae", 17, "age", buf, 4), "four zero bytes");
	ok(!bech32_decode("age1qqqqqqpsndjqt", 17, "age", buf, 4), "a bit set beyond the last byte, checksum right, is refused");
	ok(!bech32_decode("age1qqqqqqqqf34z55", 18, "age", buf, 4), "so is a character too many");
	ok(!bech32_decode("age1qqqqqqqceftcm", 17, "age", buf, 4), "so is Bech32m's checksum");
	for (len = 1; len < 40; len++) {
		memset(buf, (int)(len * 37), len);
		bech32_encode("age", buf, len, text);
		memset(key, 0, sizeof(key));
		all &= strlen(text) == BECH32_CHARS(3, len) && len < 32 ?
		    bech32_decode(text, strlen(text), "age", key, len) && memcmp(key, buf, len) == 0 : 1;
	}
	ok(all, "every length comes back");
	return done_testing();
}
