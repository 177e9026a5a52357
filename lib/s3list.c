#define _DEFAULT_SOURCE		/* timegm */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "s3list.h"
#include "s3look.h"
#include "s3xml.h"

enum { TEXT = 4096 };			/* a key of 1024 bytes, each as %XX; a token for the next page */

/* What a listing is called where: the element of an entry, and of the marks that lead on. */
struct kind {
	const char *root;
	const char *entry;
	struct {
		const char *element;
		const char *argument;
	} mark[2];
};

static const struct kind objects = {
	"ListBucketResult", "Contents", { { "NextContinuationToken", "continuation-token" }, { NULL, NULL } }
};
static const struct kind uploads = {
	"ListMultipartUploadsResult", "Upload",
	{ { "NextKeyMarker", "key-marker" }, { "NextUploadIdMarker", "upload-id-marker" } }
};
static const struct kind parts = {
	"ListPartsResult", "Part", { { "NextPartNumberMarker", "part-number-marker" }, { NULL, NULL } }
};

/* A page as it is read. */
struct page {
	const struct kind *kind;
	s3list_each *each;
	void *ctx;
	enum status st;			/* of each */
	int is_listing;			/* its root is the one that a listing has */
	int is_encoded;			/* keys are percent-encoded */
	int goes_on;
	char mark[2][TEXT];
	struct s3entry entry;
	char key[TEXT], etag[TEXT], id[TEXT];
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Some servers write a space as '+'; a '+' they write as %2B. */
static void
decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
			*to++ = (char)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
			text += 2;
		} else {
			*to++ = *text == '+' ? ' ' : *text;
		}
	}
	*to = '\0';
}

/* 2026-11-24T20:26:00.000Z */
static int64_t
read_time(const char *text)
{
	struct tm tm = { 0 };

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int64_t)timegm(&tm);
}

static enum status
keep(char to[TEXT], const char *text)
{
	if (strlen(text) >= TEXT)
		return ST_BAD;
	strcpy(to, text);
	return ST_OK;
}

static enum status
read_entry(struct page *p, const char *field, const char *text)
{
	if (strcmp(field, "Key") == 0)
		return keep(p->key, text);
	if (strcmp(field, "UploadId") == 0)
		return keep(p->id, text);
	if (strcmp(field, "ETag") == 0)
		s3look_etag(text, p->etag);
	else if (strcmp(field, "Size") == 0)
		p->entry.size = strtoumax(text, NULL, 10);
	else if (strcmp(field, "PartNumber") == 0)
		p->entry.number = (unsigned)strtoul(text, NULL, 10);
	else if (strcmp(field, "LastModified") == 0 || strcmp(field, "Initiated") == 0)
		p->entry.time = read_time(text);
	return ST_OK;
}

static enum status
read_head(struct page *p, const char *field, const char *text)
{
	size_t i;

	if (strcmp(field, "IsTruncated") == 0)
		p->goes_on = strcmp(text, "true") == 0;
	else if (strcmp(field, "EncodingType") == 0)
		p->is_encoded = strcmp(text, "url") == 0;
	for (i = 0; i < 2; i++)
		if (p->kind->mark[i].element != NULL && strcmp(field, p->kind->mark[i].element) == 0)
			return keep(p->mark[i], text);
	return ST_OK;
}

