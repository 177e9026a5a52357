#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgcustom.h"
#include "pgrows.h"
#include "pgtoc.h"
#include "visible.h"

enum { INT_SIZE = 5, BLOCK_DATA = 1, BLOCK_OBJECTS = 3 };

/* What comes next. */
enum state { TOC, BLOCK, ID, OBJECT, LENGTH, BYTES, SECOND_TOC, END, UNKNOWN };

struct pgcustom {
	struct sink sink;
	struct report *report;
	struct pgtoc *toc;
	enum state state;
	uint64_t at;			/* offset of what comes next */
	uint64_t start;			/* ... of the block it is in */
	unsigned type;			/* of that block */
	struct promise *block;		/* ... and whose data it is; NULL until its id has come */
	size_t kept;			/* blocks that came and ended */
	uint8_t small[INT_SIZE];	/* what has come of an INT */
	size_t have;
	uint64_t left;			/* bytes of the chunk that are still to come */
	int counts;			/* this block's lines are rows */
	struct pgrows rows;
	uint64_t objects;
};

/* Where we are, for a message. */
static void
place(const struct pgcustom *s, char *out, size_t size)
{
	char name[VISIBLE_SIZE(4 * PGTOC_NAME + 6)];

	if (s->state == TOC || s->state == SECOND_TOC)
		snprintf(out, size, "in its table of contents");
	else if (s->state == END)
		snprintf(out, size, "after its end");
	else if (s->state == BLOCK)
		snprintf(out, size, "between the blocks of data");
	else if (s->block == NULL)
		snprintf(out, size, "at the head of a block of data");
	else
		snprintf(out, size, "in the data of %s", visible(name, s->block->name, strlen(s->block->name)));
}

__attribute__((format(printf, 2, 3))) static enum status
damaged(const struct pgcustom *s, const char *fmt, ...)
{
	char where[VISIBLE_SIZE(4 * PGTOC_NAME + 6) + 32], why[128];
	va_list ap;

	place(s, where, sizeof(where));
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	warnx("the dump is damaged at byte %" PRIu64 ", %s: %s", s->at, where, why);
	return ST_BAD;
}

static enum status
begin_block(struct pgcustom *s, unsigned type)
{
	s->start = s->at;
	s->block = NULL;
	if (type != BLOCK_DATA && type != BLOCK_OBJECTS)
		return damaged(s, "a block of type %u", type);
	s->type = type;
	s->state = ID;
	return ST_OK;
}

static enum status
begin_data(struct pgcustom *s, int64_t id)
{
	struct promise *p = pgtoc_find(s->toc, id);

	if (p == NULL)
		return damaged(s, "a block with the id %" PRId64 ", which is not in the table of contents", id);
	s->block = p;
	if (p->is_kept)
		return damaged(s, "its block comes a second time");
	if ((s->type == BLOCK_OBJECTS) != (p->kind == PGTOC_OBJECTS))
		return damaged(s, "a block of type %u", s->type);
	if (p->offset != 0 && p->offset != s->start)
		return damaged(s, "the table of contents has it at byte %" PRIu64 ", not at %" PRIu64, p->offset, s->start);
	p->start = s->start;
	s->counts = p->kind == PGTOC_ROWS && s->toc->compression == 0;
	s->rows = (struct pgrows){ 0 };
	s->state = s->type == BLOCK_OBJECTS ? OBJECT : LENGTH;
	return ST_OK;
}

static enum status
end_block(struct pgcustom *s)
{
	int64_t rows;

	if (s->counts) {
		if ((rows = pgrows_end(&s->rows)) == -1)
			return damaged(s, "its rows do not end with an end mark");
		s->block->rows = (uint64_t)rows;
		s->block->is_counted = 1;
	}
	s->block->is_kept = 1;
	s->kept++;
	s->state = BLOCK;
	return ST_OK;
}

static enum status
begin_object(struct pgcustom *s, int64_t oid)
{
	if (oid == 0)
		return end_block(s);
	s->objects++;
	s->state = LENGTH;
	return ST_OK;
}

static enum status
begin_chunk(struct pgcustom *s, int64_t length)
{
	if (length < 0 || length > PGTOC_LONGEST)
		return damaged(s, "a chunk of %" PRId64 " bytes", length);
	if (length > 0) {
		s->left = (uint64_t)length;
		s->state = BYTES;
		return ST_OK;
	}
	if (s->type == BLOCK_DATA)
		return end_block(s);
	s->state = OBJECT;
	return ST_OK;
}

