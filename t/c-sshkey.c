/* OpenSSH's ed25519 keys: the whole of their structure is checked, and what belongs together has to. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "age.h"
#include "sshkey.h"
#include "tap.h"

/* What one key file says, field by field. */
struct fields {
	const char *magic;
	const char *cipher, *kdf, *options;
	uint32_t keys;
	const char *type;		/* inside; outside it is in wire */
	uint8_t wire[SSHKEY_WIRE];
	uint32_t check[2];
	uint8_t public[32], secret[64];
	size_t secret_len;
	const char *comment;
	size_t padding;
	int bad_padding;
	const char *after;
};

static void
add_number(struct bytes *b, uint32_t n)
{
	uint8_t four[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	add(b, four, 4);
}

static void
add_string(struct bytes *b, const void *buf, size_t len)
{
	add_number(b, (uint32_t)len);
	add(b, buf, len);
}

/* Fields that are right. */
static void
set_good(struct fields *f)
{
	crypto_sign_keypair(f->public, f->secret);
	f->magic = "openssh-key-v1";
	f->cipher = f->kdf = "none";
	f->options = "";
	f->keys = 1;
	f->type = "ssh-ed25519";
	memcpy(f->wire, "\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
	memcpy(f->wire + 19, f->public, 32);
	f->check[0] = f->check[1] = 0x12345678;
	f->secret_len = 64;
	f->comment = "me@here";
	f->padding = 3;
	f->bad_padding = 0;
	f->after = "";
}

static void
add_secret(struct bytes *b, const struct fields *f)
{
	struct bytes s = { .len = 0 };
	size_t i;
	uint8_t c;

	add_number(&s, f->check[0]);
	add_number(&s, f->check[1]);
	add_string(&s, f->type, strlen(f->type));
	add_string(&s, f->public, 32);
	add_string(&s, f->secret, f->secret_len);
	add_string(&s, f->comment, strlen(f->comment));
	for (i = 0; i < f->padding; i++) {
		c = (uint8_t)(i + 1 + (f->bad_padding ? 1 : 0));
		add(&s, &c, 1);
	}
	add_string(b, s.buf, s.len);
	free(s.buf);
}

static void
set_binary(struct bytes *b, const struct fields *f)
{
	b->len = 0;
	add(b, f->magic, strlen(f->magic) + 1);
	add_string(b, f->cipher, strlen(f->cipher));
	add_string(b, f->kdf, strlen(f->kdf));
	add_string(b, f->options, strlen(f->options));
	add_number(b, f->keys);
	add_string(b, f->wire, sizeof(f->wire));
	add_secret(b, f);
	add(b, f->after, strlen(f->after));
}

static void
set_pem(struct bytes *text, const struct bytes *binary)
{
	char line[73];
	size_t i, n;

	text->len = 0;
	add(text, "-----BEGIN OPENSSH PRIVATE KEY-----\n", 36);
	for (i = 0; i < binary->len; i += n) {
		n = binary->len - i < 51 ? binary->len - i : 51;
		sodium_bin2base64(line, sizeof(line), binary->buf + i, n, sodium_base64_VARIANT_ORIGINAL);
		add(text, line, strlen(line));
		add(text, "\n", 1);
	}
	add(text, "-----END OPENSSH PRIVATE KEY-----\n", 34);
}

static const char *
read_pem(const struct bytes *text)
{
	uint8_t wire[SSHKEY_WIRE], point[32], scalar[32], base[32];
	const char *problem = sshkey_private((const char *)text->buf, text->len, wire, point, scalar);

	if (problem != NULL)
		return problem;
	crypto_scalarmult_base(base, scalar);
	return memcmp(base, point, 32) == 0 ? NULL : "the scalar does not belong to the point";
}

static const char *
read_fields(const struct fields *f)
{
	struct bytes binary = { .len = 0 }, text = { .len = 0 };
	const char *problem;

	set_binary(&binary, f);
	set_pem(&text, &binary);
	problem = read_pem(&text);
	free(binary.buf);
	free(text.buf);
	return problem;
}

static void
refuses(const char *name, const struct fields *f, const char *complaint)
{
	const char *problem = read_fields(f);

	ok(problem != NULL && strstr(problem, complaint) != NULL, "%s is refused: %s", name,
	    problem == NULL ? "not" : problem);
}

static void
refuse_faults(void)
{
	struct fields f;

	set_good(&f);
	f.magic = "openssh-key-v2";
	refuses("another magic", &f, "damaged");
	set_good(&f);
	f.cipher = "aes256-ctr";
	refuses("a cipher", &f, "passphrase");
	set_good(&f);
	f.kdf = "bcrypt";
	refuses("a key derivation", &f, "passphrase");
	set_good(&f);
	f.keys = 2;
	refuses("two keys in a file", &f, "damaged");
	set_good(&f);
	f.keys = 0;
	refuses("no key in a file", &f, "damaged");
	set_good(&f);
	memcpy(f.wire, "\0\0\0\x07ssh-rsa", 11);
	refuses("an RSA key", &f, "another type");
	set_good(&f);
	f.type = "ssh-ed448xx";
	refuses("another type inside", &f, "damaged");
	set_good(&f);
	f.check[1]++;
	refuses("check numbers that differ", &f, "damaged");
	set_good(&f);
	f.wire[40] ^= 1;
	refuses("another public key outside", &f, "do not belong");
	set_good(&f);
	f.public[7] ^= 1;
	refuses("another public key inside", &f, "do not belong");
	set_good(&f);
	f.secret[7] ^= 1;
	refuses("another seed", &f, "do not belong");
	set_good(&f);
	f.secret[40] ^= 1;
	refuses("another public half of the secret", &f, "do not belong");
	set_good(&f);
	f.secret_len = 63;
	refuses("a secret too short", &f, "damaged");
	set_good(&f);
	f.bad_padding = 1;
	refuses("padding that does not count", &f, "damaged");
	set_good(&f);
	f.padding = 8;
	refuses("a block of padding", &f, "damaged");
	set_good(&f);
	f.after = "x";
	refuses("bytes after the end", &f, "damaged");
}

/* A file cut anywhere, in its binary form and in its text. */
static void
refuse_cuts(void)
{
	struct bytes binary = { .len = 0 }, text = { .len = 0 };
	struct fields f;
	size_t whole, read = 0;

	set_good(&f);
	set_binary(&binary, &f);
	whole = binary.len;
	for (binary.len = 0; binary.len < whole; binary.len++) {
		set_pem(&text, &binary);
		read += read_pem(&text) == NULL;
	}
	ok(read == 0, "a key cut after any byte is refused");
	set_pem(&text, &binary);
	ok(read_pem(&text) == NULL, "... and whole, is not");
	whole = text.len;
	for (text.len = 0; text.len < whole - 1; text.len++)
		read += read_pem(&text) == NULL;
	ok(read == 0, "so is its text");
	text.len = whole;
	text.buf[60] = 0xc1;
	ok(read_pem(&text) != NULL, "a byte that is not ASCII is refused");
	text.buf[60] = '=';
	ok(read_pem(&text) != NULL, "padding in the middle is refused");
	free(binary.buf);
	free(text.buf);
}

static const char *
read_line(const char *line)
{
	uint8_t wire[SSHKEY_WIRE], point[32];

	return sshkey_public(line, strlen(line), wire, point);
}

static void
read_public(void)
{
	char line[SSHKEY_LINE_CHARS + 1], more[128];
	struct fields f;

	set_good(&f);
	sshkey_print(f.wire, line);
	ok(strncmp(line, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", 37) == 0, "a public key looks like one");
	ok(read_line(line) == NULL, "... and is read");
	snprintf(more, sizeof(more), "%s me@here or there", line);
	ok(read_line(more) == NULL, "... with a comment");
	snprintf(more, sizeof(more), "%sA", line);
	ok(read_line(more) != NULL, "a character more is refused");
	line[SSHKEY_LINE_CHARS - 1] = '\0';
	ok(read_line(line) != NULL, "a character less is refused");
	memset(f.wire + 19, 0, 32);
	sshkey_print(f.wire, line);
	ok(read_line(line) != NULL, "a point of small order is refused");
	memset(f.wire + 19, 0xff, 32);
	sshkey_print(f.wire, line);
	ok(read_line(line) != NULL, "what is no point is refused");
	f.wire[5] ^= 1;
	sshkey_print(f.wire, line);
	ok(read_line(line) != NULL, "another type inside is refused");
}

/* A file for an SSH key: the stanza is bound to the key by its tag. */
static void
seal_for_ssh(void)
{
	struct key key = { .type = KEY_SSH_ED25519, .where = "id" }, other;
	struct stanza s, forged;
	struct fields f;
	uint8_t filekey[FILEKEY_BYTES] = "sixteen bytes...", got[FILEKEY_BYTES];
	int opened;

	set_good(&f);
	memcpy(key.wire, f.wire, SSHKEY_WIRE);
	if (crypto_sign_ed25519_pk_to_curve25519(key.point, f.public) != 0)
		errx(2, "no point");
	crypto_sign_ed25519_sk_to_curve25519(key.scalar, f.secret);
	ok(x25519_wrap(&key, filekey, &s) == ST_OK && x25519_unwrap(&key, &s, got, &opened) == ST_OK && opened &&
	    memcmp(got, filekey, sizeof(got)) == 0, "what is wrapped for an SSH key is unwrapped by it");
	forged = s;
	forged.wrapped[0] ^= 1;
	ok(x25519_unwrap(&key, &forged, got, &opened) == ST_BAD && !opened &&
	    strstr(said(), "header: ssh-ed25519: has the tag of id") != NULL, "its tag on what it does not open is refused");
	forged = s;
	memset(forged.share, 0, 32);
	ok(x25519_unwrap(&key, &forged, got, &opened) == ST_BAD && !opened, "so is a share of small order");
	said();
	forged = s;
	forged.tag[0] ^= 1;
	ok(x25519_unwrap(&key, &forged, got, &opened) == ST_OK && !opened, "another tag is another's");
	other = key;
	other.type = KEY_X25519;
	ok(x25519_unwrap(&other, &s, got, &opened) == ST_OK && !opened, "an X25519 key passes it over");
}

int
main(void)
{
	struct fields f;

	if (sodium_init() == -1)
		return 2;
	catch_messages();
	set_good(&f);
	ok(read_fields(&f) == NULL, "a good key is read, and its halves fit on Curve25519");
	f.padding = 0;
	ok(read_fields(&f) == NULL, "... without padding as well");
	refuse_faults();
	refuse_cuts();
	read_public();
	seal_for_ssh();
	return done_testing();
}
