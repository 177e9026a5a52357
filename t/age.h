/*
 * For the tests of the age format: files with chosen faults, and what unsealing makes of them.
 *
 * A recipe is the text of a header in which some directives stand for what has to fit:
 *
 *	%V	the version line		%X	a good X25519 stanza for the first key
 *	%s %w	the share and the wrapped key of such a stanza, which belong together
 *	%S	a good scrypt stanza		%a %b	its salt, its wrapped key; the factor is 10
 *	%m	the MAC, over what stands before its hyphens; %M is the whole line
 *	%P	a good payload			%<	takes the last byte away
 *	%~	makes the last character of base64 the next one: the same bytes, not canonical
 *
 * stderr becomes a file in memory, from which said() tells what the last unsealing complained of.
 */
#ifndef MM_AGE_H
#define MM_AGE_H

#include <assert.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "agehead.h"
#include "b64.h"
#include "hkdf.h"
#include "keyfile.h"
#include "seal.h"
#include "stream.h"
#include "x25519.h"

#define CONTENT		"what I had sealed"
#define PASSPHRASE	"password"

/* Bytes that grow; also a sink that keeps what it is given. */
struct bytes {
	struct sink sink;
	uint8_t *buf;
	size_t len, room;
	int finished;
};

static inline void
add(struct bytes *b, const void *buf, size_t len)
{
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		if ((b->buf = realloc(b->buf, b->room)) == NULL)
			err(2, "test");
	}
	if (len > 0)
		memcpy(b->buf + b->len, buf, len);
	b->len += len;
}

static inline enum status
bytes_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	add((struct bytes *)sink, buf, len);
	return ST_OK;
}

static inline enum status
bytes_finish(struct sink *sink)
{
	((struct bytes *)sink)->finished++;
	return ST_OK;
}

static inline void
bytes_free(struct sink *sink)
{
	(void)sink;
}

/* The bytes as an empty sink; those it had are forgotten. */
static inline struct sink *
into(struct bytes *b)
{
	b->sink = (struct sink){ bytes_update, bytes_finish, bytes_free };
	b->len = 0;
	b->finished = 0;
	return &b->sink;
}

static inline void
add_b64(struct bytes *b, const uint8_t *buf, size_t len)
{
	char text[128];

	add(b, text, b64_encode(buf, len, text));
}

/* Messages go to a file that can be read again. */
static inline void
catch_messages(void)
{
	FILE *f = tmpfile();

	if (f == NULL || dup2(fileno(f), STDERR_FILENO) == -1)
		err(2, "test");
	fclose(f);
}

/* What has been said since the last time, on one line. */
static inline const char *
said(void)
{
	static char text[2048];
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
	char *p;

	text[n > 0 ? n : 0] = '\0';
	for (p = text; (p = strchr(p, '\n')) != NULL; )
		*p = p[1] == '\0' ? '\0' : '/';
	if (ftruncate(STDERR_FILENO, 0) == -1 || lseek(STDERR_FILENO, 0, SEEK_SET) == -1)
		exit(2);
	return text;
}

/* Push all of it through a chain in pieces, finish and free that. */
static inline enum status
push(struct sink *chain, const uint8_t *buf, size_t len, size_t piece)
{
	enum status st = ST_OK;
	size_t n;

	assert(chain != NULL);
	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = piece < len ? piece : len;
		st = sink_update(chain, buf, n);
	}
	if (st == ST_OK)
		st = sink_finish(chain);
	sink_free(chain);
	return st;
}

static inline enum status
unseal(const struct key *identities, const struct bytes *file, size_t piece, struct bytes *out)
{
	enum status st = push(unseal_new(identities, into(out)), file->buf, file->len, piece);

	/* Whatever else: what is below is finished exactly when all went well. */
	return out->finished == (st == ST_OK) ? st : ST_TROUBLE + 1;
}

static inline struct key
passphrase_key(void)
{
	static char text[] = PASSPHRASE;

	return (struct key){ .type = KEY_PASSPHRASE, .where = "passphrase", .text = text, .len = strlen(text) };
}

