/*
 * AWS Signature Version 4 over one request, and the spelling of its target.
 * Nothing here touches a network, a clock or the environment.
 *
 *	target		/mm-test/a%20b?partNumber=1&uploadId=2~x
 *	authorization	AWS4-HMAC-SHA256 Credential=KEY/20130524/us-east-1/s3/aws4_request, ...
 *
 * What is signed: the method, the path, the query, `host`, `x-amz-date`,
 * `x-amz-security-token` if the key has one, `x-amz-content-sha256` if the
 * service is s3, and each header that the caller names.  All of them must be
 * sent as given here.  Headers that something between may rewrite (Expect,
 * User-Agent, Accept-Encoding, Connection, Content-Length) are not named.
 *
 * Path, query and values are given as they are meant; each byte but the
 * unreserved of RFC 3986 and the slashes of the path is percent-encoded, once,
 * and no path is ever normalised: `a//b/../c` is the name of an object.
 *
 * Spec: "Signature Version 4 signing process", Amazon S3 API Reference.
 */
#ifndef MM_SIGV4_H
#define MM_SIGV4_H

#include <stddef.h>

enum { SIGV4_DATE = 17 };		/* 20130524T000000Z and its end */

#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

struct sigv4_pair {
	const char *name;
	const char *value;		/* "" where there is none */
};

struct sigv4_request {
	const char *method;
	const char *host;		/* as in the Host header, port included */
	const char *path;		/* begins with a slash */
	const struct sigv4_pair *query;	/* in any order */
	size_t nquery;
	const struct sigv4_pair *header;	/* names in lower case, each once; in any order */
	size_t nheader;
	const char *payload;		/* 64 hex digits of its SHA-256, or SIGV4_UNSIGNED */
	const char *date;		/* UTC, as in x-amz-date */
};

struct sigv4_key {
	const char *access;
	const char *secret;
	const char *token;		/* of the session; NULL: none */
	const char *region;
	const char *service;		/* "s3" */
};

/* Both are the caller's to free; NULL is lack of memory. */
char *sigv4_target(const struct sigv4_request *r);
char *sigv4_authorization(const struct sigv4_request *r, const struct sigv4_key *key);

#endif
