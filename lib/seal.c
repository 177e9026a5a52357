#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agehead.h"
#include "hkdf.h"
#include "seal.h"
#include "x25519.h"

enum {
	SEALED_CHUNK = SEAL_CHUNK + SEAL_TAG,
	BATCH = 16			/* chunks that go down in one piece */
};

/* The key of a payload and the number of its next chunk. */
struct stream {
	uint8_t key[HKDF_BYTES];
	uint64_t chunk;
};

/* What the two directions have in common. */
struct filter {
	struct sink sink;
	struct sink *next;
	const struct key *keys;
	struct agehead head;
	struct stream stream;
	uint8_t held[SEALED_CHUNK];	/* a chunk that is not known to be whole, or not to be the last */
	size_t have;
	uint8_t out[BATCH * SEALED_CHUNK];
	size_t made;
};

struct unseal {
	struct filter f;
	uint8_t filekey[FILEKEY_BYTES];
	uint8_t nonce[SEAL_NONCE];
	size_t nonce_have;
};

static struct filter *
new_filter(size_t size, const struct key *keys, struct sink *next)
{
	struct filter *f;

	if (next == NULL)
		return NULL;
	if ((f = calloc(1, size)) == NULL) {
		sink_free(next);
		return NULL;
	}
	f->next = next;
	f->keys = keys;
	return f;
}

static void
free_filter(struct filter *f, size_t size)
{
	sink_free(f->next);
	agehead_free(&f->head);
	sodium_memzero(f, size);
	free(f);
}

/* Pass on what has been made. */
static enum status
flush(struct filter *f)
{
	size_t made = f->made;

	f->made = 0;
	return made == 0 ? ST_OK : sink_update(f->next, f->out, made);
}

static void
start_stream(struct stream *s, const uint8_t filekey[FILEKEY_BYTES], const uint8_t nonce[SEAL_NONCE])
{
	hkdf_sha256(filekey, FILEKEY_BYTES, nonce, SEAL_NONCE, "payload", s->key);
	s->chunk = 0;
}

static void
chunk_nonce(const struct stream *s, int last, uint8_t nonce[12])
{
	int i;

	memset(nonce, 0, 12);
	for (i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(s->chunk >> 8 * i);
	nonce[11] = last != 0;
}

int
seal_plain_bytes(uint64_t n, uint64_t *plain)
{
	uint64_t chunks, last;

	if (n < SEAL_NONCE + SEAL_TAG)
		return 0;
	n -= SEAL_NONCE;
	chunks = (n + SEALED_CHUNK - 1) / SEALED_CHUNK;
	last = n - (chunks - 1) * SEALED_CHUNK;
	*plain = n - chunks * SEAL_TAG;
	return last > SEAL_TAG || n == SEAL_TAG;
}

/*
 * Sealing.
 */

static enum status
wrap_all(struct filter *f, const uint8_t filekey[FILEKEY_BYTES])
{
	const struct key *to;
	struct stanza stanza;
	enum status st;

	for (to = f->keys; to != NULL; to = to->next)
		if ((st = x25519_wrap(to, filekey, &stanza)) != ST_OK ||
		    (st = agehead_add(&f->head, &stanza)) != ST_OK)
			return st;
	return agehead_seal(&f->head, filekey);
}

/* The header and the nonce. */
static enum status
begin(struct filter *f)
{
	uint8_t filekey[FILEKEY_BYTES], nonce[SEAL_NONCE];
	enum status st;

	randombytes_buf(filekey, sizeof(filekey));
	randombytes_buf(nonce, sizeof(nonce));
	st = wrap_all(f, filekey);
	start_stream(&f->stream, filekey, nonce);
	sodium_memzero(filekey, sizeof(filekey));
	if (st == ST_OK)
		st = sink_update(f->next, (const uint8_t *)f->head.text, f->head.len);
	return st == ST_OK ? sink_update(f->next, nonce, sizeof(nonce)) : st;
}

static enum status
seal_chunk(struct filter *f, const uint8_t *buf, size_t len, int last)
{
	enum status st;
	uint8_t nonce[12];

	if (f->made == sizeof(f->out) && (st = flush(f)) != ST_OK)
		return st;
	chunk_nonce(&f->stream, last, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(f->out + f->made, NULL, buf, len, NULL, 0, NULL, nonce,
	    f->stream.key);
	f->made += len + SEAL_TAG;
	f->stream.chunk++;
	return ST_OK;
}

static enum status
seal_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct filter *f = (struct filter *)sink;
	enum status st = f->head.whole ? ST_OK : begin(f);
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = 0;
		if (f->have == SEAL_CHUNK) {
			st = seal_chunk(f, f->held, SEAL_CHUNK, 0);
			f->have = 0;
		} else if (f->have == 0 && len > SEAL_CHUNK) {
			n = SEAL_CHUNK;
			st = seal_chunk(f, buf, n, 0);
		} else {
			n = SEAL_CHUNK - f->have < len ? SEAL_CHUNK - f->have : len;
			memcpy(f->held + f->have, buf, n);
			f->have += n;
		}
	}
	return st == ST_OK ? flush(f) : st;
}