static inline void
wrap(const uint8_t key[32], const uint8_t filekey[FILEKEY_BYTES], uint8_t wrapped[WRAPPED_BYTES])
{
	static const uint8_t nonce[12];

	crypto_aead_chacha20poly1305_ietf_encrypt(wrapped, NULL, filekey, FILEKEY_BYTES, NULL, 0, NULL, nonce, key);
}

/* A stanza as any other program might make it, cheap to open. */
static inline void
scrypt_stanza(const uint8_t filekey[FILEKEY_BYTES], struct stanza *s)
{
	uint8_t salt[44] = "age-encryption.org/v1/scrypt", key[32];

	randombytes_buf(s->salt, sizeof(s->salt));
	memcpy(salt + 28, s->salt, 16);
	if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)PASSPHRASE, strlen(PASSPHRASE), salt, sizeof(salt),
	    1 << 10, 8, 1, key, sizeof(key)) != 0)
		err(2, "scrypt");
	wrap(key, filekey, s->wrapped);
}

static inline void
add_mac(struct bytes *b, const uint8_t filekey[FILEKEY_BYTES])
{
	uint8_t key[32], mac[32];
	size_t n = b->len;

	while (n > 3 && memcmp(b->buf + n - 3, "---", 3) != 0)
		n--;
	hkdf_sha256(filekey, FILEKEY_BYTES, "", 0, "header", key);
	crypto_auth_hmacsha256(mac, b->buf, n, key);
	add_b64(b, mac, sizeof(mac));
}

static inline void
add_payload(struct bytes *b, const uint8_t filekey[FILEKEY_BYTES])
{
	uint8_t nonce[STREAM_NONCE], out[sizeof(CONTENT) - 1 + STREAM_TAG];
	struct stream s;

	randombytes_buf(nonce, sizeof(nonce));
	stream_start(&s, filekey, nonce);
	stream_seal(&s, (const uint8_t *)CONTENT, sizeof(CONTENT) - 1, 1, out);
	add(b, nonce, sizeof(nonce));
	stream_free(&s);
	add(b, out, sizeof(out));
}

static inline void
cook(const char *recipe, const struct key *key, struct bytes *b)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t filekey[FILEKEY_BYTES];
	struct stanza x, s;

	randombytes_buf(filekey, sizeof(filekey));
	x25519_wrap(key, filekey, &x);
	if (strstr(recipe, "%S") != NULL || strstr(recipe, "%b") != NULL)
		scrypt_stanza(filekey, &s);
	else
		memset(&s, 0, sizeof(s));
	for (; *recipe != '\0'; recipe++) {
		if (*recipe != '%') {
			add(b, recipe, 1);
			continue;
		}
		switch (*++recipe) {
		case 'V':
			add(b, "age-encryption.org/v1\n", 22);
			break;
		case 'X':
			add(b, "-> X25519 ", 10);
			add_b64(b, x.share, 32);
			add(b, "\n", 1);
			add_b64(b, x.wrapped, 32);
			add(b, "\n", 1);
			break;
		case 'S':
			add(b, "-> scrypt ", 10);
			add_b64(b, s.salt, 16);
			add(b, " 10\n", 4);
			add_b64(b, s.wrapped, 32);
			add(b, "\n", 1);
			break;
		case 's':
			add_b64(b, x.share, 32);
			break;
		case 'w':
			add_b64(b, x.wrapped, 32);
			break;
		case 'a':
			add_b64(b, s.salt, 16);
			break;
		case 'b':
			add_b64(b, s.wrapped, 32);
			break;
		case 'M':
			add(b, "--- ", 4);
			add_mac(b, filekey);
			add(b, "\n", 1);
			break;
		case 'm':
			add_mac(b, filekey);
			break;
		case 'P':
			add_payload(b, filekey);
			break;
		case '%':
			add(b, "%", 1);
			break;
		case '<':
			b->len--;
			break;
		case '~':
			b->buf[b->len - 1] = (uint8_t)strchr(alphabet, b->buf[b->len - 1])[1];
			break;
		default:
			errx(2, "no directive %%%c", *recipe);
		}
	}
}

#endif
