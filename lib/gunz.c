#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zlib.h>

#include "gunz.h"
#include "gz.h"
#include "gzmember.h"
#include "pool.h"

enum { OUT_SIZE = 256 * 1024, GZIP_FORMAT = 15 + 16 };	/* inflateInit2's word for it */

/* What the next byte of the input belongs to. */
enum place { HEAD, BLOCK, END, FOREIGN, PADDING };

struct gunz {
	struct sink sink;
	struct sink *next;
	struct quota quota;
	enum place place;
	uint64_t at;			/* bytes of input so far */
	uint64_t member_at;		/* where the present member began */
	size_t have;			/* of head */
	uint8_t head[GZM_END];
	int any;			/* a member has ended */
	int open;			/* blocks of ours have come, and their end has not */
	struct pool *pool;		/* for our blocks; made when the first is met */
	struct block *block;		/* being filled */
	size_t length;			/* that it will have */
	uint64_t blocks, bytes;		/* since the last end: begun, delivered */
	int inflating;			/* z is initialised */
	z_stream z;
	uint8_t *out;
};

static enum status
bad(uint64_t at, const char *what)
{
	warnx("gzip: member at byte %" PRIu64 ": %s", at, what);
	return ST_BAD;
}

static enum status
no_memory(void)
{
	warnx("gzip: out of memory");
	return ST_TROUBLE;
}

static void *
tool_new(int level)
{
	(void)level;
	return libdeflate_alloc_decompressor();
}

static void
tool_free(void *tool)
{
	libdeflate_free_decompressor(tool);
}

static void
unpack(void *tool, struct block *b)
{
	b->fault = gzm_unpack(tool, b->in, b->in_len, b->out, &b->out_len);
}

static enum status
deliver(void *owner, const struct block *b)
{
	struct gunz *s = owner;

	if (b->fault != NULL)
		return bad(b->at, b->fault);
	s->bytes += b->out_len;
	return sink_update(s->next, b->out, b->out_len);
}

static const struct pool_kind unpacking = {
	GZM_MOST, GZM_BLOCK, 1 << 16, tool_new, tool_free, unpack, deliver
};

/* Copy to the head until it has *want* bytes; how many were taken. */
static size_t
gather(struct gunz *s, size_t want, const uint8_t *buf, size_t len)
{
	size_t n = want - s->have < len ? want - s->have : len;

	memcpy(s->head + s->have, buf, n);
	s->have += n;
	return n;
}

static void
end_member(struct gunz *s)
{
	s->any = 1;
	s->place = HEAD;
	s->have = 0;
}

/* What came whole before the trouble is still passed on. */
static enum status
spoiled(struct gunz *s, const char *what)
{
	enum status st;

	if (s->pool != NULL && (st = pool_drain(s->pool)) != ST_OK)
		return st;
	return bad(s->member_at, what);
}

static enum status
refuse_head(struct gunz *s)
{
	return spoiled(s, s->any ? "something follows the compressed data" : "this is not gzip");
}

static enum status
lost_end(struct gunz *s)
{
	return spoiled(s, "the end that belongs here is missing: a part of the file is lost");
}

/* All of the output buffer that zlib can fill from these bytes, again and again; *used says how many it took. */
static enum status
inflate_some(struct gunz *s, const uint8_t *buf, size_t len, size_t *used)
{
	uInt given = len < UINT_MAX ? (uInt)len : UINT_MAX;
	enum status st;
	int code;

	s->z.next_in = (z_const Bytef *)(uintptr_t)buf;
	s->z.avail_in = given;
	do {
		s->z.next_out = s->out;
		s->z.avail_out = OUT_SIZE;
		code = inflate(&s->z, Z_NO_FLUSH);
		if (code == Z_MEM_ERROR)
			return no_memory();
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return bad(s->member_at, s->z.msg != NULL ? s->z.msg : "it wants a dictionary");
		if (s->z.avail_out < OUT_SIZE && (st = sink_update(s->next, s->out, OUT_SIZE - s->z.avail_out)) != ST_OK)
			return st;
	} while (code == Z_OK && (s->z.avail_in > 0 || s->z.avail_out == 0));
	*used = given - s->z.avail_in;
	if (code == Z_STREAM_END)
		end_member(s);
	return ST_OK;
}

/* A member that is not ours.  It never ends within the head, which goes in whole. */
static enum status
begin_foreign(struct gunz *s)
{
	size_t used;

	if (s->open)
		return lost_end(s);
	if (s->out == NULL && (s->out = malloc(OUT_SIZE)) == NULL)
		return no_memory();
	if ((s->inflating ? inflateReset(&s->z) : inflateInit2(&s->z, GZIP_FORMAT)) != Z_OK)
		return no_memory();
	s->inflating = 1;
	s->place = FOREIGN;
	return inflate_some(s, s->head, s->have, &used);
}

