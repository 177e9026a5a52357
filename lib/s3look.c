#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "s3look.h"

void
s3look_etag(const char *text, char etag[S3LOOK_ETAG])
{
	size_t len;

	etag[0] = '\0';
	if (text == NULL)
		return;
	if (strncmp(text, "W/", 2) == 0)
		text += 2;
	text += *text == '"';
	len = strcspn(text, "\"");
	if (len < S3LOOK_ETAG)
		snprintf(etag, S3LOOK_ETAG, "%.*s", (int)len, text);
}

int
s3look_own_etags(const struct s3req *r)
{
	const char *sse = s3req_header(r, "x-amz-server-side-encryption");

	return (sse != NULL && strncasecmp(sse, "aws:", 4) == 0) ||
	    s3req_header(r, "x-amz-server-side-encryption-customer-algorithm") != NULL;
}

/* From Content-Length, or, where a byte of it was asked for, from the end of `bytes 0-0/SIZE`. */
static uint64_t
size_of(const struct s3req *r)
{
	const char *range = s3req_header(r, "content-range"), *text;

	if (range != NULL && (text = strrchr(range, '/')) != NULL)
		return strtoumax(text + 1, NULL, 10);
	text = s3req_header(r, "content-length");
	return text == NULL ? 0 : strtoumax(text, NULL, 10);
}

static void
describe(const struct s3req *r, struct s3look *look)
{
	const char *token = s3req_header(r, S3LOOK_TOKEN_HEADER), *date = s3req_header(r, "last-modified");
	time_t modified = date == NULL ? -1 : curl_getdate(date, NULL);

	look->there = S3LOOK_OBJECT;
	look->size = size_of(r);
	look->modified = modified == -1 ? 0 : modified;
	s3look_etag(s3req_header(r, "etag"), look->etag);
	snprintf(look->token, sizeof(look->token), "%s", token == NULL ? "" : token);
	look->has_own_etags = s3look_own_etags(r);
}

void
s3look_at(struct s3 *s3, const char *key, struct s3look *look)
{
	struct s3req r = { .method = "HEAD", .key = key };

	memset(look, 0, sizeof(*look));
	s3_run(s3, &r);
	if (r.end == S3_DONE) {
		describe(&r, look);
	} else if (r.end == S3_REFUSED && r.http == 404 && strcmp(r.code, "NoSuchBucket") != 0) {
		look->there = S3LOOK_NOTHING;
	} else if (r.end == S3_REFUSED && r.http == 403 && (r.code[0] == '\0' || strcmp(r.code, "AccessDenied") == 0)) {
		look->there = S3LOOK_FORBIDDEN;
	} else {
		look->there = S3LOOK_FAILED;
		s3_complain(s3, &r, "look at it");
	}
	s3_clear(s3, &r);
}
