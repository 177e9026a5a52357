#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "b64.h"
#include "sshkey.h"

#define TYPE	"ssh-ed25519"
#define BEGIN	"-----BEGIN OPENSSH PRIVATE KEY-----"
#define END	"-----END OPENSSH PRIVATE KEY-----"

enum {
	WIRE_HEAD = SSHKEY_WIRE - 32,
	KEY_CHARS = B64_CHARS(SSHKEY_WIRE)	/* a multiple of four: no padding */
};

static const uint8_t wire_head[WIRE_HEAD] = "\0\0\0\x0b" TYPE "\0\0\0\x20";

/* What is left of a binary private key. */
struct reader {
	const uint8_t *p;
	size_t left;
};

static const char *
set_point(const uint8_t wire[SSHKEY_WIRE], uint8_t point[32])
{
	if (memcmp(wire, wire_head, WIRE_HEAD) != 0)
		return "not an ssh-ed25519 key inside";
	if (crypto_sign_ed25519_pk_to_curve25519(point, wire + WIRE_HEAD) != 0)
		return "an ssh-ed25519 key that protects nothing";
	return NULL;
}

const char *
sshkey_public(const char *line, size_t n, uint8_t wire[SSHKEY_WIRE], uint8_t point[32])
{
	const size_t head = sizeof(TYPE), whole = head + KEY_CHARS;

	if (n < whole || memcmp(line, TYPE " ", head) != 0 || (n > whole && line[whole] != ' ' && line[whole] != '\t'))
		return "not an ssh-ed25519 key";
	if (!b64_decode(line + head, KEY_CHARS, wire))
		return "an ssh-ed25519 key that is not base64";
	return set_point(wire, point);
}

void
sshkey_print(const uint8_t wire[SSHKEY_WIRE], char line[SSHKEY_LINE_CHARS + 1])
{
	memcpy(line, TYPE " ", sizeof(TYPE));
	b64_encode(wire, SSHKEY_WIRE, line + sizeof(TYPE));
	line[SSHKEY_LINE_CHARS] = '\0';
}

/* The next len bytes, or NULL. */
static const uint8_t *
take(struct reader *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->left < len)
		return NULL;
	r->p += len;
	r->left -= len;
	return p;
}

static int
take_number(struct reader *r, uint32_t *n)
{
	const uint8_t *p = take(r, 4);

	if (p != NULL)
		*n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return p != NULL;
}

static int
take_string(struct reader *r, struct reader *s)
{
	uint32_t n;

	if (!take_number(r, &n) || r->left < n)
		return 0;
	*s = (struct reader){ take(r, n), n };
	return 1;
}

static int
is(const struct reader *s, const char *text)
{
	return s->left == strlen(text) && memcmp(s->p, text, s->left) == 0;
}

/* To a multiple of eight, in bytes that count. */
static int
is_padding(const struct reader *r)
{
	size_t i;

	for (i = 0; i < r->left; i++)
		if (r->p[i] != i + 1)
			return 0;
	return r->left < 8;
}

/* The section that a passphrase would protect. */
static const char *
read_secret(struct reader *r, const uint8_t wire[SSHKEY_WIRE], uint8_t scalar[32])
{
	uint8_t public[32], secret[64];
	struct reader type, pub, sec, comment;
	uint32_t check, again;
	int honest;

	if (!take_number(r, &check) || !take_number(r, &again) || check != again || !take_string(r, &type) ||
	    !is(&type, TYPE) || !take_string(r, &pub) || !take_string(r, &sec) || !take_string(r, &comment) ||
	    !is_padding(r) || pub.left != 32 || sec.left != 64)
		return "an OpenSSH key that is damaged";
	crypto_sign_seed_keypair(public, secret, sec.p);
	honest = memcmp(public, wire + WIRE_HEAD, 32) == 0 && memcmp(public, pub.p, 32) == 0 &&
	    sodium_memcmp(secret, sec.p, 64) == 0;
	crypto_sign_ed25519_sk_to_curve25519(scalar, secret);
	sodium_memzero(secret, sizeof(secret));
	return honest ? NULL : "an OpenSSH key whose halves do not belong together";
}

static const char *
read_binary(struct reader r, uint8_t wire[SSHKEY_WIRE], uint8_t point[32], uint8_t scalar[32])
{
	static const char magic[] = "openssh-key-v1";
	const uint8_t *p = take(&r, sizeof(magic));
	struct reader cipher, kdf, options, public, secret;
	const char *problem;
	uint32_t keys;

	if (p == NULL || memcmp(p, magic, sizeof(magic)) != 0 || !take_string(&r, &cipher) || !take_string(&r, &kdf) ||
	    !take_string(&r, &options) || !take_number(&r, &keys) || keys != 1 || !take_string(&r, &public))
		return "an OpenSSH key that is damaged";
	if (public.left != SSHKEY_WIRE || memcmp(public.p, wire_head, WIRE_HEAD) != 0)
		return "an OpenSSH key of another type than ssh-ed25519, which is not supported";
	if (!is(&cipher, "none") || !is(&kdf, "none"))
		return "an OpenSSH key under a passphrase, which is not supported; ssh-keygen -p can take it off a copy";
	if (!take_string(&r, &secret) || r.left != 0)
		return "an OpenSSH key that is damaged";
	memcpy(wire, public.p, SSHKEY_WIRE);
	problem = read_secret(&secret, wire, scalar);
	return problem == NULL ? set_point(wire, point) : problem;
}

/* What stands between the marker lines; NULL if they are not there. */
static const char *
body_of(const char *text, size_t n, size_t *len)
{
	const size_t begin = sizeof(BEGIN) - 1, end = sizeof(END) - 1;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n < begin + end || memcmp(text, BEGIN, begin) != 0 || memcmp(text + n - end, END, end) != 0)
		return NULL;
	*len = n - begin - end;
	return text + begin;
}

/* libsodium 1.0.18 decodes other bytes, too, to something. */
static int
is_ascii(const char *text, size_t n)
{
	while (n > 0 && (text[n - 1] & 0x80) == 0)
		n--;
	return n == 0;
}

const char *
sshkey_private(const char *text, size_t n, uint8_t wire[SSHKEY_WIRE], uint8_t point[32], uint8_t scalar[32])
{
	const char *problem = "an OpenSSH key that is not base64";
	struct reader r = { NULL, 0 };
	uint8_t *buf;

	if ((text = body_of(text, n, &n)) == NULL)
		return "a private key, but not one in OpenSSH's format";
	if (!is_ascii(text, n))
		return problem;
	if ((buf = malloc(n + 1)) == NULL)
		return "no memory for it";
	if (sodium_base642bin(buf, n, text, n, "\r\n", &r.left, NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
		r.p = buf;
		problem = read_binary(r, wire, point, scalar);
	}
	sodium_memzero(buf, n);
	free(buf);
	return problem;
}
