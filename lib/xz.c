#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#include "xz.h"

enum {
	OUT_SIZE = 256 * 1024,
	HEAD = 12 + 1024,		/* the headers of the stream and of a block, at most */
	LEAST_DICTIONARY = 1 << 20	/* what a lack of memory may shrink it to */
};

/* Either direction: liblzma's stream is the same to both. */
struct xz {
	struct sink sink;
	struct sink *next;
	lzma_stream z;
	uint8_t *out;
	size_t have;			/* of head */
	uint8_t head[HEAD];		/* the first bytes that were pushed */
};

/* How an encoder goes about it; the filters point at the options. */
struct plan {
	lzma_options_lzma options;
	lzma_filter filters[2];
	lzma_mt mt;
};

int
xz_begins(const uint8_t *head)
{
	return memcmp(head, "\xfd" "7zXZ", 6) == 0;
}

/* What it takes to decompress what begins with head; the parallel decoder does not tell, but the plain one does. */
static uint64_t
wanted_memory(const struct xz *s)
{
	lzma_stream z = LZMA_STREAM_INIT;
	uint64_t n = 0;

	z.next_in = s->head;
	z.avail_in = s->have;
	z.next_out = s->out;
	z.avail_out = OUT_SIZE;
	if (lzma_stream_decoder(&z, 1, 0) == LZMA_OK && lzma_code(&z, LZMA_RUN) == LZMA_MEMLIMIT_ERROR)
		n = lzma_memusage(&z);
	lzma_end(&z);
	return n;
}

static enum status
explain(struct xz *s, lzma_ret ret)
{
	switch (ret) {
	case LZMA_MEM_ERROR:
		warnx("xz: out of memory");
		return ST_TROUBLE;
	case LZMA_MEMLIMIT_ERROR:
		warnx("xz: before byte %" PRIu64 ": more memory is needed than is allowed; a stream like the first needs "
		    "%" PRIu64 " MiB", s->z.total_in, (wanted_memory(s) >> 20) + 1);
		return ST_TROUBLE;
	case LZMA_OPTIONS_ERROR:
		warnx("xz: before byte %" PRIu64 ": something that this liblzma does not know", s->z.total_in);
		return ST_BAD;
	case LZMA_FORMAT_ERROR:
		warnx("xz: this is not xz");
		return ST_BAD;
	case LZMA_BUF_ERROR:
		warnx("xz: cut short: the input ends at byte %" PRIu64 ", within a stream", s->z.total_in);
		return ST_BAD;
	default:
		warnx("xz: damaged, or followed by something else, before byte %" PRIu64, s->z.total_in);
		return ST_BAD;
	}
}

/* Push bytes through; with LZMA_FINISH, until nothing more comes out. */
static enum status
run(struct xz *s, const uint8_t *buf, size_t len, lzma_action action)
{
	enum status st;
	lzma_ret ret;
	size_t n;

	s->z.next_in = buf;
	s->z.avail_in = len;
	do {
		s->z.next_out = s->out;
		s->z.avail_out = OUT_SIZE;
		ret = lzma_code(&s->z, action);
		n = OUT_SIZE - s->z.avail_out;
		if (n > 0 && (st = sink_update(s->next, s->out, n)) != ST_OK)
			return st;
		/* Without more input to come, no progress is an end too early; before, it is nothing to do. */
		if (ret == LZMA_BUF_ERROR && action == LZMA_RUN)
			break;
		if (ret != LZMA_OK && ret != LZMA_STREAM_END)
			return explain(s, ret);
	} while (action == LZMA_FINISH ? ret != LZMA_STREAM_END : s->z.avail_in > 0 || s->z.avail_out == 0);
	return ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct xz *s = (struct xz *)sink;
	size_t n = HEAD - s->have < len ? HEAD - s->have : len;

	if (len == 0)
		return ST_OK;
	memcpy(s->head + s->have, buf, n);
	s->have += n;
	return run(s, buf, len, LZMA_RUN);
}

