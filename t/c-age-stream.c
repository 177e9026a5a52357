/*
 * Payloads: whole ones of every size that matters, in pieces of any size, and ones that were cut, lengthened, put
 * together wrongly or changed.  What comes out of a bad one is a true beginning.
 */
#include "age.h"
#include "tap.h"

/* One key for all, and content that does not repeat with the chunks. */
struct bench {
	struct key *key;
	struct bytes plain, file, out;
};

static void
fill(struct bytes *plain, size_t len)
{
	size_t i;
	uint8_t c;

	plain->len = 0;
	for (i = 0; i < len; i++) {
		c = (uint8_t)(i * 7 + i / 251);
		add(plain, &c, 1);
	}
}

/* Fill and seal, feeding pieces of this size. */
static void
seal(struct bench *b, size_t len, size_t piece)
{
	fill(&b->plain, len);
	if (push(seal_new(b->key, into(&b->file)), b->plain.buf, len, piece) != ST_OK || b->file.finished != 1)
		errx(2, "cannot seal");
}

static int
comes_back(struct bench *b, size_t piece)
{
	return unseal(b->key, &b->file, piece, &b->out) == ST_OK && b->out.len == b->plain.len &&
	    (b->out.len == 0 || memcmp(b->out.buf, b->plain.buf, b->out.len) == 0);
}

/* Refused, and what came out is a beginning of this length; SIZE_MAX stands for any. */
static int
is_bad(struct bench *b, size_t piece, size_t released)
{
	enum status st = unseal(b->key, &b->file, piece, &b->out);

	return st == ST_BAD && b->out.len <= b->plain.len && (released == SIZE_MAX || b->out.len == released) &&
	    (b->out.len == 0 || memcmp(b->out.buf, b->plain.buf, b->out.len) == 0);
}

static size_t
header_of(const struct bytes *file)
{
	const char *mac = strstr((const char *)file->buf, "\n--- ");

	return (size_t)(mac - (const char *)file->buf) + 49;
}

static void
take_sizes(struct bench *b)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 65535, 65536, 65537, 131071, 131072, 131073, 257 * 65536,
	    257 * 65536 + 1, 256 * 65536 };
	static const size_t pieces[] = { 1, 7, 65535, 65536, 65537, 65552, 262144, SIZE_MAX };
	size_t i, j, chunks;
	int good;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		good = 1;
		for (j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			seal(b, sizes[i], pieces[j]);
			chunks = sizes[i] == 0 ? 1 : (sizes[i] + 65535) / 65536;
			good &= b->file.len == 184 + sizes[i] + 16 * chunks && comes_back(b, pieces[j]);
		}
		ok(good, "%zu bytes come back, in pieces of any size", sizes[i]);
	}
}

/* Cut after every byte; only the whole is good. */
static void
refuse_every_cut(struct bench *b, size_t len)
{
	size_t whole, good = 0;

	seal(b, len, SIZE_MAX);
	whole = b->file.len;
	for (b->file.len = 0; b->file.len < whole; b->file.len++)
		good += !is_bad(b, SIZE_MAX, SIZE_MAX);
	ok(good == 0, "%zu bytes, cut after any byte, are refused", len);
	ok(comes_back(b, SIZE_MAX), "... and whole, are not");
	said();
}

/* Cut at, before and after the chunks' edges, where a cut is hardest to see. */
static void
refuse_cuts_at_edges(struct bench *b)
{
	size_t head, i, wrong = 0;
	char want[64];
	int d;

	seal(b, 4 * 65536, SIZE_MAX);
	head = header_of(&b->file) + 16;
	for (i = 0; i < 4; i++) {
		for (d = -17; d <= 17; d++) {
			b->file.len = head + i * 65552 + (size_t)d;
			snprintf(want, sizeof(want), "cut short after %zu bytes", b->file.len);
			wrong += !is_bad(b, SIZE_MAX, d >= 0 || i == 0 ? i * 65536 : (i - 1) * 65536) ||
			    strstr(said(), want) == NULL;
		}
	}
	ok(wrong == 0, "a cut at a chunk's edge is refused, named, and the chunks before it released");
}

