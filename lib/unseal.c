#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agehead.h"
#include "armor.h"
#include "scrypt.h"
#include "seal.h"
#include "stream.h"
#include "x25519.h"

enum { BATCH = 16 };			/* chunks that go down in one piece */

struct unseal {
	struct sink sink;
	struct sink *next;
	const struct key *identities;
	struct agehead head;
	uint8_t filekey[FILEKEY_BYTES];
	uint8_t nonce[STREAM_NONCE];
	size_t nonce_have;
	struct stream stream;
	uint8_t held[STREAM_SEALED];	/* of a chunk that may be the last */
	size_t have;
	uint8_t out[BATCH * STREAM_CHUNK];
	size_t made;
};

/*
 * An identity file under a passphrase: the sealed text that keyfile kept, and
 * the sink that collects what was in it.
 */
struct collector {
	struct sink sink;
	char *text;			/* KEYFILE_MAX bytes at the most */
	size_t len;
};

static enum status
collect(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct collector *c = (struct collector *)sink;

	memcpy(c->text + c->len, buf, len);
	c->len += len;
	return ST_OK;
}

static enum status
collected(struct sink *sink)
{
	(void)sink;
	return ST_OK;
}

static void
discard(struct sink *sink)
{
	(void)sink;
}

/* The identities in a sealed identity file. */
static enum status
unlock(const struct key *file, const struct key *passphrase, struct key **keys)
{
	struct collector c = { { collect, collected, discard }, NULL, 0 };
	struct sink *chain = NULL;
	enum status st = ST_TROUBLE;

	/* What is unsealed is shorter than what was sealed. */
	if ((c.text = malloc(file->len)) == NULL || (chain = unseal_new(passphrase, &c.sink)) == NULL) {
		warnx("%s: out of memory", file->where);
		goto out;
	}
	if ((st = sink_update(chain, (const uint8_t *)file->text, file->len)) == ST_OK &&
	    (st = sink_finish(chain)) == ST_OK)
		st = keyfile_identities_in(file->where, c.text, c.len, keys);
	else
		warnx("%s: this identity file stays closed", file->where);
out:
	sink_free(chain);
	if (c.text != NULL)
		sodium_memzero(c.text, c.len);
	free(c.text);
	return st == ST_OK ? ST_OK : ST_TROUBLE;
}

static enum status try_keys(struct unseal *u, const struct key *by, int *opened);

static enum status
try_sealed(struct unseal *u, const struct key *file, int *opened)
{
	const struct key *p = u->identities;
	struct key passphrase, *keys = NULL;
	enum status st;

	while (p != NULL && p->type != KEY_PASSPHRASE)
		p = p->next;
	if (p == NULL) {
		warnx("%s: not tried, it is under a passphrase, and none was given", file->where);
		return ST_OK;
	}
	passphrase = *p;
	passphrase.next = NULL;
	if ((st = unlock(file, &passphrase, &keys)) == ST_OK)
		st = try_keys(u, keys, opened);
	keyfile_free(keys);
	return st;
}

/* One identity on all stanzas. */
static enum status
try_key(struct unseal *u, const struct key *by, int *opened)
{
	struct stanza stanza;
	enum status st = ST_OK;
	size_t at = 0;

	if (by->type == KEY_SEALED)
		return try_sealed(u, by, opened);
	while (st == ST_OK && !*opened && agehead_next(&u->head, &at, &stanza)) {
		if (by->type == KEY_PASSPHRASE)
			st = scrypt_unwrap(by, &stanza, u->filekey, opened);
		else
			st = x25519_unwrap(by, &stanza, u->filekey, opened);
	}
	return st;
}

static enum status
try_keys(struct unseal *u, const struct key *by, int *opened)
{
	enum status st = ST_OK;

	for (*opened = 0; st == ST_OK && !*opened && by != NULL; by = by->next)
		st = try_key(u, by, opened);
	return st;
}

/* The file key, by the first identity that has it. */
static enum status
unwrap(struct unseal *u)
{
	char types[AGEHEAD_TYPES_CHARS];
	enum status st;
	int opened;

	if ((st = try_keys(u, u->identities, &opened)) != ST_OK)
		return st;
	if (opened)
		return agehead_check(&u->head, u->filekey);
	agehead_types(&u->head, types);
	warnx("no identity matches: the file is for %s", types);
	return ST_BAD;
}

/*
 * The payload.
 */

static size_t
take_nonce(struct unseal *u, const uint8_t *buf, size_t len)
{
	size_t n = STREAM_NONCE - u->nonce_have < len ? STREAM_NONCE - u->nonce_have : len;

	memcpy(u->nonce + u->nonce_have, buf, n);
	u->nonce_have += n;
	if (u->nonce_have == STREAM_NONCE)
		stream_start(&u->stream, u->filekey, u->nonce);
	return n;
}

/* Where the next chunk starts in the file. */
static uint64_t
offset(const struct unseal *u)
{
	return u->head.len + STREAM_NONCE + u->stream.chunk * STREAM_SEALED;
}

