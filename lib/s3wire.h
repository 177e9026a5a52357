/*
 * One exchange with an S3 server: a signed request out, its answer in, by one
 * handle of libcurl.  Who runs the handle is the caller's business; this module
 * says what it sends and keeps what comes.
 *
 * What libcurl is told and why: HTTP/1.1, so that parallel parts have a
 * connection each; the path as it is, since `a/../b` is a key; no redirect is
 * followed, for the signature covers the host; a body that can be rewound,
 * since it is sent again when a connection that was reused turns out dead; no
 * answer of a proxy's CONNECT among the server's headers.
 */
#ifndef MM_S3WIRE_H
#define MM_S3WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "sigv4.h"

struct s3wire_ask {
	int is_https;
	const struct sigv4_request *request;
	const struct sigv4_key *key;
	const void *body;
	size_t body_len;
	const char *ca_file;		/* NULL: the system's */
	int is_fresh;			/* over a new connection */
	int64_t connect_ms;
	size_t answer_max;
	int (*take)(void *ctx, const uint8_t *buf, size_t len);	/* the body of a 2xx; NULL: it is kept like any other */
	void *ctx;
};

struct s3wire {
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	const uint8_t *body;
	size_t body_len;
	size_t sent;
	int (*take)(void *ctx, const uint8_t *buf, size_t len);
	void *ctx;
	long http;			/* 0: no answer so far */
	char *answer;			/* a NUL behind it; NULL: empty */
	size_t answer_len, answer_max;
	char *head;			/* lines, a NUL after each */
	size_t head_len;
	int64_t moved;			/* bytes of the bodies, both ways */
};

/* Ready to run; ask is not needed any more, but what it points at is: body and ctx.  NULL: memory is short. */
struct s3wire *s3wire_new(const struct s3wire_ask *ask);

/* A header of the answer, or NULL; the name in lower case. */
const char *s3wire_header(const struct s3wire *w, const char *name);

void s3wire_free(struct s3wire *w);	/* NULL is fine */

#endif
