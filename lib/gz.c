#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "gz.h"
#include "gzmember.h"
#include "pool.h"

enum { THOROUGH_LEVEL = 10 };

struct gz {
	struct sink sink;
	struct sink *next;
	struct pool *pool;
	struct block *block;		/* being filled, or NULL */
	uint64_t blocks, bytes;
};

static void *
new_compressor(int level)
{
	return libdeflate_alloc_compressor(level);
}

static void
free_compressor(void *tool)
{
	libdeflate_free_compressor(tool);
}

static void
pack(void *tool, struct block *b)
{
	b->out_len = gzm_pack(tool, b->in, b->in_len, b->out);
}

static enum status
deliver(void *owner, const struct block *b)
{
	struct gz *s = owner;

	return sink_update(s->next, b->out, b->out_len);
}

static const struct pool_kind fast_packing = {
	GZM_BLOCK, GZM_MOST, 1 << 20, new_compressor, free_compressor, pack, deliver
};
/* From here on libdeflate looks for the best of all ways, and keeps more of them in mind. */
static const struct pool_kind thorough_packing = {
	GZM_BLOCK, GZM_MOST, 10 << 20, new_compressor, free_compressor, pack, deliver
};

static const struct pool_kind *
packing(int level)
{
	return level < THOROUGH_LEVEL ? &fast_packing : &thorough_packing;
}

int
gz_begins(const uint8_t *head)
{
	return head[0] == 0x1f && head[1] == 0x8b;
}

uint64_t
gz_needs(int level)
{
	return pool_size(packing(level), 1);
}

static enum status
submit(struct gz *s)
{
	struct block *b = s->block;

	s->block = NULL;
	s->blocks++;
	s->bytes += b->in_len;
	return pool_submit(s->pool, b);
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct gz *s = (struct gz *)sink;
	enum status st;
	size_t n;

	for (; len > 0; buf += n, len -= n) {
		if (s->block == NULL && (st = pool_room(s->pool, &s->block)) != ST_OK)
			return st;
		n = GZM_BLOCK - s->block->in_len;
		if (n > len)
			n = len;
		memcpy(s->block->in + s->block->in_len, buf, n);
		s->block->in_len += n;
		if (s->block->in_len == GZM_BLOCK && (st = submit(s)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
finish(struct sink *sink)
{
	struct gz *s = (struct gz *)sink;
	uint8_t end[GZM_END];
	enum status st;

	if (s->block != NULL && (st = submit(s)) != ST_OK)
		return st;
	if ((st = pool_drain(s->pool)) != ST_OK)
		return st;
	gzm_end(s->blocks, s->bytes, end);
	if ((st = sink_update(s->next, end, sizeof(end))) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct gz *s = (struct gz *)sink;

	pool_free(s->pool);
	sink_free(s->next);
	free(s);
}

struct sink *
gz_new(int level, const struct quota *q, struct sink *next)
{
	const struct pool_kind *kind = packing(level);
	struct gz *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	if ((s->pool = pool_new(kind, level, pool_threads(kind, q->threads, q->memory), s)) == NULL) {
		let_go(&s->sink);
		return NULL;
	}
	return &s->sink;
}
