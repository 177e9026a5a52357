#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdump.h"

enum { HEAD = 11 };

struct pgdump {
	struct sink sink;
	struct report *report;
	struct sink *next;		/* NULL at the end of a chain */
	uint8_t head[HEAD];
	size_t have;
	uint64_t bytes;
};

static enum status
pass(struct pgdump *s, const uint8_t *buf, size_t len)
{
	return s->next == NULL ? ST_OK : sink_update(s->next, buf, len);
}

static enum status
recognise(struct pgdump *s)
{
	if (memcmp(s->head, "PGDMP", 5) == 0 && s->head[5] == 1 && s->head[10] == 1)
		return pass(s, s->head, HEAD);
	warnx("this is no pg_dump archive in custom format");
	return ST_BAD;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pgdump *s = (struct pgdump *)sink;
	enum status st;

	s->bytes += len;
	for (; len > 0 && s->have < HEAD; buf++, len--) {
		s->head[s->have++] = *buf;
		if (s->have == HEAD && (st = recognise(s)) != ST_OK)
			return st;
	}
	return pass(s, buf, len);
}

static enum status
finish(struct sink *sink)
{
	struct pgdump *s = (struct pgdump *)sink;
	char archive[32];
	enum status st;

	if (s->have < HEAD) {
		warnx(s->have == 0 ? "the dump is empty" : "the dump ends within its first bytes");
		return ST_BAD;
	}
	snprintf(archive, sizeof(archive), "custom %u.%u", s->head[5], s->head[6]);
	if ((st = report_text(s->report, "archive", archive)) != ST_OK ||
	    (st = report_number(s->report, "dump-bytes", s->bytes)) != ST_OK)
		return st;
	return s->next == NULL ? ST_OK : sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct pgdump *s = (struct pgdump *)sink;

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
