#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "armor.h"
#include "b64.h"

enum {
	LINE_BYTES = 48,
	LINE_CHARS = 64,
	BATCH = 4096			/* lines that go down in one piece */
};

/*
 * Into text.
 */

struct armor {
	struct sink sink;
	struct sink *next;
	int begun;
	uint8_t held[LINE_BYTES];	/* of a line that is not full */
	size_t have;
	char out[BATCH * (LINE_CHARS + 1)];
	size_t made;
};

static enum status
begin(struct armor *a)
{
	if (a->begun)
		return ST_OK;
	a->begun = 1;
	return sink_update(a->next, (const uint8_t *)ARMOR_BEGIN "\n", sizeof(ARMOR_BEGIN));
}

static enum status
flush(struct armor *a)
{
	size_t made = a->made;

	a->made = 0;
	return made == 0 ? ST_OK : sink_update(a->next, (const uint8_t *)a->out, made);
}

static enum status
add_line(struct armor *a, const uint8_t *buf, size_t len)
{
	enum status st;

	if (a->made + LINE_CHARS + 1 > sizeof(a->out) && (st = flush(a)) != ST_OK)
		return st;
	a->made += b64_encode(buf, len, a->out + a->made);
	for (; len % 3 != 0; len++)
		a->out[a->made++] = '=';
	a->out[a->made++] = '\n';
	return ST_OK;
}

static enum status
armor_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct armor *a = (struct armor *)sink;
	enum status st = begin(a);
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		if (a->have == 0 && len >= LINE_BYTES) {
			n = LINE_BYTES;
			st = add_line(a, buf, n);
			continue;
		}
		n = LINE_BYTES - a->have < len ? LINE_BYTES - a->have : len;
		memcpy(a->held + a->have, buf, n);
		if ((a->have += n) == LINE_BYTES) {
			a->have = 0;
			st = add_line(a, a->held, LINE_BYTES);
		}
	}
	return st == ST_OK ? flush(a) : st;
}

static enum status
armor_finish(struct sink *sink)
{
	struct armor *a = (struct armor *)sink;
	enum status st = begin(a);

	if (st == ST_OK && a->have > 0)
		st = add_line(a, a->held, a->have);
	if (st == ST_OK)
		st = flush(a);
	if (st == ST_OK)
		st = sink_update(a->next, (const uint8_t *)ARMOR_END "\n", sizeof(ARMOR_END));
	return st == ST_OK ? sink_finish(a->next) : st;
}

static void
armor_free(struct sink *sink)
{
	sink_free(((struct armor *)sink)->next);
	free(sink);
}

struct sink *
armor_new(struct sink *next)
{
	struct armor *a;

	if (next == NULL)
		return NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		sink_free(next);
		return NULL;
	}
	a->sink = (struct sink){ armor_update, armor_finish, armor_free };
	a->next = next;
	return &a->sink;
}

/*
 * And back.
 */

enum part {
	BEFORE,				/* white space, or the first byte that tells */
	BINARY,				/* no armor at all */
	BEGINNING,			/* the BEGIN line */
	INSIDE,
	LAST,				/* after a line that only END may follow */
	AFTER				/* white space */
};

struct dearmor {
	struct sink sink;
	struct sink *next;
	enum part part;
	size_t lines;			/* before this one */
	size_t space;			/* bytes of it, before or after */
	char line[ARMOR_SPACE];		/* what has come of this line; before, what has been skipped */
	size_t have;
	uint8_t out[BATCH * LINE_BYTES];
	size_t made;
};

static enum status
complain(const struct dearmor *d, const char *what)
{
	warnx("armor: line %zu: %s", d->lines + 1, what);
	return ST_BAD;
}

static int
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum status
pass_on(struct dearmor *d)
{
	size_t made = d->made;

	d->made = 0;
	return made == 0 ? ST_OK : sink_update(d->next, d->out, made);
}

static enum status
decode_line(struct dearmor *d, const char *line, size_t n)
{
	enum status st;
	size_t chars = n;

	if (n == 0 || n > LINE_CHARS || n % 4 != 0)
		return complain(d, "not 4 to 64 characters of base64, by fours");
	while (chars > n - 2 && line[chars - 1] == '=')
		chars--;
	if (d->made + LINE_BYTES > sizeof(d->out) && (st = pass_on(d)) != ST_OK)
		return st;
	if (!b64_decode(line, chars, d->out + d->made))
		return complain(d, "not base64");
	d->made += B64_BYTES(chars);
	if (chars < LINE_CHARS)
		d->part = LAST;
	return ST_OK;
}

