#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "digest.h"
#include "s3confirm.h"
#include "visible.h"

static const char space[] = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

/* PUT a subresource of the object. */
static enum status
put(struct s3 *s3, const char *key, const char *subresource, const char *body, const char *what)
{
	unsigned char md5[2 * DIGEST_MD5];
	uint8_t raw[DIGEST_MD5];
	struct s3req r = {
		.method = "PUT", .key = key, .query = { { subresource, "" } }, .nquery = 1, .body = body, .body_len = strlen(body),
		.header = { { "content-type", "application/xml" }, { "content-md5", (char *)md5 } }, .nheader = 2
	};
	enum status st = ST_OK;

	digest_md5(body, strlen(body), raw);
	EVP_EncodeBlock(md5, raw, sizeof(raw));
	s3_run(s3, &r);
	if (r.end != S3_DONE) {
		s3_complain(s3, &r, what);
		st = ST_TROUBLE;
	}
	s3_clear(s3, &r);
	return st;
}

static enum status
lock(struct s3 *s3, const char *key, const char *mode, const char *until)
{
	char body[512];

	snprintf(body, sizeof(body), "<Retention %s><Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate></Retention>", space, mode, until);
	return put(s3, key, "retention", body, "lock it");
}

/* Text of a URL's query, decoded and spelled as XML wants it. */
static void
write_word(FILE *f, const char *text, size_t len)
{
	unsigned c;
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c == '%' && sscanf(text + i + 1, "%2x", &c) == 1)
			i += 2;
		if (strchr("&<>\"'", (int)c) != NULL || c < ' ')
			fprintf(f, "&#%u;", c);
		else
			putc((int)c, f);
	}
}

/* a=b&c=d, as elements. */
static char *
tag_set(const char *tags)
{
	size_t size, name, value;
	char *body = NULL;
	FILE *f;

	if ((f = open_memstream(&body, &size)) == NULL)
		return NULL;
	fprintf(f, "<Tagging %s><TagSet>", space);
	while (*tags != '\0') {
		name = strcspn(tags, "=");
		value = strcspn(tags + name + 1, "&");
		fputs("<Tag><Key>", f);
		write_word(f, tags, name);
		fputs("</Key><Value>", f);
		write_word(f, tags + name + 1, value);
		fputs("</Value></Tag>", f);
		tags += name + 1 + value;
		tags += *tags == '&';
	}
	fputs("</TagSet></Tagging>", f);
	if (fclose(f) == 0)
		return body;
	free(body);
	return NULL;
}

static enum status
tag(struct s3 *s3, const char *key, const char *tags)
{
	char *body = tag_set(tags);
	enum status st;

	if (body == NULL) {
		warn("tags");
		return ST_TROUBLE;
	}
	st = put(s3, key, "tagging", body, "tag it");
	free(body);
	return st;
}

/* Ceph says 0 of what it has lost. */
static int
is_tagged(const struct s3req *r)
{
	const char *count = s3req_header(r, "x-amz-tagging-count");

	return count != NULL && strtol(count, NULL, 10) > 0;
}

/* What the object has, against what it should have. */
static enum status
compare(struct s3 *s3, const struct s3req *r, const struct s3attr *attr)
{
	const char *sse = s3attr_value(attr, S3ATTR_SSE), *mode = s3attr_value(attr, S3ATTR_LOCK_MODE);
	const char *tags = s3attr_value(attr, S3ATTR_TAGS), *got = s3req_header(r, S3ATTR_SSE);
	char shown[VISIBLE_SIZE(S3PLACE_KEY)];
	enum status st = ST_OK;

	if (sse != NULL && (got == NULL || strcmp(got, sse) != 0)) {
		warnx("s3://%s/%s: the server does not encrypt it, though --sse says so", s3_bucket(s3), visible(shown, r->key, strlen(r->key)));
		return ST_TROUBLE;
	}
	if (tags != NULL && !is_tagged(r))
		st = tag(s3, r->key, tags);
	if (st == ST_OK && mode != NULL && s3req_header(r, S3ATTR_LOCK_MODE) == NULL)
		st = lock(s3, r->key, mode, s3attr_value(attr, S3ATTR_LOCK_UNTIL));
	return st;
}

enum status
s3confirm(struct s3 *s3, const char *key, const struct s3attr *attr)
{
	struct s3req r = { .method = "HEAD", .key = key };
	enum status st = ST_OK;

	if (s3attr_value(attr, S3ATTR_SSE) == NULL && s3attr_value(attr, S3ATTR_LOCK_MODE) == NULL && s3attr_value(attr, S3ATTR_TAGS) == NULL)
		return ST_OK;
	s3_run(s3, &r);
	if (r.end == S3_DONE) {
		st = compare(s3, &r, attr);
	} else if (r.http != 403) {
		s3_complain(s3, &r, "look at it");
		st = ST_TROUBLE;
	}
	s3_clear(s3, &r);
	return st;
}
