#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "method.h"
#include "sniff.h"

struct sniff_sink {
	struct sink sink;
	struct sink *next;		/* the decoder's, once there is one */
	enum sniff unknown;
	struct quota quota;
	int decided;
	size_t have;
	uint8_t head[METHOD_HEAD];
};

/* The head is as long as it gets: put in its decoder, and let that have it. */
static enum status
decide(struct sniff_sink *s)
{
	const struct method *m = method_beginning(s->head);

	s->decided = 1;
	if (m == NULL && s->unknown == SNIFF_REFUSE) {
		warnx(s->have == 0 ? "the input is empty" : "the input starts like no method that is known here");
		return ST_BAD;
	}
	if (m != NULL && (s->next = m->decoder(&s->quota, s->next)) == NULL) {
		warnx("%s: out of memory", m->name);
		return ST_TROUBLE;
	}
	return s->have > 0 ? sink_update(s->next, s->head, s->have) : ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct sniff_sink *s = (struct sniff_sink *)sink;
	enum status st;
	size_t n;

	if (len == 0)
		return ST_OK;
	if (!s->decided) {
		n = len < METHOD_HEAD - s->have ? len : METHOD_HEAD - s->have;
		memcpy(s->head + s->have, buf, n);
		s->have += n;
		if (s->have < METHOD_HEAD)
			return ST_OK;
		if ((st = decide(s)) != ST_OK)
			return st;
		buf += n;
		len -= n;
	}
	return len > 0 ? sink_update(s->next, buf, len) : ST_OK;
}

static enum status
finish(struct sink *sink)
{
	struct sniff_sink *s = (struct sniff_sink *)sink;
	enum status st;

	if (!s->decided && (st = decide(s)) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static void
let_go(struct sink *sink)
{
	struct sniff_sink *s = (struct sniff_sink *)sink;

	sink_free(s->next);
	free(s);
}

struct sink *
sniff_new(enum sniff unknown, const struct quota *q, struct sink *next)
{
	struct sniff_sink *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->unknown = unknown;
	s->quota = *q;
	return &s->sink;
}