/* A line without its end. */
static enum status
take_line(struct dearmor *d, const char *line, size_t n)
{
	enum status st = ST_OK;

	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (d->part == BEGINNING) {
		if (n != sizeof(ARMOR_BEGIN) - 1 || memcmp(line, ARMOR_BEGIN, n) != 0)
			return complain(d, "not " ARMOR_BEGIN);
		d->part = INSIDE;
	} else if (n == sizeof(ARMOR_END) - 1 && memcmp(line, ARMOR_END, n) == 0) {
		d->part = AFTER;
		d->space = 0;
	} else if (d->part == LAST) {
		return complain(d, "more after the last line, which is the first that is not full");
	} else {
		st = decode_line(d, line, n);
	}
	d->lines++;
	return st;
}

/* Inside: whole lines from where they lie, else what there is of one; returns in *used how much. */
static enum status
take_text(struct dearmor *d, const uint8_t *buf, size_t len, size_t *used)
{
	const uint8_t *newline = memchr(buf, '\n', len);
	size_t n = newline == NULL ? len : (size_t)(newline - buf), have = d->have;

	if (have + n > LINE_CHARS + 1)
		return complain(d, "longer than 64 columns");
	*used = n + (newline != NULL);
	if (have == 0 && newline != NULL)
		return take_line(d, (const char *)buf, n);
	memcpy(d->line + have, buf, n);
	d->have = newline == NULL ? have + n : 0;
	return newline == NULL ? ST_OK : take_line(d, d->line, have + n);
}

/* Before: the first byte that is no white space tells what this is. */
static enum status
take_first(struct dearmor *d, uint8_t c, size_t *used)
{
	if (is_space(c) && d->have < ARMOR_SPACE) {
		d->line[d->have++] = (char)c;
		d->lines += c == '\n';
		*used = 1;
		return ST_OK;
	}
	if (c == '-') {
		if (d->have > 0 && d->line[d->have - 1] != '\n')
			return complain(d, "a blank before " ARMOR_BEGIN);
		d->part = BEGINNING;
		d->have = 0;
		return ST_OK;
	}
	d->part = BINARY;
	return d->have == 0 ? ST_OK : sink_update(d->next, (const uint8_t *)d->line, d->have);
}

static enum status
take_after(struct dearmor *d, uint8_t c, size_t *used)
{
	*used = 1;
	if (!is_space(c))
		return complain(d, "more after " ARMOR_END);
	if (++d->space > ARMOR_SPACE)
		return complain(d, "too much white space after " ARMOR_END);
	return ST_OK;
}

static enum status
take_some(struct dearmor *d, const uint8_t *buf, size_t len, size_t *used)
{
	*used = 0;
	switch (d->part) {
	case BEFORE:
		return take_first(d, buf[0], used);
	case BINARY:
		*used = len;
		return sink_update(d->next, buf, len);
	case AFTER:
		return take_after(d, buf[0], used);
	case BEGINNING:
	case INSIDE:
	case LAST:
		break;
	}
	return take_text(d, buf, len, used);
}

static enum status
dearmor_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct dearmor *d = (struct dearmor *)sink;
	enum status st = ST_OK, passed;
	size_t used;

	for (; len > 0 && st == ST_OK; buf += used, len -= used)
		st = take_some(d, buf, len, &used);
	passed = pass_on(d);
	return st == ST_OK ? passed : st;
}

static enum status
dearmor_finish(struct sink *sink)
{
	struct dearmor *d = (struct dearmor *)sink;
	enum status st = ST_OK;

	/* The END line may come without an end of its own. */
	if (d->have > 0 && d->part != BEFORE)
		st = take_line(d, d->line, d->have);
	if (st == ST_OK && d->part != AFTER && d->part != BINARY && d->part != BEFORE) {
		warnx("armor: cut short after line %zu: no %s", d->lines, ARMOR_END);
		st = ST_BAD;
	}
	return st == ST_OK ? sink_finish(d->next) : st;
}

static void
dearmor_free(struct sink *sink)
{
	sink_free(((struct dearmor *)sink)->next);
	free(sink);
}

struct sink *
dearmor_new(struct sink *next)
{
	struct dearmor *d;

	if (next == NULL)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL) {
		sink_free(next);
		return NULL;
	}
	d->sink = (struct sink){ dearmor_update, dearmor_finish, dearmor_free };
	d->next = next;
	return &d->sink;
}