/* An INT has come, of which *p* is the first of five bytes. */
static enum status
take_int(struct pgcustom *s, const uint8_t *p)
{
	int64_t n = (int64_t)p[1] | (int64_t)p[2] << 8 | (int64_t)p[3] << 16 | (int64_t)p[4] << 24;

	if (p[0] > 1 || (p[0] == 1 && n == 0))
		return damaged(s, "no integer where one should be");
	if (p[0] == 1)
		n = -n;
	switch (s->state) {
	case ID:
		return begin_data(s, n);
	case OBJECT:
		return begin_object(s, n);
	default:
		return begin_chunk(s, n);
	}
}

static enum status
update_int(struct pgcustom *s, const uint8_t **buf, size_t *len)
{
	size_t n = INT_SIZE - s->have;
	const uint8_t *p = *buf;
	enum status st;

	if (n > *len)
		n = *len;
	if (n < INT_SIZE) {
		memcpy(s->small + s->have, p, n);
		p = s->small;
	}
	*buf += n;
	*len -= n;
	if ((s->have += n) < INT_SIZE) {
		s->at += n;
		return ST_OK;
	}
	s->have = 0;
	st = take_int(s, p);
	s->at += n;
	return st;
}

static void
update_bytes(struct pgcustom *s, const uint8_t **buf, size_t *len)
{
	size_t n = s->left < *len ? (size_t)s->left : *len;

	if (s->counts)
		pgrows_update(&s->rows, *buf, n);
	*buf += n;
	*len -= n;
	s->at += n;
	s->left -= n;
	if (s->left == 0)
		s->state = LENGTH;
}

static enum status
update_toc(struct pgcustom *s, const uint8_t **buf, size_t *len)
{
	size_t before = *len;
	enum status st = pgtoc_update(s->toc, buf, len, s->at);

	s->at += before - *len;
	if (s->toc->state == PGTOC_UNKNOWN)
		s->state = UNKNOWN;
	else if (s->toc->state == PGTOC_DONE)
		s->state = s->state == TOC ? BLOCK : END;
	return st;
}

/* A block's type; or, after the last block, the sign of the first INT of a second table of contents. */
static enum status
update_block(struct pgcustom *s, const uint8_t **buf, size_t *len)
{
	enum status st;

	if (**buf == 0 && s->kept == s->toc->n) {
		pgtoc_again(s->toc);
		s->state = SECOND_TOC;
		return ST_OK;
	}
	st = begin_block(s, **buf);
	++*buf;
	--*len;
	s->at++;
	return st;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pgcustom *s = (struct pgcustom *)sink;
	enum status st = ST_OK;

	while (len > 0 && st == ST_OK) {
		switch (s->state) {
		case TOC:
		case SECOND_TOC:
			st = update_toc(s, &buf, &len);
			break;
		case BLOCK:
			st = update_block(s, &buf, &len);
			break;
		case BYTES:
			update_bytes(s, &buf, &len);
			break;
		case END:
			return damaged(s, "%zu bytes more", len);
		case UNKNOWN:
			return ST_OK;
		default:
			st = update_int(s, &buf, &len);
			break;
		}
	}
	return st;
}

static enum status
finish(struct sink *sink)
{
	struct pgcustom *s = (struct pgcustom *)sink;
	char where[VISIBLE_SIZE(4 * PGTOC_NAME + 6) + 32];
	enum status st;

	if (s->state != BLOCK && s->state != END && s->state != UNKNOWN) {
		place(s, where, sizeof(where));
		warnx("the dump is cut: it ends at byte %" PRIu64 ", %s", s->at, where);
		return ST_BAD;
	}
	if (s->state == BLOCK && (st = pgtoc_all_kept(s->toc)) != ST_OK)
		return st;
	if ((st = pgtoc_report(s->toc, "custom", s->report)) != ST_OK || s->objects == 0)
		return st;
	return report_number(s->report, "large-objects", s->objects);
}

static void
let_go(struct sink *sink)
{
	struct pgcustom *s = (struct pgcustom *)sink;

	pgtoc_free(s->toc);
	free(s);
}

struct sink *
pgcustom_new(struct report *report)
{
	struct pgcustom *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	if ((s->toc = pgtoc_new()) == NULL) {
		free(s);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->report = report;
	return &s->sink;
}