static enum status
encoder_finish(struct sink *sink)
{
	struct xz *s = (struct xz *)sink;
	enum status st;

	if ((st = run(s, NULL, 0, LZMA_FINISH)) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static enum status
decoder_finish(struct sink *sink)
{
	struct xz *s = (struct xz *)sink;

	if (s->z.total_in > 0)
		return encoder_finish(sink);
	warnx("xz: the input is empty");
	return ST_BAD;
}

static void
let_go(struct sink *sink)
{
	struct xz *s = (struct xz *)sink;

	lzma_end(&s->z);
	free(s->out);
	sink_free(s->next);
	free(s);
}

/* What both directions have; NULL, with *next* freed, if there is not enough memory. */
static struct xz *
xz_new(enum status (*finish)(struct sink *), struct sink *next)
{
	struct xz *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->z = (lzma_stream)LZMA_STREAM_INIT;
	if ((s->out = malloc(OUT_SIZE)) == NULL) {
		let_go(&s->sink);
		return NULL;
	}
	return s;
}

static void
begin_plan(struct plan *p, int level)
{
	memset(p, 0, sizeof(*p));
	lzma_lzma_preset(&p->options, (uint32_t)level);
	p->filters[0] = (lzma_filter){ .id = LZMA_FILTER_LZMA2, .options = &p->options };
	p->filters[1] = (lzma_filter){ .id = LZMA_VLI_UNKNOWN, .options = NULL };
	p->mt.filters = p->filters;
	p->mt.check = LZMA_CHECK_CRC64;
}

/* The number of threads that fit with blocks of two or three dictionaries; zero: none, or not in blocks. */
static uint32_t
fit_threads(struct plan *p, const struct quota *q)
{
	unsigned blocks;

	for (p->mt.threads = q->threads; p->mt.threads > 0; p->mt.threads--) {
		for (blocks = 3; blocks >= 2; blocks--) {
			p->mt.block_size = (uint64_t)blocks * p->options.dict_size;
			if (p->mt.block_size < LEAST_DICTIONARY)
				p->mt.block_size = LEAST_DICTIONARY;
			if (lzma_stream_encoder_mt_memusage(&p->mt) <= q->memory)
				return p->mt.threads;
		}
	}
	return 0;
}

static void
choose(struct plan *p, int level, const struct quota *q)
{
	begin_plan(p, level);
	while (fit_threads(p, q) == 0 && lzma_raw_encoder_memusage(p->filters) > q->memory &&
	    p->options.dict_size > LEAST_DICTIONARY)
		p->options.dict_size /= 2;
}

uint64_t
xz_needs(int level)
{
	struct plan p;

	begin_plan(&p, level);
	if (p.options.dict_size > LEAST_DICTIONARY)
		p.options.dict_size = LEAST_DICTIONARY;
	return lzma_raw_encoder_memusage(p.filters);
}

struct sink *
xz_encoder(int level, const struct quota *q, struct sink *next)
{
	struct plan p;
	struct xz *s;
	lzma_ret ret;

	if ((s = xz_new(encoder_finish, next)) == NULL)
		return NULL;
	choose(&p, level, q);
	ret = p.mt.threads > 0 ? lzma_stream_encoder_mt(&s->z, &p.mt) :
	    lzma_stream_encoder(&s->z, p.filters, LZMA_CHECK_CRC64);
	if (ret == LZMA_OK)
		return &s->sink;
	let_go(&s->sink);
	return NULL;
}

static lzma_ret
init_decoder(lzma_stream *z, const struct quota *q)
{
#if LZMA_VERSION >= 50040002		/* 5.4.0; Ubuntu 22.04 has 5.2 */
	lzma_mt mt = {
		.flags = LZMA_CONCATENATED,
		.threads = q->threads,
		.memlimit_threading = q->memory,
		.memlimit_stop = q->memory
	};

	if (q->threads > 1)
		return lzma_stream_decoder_mt(z, &mt);
#endif
	return lzma_stream_decoder(z, q->memory, LZMA_CONCATENATED);
}

struct sink *
xz_decoder(const struct quota *q, struct sink *next)
{
	struct xz *s;

	if ((s = xz_new(decoder_finish, next)) == NULL)
		return NULL;
	if (init_decoder(&s->z, q) == LZMA_OK)
		return &s->sink;
	let_go(&s->sink);
	return NULL;
}
