/*
 * The reader of dumps.  Alone it reads archives that are made here, with one
 * fault each.  With arguments it reads those files, which pg_dump wrote: good as
 * they are, bad when cut anywhere, and nothing that is flipped makes it crash.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgdump.h"
#include "tap.h"

enum { MOST = 1 << 20 };

struct bytes {
	uint8_t *at;
	size_t len;
};

static struct bytes made = { NULL, 0 };

static struct report *report;
static char room[21];
static char said[4096];			/* on stderr, since the last archive */

/* From here on stderr is a file. */
static void
catch_stderr(void)
{
	FILE *f = tmpfile();

	if (f == NULL || dup2(fileno(f), STDERR_FILENO) == -1)
		exit(2);
	fclose(f);
}

static void
read_stderr(void)
{
	ssize_t n = pread(STDERR_FILENO, said, sizeof(said) - 1, 0);

	said[n < 0 ? 0 : n] = '\0';
	if (ftruncate(STDERR_FILENO, 0) == -1 || lseek(STDERR_FILENO, 0, SEEK_SET) == -1)
		exit(2);
}

/* What becomes of these bytes, given in pieces of so many. */
static enum status
verdict(const uint8_t *buf, size_t len, size_t piece)
{
	enum status st = ST_OK;
	struct sink *s;
	size_t n;

	report_free(report);
	if ((report = report_new()) == NULL || (s = pgdump_check(report)) == NULL)
		exit(2);
	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		n = piece < len ? piece : len;
		st = sink_update(s, buf, n);
	}
	if (st == ST_OK)
		st = sink_finish(s);
	sink_free(s);
	read_stderr();
	return st;
}

static const char *
found(const char *key)
{
	const char *value = report_find(report, key, room);

	return value == NULL ? "" : value;
}

/*
 * Archives, made byte by byte.
 */

static void
put(const void *buf, size_t len)
{
	if (made.at == NULL && (made.at = malloc(MOST)) == NULL)
		exit(2);
	if (len > MOST - made.len)
		exit(2);
	memcpy(made.at + made.len, buf, len);
	made.len += len;
}

static void
put_byte(int byte)
{
	uint8_t b = (uint8_t)byte;

	put(&b, 1);
}

static void
put_int(int64_t n)
{
	uint64_t size = (uint64_t)(n < 0 ? -n : n);
	int i;

	put_byte(n < 0);
	for (i = 0; i < 4; i++)
		put_byte((int)(size >> 8 * i & 0xff));
}

static void
put_text(const char *text)
{
	if (text == NULL) {
		put_int(-1);
		return;
	}
	put_int((int64_t)strlen(text));
	put(text, strlen(text));
}

static void
put_head(int minor, int compression, int entries)
{
	uint8_t magic[] = { 'P', 'G', 'D', 'M', 'P', 1, (uint8_t)minor, 0, 4, 8, 1 };
	int i;

	made.len = 0;
	put(magic, sizeof(magic));
	if (minor >= 15)
		put_byte(compression);
	else
		put_int(compression);
	for (i = 0; i < 7; i++)
		put_int(i);
	put_text("a database");
	put_text("16.1");
	put_text("16.2");
	put_int(entries);
}

static void
put_entry_at(int minor, int id, const char *kind, const char *table, const char *copy, int flag, uint64_t offset)
{
	int i;

	put_int(id);
	put_int(flag != 3);
	put_text("0");
	put_text("1234");
	put_text(table);
	put_text(kind);
	put_int(3);
	put_text("");
	put_text("");
	put_text(copy);
	put_text("public");
	put_text(NULL);
	put_text(NULL);
	if (minor >= 16)
		put_int('r');
	put_text("matric");
	put_text("false");
	put_text("17");
	put_text(NULL);
	put_byte(flag);
	for (i = 0; i < 8; i++)
		put_byte((int)(offset >> 8 * i & 0xff));
}

static void
put_entry(int minor, int id, const char *kind, const char *table, const char *copy, int flag)
{
	put_entry_at(minor, id, kind, table, copy, flag, 0);
}

static void
put_block(int type, int id)
{
	put_byte(type);
	put_int(id);
}

static void
put_rows(int id)
{
	put_block(1, id);
	put_text("1\tAda\n");
	put_text("2\tGrace\n");
	put_text("\\.\n\n\n");
	put_int(0);
}

static const char copy[] = "COPY public.t (n, name) FROM stdin;\n";

/* An archive of a table, a definition and large objects, whole, up to its data. */
static void
put_archive(int minor, int compression)
{
	put_head(minor, compression, 3);
	put_entry(minor, 5, "TABLE", "t", "", 3);
	put_entry(minor, 7, "TABLE DATA", "t", copy, 1);
	put_entry(minor, 9, "BLOBS", "BLOBS", "", 1);
}

static void
put_objects(int id)
{
	put_block(3, id);
	put_int(16400);
	put_text("some bytes");
	put_int(0);
	put_int(-294967296);
	put_int(0);
	put_int(0);
}

static void
is_good(const char *what)
{
	ok(verdict(made.at, made.len, SIZE_MAX) == ST_OK, "%s is good", what);
}