/* What stands in path behind first and a slash; NULL if it does not begin so. */
static const char *
below(const char *path, const char *first)
{
	size_t len = strlen(first);

	return strncmp(path, first, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static enum status
leaf(void *ctx, const char *path, const char *text)
{
	const char *field, *inner;
	struct page *p = ctx;

	if ((field = below(path, p->kind->root)) == NULL)
		return ST_OK;
	if ((inner = below(field, p->kind->entry)) != NULL)
		return read_entry(p, inner, text);
	return read_head(p, field, text);
}

/* The marks and how names are spelled may come after the entries: so a page is read twice, and entries the second time. */
static enum status
leaf_of_head(void *ctx, const char *path, const char *text)
{
	const char *field = NULL;
	struct page *p = ctx;

	if (strcmp(path, p->kind->root) == 0 || (field = below(path, p->kind->root)) != NULL)
		p->is_listing = 1;
	if (field == NULL || strchr(field, '/') != NULL)
		return ST_OK;
	return read_head(p, field, text);
}

static enum status
closed(void *ctx, const char *path)
{
	struct page *p = ctx;
	const char *field = below(path, p->kind->root);
	enum status st;

	if (field == NULL || strcmp(field, p->kind->entry) != 0)
		return ST_OK;
	if (p->is_encoded)
		decode(p->key);
	p->entry.key = p->key;
	p->entry.id = p->id;
	p->entry.etag = p->etag;
	st = p->st = p->each(p->ctx, &p->entry);
	memset(&p->entry, 0, sizeof(p->entry));
	p->key[0] = p->id[0] = p->etag[0] = '\0';
	return st;
}

static enum status
read_page(struct page *p, const struct s3req *r)
{
	static const struct s3xml_reader head = { leaf_of_head, NULL }, all = { leaf, closed };
	enum status st;

	p->goes_on = p->is_encoded = p->is_listing = 0;
	p->mark[0][0] = p->mark[1][0] = '\0';
	if ((st = s3xml_read(r->answer, r->answer_len, &head, p)) == ST_OK && !p->is_listing)
		st = ST_BAD;
	if (st == ST_OK)
		st = s3xml_read(r->answer, r->answer_len, &all, p);
	/* The token of a listing of objects is opaque; the other marks are names. */
	if (p->is_encoded && p->kind == &uploads)
		decode(p->mark[0]);
	return st;
}

/* The request for the next page: *r has the first *n of its arguments for good. */
static void
lead_on(struct s3req *r, size_t n, const struct page *p)
{
	size_t i;

	r->nquery = n;
	for (i = 0; i < 2; i++)
		if (p->mark[i][0] != '\0')
			r->query[r->nquery++] = (struct sigv4_pair){ p->kind->mark[i].argument, p->mark[i] };
}

static enum status
run(struct s3 *s3, struct s3req *r, struct page *p, const char *complaint)
{
	size_t n = r->nquery;
	char last[TEXT] = "";
	enum status st;

	do {
		s3_run(s3, r);
		/* Some answer so for a prefix under which there is nothing. */
		if (r->end == S3_REFUSED && strcmp(r->code, "NoSuchKey") == 0)
			return ST_OK;
		if (r->end != S3_DONE) {
			if (complaint != NULL)
				s3_complain(s3, r, complaint);
			return ST_TROUBLE;
		}
		if ((st = read_page(p, r)) != ST_OK && p->st == ST_OK && complaint != NULL)
			warnx("s3://%s: cannot %s: the answer makes no sense", s3_bucket(s3), complaint);
		if (st != ST_OK)
			return p->st != ST_OK ? p->st : ST_TROUBLE;
		if (p->goes_on && strcmp(p->mark[0], last) == 0 && p->mark[1][0] == '\0') {
			warnx("s3://%s: the listing does not go on where it said", s3_bucket(s3));
			return ST_TROUBLE;
		}
		strcpy(last, p->mark[0]);
		lead_on(r, n, p);
	} while (p->goes_on);
	return ST_OK;
}

static enum status
list(struct s3 *s3, struct s3req *r, const struct kind *kind, const char *complaint, s3list_each *each, void *ctx)
{
	enum status st = ST_TROUBLE;
	struct page *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		warn("s3://%s", s3_bucket(s3));
		return ST_TROUBLE;
	}
	p->kind = kind;
	p->each = each;
	p->ctx = ctx;
	st = run(s3, r, p, complaint);
	s3_clear(s3, r);
	free(p);
	return st;
}

enum status
s3list_objects(struct s3 *s3, const char *prefix, int is_flat, const char *complaint, s3list_each *each, void *ctx)
{
	struct s3req r = {
		.method = "GET", .wants_xml = 1, .nquery = 3,
		.query = { { "list-type", "2" }, { "encoding-type", "url" }, { "prefix", prefix } }
	};

	if (is_flat)
		r.query[r.nquery++] = (struct sigv4_pair){ "delimiter", "/" };
	return list(s3, &r, &objects, complaint, each, ctx);
}

enum status
s3list_uploads(struct s3 *s3, const char *prefix, const char *complaint, s3list_each *each, void *ctx)
{
	struct s3req r = {
		.method = "GET", .wants_xml = 1, .nquery = 3,
		.query = { { "uploads", "" }, { "encoding-type", "url" }, { "prefix", prefix } }
	};

	return list(s3, &r, &uploads, complaint, each, ctx);
}

enum status
s3list_parts(struct s3 *s3, const char *key, const char *id, const char *complaint, s3list_each *each, void *ctx)
{
	struct s3req r = { .method = "GET", .key = key, .wants_xml = 1, .nquery = 1, .query = { { "uploadId", id } } };

	return list(s3, &r, &parts, complaint, each, ctx);
}
