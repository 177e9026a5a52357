/*
 * Headers with one fault each: every rule of the grammar and of each type of recipient, a valid MAC over all of
 * it, so that nothing but the rule in question can refuse the file.
 */
#include "age.h"
#include "tap.h"

#define COLS64	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ALL	"!\"#$%%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

struct vector {
	const char *name;
	const char *recipe;
	const char *complaint;		/* a piece of it; NULL: the file is good */
};

#define HEADER	"header: "
#define NOBODY	"no identity matches: "

static const struct vector vectors[] = {
	{ "a plain file", "%V%X%M%P", NULL },
	{ "two stanzas for us", "%V%X%X%M%P", NULL },

	{ "an empty file", "", HEADER "the input is empty" },
	{ "the version of tomorrow", "age-encryption.org/v2\n%X%M%P", HEADER "not an age v1 file" },
	{ "a version that only begins like ours", "age-encryption.org/v1234\n%X%M%P", HEADER "not an age v1 file" },
	{ "CR LF after the version", "age-encryption.org/v1\r\n%X%M%P", HEADER "not an age v1 file" },
	{ "an empty line first", "\n%V%X%M%P", HEADER "not an age v1 file" },
	{ "no stanza", "%V%M%P", HEADER "line 2: no recipient" },
	{ "text between stanzas", "%V%Xhello\n%M%P", HEADER "line 4: neither" },
	{ "an empty line between stanzas", "%V%X\n%M%P", HEADER "line 4: neither" },

	{ "an unknown type with an empty body", "%V-> grease\n\n%X%M%P", NULL },
	{ "an unknown type with a long body", "%V-> grease x y\n" COLS64 "\n" COLS64 "\nAA\n%X%M%P", NULL },
	{ "a full line, then an empty one", "%V-> grease\n" COLS64 "\n\n%X%M%P", NULL },
	{ "every character that arguments may have", "%V-> " ALL " " ALL "\n\n%X%M%P", NULL },
	{ "unknown types after us", "%V%X-> grease\n\n-> mlkem768x25519 " COLS64 "\nAAAA\n%M%P", NULL },
	{ "a long argument line", "%V-> " COLS64 COLS64 COLS64 COLS64 COLS64 COLS64 COLS64 COLS64 "\n\n%X%M%P", NULL },

	{ "a stanza that starts with -->", "%V--> X25519 %s\n%w\n%M%P", HEADER "line 2" },
	{ "a stanza that starts with ->X", "%V->X25519 %s\n%w\n%M%P", HEADER "line 2: neither" },
	{ "a stanza that starts with a blank", "%V -> X25519 %s\n%w\n%M%P", HEADER "line 2: neither" },
	{ "a stanza without a type", "%V-> \n\n%X%M%P", HEADER "line 2" },
	{ "a stanza of an arrow alone", "%V->\n\n%X%M%P", HEADER "line 2" },
	{ "two spaces between arguments", "%V-> grease  x\n\n%X%M%P", HEADER "line 2" },
	{ "two spaces before the type", "%V->  grease\n\n%X%M%P", HEADER "line 2" },
	{ "a space after the arguments", "%V-> grease x \n\n%X%M%P", HEADER "line 2" },
	{ "a tab between arguments", "%V-> grease\tx\n\n%X%M%P", HEADER "line 2" },
	{ "a control character in an argument", "%V-> grease\x1f\n\n%X%M%P", HEADER "line 2" },
	{ "DEL in an argument", "%V-> grease\x7f\n\n%X%M%P", HEADER "line 2" },
	{ "UTF-8 in an argument", "%V-> gr\xc3\xa8se\n\n%X%M%P", HEADER "line 2" },
	{ "CR after the arguments", "%V-> grease\r\n\n%X%M%P", HEADER "line 2" },
	{ "CR after the body", "%V-> grease\nAAAA\r\n%X%M%P", HEADER "line 3" },
	{ "no body", "%V-> grease\n%X%M%P", HEADER "line 3" },
	{ "no body before the MAC", "%V%X-> grease\n%M%P", HEADER "line 5" },
	{ "a full line and no short one", "%V-> grease\n" COLS64 "\n%X%M%P", HEADER "line 4" },
	{ "a line of 65 columns", "%V-> grease\n" COLS64 "A\nAA\n%X%M%P", HEADER "line 3: longer" },
	{ "a line of 68 columns", "%V-> grease\n" COLS64 "AAAA\nAA\n%X%M%P", HEADER "line 3: longer" },
	{ "two short lines", "%V-> grease\nAAAA\nAAAA\n%X%M%P", HEADER "line 4: neither" },
	{ "two empty lines", "%V-> grease\n\n\n%X%M%P", HEADER "line 4: neither" },
	{ "padding in a body", "%V-> grease\nAA==\n%X%M%P", HEADER "line 3: not base64" },
	{ "a body that is not canonical", "%V-> grease\nAB\n%X%M%P", HEADER "line 3: not base64" },
	{ "a body of an impossible length", "%V-> grease\nAAAAA\n%X%M%P", HEADER "line 3: not base64" },
	{ "the other base64 alphabet", "%V-> grease\nAA-_\n%X%M%P", HEADER "line 3: not base64" },
	{ "a blank in a body", "%V-> grease\nAA A\n%X%M%P", HEADER "line 3: not base64" },

	{ "no MAC", "%V%X%P", HEADER },
	{ "a MAC without a space", "%V%X---%m\n%P", HEADER "line 4: the MAC" },
	{ "a MAC with two spaces", "%V%X---  %m\n%P", HEADER "line 4: the MAC" },
	{ "a MAC with a space after it", "%V%X--- %m \n%P", HEADER "line 4: the MAC" },
	{ "a MAC with text after it", "%V%X--- %m x\n%P", HEADER "line 4: the MAC" },
	{ "a MAC with CR after it", "%V%X--- %m\r\n%P", HEADER "line 4: the MAC" },
	{ "a MAC with padding", "%V%X--- %m=\n%P", HEADER "line 4: the MAC" },
	{ "a MAC that is not canonical", "%V%X--- %m%~\n%P", HEADER "line 4: the MAC" },
	{ "a MAC a character short", "%V%X--- %m%<\n%P", HEADER "line 4: the MAC" },
	{ "hyphens and no MAC", "%V%X---\n%P", HEADER "line 4: the MAC" },
	{ "a MAC of other bytes", "%V%X--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n%P", "MAC: " },

	{ "X25519 in lower case", "%V-> x25519 %s\n%w\n%M%P", NOBODY "the file is for 1 x25519" },
	{ "X25519 without an argument", "%V-> X25519\n%w\n%M%P", HEADER "stanza 1: X25519: not exactly one" },
	{ "X25519 with two arguments", "%V-> X25519 %s 1234\n%w\n%M%P", HEADER "stanza 1: X25519: not exactly one" },
	{ "a bad X25519 stanza beside a good one", "%V%X-> X25519 %s 1234\n%w\n%M%P", HEADER "stanza 2: X25519" },
	{ "a share a byte short", "%V-> X25519 %s%<%<\n%w\n%M%P", HEADER "stanza 1: X25519: the share" },
	{ "a share a byte long", "%V-> X25519 %sA\n%w\n%M%P", HEADER "stanza 1: X25519: the share" },
	{ "a share that is not canonical", "%V-> X25519 %s%~\n%w\n%M%P", HEADER "stanza 1: X25519: the share" },
	{ "a share with padding", "%V-> X25519 %s=\n%w\n%M%P", HEADER "stanza 1: X25519: the share" },
	{ "a wrapped key that is not canonical", "%V-> X25519 %s\n%w%~\n%M%P", HEADER "line 3: not base64" },
	{ "a wrapped key a byte long", "%V-> X25519 %s\n%wA\n%M%P", HEADER "stanza 1: the wrapped key is not 32" },
	{ "a wrapped key a byte short", "%V-> X25519 %s\n%w%<%<A\n%M%P", HEADER },
	{ "a wrapped key of a full line", "%V-> X25519 %s\n" COLS64 "\n\n%M%P", HEADER "stanza 1: the wrapped key is not 32" },
	{ "no wrapped key", "%V-> X25519 %s\n\n%M%P", HEADER "stanza 1: the wrapped key is not 32" },
	{ "a wrapped key that does not open", "%V-> X25519 %s\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n%M%P",
	    NOBODY "the file is for 1 X25519" },
	{ "only types that we do not know", "%V-> ssh-rsa AAAA\nAAAA\n-> ssh-rsa AAAB\nAAAA\n-> piv-p256 x y\n\n%M%P",
	    NOBODY "the file is for 2 ssh-rsa, 1 piv-p256" },

	{ "a file under the passphrase", "%V%S%M%P", NULL },
	{ "scrypt in upper case", "%V-> SCRYPT %a 10\n%b\n%M%P", NOBODY "the file is for 1 SCRYPT" },
	{ "two scrypt stanzas", "%V%S%S%M%P", HEADER "stanza 1: scrypt: a passphrase beside" },
	{ "scrypt beside X25519", "%V%X%S%M%P", HEADER "stanza 2: scrypt: a passphrase beside" },
	{ "scrypt beside a type that we do not know", "%V%S-> grease\n\n%M%P", HEADER "stanza 1: scrypt: a passphrase beside" },
	{ "scrypt without arguments", "%V-> scrypt\n%b\n%M%P", HEADER "stanza 1: scrypt: not exactly two" },
	{ "scrypt without a factor", "%V-> scrypt %a\n%b\n%M%P", HEADER "stanza 1: scrypt: not exactly two" },
	{ "scrypt without a salt", "%V-> scrypt 10\n%b\n%M%P", HEADER "stanza 1: scrypt: not exactly two" },
	{ "scrypt with an argument more", "%V-> scrypt %a 10 x\n%b\n%M%P", HEADER "stanza 1: scrypt: not exactly two" },
	{ "a salt a byte short", "%V-> scrypt %a%<%< 10\n%b\n%M%P", HEADER "stanza 1: scrypt: the salt" },
	{ "a salt a byte long", "%V-> scrypt %aA 10\n%b\n%M%P", HEADER "stanza 1: scrypt: the salt" },
	{ "a salt that is not canonical", "%V-> scrypt %a%~ 10\n%b\n%M%P", HEADER "stanza 1: scrypt: the salt" },
	{ "factor 23", "%V-> scrypt %a 23\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor 0", "%V-> scrypt %a 0\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor 010", "%V-> scrypt %a 010\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor 09", "%V-> scrypt %a 09\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor +10", "%V-> scrypt %a +10\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor -1", "%V-> scrypt %a -1\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor 0xa", "%V-> scrypt %a 0xa\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor a", "%V-> scrypt %a a\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor 1x", "%V-> scrypt %a 1x\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "factor x1", "%V-> scrypt %a x1\n%b\n%M%P", HEADER "stanza 1: scrypt: the work factor" },
	{ "a factor that overflows", "%V-> scrypt %a 18446744073709551626\n%b\n%M%P", HEADER "stanza 1: scrypt: the work" },
	{ "another factor than the one it was made with", "%V-> scrypt %a 9\n%b\n%M%P", NOBODY "the file is for 1 scrypt" },
	{ "a wrapped key under a passphrase a byte long", "%V-> scrypt %a 10\n%bA\n%M%P", HEADER "stanza 1: the wrapped" },
	{ "a wrapped key under a passphrase, not canonical", "%V-> scrypt %a 10\n%b%~\n%M%P", HEADER "line 3: not base64" },
	{ "a wrapped key that no passphrase opens",
	    "%V-> scrypt %a 10\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n%M%P", NOBODY "the file is for 1 scrypt" },

	{ "ssh-ed25519 with one argument", "%V%X-> ssh-ed25519 %s\n%w\n%M%P", HEADER "stanza 2: ssh-ed25519: not exactly" },
	{ "an SSH tag of 3 bytes", "%V%X-> ssh-ed25519 AAAA %s\n%w\n%M%P", HEADER "stanza 2: ssh-ed25519: the tag" },
	{ "an SSH tag that is not canonical", "%V%X-> ssh-ed25519 AAAAAB %s\n%w\n%M%P", HEADER "stanza 2: ssh-ed25519: the tag" },
	{ "an SSH share a byte long", "%V%X-> ssh-ed25519 AAAAAA %sA\n%w\n%M%P", HEADER "stanza 2: ssh-ed25519: the share" },
	{ "a wrapped key for SSH a byte long", "%V%X-> ssh-ed25519 AAAAAA %s\n%wA\n%M%P", HEADER "stanza 2: the wrapped" },
	{ "an SSH stanza for somebody else", "%V%X-> ssh-ed25519 AAAAAA %s\n%w\n%M%P", NULL },

	{ "a file that ends after its header", "%V%X%M", HEADER "cut short after 168 bytes, in the nonce" },
	{ "a file that ends in its nonce", "%V%X%M012345678901234", HEADER "cut short after 183 bytes, in the nonce" },
};

/* What is wrong with the outcome, or NULL. */
static const char *
judge(const struct vector *v, enum status st, const struct bytes *out, const char *complaint)
{
	if (v->complaint == NULL) {
		if (st != ST_OK)
			return "refused";
		return out->len == strlen(CONTENT) && memcmp(out->buf, CONTENT, out->len) == 0 ? NULL : "wrong content";
	}
	if (st != ST_BAD)
		return "not refused";
	if (out->len != 0)
		return "something was released";
	return strstr(complaint, v->complaint) != NULL ? NULL : complaint;
}

static void
try(const struct vector *v, const struct key *keys)
{
	struct bytes file = { .len = 0 }, out = { .len = 0 };
	const char *problem;
	enum status st;

	cook(v->recipe, keys, &file);
	st = unseal(keys, &file, SIZE_MAX, &out);
	if ((problem = judge(v, st, &out, said())) == NULL) {
		st = unseal(keys, &file, 1, &out);
		problem = judge(v, st, &out, said());
	}
	ok(problem == NULL, "%s is %s%s%s", v->name, v->complaint == NULL ? "opened" : "refused",
	    problem == NULL ? "" : " # ", problem == NULL ? "" : problem);
	free(file.buf);
	free(out.buf);
}

/* Shares that would make the secret zero, whoever's key it is: the points of small order. */
static void
refuse_small_orders(const struct key *keys)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	char share[64] = "", recipe[256];
	struct vector v = { "a share of small order", recipe, HEADER "X25519: a share that makes the secret zero" };
	uint8_t point[32];
	size_t i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		sodium_hex2bin(point, sizeof(point), points[i], 64, NULL, NULL, NULL);
		b64_encode(point, sizeof(point), share);
		snprintf(recipe, sizeof(recipe), "%%V-> X25519 %s\n%%w\n%%M%%P", share);
		try(&v, keys);
	}
}