/* Bad, for this reason and no other, all at once and a byte at a time. */
static void
is_bad(const char *why, const char *what)
{
	int good = verdict(made.at, made.len, SIZE_MAX) == ST_BAD && strstr(said, why) != NULL &&
	    verdict(made.at, made.len, 1) == ST_BAD && strstr(said, why) != NULL;

	ok(good, "%s is bad", what);
	if (!good)
		printf("# said: %s", said);
}

static void
reads_what_is_known(void)
{
	int minor;

	for (minor = 14; minor <= 16; minor++) {
		put_archive(minor, 0);
		put_rows(7);
		put_objects(9);
		ok(verdict(made.at, made.len, SIZE_MAX) == ST_OK && strcmp(found("rows"), "2") == 0 &&
		    strcmp(found("tables"), "1") == 0 && strcmp(found("large-objects"), "2") == 0 &&
		    strcmp(found("database"), "a database") == 0 && strcmp(found("pg_dump"), "16.2") == 0,
		    "version 1.%d is read: a table, its rows, large objects", minor);
		ok(verdict(made.at, made.len, 1) == ST_OK && strcmp(found("rows"), "2") == 0, "... a byte at a time too");
	}
	put_archive(16, 0);
	put_objects(9);
	put_rows(7);
	is_good("another order of the blocks");
	put_archive(15, 77);
	put_block(1, 7);
	put_text("who knows");
	put_int(0);
	put_objects(9);
	ok(verdict(made.at, made.len, SIZE_MAX) == ST_OK && strcmp(found("rows"), "not checked") == 0,
	    "a compression that is not known passes; its blocks are checked, its rows not");
	made.len -= 5;
	is_bad("it ends at byte", "... cut, it");
}

static void
passes_what_is_not_known(void)
{
	put_archive(17, 0);
	put("whatever", 8);
	ok(verdict(made.at, made.len, 1) == ST_OK && strstr(found("archive"), "1.17, not checked") != NULL,
	    "a version that is not known passes, and is said not to be checked");
	put_archive(16, 0);
	made.at[10] = 5;
	ok(verdict(made.at, made.len, 1) == ST_OK && strstr(found("archive"), "not checked") != NULL,
	    "so does a format");
}

static void
finds_wrong_blocks(void)
{
	put_archive(16, 0);
	put_rows(7);
	is_bad("1 of 2 blocks of data are missing, that of large objects the first", "a block that does not come");
	put_rows(7);
	put_objects(9);
	is_bad("in the data of \"public\".\"t\": its block comes a second time", "a block that comes twice");
	put_archive(16, 0);
	put_rows(7);
	put_objects(9);
	put_rows(5);
	is_bad("a block with the id 5, which is not in the table of contents", "a block that was not promised");
	put_archive(16, 0);
	put_block(3, 7);
	is_bad("a block of type 3", "a table's rows as large objects");
	put_archive(16, 0);
	put_block(2, 7);
	is_bad("a block of type 2", "a block of a type that there is not");
	put_archive(16, 0);
	put_block(1, 7);
	put_int(-5);
	is_bad("a chunk of -5 bytes", "a chunk of less than nothing");
	put_archive(16, 0);
	put_block(1, 7);
	put_int(INT32_MAX);
	is_bad("a chunk of 2147483647 bytes", "a chunk of more than a gigabyte");
	put_archive(16, 0);
	put_block(1, 7);
	put("\2\1\0\0\0", 5);
	is_bad("no integer", "a sign that is none");
	put_archive(16, 0);
	put_block(1, 7);
	put_text("1\tAda\n");
	put_int(0);
	is_bad("do not end with an end mark", "a table of rows without their end mark");
	put_archive(16, 0);
	put_block(1, 7);
	put_text("1\tAda\\.\n\n\n");
	put_int(0);
	is_bad("do not end with an end mark", "an end mark that is not a line");
}

static void
finds_wrong_entries(void)
{
	size_t start;

	put_head(16, 0, 2);
	put_entry(16, 7, "TABLE DATA", "t", copy, 1);
	put_entry(16, 7, "TABLE DATA", "u", copy, 1);
	is_bad("two entries with the id 7", "an id that two entries have");
	put_head(16, 0, 1);
	put_int(7);
	put_int(1);
	put_int(INT32_MAX);
	is_bad("a catalog of 2147483647 bytes", "a string of more than a gigabyte");
	put_head(16, 0, 1);
	put_entry(16, 0, "TABLE", "t", "", 3);
	is_bad("the id 0", "an entry with the id 0");
	put_head(16, 0, 1);
	put_entry(16, 7, "TABLE", "t", "", 4);
	is_bad("an offset of kind 4", "an offset of a kind that there is not");
	put_head(16, 0, -1);
	is_bad("-1 entries", "a number of entries below 0");
	put_head(16, 0, 1);
	put_entry_at(16, 7, "TABLE DATA", "t", copy, 2, 0);
	start = made.len;
	put_head(16, 0, 1);
	put_entry_at(16, 7, "TABLE DATA", "t", copy, 2, start);
	put_rows(7);
	is_good("a table that is where its entry says");
	put_head(16, 0, 1);
	put_entry_at(16, 7, "TABLE DATA", "t", copy, 2, start + 1);
	put_rows(7);
	is_bad("the table of contents has it at byte", "a table that is elsewhere");
}

