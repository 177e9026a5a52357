/*
 * The end of a chain in the C tests: keeps what it is given.  The test owns
 * the struct and frees mem.buf; it outlives the chain.
 */
#ifndef MM_MEMSINK_H
#define MM_MEMSINK_H

#include <stdlib.h>
#include <string.h>

#include "sink.h"

struct mem {
	uint8_t *buf;
	size_t len, cap;
	int finished;
};

struct memsink {
	struct sink sink;
	struct mem *mem;
};

static enum status
memsink_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct mem *m = ((struct memsink *)sink)->mem;

	if (m->len + len > m->cap) {
		m->cap = 2 * (m->len + len);
		if ((m->buf = realloc(m->buf, m->cap)) == NULL)
			abort();
	}
	if (len > 0)
		memcpy(m->buf + m->len, buf, len);
	m->len += len;
	return ST_OK;
}

static enum status
memsink_finish(struct sink *sink)
{
	((struct memsink *)sink)->mem->finished++;
	return ST_OK;
}

static void
memsink_free(struct sink *sink)
{
	free(sink);
}

/* Empties *mem, which must be zeroed before its first use. */
static inline struct sink *
memsink_new(struct mem *mem)
{
	struct memsink *s = malloc(sizeof(*s));

	if (s == NULL)
		abort();
	mem->len = 0;
	mem->finished = 0;
	s->sink = (struct sink){ memsink_update, memsink_finish, memsink_free };
	s->mem = mem;
	return &s->sink;
}

/* Push bytes through a chain, *piece* at a time, finish it if all went well, and free it. */
static inline enum status
push(struct sink *chain, const uint8_t *buf, size_t len, size_t piece)
{
	enum status st = ST_OK;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = len < piece ? len : piece;
		st = sink_update(chain, buf, n);
	}
	if (st == ST_OK)
		st = sink_finish(chain);
	sink_free(chain);
	return st;
}

static inline int
holds(const struct mem *m, const uint8_t *buf, size_t len)
{
	return m->finished == 1 && m->len == len && (len == 0 || memcmp(m->buf, buf, len) == 0);
}

#endif
