#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agehead.h"
#include "scrypt.h"
#include "seal.h"
#include "stream.h"
#include "x25519.h"

enum { BATCH = 16 };			/* chunks that go down in one piece */

struct seal {
	struct sink sink;
	struct sink *next;
	const struct key *recipients;
	struct agehead head;
	struct stream stream;
	uint8_t held[STREAM_CHUNK];	/* of a chunk that may be the last */
	size_t have;
	uint8_t out[BATCH * STREAM_SEALED];
	size_t made;
};

static enum status
wrap_all(struct seal *s, const uint8_t filekey[FILEKEY_BYTES])
{
	const struct key *to;
	struct stanza stanza;
	enum status st;

	for (to = s->recipients; to != NULL; to = to->next) {
		st = to->type == KEY_PASSPHRASE ? scrypt_wrap(to, filekey, &stanza) : x25519_wrap(to, filekey, &stanza);
		if (st != ST_OK || (st = agehead_add(&s->head, &stanza)) != ST_OK)
			return st;
	}
	return agehead_seal(&s->head, filekey);
}

/* The header and the nonce. */
static enum status
begin(struct seal *s)
{
	uint8_t filekey[FILEKEY_BYTES], nonce[STREAM_NONCE];
	enum status st;

	randombytes_buf(filekey, sizeof(filekey));
	randombytes_buf(nonce, sizeof(nonce));
	st = wrap_all(s, filekey);
	stream_start(&s->stream, filekey, nonce);
	sodium_memzero(filekey, sizeof(filekey));
	if (st == ST_OK)
		st = sink_update(s->next, (const uint8_t *)s->head.text, s->head.len);
	return st == ST_OK ? sink_update(s->next, nonce, sizeof(nonce)) : st;
}

static enum status
flush(struct seal *s)
{
	size_t made = s->made;

	s->made = 0;
	return made == 0 ? ST_OK : sink_update(s->next, s->out, made);
}

static enum status
add_chunk(struct seal *s, const uint8_t *buf, size_t len, int last)
{
	enum status st;

	if (s->made == sizeof(s->out) && (st = flush(s)) != ST_OK)
		return st;
	stream_seal(&s->stream, buf, len, last, s->out + s->made);
	s->made += len + STREAM_TAG;
	return ST_OK;
}

static size_t
hold(struct seal *s, const uint8_t *buf, size_t len)
{
	size_t n = STREAM_CHUNK - s->have < len ? STREAM_CHUNK - s->have : len;

	memcpy(s->held + s->have, buf, n);
	s->have += n;
	return n;
}

/* A chunk that is whole and that more bytes follow goes out, from where it lies; the rest is held. */
static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct seal *s = (struct seal *)sink;
	enum status st = s->head.whole ? ST_OK : begin(s);
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		if (s->have == STREAM_CHUNK) {
			n = 0;
			s->have = 0;
			st = add_chunk(s, s->held, STREAM_CHUNK, 0);
		} else if (s->have == 0 && len > STREAM_CHUNK) {
			n = STREAM_CHUNK;
			st = add_chunk(s, buf, n, 0);
		} else {
			n = hold(s, buf, len);
		}
	}
	return st == ST_OK ? flush(s) : st;
}

static enum status
finish(struct sink *sink)
{
	struct seal *s = (struct seal *)sink;
	enum status st = s->head.whole ? ST_OK : begin(s);

	if (st == ST_OK)
		st = add_chunk(s, s->held, s->have, 1);
	if (st == ST_OK)
		st = flush(s);
	return st == ST_OK ? sink_finish(s->next) : st;
}

static void
let_go(struct sink *sink)
{
	struct seal *s = (struct seal *)sink;

	sink_free(s->next);
	agehead_free(&s->head);
	stream_free(&s->stream);
	sodium_memzero(s, sizeof(*s));
	free(s);
}

struct sink *
seal_new(const struct key *recipients, struct sink *next)
{
	struct seal *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->recipients = recipients;
	return &s->sink;
}
