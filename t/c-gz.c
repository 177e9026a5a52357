/* The gzip members that we write: where they end, what they say of themselves, and what follows whom. */
#include "gunz.h"
#include "gz.h"
#include "gzmember.h"
#include "memsink.h"
#include "tap.h"

enum { BLOCKS = 4, LEN = (BLOCKS - 1) * GZM_BLOCK + 1000 };

static const struct quota quota = { .memory = 64 << 20, .threads = 2 };

/* A file of stock gzip: "hello\n", with a name. */
static const uint8_t stock[] = { 0x1f, 0x8b, 8, 8, 0x51, 0xc6, 0x91, 0x6a, 0, 3, 'h', 0, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
    0xe7, 2, 0, 0x20, 0x30, 0x3a, 0x36, 6, 0, 0, 0 };

static struct mem packed, back;
static size_t edge[BLOCKS + 2];		/* where each member begins, and where the last one ends */

static void
make(void)
{
	uint8_t *text = calloc(1, LEN);
	size_t i;

	for (i = 0; i < LEN; i++)
		text[i] = (uint8_t)(i * i >> 8);
	if (push(gz_new(1, &quota, memsink_new(&packed)), text, LEN, 100000) != ST_OK)
		abort();
	free(text);
	for (i = 0; i < BLOCKS; i++)
		edge[i + 1] = edge[i] + gzm_length(packed.buf + edge[i]);
	edge[i + 1] = packed.len;
}

static enum status
unpack(const struct mem *m, size_t piece)
{
	return push(gunz_new(&quota, memsink_new(&back)), m->buf, m->len, piece);
}

/* A file put together of members of the packed one, by number, and 's' for the stock file; 'z' is zeros. */
static enum status
assemble(const char *parts)
{
	struct mem m = { 0 };
	struct memsink s = { .mem = &m };
	enum status st;
	size_t i;

	for (; *parts != '\0'; parts++) {
		i = (size_t)(*parts - '0');
		if (*parts == 's')
			memsink_update(&s.sink, stock, sizeof(stock));
		else if (*parts == 'z')
			memsink_update(&s.sink, (const uint8_t[700]){ 0 }, 700);
		else
			memsink_update(&s.sink, packed.buf + edge[i], edge[i + 1] - edge[i]);
	}
	st = unpack(&m, 5000);
	free(m.buf);
	return st;
}

static void
takes(const char *parts, size_t len, const char *what)
{
	ok(assemble(parts) == ST_OK && back.finished == 1 && back.len == len, "%s: %s", parts, what);
}

static void
refuses(const char *parts, const char *what)
{
	ok(assemble(parts) == ST_BAD && !back.finished, "%s: %s", parts, what);
}

static void
cuts_at_edges(void)
{
	size_t i, n, wrong = 0;

	for (i = 1; i <= BLOCKS; i++) {
		for (n = edge[i] - 1; n <= edge[i] + 1; n++)
			wrong += push(gunz_new(&quota, memsink_new(&back)), packed.buf, n, 4096) != ST_BAD || back.finished;
	}
	ok(wrong == 0, "a cut where a member ends is bad, and a byte before and after");
}

/* The length that the second block says it has is *length*; what of it. */
static enum status
forged(uint32_t length)
{
	uint8_t *p = packed.buf + edge[1] + 16, was[4];
	enum status st;
	size_t i;

	memcpy(was, p, 4);
	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(length >> 8 * i);
	st = unpack(&packed, 4096);
	memcpy(p, was, 4);
	return st;
}

int
main(void)
{
	static const uint32_t lengths[] = { 0, 1, 29, 30, 1000, GZM_MOST, GZM_MOST + 1, 0x7fffffff, 0xffffffff };
	struct quota small = { .memory = 1 << 20, .threads = 2 };
	size_t i;

	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	make();
	ok(packed.len == edge[BLOCKS] + GZM_END && gzm_kind(packed.buf + edge[BLOCKS]) == GZM_IS_END,
	    "%d blocks and an end", BLOCKS);
	takes("01234", LEN, "a whole file");
	takes("0123401234", 2 * LEN, "two of them");
	takes("01234s", LEN + 6, "one of gzip's after ours");
	takes("s01234s", LEN + 12, "ours among gzip's");
	takes("ss", 12, "two of gzip's");
	takes("01234z", LEN, "zeros at the end are padding");
	takes("sz", 6, "for gzip's too");
	refuses("0123", "no end");
	refuses("0123z", "no end, and padding");
	refuses("0123s", "gzip's where the end should be");
	refuses("012301234", "another file where the end should be");
	refuses("0124", "the last block is missing");
	refuses("1234", "the first block is missing");
	refuses("0134", "a block is missing");
	refuses("012334", "a block comes twice");
	refuses("4", "an end of nothing that is here");
	refuses("012344", "two ends");
	refuses("01234zs", "a member after padding");
	refuses("01234z0", "ours after padding");
	refuses("z01234", "padding first");
	cuts_at_edges();
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		ok(forged(lengths[i]) == ST_BAD && !back.finished && back.len == GZM_BLOCK,
		    "a block that says it has %u bytes is bad; the one before it came out", lengths[i]);
	ok(push(gunz_new(&small, memsink_new(&back)), packed.buf, packed.len, 4096) == ST_TROUBLE && !back.finished,
	    "too little memory is trouble, not bad");
	free(packed.buf);
	free(back.buf);
	return done_testing();
}