static enum status
seal_finish(struct sink *sink)
{
	struct filter *f = (struct filter *)sink;
	enum status st = f->head.whole ? ST_OK : begin(f);

	if (st == ST_OK)
		st = seal_chunk(f, f->held, f->have, 1);
	if (st == ST_OK)
		st = flush(f);
	return st == ST_OK ? sink_finish(f->next) : st;
}

static void
seal_free(struct sink *sink)
{
	free_filter((struct filter *)sink, sizeof(struct filter));
}

struct sink *
seal_new(const struct key *recipients, struct sink *next)
{
	struct filter *f;

	if ((f = new_filter(sizeof(*f), recipients, next)) == NULL)
		return NULL;
	f->sink = (struct sink){ seal_update, seal_finish, seal_free };
	return &f->sink;
}

/*
 * Unsealing.
 */

/* The first identity that opens a stanza, in the order they were given, has found the file key. */
static enum status
unwrap(struct unseal *u)
{
	const struct key *by;
	struct stanza stanza;
	char types[AGEHEAD_TYPES_CHARS];
	enum status st;
	size_t at;
	int opened;

	for (by = u->f.keys; by != NULL; by = by->next) {
		for (at = 0; agehead_next(&u->f.head, &at, &stanza); ) {
			st = x25519_unwrap(by, &stanza, u->filekey, &opened);
			if (st != ST_OK || opened)
				return st == ST_OK ? agehead_check(&u->f.head, u->filekey) : st;
		}
	}
	agehead_types(&u->f.head, types);
	warnx("no identity matches: the file is for %s", types);
	return ST_BAD;
}

static enum status
take_header(struct unseal *u, const uint8_t *buf, size_t len, size_t *used)
{
	enum status st;

	if ((st = agehead_read(&u->f.head, buf, len, used)) != ST_OK || !u->f.head.whole)
		return st;
	return unwrap(u);
}

static size_t
take_nonce(struct unseal *u, const uint8_t *buf, size_t len)
{
	size_t n = SEAL_NONCE - u->nonce_have < len ? SEAL_NONCE - u->nonce_have : len;

	memcpy(u->nonce + u->nonce_have, buf, n);
	u->nonce_have += n;
	if (u->nonce_have == SEAL_NONCE)
		start_stream(&u->f.stream, u->filekey, u->nonce);
	return n;
}

/* Where the chunk that is next starts in the file. */
static uint64_t
offset(const struct filter *f)
{
	return f->head.len + SEAL_NONCE + f->stream.chunk * SEALED_CHUNK;
}

/* True if the chunk is what was sealed; it is then on its way. */
static int
opens(struct filter *f, const uint8_t *buf, size_t len, int last)
{
	uint8_t nonce[12];

	chunk_nonce(&f->stream, last, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(f->out + f->made, NULL, NULL, buf, len, NULL, 0, nonce,
	    f->stream.key) != 0)
		return 0;
	f->made += len - SEAL_TAG;
	f->stream.chunk++;
	return 1;
}

