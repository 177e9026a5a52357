#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "zst.h"

enum {
	LEAST_WINDOW = 20,		/* log2 of bytes: what a lack of memory may shrink a window to */
	LARGEST_WINDOW = 27,		/* what zstd -d takes without options */
	FAR_LEVEL = 12,			/* from here on, looking far back costs next to nothing */
	FAR_WINDOW = 25,		/* ... and this is how far */
	BESIDE_WINDOW = 1 << 20,	/* memory that a decoder takes beside it, at most */
	MAGIC = 4,
	HEADER = 18			/* the longest frame header */
};

/* How an encoder goes about it.  Sizes are log2: of bytes, and of entries of four. */
struct plan {
	int window, chain, hash;
	int far;			/* the window if matches over long distances are looked for, or 0 */
	unsigned workers;		/* 0: compress in the thread that pushes */
	uint64_t job;			/* bytes a worker takes at a time */
};

struct encoder {
	struct sink sink;
	struct sink *next;
	ZSTD_CCtx *ctx;
	size_t cap;
	uint8_t *buf;
};

struct decoder {
	struct sink sink;
	struct sink *next;
	ZSTD_DCtx *ctx;
	uint64_t at;			/* of the input, from its start */
	uint64_t frame_at;
	int inside;			/* a frame has begun and not ended */
	size_t have;			/* of its header */
	uint8_t header[HEADER];
	size_t cap;
	uint8_t *buf;
};

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int
skippable(const uint8_t head[MAGIC])
{
	return (le32(head) & 0xFFFFFFF0) == ZSTD_MAGIC_SKIPPABLE_START;
}

int
zst_begins(const uint8_t head[MAGIC])
{
	return le32(head) == ZSTD_MAGICNUMBER || skippable(head);
}

/*
 * The sizes that libzstd 1.5 takes by itself.  It would not tell without
 * allocating them, so they are ours to choose, and we choose the same.
 */
static struct plan
usual_sizes(int level)
{
	static const struct { uint8_t window, chain, hash; } sizes[ZST_HIGHEST + 1] = {
		{ 0, 0, 0 },
		{ 19, 13, 14 }, { 20, 15, 16 }, { 21, 16, 17 }, { 21, 18, 18 }, { 21, 18, 19 }, { 21, 18, 19 },
		{ 21, 19, 20 }, { 21, 19, 20 }, { 22, 20, 21 }, { 22, 21, 22 }, { 22, 21, 22 }, { 22, 22, 23 },
		{ 22, 22, 22 }, { 22, 22, 23 }, { 22, 23, 23 }, { 22, 22, 22 }, { 23, 23, 22 }, { 23, 23, 22 },
		{ 23, 24, 22 }, { 25, 25, 23 }, { 26, 26, 24 }, { 27, 27, 25 }
	};

	return (struct plan){ sizes[level].window, sizes[level].chain, sizes[level].hash, 0, 0, 0 };
}

/* A smaller window wants no larger tables. */
static void
shrink(struct plan *p)
{
	p->window--;
	if (p->chain > p->window)
		p->chain = p->window;
	if (p->hash > p->window)
		p->hash = p->window;
}

/*
 * Each worker has its tables (a hash entry has two bytes of tags beside it) and
 * some room to work.  The library keeps a ring of workers + 3 jobs of input,
 * which is their window, unless they look further back; and for workers + 2
 * jobs a buffer in which their output would fit at worst.
 */
static uint64_t
plan_size(const struct plan *p)
{
	uint64_t one = (UINT64_C(3) << 20) + (UINT64_C(4) << p->chain) + (UINT64_C(6) << p->hash);
	uint64_t far = p->far > 0 ? UINT64_C(1) << p->far : 0, ring = p->workers * p->job;

	if (p->workers == 0)
		return one + (far > 0 ? far + far / 8 : UINT64_C(1) << p->window);
	return p->workers * one + (ring > far ? ring : far) + far / 8 + (p->workers + 5) * p->job;
}