/* Any bit of a small payload; one byte of each chunk of a large one. */
static void
refuse_changes(struct bench *b)
{
	size_t head, i, wrong = 0;
	char want[64];

	seal(b, 100, SIZE_MAX);
	for (i = header_of(&b->file) * 8; i < b->file.len * 8; i++) {
		b->file.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		wrong += !is_bad(b, SIZE_MAX, 0) || strstr(said(), "altered in chunk 0") == NULL;
		b->file.buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(wrong == 0, "any bit of a small payload changed, nonce included, is noticed");

	seal(b, 20 * 65536 + 5, SIZE_MAX);
	head = header_of(&b->file) + 16;
	for (i = 0; i < 20; i++) {
		b->file.buf[head + i * 65552 + i * 3000] ^= 1;
		snprintf(want, sizeof(want), "payload: altered in chunk %zu (bytes %zu to %zu)", i, head + i * 65552,
		    head + (i + 1) * 65552 - 1);
		wrong += !is_bad(b, 100000, i * 65536) || strstr(said(), want) == NULL;
		b->file.buf[head + i * 65552 + i * 3000] ^= 1;
	}
	ok(wrong == 0, "a change in any chunk is named with its place, and the chunks before it released");
}

/* Chunks sealed one by one: content, mark. */
struct part {
	size_t len;
	int last;
};

static void
assemble(struct bench *b, const struct part *part, size_t parts)
{
	static const uint8_t filekey[FILEKEY_BYTES], nonce[STREAM_NONCE];
	static uint8_t out[STREAM_SEALED];
	struct agehead head = { .text = NULL };
	struct stanza stanza;
	struct stream s;
	size_t at = 0;

	fill(&b->plain, 4 * 65536);
	into(&b->file);
	x25519_wrap(b->key, filekey, &stanza);
	agehead_add(&head, &stanza);
	agehead_seal(&head, filekey);
	add(&b->file, head.text, head.len);
	add(&b->file, nonce, sizeof(nonce));
	stream_start(&s, filekey, nonce);
	for (; parts > 0; part++, parts--) {
		stream_seal(&s, b->plain.buf + at, part->len, part->last, out);
		add(&b->file, out, part->len + STREAM_TAG);
		at += part->len;
	}
	agehead_free(&head);
	stream_free(&s);
}

static void
refuse_assembly(struct bench *b, const char *name, const struct part *part, size_t parts, size_t released,
    const char *complaint)
{
	const char *heard;
	int bad;

	assemble(b, part, parts);
	bad = is_bad(b, SIZE_MAX, released);
	heard = said();
	ok(bad && strstr(heard, complaint) != NULL, "%s%s%s", name, bad ? "" : " # ", bad ? "" : heard);
	ok(is_bad(b, 1, released), "... a byte at a time as well");
	said();
}

static void
refuse_assemblies(struct bench *b)
{
	const struct part full = { 65536, 0 }, full_last = { 65536, 1 }, little = { 5, 0 }, little_last = { 5, 1 },
	    none = { 0, 0 }, none_last = { 0, 1 };
	size_t head;

	assemble(b, (struct part[]){ full, little_last }, 2);
	b->plain.len = 65541;
	ok(comes_back(b, SIZE_MAX), "chunks put together rightly are opened");
	refuse_assembly(b, "no chunk", NULL, 0, 0, "payload: cut short after 184 bytes");
	refuse_assembly(b, "one chunk without the mark", &little, 1, 0, "payload: cut short after 205 bytes, or altered");
	refuse_assembly(b, "one full chunk without the mark is released, then missed", &full, 1, 65536,
	    "payload: cut short after 65736 bytes");
	refuse_assembly(b, "an empty chunk without the mark", &none, 1, 0, "payload: cut short");
	refuse_assembly(b, "an empty last chunk after a full one", (struct part[]){ full, none_last }, 2, 65536,
	    "payload: cut short");
	refuse_assembly(b, "a short chunk in the middle", (struct part[]){ little, little_last }, 2, 0, "payload: ");
	refuse_assembly(b, "a full last chunk and more: released, then refused", (struct part[]){ full_last, little_last },
	    2, 65536, "payload: the last chunk ends at byte 65736, but more follows");
	refuse_assembly(b, "a short last chunk and more", (struct part[]){ little_last, little_last }, 2, 0, "payload: ");
	refuse_assembly(b, "two full last chunks", (struct part[]){ full, full_last, full_last }, 3, 131072,
	    "payload: the last chunk ends at byte 131288, but more follows");

	/* Chunks in the wrong place: each is genuine. */
	seal(b, 3 * 65536, SIZE_MAX);
	head = header_of(&b->file) + 16;
	memmove(b->file.buf + head, b->file.buf + head + 65552, 65552);
	ok(is_bad(b, SIZE_MAX, 0) && strstr(said(), "altered in chunk 0") != NULL, "a chunk in another's place is refused");
	seal(b, 3 * 65536, SIZE_MAX);
	memmove(b->file.buf + head + 65552, b->file.buf + head + 2 * 65552, 65552);
	b->file.len -= 65552;
	ok(is_bad(b, SIZE_MAX, 65536) && strstr(said(), "altered in chunk 1") != NULL, "a chunk left out is noticed");
	seal(b, 70000, SIZE_MAX);
	add(&b->file, "x", 1);
	ok(is_bad(b, SIZE_MAX, 65536), "a byte after the end is noticed");
	seal(b, 65536, SIZE_MAX);
	add(&b->file, "x", 1);
	ok(is_bad(b, SIZE_MAX, 65536) && strstr(said(), "more follows") != NULL, "... and named after a full chunk");
}

/* The file key and the nonce of what was sealed. */
static void
secrets_of(struct bench *b, uint8_t filekey[FILEKEY_BYTES], uint8_t nonce[STREAM_NONCE])
{
	struct agehead head = { .text = NULL };
	struct stanza stanza;
	size_t used, at = 0;
	int opened;

	if (agehead_read(&head, b->file.buf, b->file.len, &used) != ST_OK || !agehead_next(&head, &at, &stanza) ||
	    x25519_unwrap(b->key, &stanza, filekey, &opened) != ST_OK || !opened)
		errx(2, "cannot read what was sealed");
	memcpy(nonce, b->file.buf + used, STREAM_NONCE);
	agehead_free(&head);
}

/* Keys and nonces are new for each file: a key that serves twice gives both away. */
static void
never_repeat(struct bench *b)
{
	static const uint8_t zero[FILEKEY_BYTES];
	uint8_t filekey[2][FILEKEY_BYTES], nonce[2][STREAM_NONCE];
	char share[2][64];
	int i;

	for (i = 0; i < 2; i++) {
		seal(b, 1000, SIZE_MAX);
		secrets_of(b, filekey[i], nonce[i]);
		memcpy(share[i], b->file.buf + 32, 43);
	}
	ok(memcmp(filekey[0], filekey[1], FILEKEY_BYTES) != 0 && memcmp(filekey[0], zero, FILEKEY_BYTES) != 0,
	    "each file has a key of its own");
	ok(memcmp(nonce[0], nonce[1], STREAM_NONCE) != 0, "... a nonce of its own");
	ok(memcmp(share[0], share[1], 43) != 0, "... and its recipient a share of its own");
}

/* A chain that is freed before it was finished leaves what nobody takes for a file. */
static void
break_off(struct bench *b)
{
	struct sink *chain = seal_new(b->key, into(&b->file));

	fill(&b->plain, 3 * 65536);
	ok(sink_update(chain, b->plain.buf, b->plain.len) == ST_OK, "three chunks are sealed");
	sink_free(chain);
	ok(b->file.finished == 0 && b->file.len == 184 + 2 * 65552, "... and broken off, the last is not written");
	ok(is_bad(b, SIZE_MAX, 2 * 65536) && strstr(said(), "cut short") != NULL, "... so that the file is bad");
}

/* What a length tells: exactly the lengths that sealing can make, and what they hold. */
static void
tell_contents(void)
{
	uint64_t content, n, next = 0;
	int good = 1;

	for (n = 0; n <= 16 + 3 * 65552; n++)
		if (stream_content(n, &content))
			good &= content == next++;
	ok(good && next == 3 * 65536 + 1, "the length of a payload tells that of its content, for every content");
}

int
main(void)
{
	struct bench b = { .key = NULL };

	if (sodium_init() == -1 || (b.key = keyfile_generate()) == NULL)
		return 2;
	catch_messages();
	take_sizes(&b);
	refuse_every_cut(&b, 0);
	refuse_every_cut(&b, 1);
	refuse_every_cut(&b, 700);
	refuse_cuts_at_edges(&b);
	refuse_changes(&b);
	refuse_assemblies(&b);
	break_off(&b);
	never_repeat(&b);
	tell_contents();
	ok(seal_new(b.key, NULL) == NULL && unseal_new(b.key, NULL) == NULL, "a chain that could not be built is NULL");
	keyfile_free(b.key);
	free(b.plain.buf);
	free(b.file.buf);
	free(b.out.buf);
	return done_testing();
}