/* A chunk that more bytes follow. */
static enum status
open_chunk(struct filter *f, const uint8_t *buf)
{
	enum status st;

	if (f->made == BATCH * SEAL_CHUNK && (st = flush(f)) != ST_OK)
		return st;
	if (opens(f, buf, SEALED_CHUNK, 0))
		return ST_OK;
	if (opens(f, buf, SEALED_CHUNK, 1))
		warnx("payload: ends at byte %" PRIu64 ", but more follows", offset(f));
	else
		warnx("payload: altered in chunk %" PRIu64 " (bytes %" PRIu64 " to %" PRIu64 ")",
		    f->stream.chunk, offset(f), offset(f) + SEALED_CHUNK - 1);
	return ST_BAD;
}

static enum status
open_chunks(struct filter *f, const uint8_t *buf, size_t len)
{
	enum status st = ST_OK;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = 0;
		if (f->have == SEALED_CHUNK) {
			st = open_chunk(f, f->held);
			f->have = 0;
		} else if (f->have == 0 && len > SEALED_CHUNK) {
			n = SEALED_CHUNK;
			st = open_chunk(f, buf);
		} else {
			n = SEALED_CHUNK - f->have < len ? SEALED_CHUNK - f->have : len;
			memcpy(f->held + f->have, buf, n);
			f->have += n;
		}
	}
	return st;
}

static enum status
unseal_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct unseal *u = (struct unseal *)sink;
	enum status st, flushed;
	size_t n;

	if (!u->f.head.whole) {
		if ((st = take_header(u, buf, len, &n)) != ST_OK)
			return st;
		buf += n, len -= n;
	}
	if (u->f.head.whole && u->nonce_have < SEAL_NONCE) {
		n = take_nonce(u, buf, len);
		buf += n, len -= n;
	}
	st = open_chunks(&u->f, buf, len);
	/* What was authenticated before an error goes out all the same: it may be all that is left. */
	flushed = flush(&u->f);
	return st == ST_OK ? flushed : st;
}

static enum status
cut_short(const struct filter *f)
{
	warnx("payload: cut short after %" PRIu64 " bytes", offset(f) + f->have);
	return ST_BAD;
}

/* The chunk with which the input ends. */
static enum status
open_last(struct filter *f)
{
	if (f->have < SEAL_TAG)
		return cut_short(f);
	if (f->have == SEAL_TAG && f->stream.chunk > 0) {
		warnx("payload: cut short after %" PRIu64 " bytes, or ends in an empty chunk", offset(f) + f->have);
		return ST_BAD;
	}
	if (opens(f, f->held, f->have, 1))
		return ST_OK;
	if (f->have == SEALED_CHUNK && opens(f, f->held, f->have, 0)) {
		f->have = 0;
		return cut_short(f);
	}
	if (f->have == SEALED_CHUNK)
		warnx("payload: altered in chunk %" PRIu64 " (bytes %" PRIu64 " to %" PRIu64 ")",
		    f->stream.chunk, offset(f), offset(f) + f->have - 1);
	else
		warnx("payload: cut short after %" PRIu64 " bytes, or altered in chunk %" PRIu64 " (bytes %" PRIu64
		    " to %" PRIu64 ")", offset(f) + f->have, f->stream.chunk, offset(f), offset(f) + f->have - 1);
	return ST_BAD;
}

static enum status
unseal_finish(struct sink *sink)
{
	struct unseal *u = (struct unseal *)sink;
	enum status st, flushed;

	if ((st = agehead_ended(&u->f.head)) != ST_OK)
		return st;
	if (u->nonce_have < SEAL_NONCE) {
		warnx("header: cut short after %zu bytes, in the nonce", u->f.head.len + u->nonce_have);
		return ST_BAD;
	}
	st = open_last(&u->f);
	flushed = flush(&u->f);
	if (st == ST_OK)
		st = flushed;
	return st == ST_OK ? sink_finish(u->f.next) : st;
}

static void
unseal_free(struct sink *sink)
{
	free_filter((struct filter *)sink, sizeof(struct unseal));
}

struct sink *
unseal_new(const struct key *identities, struct sink *next)
{
	struct unseal *u;

	if ((u = (struct unseal *)new_filter(sizeof(*u), identities, next)) == NULL)
		return NULL;
	u->f.sink = (struct sink){ unseal_update, unseal_finish, unseal_free };
	return &u->f.sink;
}