static enum status
cut_short(const struct unseal *u)
{
	warnx("payload: cut short after %" PRIu64 " bytes", offset(u) + u->have);
	return ST_BAD;
}

static enum status
altered(const struct unseal *u)
{
	warnx("payload: altered in chunk %" PRIu64 " (bytes %" PRIu64 " to %" PRIu64 ")", u->stream.chunk, offset(u),
	    offset(u) + STREAM_SEALED - 1);
	return ST_BAD;
}

static enum status
flush(struct unseal *u)
{
	size_t made = u->made;

	u->made = 0;
	return made == 0 ? ST_OK : sink_update(u->next, u->out, made);
}

/* True if the bytes are the next chunk; what was in it is then on its way. */
static int
opens(struct unseal *u, const uint8_t *buf, size_t len, int last)
{
	if (!stream_open(&u->stream, buf, len, last, u->out + u->made))
		return 0;
	u->made += len - STREAM_TAG;
	return 1;
}

/* A full chunk that more bytes follow. */
static enum status
open_chunk(struct unseal *u, const uint8_t *buf)
{
	enum status st;

	if (u->made == sizeof(u->out) && (st = flush(u)) != ST_OK)
		return st;
	if (opens(u, buf, STREAM_SEALED, 0))
		return ST_OK;
	if (!opens(u, buf, STREAM_SEALED, 1))
		return altered(u);
	warnx("payload: the last chunk ends at byte %" PRIu64 ", but more follows", offset(u));
	return ST_BAD;
}

static size_t
hold(struct unseal *u, const uint8_t *buf, size_t len)
{
	size_t n = STREAM_SEALED - u->have < len ? STREAM_SEALED - u->have : len;

	memcpy(u->held + u->have, buf, n);
	u->have += n;
	return n;
}

/* A chunk that is whole and that more bytes follow is opened where it lies; the rest is held. */
static enum status
take_chunks(struct unseal *u, const uint8_t *buf, size_t len)
{
	enum status st = ST_OK;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		if (u->have == STREAM_SEALED) {
			n = 0;
			u->have = 0;
			st = open_chunk(u, u->held);
		} else if (u->have == 0 && len > STREAM_SEALED) {
			n = STREAM_SEALED;
			st = open_chunk(u, buf);
		} else {
			n = hold(u, buf, len);
		}
	}
	return st;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct unseal *u = (struct unseal *)sink;
	enum status st, flushed;
	size_t n;

	if (!u->head.whole) {
		st = agehead_read(&u->head, buf, len, &n);
		if (st == ST_OK && u->head.whole)
			st = unwrap(u);
		if (st != ST_OK || !u->head.whole)
			return st;
		buf += n, len -= n;
	}
	if (u->nonce_have < STREAM_NONCE) {
		n = take_nonce(u, buf, len);
		buf += n, len -= n;
	}
	st = take_chunks(u, buf, len);
	/* What was authenticated before an error goes out all the same: it may be all that is left. */
	flushed = flush(u);
	return st == ST_OK ? flushed : st;
}

/* The chunk with which the input ends. */
static enum status
open_last(struct unseal *u)
{
	if (u->have < STREAM_TAG)
		return cut_short(u);
	/* Only empty content has an empty chunk. */
	if (u->have == STREAM_TAG && u->stream.chunk > 0)
		return cut_short(u);
	if (opens(u, u->held, u->have, 1))
		return ST_OK;
	if (u->have == STREAM_SEALED && opens(u, u->held, u->have, 0)) {
		u->have = 0;
		return cut_short(u);
	}
	if (u->have == STREAM_SEALED)
		return altered(u);
	warnx("payload: cut short after %" PRIu64 " bytes, or altered in chunk %" PRIu64 " (bytes %" PRIu64 " to %"
	    PRIu64 ")", offset(u) + u->have, u->stream.chunk, offset(u), offset(u) + u->have - 1);
	return ST_BAD;
}

static enum status
finish(struct sink *sink)
{
	struct unseal *u = (struct unseal *)sink;
	enum status st, flushed;

	if ((st = agehead_ended(&u->head)) != ST_OK)
		return st;
	if (u->nonce_have < STREAM_NONCE) {
		warnx("header: cut short after %zu bytes, in the nonce", u->head.len + u->nonce_have);
		return ST_BAD;
	}
	st = open_last(u);
	flushed = flush(u);
	if (st == ST_OK)
		st = flushed;
	return st == ST_OK ? sink_finish(u->next) : st;
}

static void
let_go(struct sink *sink)
{
	struct unseal *u = (struct unseal *)sink;

	sink_free(u->next);
	agehead_free(&u->head);
	stream_free(&u->stream);
	sodium_memzero(u, sizeof(*u));
	free(u);
}

struct sink *
unseal_new(const struct key *identities, struct sink *next)
{
	struct unseal *u;

	if (next == NULL)
		return NULL;
	if ((u = calloc(1, sizeof(*u))) == NULL) {
		sink_free(next);
		return NULL;
	}
	u->sink = (struct sink){ update, finish, let_go };
	u->next = next;
	u->identities = identities;
	return dearmor_new(&u->sink);
}