/* An archive whose table of contents, from the number of entries on, comes again. */
static void
put_twice(uint64_t shift)
{
	size_t start;

	put_head(16, 0, 1);
	put_entry(16, 7, "TABLE DATA", "t", copy, 1);
	start = made.len;
	put_rows(7);
	put_int(1);
	put_entry_at(16, 7, "TABLE DATA", "t", copy, 2, start + shift);
}

static void
takes_a_second_toc(void)
{
	put_twice(0);
	is_good("a table of contents that comes again at the end");
	made.len--;
	is_bad("in its table of contents", "... cut, it");
	put_twice(0);
	put_byte(0);
	is_bad("after its end", "something after it");
	put_twice(1);
	is_bad("is said to be at byte", "one that points elsewhere");
	put_head(16, 0, 1);
	put_entry(16, 7, "TABLE DATA", "t", copy, 1);
	put_rows(7);
	put_int(1);
	put_entry(16, 8, "TABLE DATA", "t", copy, 1);
	is_bad("other entries than the first", "one with another table");
}

static void
counts_rows(void)
{
	put_head(16, 0, 3);
	put_entry(16, 7, "TABLE DATA", "t", copy, 1);
	put_entry(16, 8, "TABLE DATA", "empty", copy, 1);
	put_entry(16, 9, "TABLE DATA", "inserts", "", 1);
	put_rows(7);
	put_block(1, 8);
	put_text("\\.\n\n\n");
	put_int(0);
	put_block(1, 9);
	put_text("INSERT INTO inserts VALUES (1);\n");
	put_int(0);
	ok(verdict(made.at, made.len, 3) == ST_OK && strcmp(found("rows"), "not checked") == 0 &&
	    strcmp(found("tables"), "3") == 0, "of INSERT commands the rows are not counted");
}

/*
 * Files.
 */

static struct bytes
load(const char *path)
{
	struct bytes b = { malloc(MOST), 0 };
	FILE *f = fopen(path, "r");

	if (b.at == NULL || f == NULL)
		exit(2);
	b.len = fread(b.at, 1, MOST, f);
	fclose(f);
	return b;
}

static void
cut_everywhere(const char *path, const struct bytes *b)
{
	size_t len, end = b->len, wrong = 0;

	/* A script may lose the empty lines at its end. */
	while (b->at[0] == '-' && end > 0 && b->at[end - 1] == '\n')
		end--;
	for (len = 0; len < end; len++)
		wrong += verdict(b->at, len, SIZE_MAX) != ST_BAD;
	ok(wrong == 0, "%s: cut after each of its %zu bytes it is bad (%zu were not)", path, end, wrong);
}

/* Everything up to *len*, one bit after the other: bad, or known to be unknown, or a fact that changes no block. */
static void
flip_everywhere(const char *path, struct bytes *b, size_t len)
{
	size_t i, strange = 0;
	enum status st;
	int bit;

	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit++) {
			b->at[i] ^= (uint8_t)(1 << bit);
			st = verdict(b->at, b->len, SIZE_MAX);
			strange += st != ST_OK && st != ST_BAD;
			if (i < 11 && st == ST_OK && i != 7)
				strange += strstr(found("archive"), "not checked") == NULL;
			b->at[i] ^= (uint8_t)(1 << bit);
		}
	}
	ok(strange == 0, "%s: each of its first %zu bits flipped, it is bad or not checked", path, len * 8);
}

static void
read_file(const char *path)
{
	struct bytes b = load(path);
	char rows[21];

	ok(verdict(b.at, b.len, SIZE_MAX) == ST_OK, "%s: it is good", path);
	snprintf(rows, sizeof(rows), "%s", found("rows"));
	ok(verdict(b.at, b.len, 1) == ST_OK && strcmp(rows, found("rows")) == 0, "%s: a byte at a time too", path);
	ok(verdict(b.at, b.len, 509) == ST_OK && strcmp(rows, found("rows")) == 0, "%s: and in odd pieces", path);
	cut_everywhere(path, &b);
	if (b.at[0] == 'P')
		flip_everywhere(path, &b, b.len < 2000 ? b.len : 2000);
	free(b.at);
}

int
main(int argc, char *argv[])
{
	catch_stderr();
	if (argc == 1) {
		reads_what_is_known();
		passes_what_is_not_known();
		finds_wrong_blocks();
		finds_wrong_entries();
		takes_a_second_toc();
		counts_rows();
		made.len = 0;
		is_bad("the dump is empty", "nothing");
		put("PGDM", 4);
		is_bad("ends within its first bytes", "less than the start of a dump");
		made.len = 0;
		put("-- hello\n", 9);
		is_bad("this is no dump", "what pg_dump does not write");
	}
	while (--argc > 0)
		read_file(*++argv);
	report_free(report);
	free(made.at);
	return done_testing();
}