static enum status
make_pool(struct gunz *s)
{
	uint64_t least = pool_size(&unpacking, 1);

	if (least > s->quota.memory) {
		warnx("gzip: needs %" PRIu64 " bytes of memory, and %" PRIu64 " are allowed", least, s->quota.memory);
		return ST_TROUBLE;
	}
	s->pool = pool_new(&unpacking, 0, pool_threads(&unpacking, s->quota.threads, s->quota.memory), s);
	return s->pool != NULL ? ST_OK : no_memory();
}

static enum status
begin_block(struct gunz *s)
{
	enum status st;

	s->length = gzm_length(s->head);
	if (s->length < GZM_LEAST || s->length > GZM_MOST)
		return spoiled(s, "it says a length that no block has");
	if (s->pool == NULL && (st = make_pool(s)) != ST_OK)
		return st;
	if ((st = pool_room(s->pool, &s->block)) != ST_OK)
		return st;
	memcpy(s->block->in, s->head, s->have);
	s->block->in_len = s->have;
	s->block->at = s->member_at;
	s->blocks++;
	s->open = 1;
	s->place = BLOCK;
	return ST_OK;
}

/* The first bytes of a member tell what it is. */
static enum status
read_head(struct gunz *s, const uint8_t *buf, size_t len, size_t *used)
{
	if (s->have == 0) {
		s->member_at = s->at;
		if (s->any && buf[0] == 0) {
			s->place = PADDING;
			return ST_OK;
		}
	}
	*used = gather(s, GZM_HEAD, buf, len);
	if (s->have >= 2 && !gz_begins(s->head))
		return refuse_head(s);
	if (s->have < GZM_HEAD)
		return ST_OK;
	switch (gzm_kind(s->head)) {
	case GZM_IS_BLOCK:
		return begin_block(s);
	case GZM_IS_END:
		s->place = END;
		return ST_OK;
	default:
		return begin_foreign(s);
	}
}

static enum status
read_block(struct gunz *s, const uint8_t *buf, size_t len, size_t *used)
{
	struct block *b = s->block;
	size_t n = s->length - b->in_len < len ? s->length - b->in_len : len;

	memcpy(b->in + b->in_len, buf, n);
	b->in_len += n;
	*used = n;
	if (b->in_len < s->length)
		return ST_OK;
	end_member(s);
	return pool_submit(s->pool, b);
}

/* The end must say what has come, to the byte. */
static enum status
read_end(struct gunz *s, const uint8_t *buf, size_t len, size_t *used)
{
	uint8_t want[GZM_END];
	enum status st;

	*used = gather(s, GZM_END, buf, len);
	if (s->have < GZM_END)
		return ST_OK;
	if (s->pool != NULL && (st = pool_drain(s->pool)) != ST_OK)
		return st;
	gzm_end(s->blocks, s->bytes, want);
	if (memcmp(s->head, want, GZM_END) != 0)
		return bad(s->member_at, "the end does not agree with the blocks before it");
	s->open = 0;
	s->blocks = s->bytes = 0;
	end_member(s);
	return ST_OK;
}

static enum status
read_padding(struct gunz *s, const uint8_t *buf, size_t len, size_t *used)
{
	for (*used = 0; *used < len; ++*used) {
		if (buf[*used] != 0)
			return bad(s->at + *used, "something follows the compressed data");
	}
	return ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	static enum status (*const readers[])(struct gunz *, const uint8_t *, size_t, size_t *) = {
		[HEAD] = read_head, [BLOCK] = read_block, [END] = read_end, [FOREIGN] = inflate_some,
		[PADDING] = read_padding
	};
	struct gunz *s = (struct gunz *)sink;
	enum status st;
	size_t used;

	for (; len > 0; buf += used, len -= used, s->at += used) {
		used = 0;
		if ((st = readers[s->place](s, buf, len, &used)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
finish(struct sink *sink)
{
	struct gunz *s = (struct gunz *)sink;

	if (s->at == 0) {
		warnx("gzip: the input is empty");
		return ST_BAD;
	}
	if (s->place == HEAD && s->have == 1 && s->head[0] != 0x1f)
		return refuse_head(s);
	if (s->place != PADDING && (s->place != HEAD || s->have > 0))
		return spoiled(s, "cut short: the input ends within it");
	if (s->place == HEAD)
		s->member_at = s->at;
	if (s->open)
		return lost_end(s);
	return sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct gunz *s = (struct gunz *)sink;

	pool_free(s->pool);
	if (s->inflating)
		inflateEnd(&s->z);
	free(s->out);
	sink_free(s->next);
	free(s);
}

struct sink *
gunz_new(const struct quota *q, struct sink *next)
{
	struct gunz *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->quota = *q;
	return &s->sink;
}
