/* Holding back: all but the end passes at once, and the end when the verdict is good; never otherwise. */
#include "holdback.h"
#include "memsink.h"
#include "tap.h"

enum { SIZE = 3 * HOLDBACK_BYTES + 1234 };

struct judge {
	enum status says;
	int asked;
	const struct mem *mem;
	size_t passed;			/* when it was asked */
};

static enum status
verdict(void *arg)
{
	struct judge *j = arg;

	j->asked++;
	j->passed = j->mem->len;
	return j->says;
}

static void
passes(const uint8_t *buf, size_t len, size_t piece)
{
	struct mem mem = { 0 };
	struct judge good = { .says = ST_OK, .mem = &mem }, bad = { .says = ST_BAD, .mem = &mem };
	size_t early = len > HOLDBACK_BYTES ? len - HOLDBACK_BYTES : 0;
	enum status st;

	st = push(holdback_new(verdict, &good, memsink_new(&mem)), buf, len, piece);
	ok(st == ST_OK && good.asked == 1 && holds(&mem, buf, len), "%zu bytes in pieces of %zu pass", len, piece);
	ok(good.passed == early, "... all but the end before the verdict");
	st = push(holdback_new(verdict, &bad, memsink_new(&mem)), buf, len, piece);
	ok(st == ST_BAD && bad.asked == 1 && mem.finished == 0 && mem.len == early &&
	    (early == 0 || memcmp(mem.buf, buf, early) == 0), "... and not the end if that is bad");
	free(mem.buf);
}

static void
breaks_off(const uint8_t *buf)
{
	struct mem mem = { 0 };
	struct judge good = { .says = ST_OK, .mem = &mem };
	struct sink *s = holdback_new(verdict, &good, memsink_new(&mem));

	ok(sink_update(s, buf, SIZE) == ST_OK, "what breaks off is taken");
	sink_free(s);
	ok(good.asked == 0 && mem.finished == 0 && mem.len == SIZE - HOLDBACK_BYTES, "... and its end stays back");
	free(mem.buf);
}

int
main(void)
{
	static const size_t pieces[] = { 1, 7, 4096, HOLDBACK_BYTES - 1, HOLDBACK_BYTES, HOLDBACK_BYTES + 1, SIZE };
	uint8_t *buf = malloc(SIZE);
	size_t i;

	if (buf == NULL)
		return 2;
	for (i = 0; i < SIZE; i++)
		buf[i] = (uint8_t)(i * 2654435761u >> 13);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		passes(buf, SIZE, pieces[i]);
	passes(buf, HOLDBACK_BYTES, 4096);
	passes(buf, HOLDBACK_BYTES + 1, 4096);
	passes(buf, 1, 1);
	passes(buf, 0, 1);
	breaks_off(buf);
	ok(holdback_new(verdict, NULL, NULL) == NULL, "no chain, nothing to hold back");
	free(buf);
	return done_testing();
}