/* The most threads, with jobs of the usual size or smaller ones, that fit. */
static int
fit_workers(struct plan *p, const struct quota *q)
{
	uint64_t least = UINT64_C(1) << (p->window > LEAST_WINDOW ? p->window : LEAST_WINDOW);

	for (p->workers = q->threads; p->workers > 0; p->workers--) {
		for (p->job = 4 * least; p->job >= least; p->job /= 2) {
			if (plan_size(p) <= q->memory)
				return 1;
		}
	}
	return 0;
}

uint64_t
zst_needs(int level)
{
	struct plan p = usual_sizes(level);

	while (p.window > LEAST_WINDOW)
		shrink(&p);
	return plan_size(&p);
}

/* The same plan, with what memory it leaves used to look further back. */
static struct plan
look_far(struct plan p, const struct quota *q)
{
	for (p.far = FAR_WINDOW; p.far > p.window; p.far--) {
		if (plan_size(&p) <= q->memory)
			return p;
	}
	p.far = 0;
	return p;
}

static struct plan
choose(int level, const struct quota *q)
{
	struct plan p = usual_sizes(level);

	while (!fit_workers(&p, q) && plan_size(&p) > q->memory && p.window > LEAST_WINDOW)
		shrink(&p);
	return level >= FAR_LEVEL ? look_far(p, q) : p;
}

static enum status
complain(size_t code)
{
	warnx("zstd: %s", ZSTD_getErrorName(code));
	return ST_TROUBLE;
}

static enum status
encode(struct encoder *s, const uint8_t *buf, size_t len, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = { buf, len, 0 };
	ZSTD_outBuffer out;
	enum status st;
	size_t left;

	do {
		out = (ZSTD_outBuffer){ s->buf, s->cap, 0 };
		left = ZSTD_compressStream2(s->ctx, &out, &in, how);
		if (ZSTD_isError(left))
			return complain(left);
		if (out.pos > 0 && (st = sink_update(s->next, s->buf, out.pos)) != ST_OK)
			return st;
	} while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return ST_OK;
}

static enum status
encoder_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	return encode((struct encoder *)sink, buf, len, ZSTD_e_continue);
}

static enum status
encoder_finish(struct sink *sink)
{
	struct encoder *s = (struct encoder *)sink;
	enum status st;

	if ((st = encode(s, NULL, 0, ZSTD_e_end)) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static void
encoder_free(struct sink *sink)
{
	struct encoder *s = (struct encoder *)sink;

	ZSTD_freeCCtx(s->ctx);
	free(s->buf);
	sink_free(s->next);
	free(s);
}

static int
set(ZSTD_CCtx *ctx, int level, const struct plan *p)
{
	const struct {
		ZSTD_cParameter what;
		int value;
	} settings[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_windowLog, p->far > 0 ? p->far : p->window },
		{ ZSTD_c_enableLongDistanceMatching, p->far > 0 },
		{ ZSTD_c_chainLog, p->chain },
		{ ZSTD_c_hashLog, p->hash },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_nbWorkers, (int)p->workers },
		{ ZSTD_c_jobSize, p->workers > 0 ? (int)p->job : 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		/* A library built without threads refuses workers, and does without. */
		if (ZSTD_isError(ZSTD_CCtx_setParameter(ctx, settings[i].what, settings[i].value)) &&
		    settings[i].what != ZSTD_c_nbWorkers && settings[i].what != ZSTD_c_jobSize)
			return 0;
	}
	return 1;
}

struct sink *
zst_encoder(int level, const struct quota *q, struct sink *next)
{
	struct encoder *s;
	struct plan p;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ encoder_update, encoder_finish, encoder_free };
	s->next = next;
	s->cap = ZSTD_CStreamOutSize();
	s->buf = malloc(s->cap);
	s->ctx = ZSTD_createCCtx();
	p = choose(level, q);
	if (s->buf == NULL || s->ctx == NULL || !set(s->ctx, level, &p)) {
		encoder_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}

/* The window that the frame's header asks for, RFC 8878 3.1.1.1.  The header is there, or libzstd had not read it. */
static uint64_t
wanted_window(const struct decoder *s)
{
	static const size_t id_size[] = { 0, 1, 2, 4 };
	unsigned flags = s->header[MAGIC], i;
	const uint8_t *p = s->header + MAGIC + 1;
	uint64_t n = 0;

	if ((flags & 0x20) == 0) {
		n = UINT64_C(1) << (10 + (*p >> 3));
		return n + n / 8 * (*p & 7);
	}
	p += id_size[flags & 3];
	for (i = 0; i < 1U << (flags >> 6); i++)
		n |= (uint64_t)p[i] << 8 * i;
	return flags >> 6 == 1 ? n + 256 : n;
}

/* The library's limit is a power of two, and so this goes in such steps. */
static uint64_t
wanted_memory(const struct decoder *s)
{
	uint64_t window = wanted_window(s), n = BESIDE_WINDOW;

	while (n < window && n < UINT64_C(1) << 60)
		n *= 2;
	return n + BESIDE_WINDOW;
}

static enum status
explain(const struct decoder *s, size_t code)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		warnx("zstd: the frame at byte %" PRIu64 " needs %" PRIu64 " MiB of memory, and less is allowed",
		    s->frame_at, wanted_memory(s) >> 20);
		return ST_TROUBLE;
	case ZSTD_error_dictionary_wrong:
	case ZSTD_error_memory_allocation:
		warnx("zstd: frame at byte %" PRIu64 ": %s", s->frame_at, ZSTD_getErrorName(code));
		return ST_TROUBLE;
	case ZSTD_error_prefix_unknown:
		warnx("zstd: at byte %" PRIu64 " no frame begins: %s", s->frame_at,
		    s->frame_at > 0 ? "something follows the compressed data" : "this is not zstd");
		return ST_BAD;
	default:
		warnx("zstd: damaged before byte %" PRIu64 ": %s", s->at, ZSTD_getErrorName(code));
		return ST_BAD;
	}
}

