#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pgrows.h"
#include "pgtar.h"
#include "pgtoc.h"
#include "visible.h"

enum { BLOCK = 512, NAME = 100, SIZE_AT = 124, SIZE_LEN = 12, SUM_AT = 148, SUM_LEN = 8 };

struct pgtar {
	struct sink sink;
	struct report *report;
	struct pgtoc *toc;
	uint64_t at;			/* offset of what comes next */
	uint8_t header[BLOCK];
	size_t have;			/* of the header */
	uint64_t left;			/* bytes of the member that are still to come */
	size_t padding;			/* ... and of zeros after it */
	char name[NAME + 1];
	uint64_t members;
	unsigned zeros;			/* blocks of them: two are the end */
	struct promise *promise;	/* that this member keeps, or NULL */
	int is_compressed;		/* this member */
	struct pgrows rows;
	uint64_t objects;		/* large ones, that came */
	uint64_t listed;
};

static enum status
damaged(const struct pgtar *s, const char *what)
{
	char name[VISIBLE_SIZE(NAME)];

	warnx("the dump is damaged at byte %" PRIu64 ", in or after %s: %s", s->at,
	    visible(name, s->name, strlen(s->name)), what);
	return ST_BAD;
}

/* Octal digits up to a blank or NUL; or 0x80 and a number, highest byte first. */
static int
number(const uint8_t *p, size_t len, uint64_t *n)
{
	size_t i;

	*n = 0;
	if (p[0] == 0x80) {
		for (i = 1; i < len; i++) {
			if (*n >> 48 != 0)
				return 0;
			*n = *n << 8 | p[i];
		}
		return 1;
	}
	for (i = 0; i < len && p[i] == ' '; i++)
		continue;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
		*n = *n << 3 | (uint64_t)(p[i] - '0');
	return i == len || p[i] == '\0' || p[i] == ' ';
}

static int
sum_is_right(const uint8_t *header)
{
	uint64_t want, sum = 0;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : header[i];
	return number(header + SUM_AT, SUM_LEN, &want) && want == sum;
}

static int
is_zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

static enum status
end_toc(struct pgtar *s)
{
	if (s->toc->state != PGTOC_READING)
		return ST_OK;
	return damaged(s, "the table of contents ends early");
}

static enum status
end_member(struct pgtar *s)
{
	int64_t rows;

	if (s->members == 1)
		return end_toc(s);
	if (s->promise == NULL)
		return ST_OK;
	if (s->promise->kind == PGTOC_OBJECTS)
		s->listed += s->rows.lines;
	if (s->promise->kind == PGTOC_ROWS && !s->is_compressed) {
		if ((rows = pgrows_end(&s->rows)) == -1)
			return damaged(s, "the rows do not end with an end mark");
		s->promise->rows = (uint64_t)rows;
		s->promise->is_counted = 1;
	}
	s->promise->is_kept = 1;
	return ST_OK;
}

/* Take off what tells how a directory archive's member is compressed; zero if it is not. */
static int
take_off_suffix(char *name)
{
	static const char *const suffixes[] = { ".dat.gz", ".dat.lz4", ".dat.zst" };
	size_t len = strlen(name), i, n;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		n = strlen(suffixes[i]);
		if (len < n || strcmp(name + len - n, suffixes[i]) != 0)
			continue;
		name[len - n + 4] = '\0';
		return 1;
	}
	return 0;
}

static enum status
begin_member(struct pgtar *s)
{
	char file[NAME + 1];

	if (!sum_is_right(s->header) || !number(s->header + SIZE_AT, SIZE_LEN, &s->left))
		return damaged(s, "a header whose checksum is wrong");
	memcpy(s->name, s->header, NAME);
	if (s->members++ == 0 && strcmp(s->name, "toc.dat") != 0)
		return damaged(s, "the first member is not toc.dat");
	s->padding = (size_t)((BLOCK - s->left % BLOCK) % BLOCK);
	s->rows = (struct pgrows){ 0 };
	s->objects += strncmp(s->name, "blob_", 5) == 0;
	memcpy(file, s->name, sizeof(file));
	s->is_compressed = take_off_suffix(file);
	s->promise = s->toc->state == PGTOC_DONE ? pgtoc_find_file(s->toc, file) : NULL;
	if (s->promise != NULL && s->promise->is_kept)
		return damaged(s, "the member comes a second time");
	return s->left == 0 ? end_member(s) : ST_OK;
}

static enum status
take_header(struct pgtar *s)
{
	s->have = 0;
	if (is_zero(s->header, BLOCK)) {
		s->zeros++;
		return ST_OK;
	}
	if (s->zeros > 0)
		return damaged(s, "bytes after the end");
	return begin_member(s);
}

static enum status
take_bytes(struct pgtar *s, const uint8_t *buf, size_t len)
{
	if (s->members == 1)
		return pgtoc_update(s->toc, &buf, &len, s->at);
	if (s->promise != NULL && (s->promise->kind == PGTOC_ROWS || s->promise->kind == PGTOC_OBJECTS))
		pgrows_update(&s->rows, buf, len);
	return ST_OK;
}

/* Take some of *buf*; how many, in *n. */
static enum status
step(struct pgtar *s, const uint8_t *buf, size_t len, size_t *n)
{
	enum status st;

	if (s->left > 0) {
		*n = s->left < len ? (size_t)s->left : len;
		s->left -= *n;
		if ((st = take_bytes(s, buf, *n)) != ST_OK)
			return st;
		return s->left == 0 ? end_member(s) : ST_OK;
	}
	if (s->padding > 0) {
		*n = s->padding < len ? s->padding : len;
		s->padding -= *n;
		return ST_OK;
	}
	*n = BLOCK - s->have < len ? BLOCK - s->have : len;
	memcpy(s->header + s->have, buf, *n);
	s->have += *n;
	return s->have == BLOCK ? take_header(s) : ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pgtar *s = (struct pgtar *)sink;
	enum status st = ST_OK;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n, s->at += n)
		st = step(s, buf, len, &n);
	return st;
}

/* Whether all has come of which the table of contents speaks, if it could be read. */
static enum status
check_whole(const struct pgtar *s)
{
	if (s->toc->state != PGTOC_DONE)
		return ST_OK;
	if (s->objects != s->listed) {
		warnx("the dump is damaged: %" PRIu64 " large objects, but %" PRIu64 " in its lists of them", s->objects,
		    s->listed);
		return ST_BAD;
	}
	return pgtoc_all_kept(s->toc);
}

static enum status
finish(struct sink *sink)
{
	struct pgtar *s = (struct pgtar *)sink;
	char name[VISIBLE_SIZE(NAME)];
	enum status st;

	if (s->zeros < 2 || s->have > 0) {
		warnx("the dump is cut: it ends at byte %" PRIu64 ", in or after %s", s->at,
		    visible(name, s->name, strlen(s->name)));
		return ST_BAD;
	}
	if ((st = check_whole(s)) != ST_OK || (st = pgtoc_report(s->toc, "tar", s->report)) != ST_OK || s->objects == 0)
		return st;
	return report_number(s->report, "large-objects", s->objects);
}

static void
let_go(struct sink *sink)
{
	struct pgtar *s = (struct pgtar *)sink;

	pgtoc_free(s->toc);
	free(s);
}

struct sink *
pgtar_new(struct report *report)
{
	struct pgtar *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	if ((s->toc = pgtoc_new()) == NULL) {
		free(s);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->report = report;
	return &s->sink;
}
