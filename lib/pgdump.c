#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "pgcustom.h"
#include "pgdump.h"
#include "pgplain.h"
#include "pgtar.h"

enum { HEAD = 64 };

static const struct kind {
	struct sink *(*checker)(struct report *);
	const char *start;
	size_t len;
} kinds[] = {
#define START(text) text, sizeof(text) - 1
	{ pgcustom_new, START("PGDMP") },
	{ pgtar_new, START("toc.dat\0") },
	{ pgplain_new, START("--\n-- PostgreSQL database dump\n") },
	{ pgplain_new, START("--\n-- PostgreSQL database cluster dump\n") },
#undef START
};

struct pgdump {
	struct sink sink;
	struct report *report;
	struct sink *next;		/* NULL at the end of a chain */
	struct sink *checker;		/* NULL until the start has been recognised */
	uint8_t head[HEAD];
	size_t have;
	uint64_t bytes;
};

/* The kind that begins like this; NULL if none does.  *more: one may, with more bytes. */
static const struct kind *
recognise(const uint8_t *head, size_t len, int *more)
{
	size_t i, n;

	*more = 0;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = kinds[i].len < len ? kinds[i].len : len;
		if (memcmp(head, kinds[i].start, n) != 0)
			continue;
		if (n == kinds[i].len)
			return &kinds[i];
		*more = 1;
	}
	return NULL;
}

static enum status
hand_on(struct pgdump *s, const uint8_t *buf, size_t len)
{
	enum status st;

	s->bytes += len;
	if ((st = sink_update(s->checker, buf, len)) != ST_OK)
		return st;
	return s->next == NULL ? ST_OK : sink_update(s->next, buf, len);
}

/* One more byte of the start has come. */
static enum status
look(struct pgdump *s)
{
	const struct kind *kind;
	int more;

	if ((kind = recognise(s->head, s->have, &more)) != NULL) {
		if ((s->checker = kind->checker(s->report)) != NULL)
			return hand_on(s, s->head, s->have);
		warn("dump");
		return ST_TROUBLE;
	}
	if (more)
		return ST_OK;
	warnx("this is no dump: its first bytes are none that pg_dump writes");
	return ST_BAD;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pgdump *s = (struct pgdump *)sink;
	enum status st;

	for (; len > 0 && s->checker == NULL; buf++, len--) {
		s->head[s->have++] = *buf;
		if ((st = look(s)) != ST_OK)
			return st;
	}
	return len == 0 ? ST_OK : hand_on(s, buf, len);
}

static enum status
finish(struct sink *sink)
{
	struct pgdump *s = (struct pgdump *)sink;
	enum status st;

	if (s->checker == NULL) {
		warnx(s->have == 0 ? "the dump is empty" : "the dump is cut: it ends within its first bytes");
		return ST_BAD;
	}
	if ((st = report_number(s->report, "dump-bytes", s->bytes)) != ST_OK ||
	    (st = sink_finish(s->checker)) != ST_OK)
		return st;
	return s->next == NULL ? ST_OK : sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct pgdump *s = (struct pgdump *)sink;

	sink_free(s->checker);
	sink_free(s->next);
	free(s);
}

struct sink *
pgdump_check(struct report *report)
{
	struct pgdump *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->sink = (struct sink){ update, finish, let_go };
	s->report = report;
	return &s->sink;
}

struct sink *
pgdump_pass(struct report *report, struct sink *next)
{
	struct pgdump *s;

	if (next == NULL)
		return NULL;
	if ((s = (struct pgdump *)pgdump_check(report)) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->next = next;
	return &s->sink;
}
