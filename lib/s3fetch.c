#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "s3fetch.h"
#include "s3look.h"
#include "visible.h"

enum { TURN_MS = 1000 };

struct range {
	struct s3req req;
	uint8_t *buf;
	uint64_t from;			/* in the object */
	size_t len, got;
	size_t asked;			/* got, when it was asked for last */
	size_t given;			/* to the chain */
	int is_odd;			/* the answer is of another range */
	char header[64];
	const struct s3look *object;
};

struct fetch {
	struct s3 *s3;
	const char *key;
	struct s3look object;
	char etag[S3LOOK_ETAG + 2];
	struct range range[S3FETCH_PARALLEL];
	unsigned parallel;
	uint64_t asked, given;		/* bytes of the object; given, in whole ranges */
};

/* Is this the answer to what was asked?  `Content-Range: bytes 0-9/100` */
static int
is_asked_for(const struct range *g)
{
	const char *text = s3req_header(&g->req, "content-range");
	uint64_t from, to, all;

	if (text == NULL)
		return g->from + g->asked == 0 && g->len == g->object->size;
	return sscanf(text, "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &from, &to, &all) == 3 && from == g->from + g->asked &&
	    all == g->object->size;
}

static int
take(void *ctx, const uint8_t *buf, size_t len)
{
	struct range *g = ctx;

	if (g->got == g->asked && !is_asked_for(g))
		g->is_odd = 1;
	if (g->is_odd || len > g->len - g->got)
		return 0;
	memcpy(g->buf + g->got, buf, len);
	g->got += len;
	meter_took(len);
	return 1;
}

static void
name_range(struct range *g)
{
	g->asked = g->got;
	snprintf(g->header, sizeof(g->header), "bytes=%" PRIu64 "-%" PRIu64, g->from + g->got, g->from + g->len - 1);
}

/* The rest of it, where the last answer broke off. */
static void
ask_for_rest(void *ctx, struct s3req *r)
{
	(void)r;
	name_range(ctx);
}

static void
ask(struct fetch *f, struct range *g)
{
	uint64_t left = f->object.size - f->asked;

	g->from = f->asked;
	g->len = left < S3FETCH_RANGE ? (size_t)left : S3FETCH_RANGE;
	g->got = g->given = 0;
	g->object = &f->object;
	name_range(g);
	g->req = (struct s3req){
		.method = "GET", .key = f->key, .take = take, .again = ask_for_rest, .ctx = g,
		.header = { { "range", g->header }, { "if-match", f->etag } }, .nheader = f->object.etag[0] == '\0' ? 1 : 2
	};
	f->asked += g->len;
	s3_start(f->s3, &g->req);
}

/* What has come of it since. */
static enum status
hand_on(struct range *g, struct sink *chain)
{
	size_t from = g->given;

	g->given = g->got;
	return g->got == from ? ST_OK : sink_update(chain, g->buf + from, g->got - from);
}

/* Its bytes, as they come: nobody waits for the rest of a range. */
static enum status
give(struct fetch *f, struct range *g, struct sink *chain)
{
	char key[VISIBLE_SIZE(S3PLACE_KEY)];
	enum status st;

	while ((st = hand_on(g, chain)) == ST_OK && g->req.end == S3_PENDING)
		s3_turn(f->s3, -1, TURN_MS);
	/* All of it came, though the connection did not end well. */
	if (st != ST_OK || (g->given == g->len && !g->is_odd))
		return st;
	visible(key, f->key, strlen(f->key));
	if (g->req.http == 412)
		warnx("s3://%s/%s was replaced while it was read", s3_bucket(f->s3), key);
	else if (g->is_odd || g->req.end == S3_DONE)
		warnx("s3://%s/%s: the server does not send the range that it is asked for", s3_bucket(f->s3), key);
	else
		s3_complain(f->s3, &g->req, "read it");
	return ST_TROUBLE;
}

/* Every range is asked for by the slot that its number falls to; so slots are waited for in turn. */
static enum status
run(struct fetch *f, struct sink *chain)
{
	enum status st;
	struct range *g;
	unsigned i;

	for (i = 0; i < f->parallel && f->asked < f->object.size; i++)
		ask(f, &f->range[i]);
	for (i = 0; f->given < f->object.size; i = (i + 1) % f->parallel) {
		g = &f->range[i];
		if ((st = give(f, g, chain)) != ST_OK)
			return st;
		f->given += g->len;
		s3_clear(f->s3, &g->req);
		if (f->asked < f->object.size)
			ask(f, g);
	}
	return sink_finish(chain);
}

static enum status
find(struct fetch *f)
{
	char key[VISIBLE_SIZE(S3PLACE_KEY)];

	s3look_at(f->s3, f->key, &f->object);
	visible(key, f->key, strlen(f->key));
	if (f->object.there == S3LOOK_NOTHING)
		warnx("s3://%s/%s: no such object", s3_bucket(f->s3), key);
	if (f->object.there == S3LOOK_FORBIDDEN)
		warnx("s3://%s/%s: these keys may not read it, or it is not there and they may not list the bucket", s3_bucket(f->s3), key);
	snprintf(f->etag, sizeof(f->etag), "\"%s\"", f->object.etag);
	return f->object.there == S3LOOK_OBJECT ? ST_OK : ST_TROUBLE;
}

static enum status
make_room(struct fetch *f)
{
	unsigned i;

	for (i = 0; i < f->parallel; i++)
		if ((f->range[i].buf = malloc(S3FETCH_RANGE)) == NULL) {
			warn("%s", f->key);
			return ST_TROUBLE;
		}
	return ST_OK;
}

enum status
s3fetch(struct s3 *s3, const char *key, unsigned parallel, struct sink *chain)
{
	struct fetch *f;
	enum status st;
	unsigned i;

	if ((f = calloc(1, sizeof(*f))) == NULL) {
		warn("%s", key);
		return ST_TROUBLE;
	}
	f->s3 = s3;
	f->key = key;
	f->parallel = parallel;
	if ((st = find(f)) == ST_OK && (st = make_room(f)) == ST_OK)
		st = run(f, chain);
	for (i = 0; i < parallel; i++) {
		s3_clear(s3, &f->range[i].req);
		free(f->range[i].buf);
	}
	free(f);
	return st;
}
