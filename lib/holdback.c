#include <stdlib.h>
#include <string.h>

#include "holdback.h"

struct holdback {
	struct sink sink;
	struct sink *next;
	enum status (*verdict)(void *);
	void *arg;
	size_t have;
	uint8_t end[HOLDBACK_BYTES];
};

/* Let go of the first *n* bytes of what is kept. */
static enum status
release(struct holdback *s, size_t n)
{
	enum status st;

	if (n == 0)
		return ST_OK;
	st = sink_update(s->next, s->end, n);
	s->have -= n;
	memmove(s->end, s->end + n, s->have);
	return st;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct holdback *s = (struct holdback *)sink;
	size_t pass = len > HOLDBACK_BYTES ? len - HOLDBACK_BYTES : 0;
	size_t keep = len - pass;
	enum status st;

	if (s->have + keep > HOLDBACK_BYTES && (st = release(s, s->have + keep - HOLDBACK_BYTES)) != ST_OK)
		return st;
	if (pass > 0 && (st = sink_update(s->next, buf, pass)) != ST_OK)
		return st;
	if (keep > 0)
		memcpy(s->end + s->have, buf + pass, keep);
	s->have += keep;
	return ST_OK;
}

static enum status
finish(struct sink *sink)
{
	struct holdback *s = (struct holdback *)sink;
	enum status st;

	if ((st = s->verdict(s->arg)) != ST_OK || (st = release(s, s->have)) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct holdback *s = (struct holdback *)sink;

	sink_free(s->next);
	free(s);
}

struct sink *
holdback_new(enum status (*verdict)(void *), void *arg, struct sink *next)
{
	struct holdback *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->verdict = verdict;
	s->arg = arg;
	return &s->sink;
}