/* Sixteen megabytes are the limit, and they are not taken up front. */
static void
refuse_endless(const struct key *keys)
{
	struct bytes file = { .len = 0 }, out = { .len = 0 };
	size_t i;

	cook("%V", keys, &file);
	for (i = 0; i < (17 << 20) / 76; i++)
		add(&file, "-> grease\n" COLS64 "\n\n", 76);
	ok(unseal(keys, &file, 65536, &out) == ST_BAD && strstr(said(), "longer than 16 MiB") != NULL,
	    "a header of ever more stanzas is refused after 16 MiB");
	file.len = 0;
	cook("%V-> ", keys, &file);
	for (i = 0; i < (17 << 20) / 64; i++)
		add(&file, COLS64, 64);
	ok(unseal(keys, &file, 65536, &out) == ST_BAD && strstr(said(), "longer than 16 MiB") != NULL,
	    "a line that does not end is refused after 16 MiB");
	file.len = 0;
	cook("%V", keys, &file);
	for (i = 0; i < (15 << 20) / 76; i++)
		add(&file, "-> grease\n" COLS64 "\n\n", 76);
	cook("-> grease\n\n%M%P", keys, &file);
	ok(unseal(keys, &file, 65536, &out) == ST_BAD && strstr(said(), NOBODY "the file is for 206956 grease") != NULL,
	    "a header of 15 MiB is read");
	free(file.buf);
	free(out.buf);
}

