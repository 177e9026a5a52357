/* Every method, in one process: what goes in comes back, and nothing that is cut or changed does. */
#include "memsink.h"
#include "method.h"
#include "sniff.h"
#include "tap.h"

enum { MIB = 1 << 20, BIG = 5 * MIB + 12345 };

static const struct quota quota = { .memory = UINT64_C(160) << 20, .threads = 2 };

/* Text enough to compress, and never the same for long. */
static uint8_t *
make_text(size_t len)
{
	uint8_t *text = malloc(len + 32);
	uint32_t x = 12345;
	size_t n = 0;

	if (text == NULL)
		abort();
	while (n < len) {
		x = x * 1664525 + 1013904223;
		n += (size_t)sprintf((char *)text + n, "%u row %u\n", x >> 20, x >> 28);
	}
	return text;
}

static enum status
compress(const struct method *m, const uint8_t *buf, size_t len, size_t piece, struct mem *packed)
{
	return push(m->encoder(m->lowest, &quota, memsink_new(packed)), buf, len, piece);
}

static enum status
decompress(const uint8_t *buf, size_t len, size_t piece, struct mem *back)
{
	return push(sniff_new(SNIFF_REFUSE, &quota, memsink_new(back)), buf, len, piece);
}

static void
come_back(const struct method *m, const uint8_t *text)
{
	static const size_t sizes[] = { 0, 1, MIB - 1, MIB, MIB + 1, BIG };
	struct mem packed = { 0 }, back = { 0 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ok(compress(m, text, sizes[i], 100000, &packed) == ST_OK && packed.finished == 1 &&
		    decompress(packed.buf, packed.len, 77777, &back) == ST_OK && holds(&back, text, sizes[i]),
		    "%s: %zu bytes come back", m->name, sizes[i]);
	}
	ok(compress(m, text, 70000, 1, &packed) == ST_OK && decompress(packed.buf, packed.len, 1, &back) == ST_OK &&
	    holds(&back, text, 70000), "%s: one byte at a time, both ways", m->name);
	free(packed.buf);
	free(back.buf);
}

static void
every_cut(const struct method *m, const uint8_t *text, size_t len, size_t step)
{
	struct mem packed = { 0 }, back = { 0 };
	size_t n, wrong = 0, tried = 0;

	compress(m, text, len, len, &packed);
	for (n = 0; n < packed.len; n += step, tried++)
		wrong += decompress(packed.buf, n, n / 2 + 1, &back) != ST_BAD || back.finished;
	for (n = packed.len > 12 ? packed.len - 12 : 0; n < packed.len; n++, tried++)
		wrong += decompress(packed.buf, n, n, &back) != ST_BAD || back.finished;
	ok(wrong == 0 && tried > 0, "%s: %zu bytes cut at %zu places are bad", m->name, len, tried);
	free(packed.buf);
	free(back.buf);
}

/*
 * A changed bit is noticed or does not matter: unused bits at the end of
 * deflate data, a larger window for zstd.  Those must be few.
 */
static void
every_flip(const struct method *m, const uint8_t *text, size_t len, size_t step, size_t all_before)
{
	struct mem packed = { 0 }, back = { 0 };
	size_t n, silent = 0, passed = 0, tried = 0;
	enum status st;
	unsigned bit;

	compress(m, text, len, len, &packed);
	for (n = 0; n < packed.len; n += n < all_before ? 1 : step) {
		for (bit = 1; bit < (n < all_before ? 256U : 2U); bit *= 2, tried++) {
			packed.buf[n] ^= (uint8_t)bit;
			st = decompress(packed.buf, packed.len, 4096, &back);
			silent += st == ST_OK && !holds(&back, text, len);
			passed += st == ST_OK;
			packed.buf[n] ^= (uint8_t)bit;
		}
	}
	ok(silent == 0 && tried > 0 && passed < tried / 10, "%s: %zu bytes, each of %zu bits flipped: %zu went wrong unseen",
	    m->name, len, tried, silent);
	free(packed.buf);
	free(back.buf);
}

static void
then_more(const struct method *m, const uint8_t *text)
{
	struct mem packed = { 0 }, back = { 0 };
	size_t once;

	compress(m, text, 3000, 3000, &packed);
	once = packed.len;
	memsink_update((struct sink *)&(struct memsink){ .mem = &packed }, (const uint8_t *)"x\n", 2);
	ok(decompress(packed.buf, packed.len, 7, &back) == ST_BAD && !back.finished,
	    "%s: something after the end is bad", m->name);
	packed.buf[once] = packed.buf[once + 1] = 0xff;
	ok(decompress(packed.buf, packed.len, packed.len, &back) == ST_BAD && !back.finished,
	    "%s: ... whatever it is", m->name);
	free(packed.buf);
	free(back.buf);
}

static void
twice(const struct method *m, const uint8_t *text)
{
	struct mem packed = { 0 }, back = { 0 };
	size_t once;

	compress(m, text, BIG / 2, MIB, &packed);
	once = packed.len;
	packed.buf = realloc(packed.buf, 2 * once);
	memcpy(packed.buf + once, packed.buf, once);
	ok(decompress(packed.buf, 2 * once, 65536, &back) == ST_OK && back.len == BIG / 2 * 2 &&
	    memcmp(back.buf + BIG / 2, text, BIG / 2) == 0, "%s: two files make one", m->name);
	free(packed.buf);
	free(back.buf);
}

static void
sniffing(const uint8_t *text)
{
	static const uint8_t almost[] = { 0x28, 0xb5, 0x2f };
	struct mem back = { 0 };

	ok(push(sniff_new(SNIFF_PASS, &quota, memsink_new(&back)), text, 1000, 3) == ST_OK && holds(&back, text, 1000),
	    "an unknown start passes if asked to");
	ok(push(sniff_new(SNIFF_PASS, &quota, memsink_new(&back)), text, 0, 1) == ST_OK && holds(&back, text, 0),
	    "so does nothing at all");
	ok(push(sniff_new(SNIFF_PASS, &quota, memsink_new(&back)), almost, 3, 1) == ST_OK && holds(&back, almost, 3),
	    "so does half a magic number");
	ok(decompress(text, 1000, 3, &back) == ST_BAD && back.len == 0, "an unknown start is bad if it must be known");
	ok(decompress(text, 0, 1, &back) == ST_BAD && !back.finished, "nothing at all is bad then");
	ok(sniff_new(SNIFF_PASS, &quota, NULL) == NULL, "no next sink, no sniff");
	free(back.buf);
}

int
main(void)
{
	uint8_t *text = make_text(BIG);
	const struct method *m;

	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	for (m = methods; m->name != NULL; m++) {
		ok(m->encoder(m->usual, &quota, NULL) == NULL && m->decoder(&quota, NULL) == NULL,
		    "%s: no next sink, no sink", m->name);
		if (m->begins == NULL)
			continue;
		come_back(m, text);
		every_cut(m, text, 3000, 1);
		every_cut(m, text, BIG, 262144 + 7);
		every_flip(m, text, 300, 1, 5000);
		every_flip(m, text, BIG, 262144, 30);
		then_more(m, text);
		twice(m, text);
	}
	sniffing(text);
	free(text);
	return done_testing();
}