/* Keep the header of each frame as it passes, for what explain() has to say. */
static void
note_header(struct decoder *s, const uint8_t *buf, size_t len)
{
	size_t n = len < HEADER - s->have ? len : HEADER - s->have;

	if (!s->inside)
		s->frame_at = s->at;
	memcpy(s->header + s->have, buf, n);
	s->have += n;
	s->inside = 1;
}

static enum status
decoder_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct decoder *s = (struct decoder *)sink;
	ZSTD_inBuffer in = { buf, len, 0 };
	ZSTD_outBuffer out = { s->buf, s->cap, 0 };
	enum status st;
	size_t left, before;

	/* A full output buffer may mean that there is more, with no input left. */
	while (in.pos < in.size || (s->inside && out.pos == out.size)) {
		if (in.pos < in.size)
			note_header(s, buf + in.pos, in.size - in.pos);
		out.pos = 0;
		before = in.pos;
		left = ZSTD_decompressStream(s->ctx, &out, &in);
		s->at += in.pos - before;
		if (ZSTD_isError(left))
			return explain(s, left);
		if (left == 0) {
			s->inside = 0;
			s->have = 0;
		}
		if (out.pos > 0 && (st = sink_update(s->next, s->buf, out.pos)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
decoder_finish(struct sink *sink)
{
	struct decoder *s = (struct decoder *)sink;

	if (s->at == 0) {
		warnx("zstd: the input is empty");
		return ST_BAD;
	}
	if (s->inside) {
		warnx("zstd: cut short: the input ends at byte %" PRIu64 ", within a frame", s->at);
		return ST_BAD;
	}
	return sink_finish(s->next);
}

static void
decoder_free(struct sink *sink)
{
	struct decoder *s = (struct decoder *)sink;

	ZSTD_freeDCtx(s->ctx);
	free(s->buf);
	sink_free(s->next);
	free(s);
}

/* The largest window, as log2, that leaves room beside it. */
static int
window_limit(const struct quota *q)
{
	int n = 10;

	while (n < LARGEST_WINDOW + 4 && (UINT64_C(2) << n) + BESIDE_WINDOW <= q->memory)
		n++;
	return n;
}

struct sink *
zst_decoder(const struct quota *q, struct sink *next)
{
	struct decoder *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ decoder_update, decoder_finish, decoder_free };
	s->next = next;
	s->cap = ZSTD_DStreamOutSize();
	s->buf = malloc(s->cap);
	s->ctx = ZSTD_createDCtx();
	if (s->buf == NULL || s->ctx == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(s->ctx, ZSTD_d_windowLogMax, window_limit(q)))) {
		decoder_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}