/* Every change of a bit in a header is noticed, whatever part of it that is. */
static void
notice_every_bit(const struct key *keys)
{
	struct bytes file = { .len = 0 }, out = { .len = 0 };
	size_t i, opened = 0, released = 0;
	int bit;

	cook("%V-> ssh-rsa AAAA\nAAAA\n%X-> grease x\n\n%M%P", keys, &file);
	for (i = 0; i < file.len - STREAM_NONCE - STREAM_TAG - strlen(CONTENT); i++) {
		for (bit = 0; bit < 8; bit++) {
			file.buf[i] ^= (uint8_t)(1 << bit);
			opened += unseal(keys, &file, SIZE_MAX, &out) != ST_BAD;
			released += out.len;
			file.buf[i] ^= (uint8_t)(1 << bit);
		}
	}
	said();
	ok(opened == 0 && released == 0, "a change of any bit of a header is noticed, and nothing released");
	ok(unseal(keys, &file, SIZE_MAX, &out) == ST_OK, "... unlike the header as it was");
	free(file.buf);
	free(out.buf);
}

int
main(void)
{
	struct key passphrase = passphrase_key(), *keys;
	size_t i;

	if (sodium_init() == -1 || (keys = keyfile_generate()) == NULL)
		return 2;
	catch_messages();
	keys->next = &passphrase;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		try(&vectors[i], keys);
	refuse_small_orders(keys);
	refuse_endless(keys);
	notice_every_bit(keys);
	keys->next = NULL;
	keyfile_free(keys);
	return done_testing();
}
