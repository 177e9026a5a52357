/*
 * One request over HTTP, and its answer, by libcurl: bounded in time and in
 * size, http and https alone, TLS 1.2 at the least, its certificate checked.
 * Redirects are answers like any other.  Proxies are those that libcurl finds
 * in the environment.  A signal that is caught (halt.h) ends it within a second;
 * what is asked after one, to undo something, has five.
 *
 *	struct http_request q = { .method = "GET", .url = url, .total_ms = 1000 };
 *	struct http_answer a;
 *
 *	if (http_ask(&q, &a) != ST_OK)
 *		warnx("%s: %s", where, a.error);
 *	else if (a.code == 200)
 *		use(a.body, a.len);
 *	http_forget(&a);
 *
 * This module prints nothing: whether it matters that nobody answered is the
 * caller's to say.  Addresses and headers may hold secrets, so a.error holds
 * neither, and http_origin() makes of an address what may be shown.
 */
#ifndef MM_HTTP_H
#define MM_HTTP_H

#include <stddef.h>

#include "status.h"

enum {
	HTTP_BODY_MAX = 1 << 20,	/* a longer answer is none */
	HTTP_HEADER_MAX = 256,
	HTTP_ERROR_MAX = 512,
	HTTP_ORIGIN_MAX = 300
};

struct http_request {
	const char *method;		/* "GET", "POST", "PUT" */
	const char *url;
	const char *const *headers;	/* "Name: value" each, NULL at the end; or NULL */
	const char *body;		/* NULL: none */
	size_t len;
	long connect_ms, total_ms;	/* 0: no limit of its own for connect_ms, ten seconds for total_ms */
	const char *ca_file;		/* NULL: the system's */
	const char *want;		/* a header of the answer: "Retry-After"; NULL: none */
	int direct;			/* never through a proxy: what has no route but the machine's own */
};

struct http_answer {
	long code;			/* 200 ...; 0: nobody answered */
	char *body;			/* owned, a NUL behind it; NULL before an answer came */
	size_t len;
	char header[HTTP_HEADER_MAX];	/* the one that was wanted, cut if need be; "" if it did not come */
	char error[HTTP_ERROR_MAX];	/* one line: why there is no answer */
};

/* ST_OK: there is an answer, good or bad.  ST_TROUBLE: there is none, and a->error says why. */
enum status http_ask(const struct http_request *q, struct http_answer *a);

/* Wipes the body. */
void http_forget(struct http_answer *a);

/* scheme://host:port of an address; "an address that is none" if it is none.  Returns out. */
char *http_origin(const char *url, char out[HTTP_ORIGIN_MAX]);

#endif
