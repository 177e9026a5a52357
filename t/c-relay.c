/* The relay: what comes out is what went in, an error below comes back, and an end is passed on only by finish(). */
#include <stdlib.h>
#include <string.h>

#include "relay.h"
#include "tap.h"

enum { SIZE = 5 * RELAY_SLOTS * RELAY_BYTES + 12345 };

/* A sink that keeps what it gets, and fails after so many bytes. */
struct keeper {
	struct sink sink;
	uint8_t *bytes;
	size_t len;
	size_t fails_after;
	int finished;
	int freed;
};

static enum status
keep(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct keeper *k = (struct keeper *)sink;

	if (k->len + len > k->fails_after)
		return ST_BAD;
	memcpy(k->bytes + k->len, buf, len);
	k->len += len;
	return ST_OK;
}

static enum status
end(struct sink *sink)
{
	((struct keeper *)sink)->finished++;
	return ST_TROUBLE;
}

static void
let_go(struct sink *sink)
{
	((struct keeper *)sink)->freed++;
}

static struct keeper
keeper(size_t fails_after)
{
	struct keeper k = { .sink = { keep, end, let_go }, .bytes = malloc(SIZE), .fails_after = fails_after };

	if (k.bytes == NULL)
		exit(2);
	return k;
}

static enum status
give(struct sink *s, const uint8_t *buf, size_t len, size_t piece)
{
	enum status st = ST_OK;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = piece < len ? piece : len;
		st = sink_update(s, buf, n);
	}
	return st;
}

static void
carries(const uint8_t *buf, size_t len, size_t piece)
{
	struct keeper k = keeper(SIZE);
	struct sink *s = relay_new(&k.sink);
	enum status st = give(s, buf, len, piece);

	ok(st == ST_OK && k.finished == 0, "%zu bytes in pieces of %zu are taken", len, piece);
	ok(sink_finish(s) == ST_TROUBLE && k.finished == 1, "... finish() and its status are passed on");
	sink_free(s);
	ok(k.len == len && memcmp(k.bytes, buf, len) == 0 && k.freed == 1, "... nothing is lost or changed");
	free(k.bytes);
}

static void
fails(const uint8_t *buf, size_t len, size_t fails_after)
{
	struct keeper k = keeper(fails_after);
	struct sink *s = relay_new(&k.sink);
	enum status st = give(s, buf, len, 10000);

	if (st == ST_OK)
		st = sink_finish(s);
	ok(st == ST_BAD && k.finished == 0, "an error below, after %zu bytes of %zu, comes back", fails_after, len);
	sink_free(s);
	ok(k.freed == 1, "... and all is let go");
	free(k.bytes);
}

static void
breaks_off(const uint8_t *buf)
{
	struct keeper k = keeper(SIZE);
	struct sink *s = relay_new(&k.sink);

	(void)give(s, buf, SIZE / 2, 10000);
	sink_free(s);
	ok(k.finished == 0 && k.freed == 1, "a chain that is freed unfinished finishes nothing");
	free(k.bytes);
}

int
main(void)
{
	uint8_t *buf = malloc(SIZE);
	size_t i;

	if (buf == NULL)
		return 2;
	for (i = 0; i < SIZE; i++)
		buf[i] = (uint8_t)(i * 2654435761u >> 13);
	carries(buf, SIZE, SIZE);
	carries(buf, SIZE, 4093);
	carries(buf, RELAY_BYTES, RELAY_BYTES);
	carries(buf, 1, 1);
	carries(buf, 0, 1);
	fails(buf, SIZE, 0);
	fails(buf, SIZE, SIZE / 2);
	fails(buf, SIZE, SIZE - 1);
	fails(buf, 10, 9);
	breaks_off(buf);
	ok(relay_new(NULL) == NULL, "no chain, no relay");
	free(buf);
	return done_testing();
}
