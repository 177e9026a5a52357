/*
 * One request to an S3 server, and the attempts that it takes.
 *
 * An attempt is a signature of its own and one exchange (s3wire.h).  It ends in
 * one of three ways:
 *
 *	S3_DONE		2xx, and no <Error> in it
 *	S3_REFUSED	any other answer
 *	S3_LOST		none, or one that broke off: whether the server did it, who
 *			knows
 *
 * What may work later is worth another attempt, after some delay, until the
 * first failure is --retry-time ago; of an attempt that moved a bulk of bytes,
 * the time in which it moved them does not count, for the first ten.  A clock that is off is corrected by the
 * server's, keys that have expired are fetched anew, and another region or host
 * is followed, once or twice.  A refusal of a HEAD, which has no body, is asked
 * for again as a GET of one byte, which says why.
 *
 * On https a body is not signed; what guards it is TLS.  On http it is, by its
 * SHA-256.
 *
 * Who runs the exchanges is the caller: s3.h, which is what the rest of the
 * suite uses.
 */
#ifndef MM_S3REQ_H
#define MM_S3REQ_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "s3cred.h"
#include "s3opt.h"
#include "s3place.h"
#include "s3wire.h"
#include "sigv4.h"

enum {
	S3REQ_QUERY = 8,
	S3REQ_HEADERS = 64,
	S3REQ_ANSWER = 16 << 20,	/* bytes of an answer that is kept; a longer one is none */
	S3REQ_CODE = 64,
	S3REQ_TEXT = 400,
	S3REQ_WHY = S3REQ_TEXT + S3REQ_CODE + 32,
	S3REQ_REGION = 64
};

enum s3end {
	S3_PENDING,
	S3_DONE,
	S3_REFUSED,
	S3_LOST
};

struct s3req {
	/* What is asked; all strings are the caller's and outlive the request. */
	const char *method;
	const char *key;		/* NULL: the bucket itself */
	struct sigv4_pair query[S3REQ_QUERY];
	size_t nquery;
	struct sigv4_pair header[S3REQ_HEADERS];
	size_t nheader;
	const void *body;
	size_t body_len;
	const char *sha256;		/* of the body, in hex, if known already */
	int is_slow;			/* the server may think for minutes */
	int is_fresh;			/* over a new connection: libcurl sends again by itself on one that died */
	int wants_xml;			/* a good answer is XML, and one that is not is lost */

	/* Where the body of a good answer goes, if not into *answer*.  Zero: stop, it counts as lost. */
	int (*take)(void *ctx, const uint8_t *buf, size_t len);
	/* Called before each attempt but the first: what is asked may be changed. */
	void (*again)(void *ctx, struct s3req *r);
	/* Called at a refusal that is final: nonzero if what is asked has been changed, so that it is worth another attempt. */
	int (*mend)(void *ctx, struct s3req *r);
	void *ctx;

	/* What came of it. */
	enum s3end end;
	long http;			/* 0: no answer */
	int was_sent;			/* some of it has left: the server may have it */
	char *answer;			/* a NUL behind it; NULL: empty */
	size_t answer_len;
	char code[S3REQ_CODE];		/* S3's own; "" if none came */
	char text[S3REQ_TEXT];		/* its words, or libcurl's; fit to print, and without a secret */

	struct s3attempt *own;		/* the modules' */
};

/* A header of the answer, or NULL; the name in lower case.  Lives as long as the answer. */
const char *s3req_header(const struct s3req *r, const char *name);

/* What came of it in one line: "503 SlowDown: ...".  Returns out. */
char *s3req_why(const struct s3req *r, char out[S3REQ_WHY]);

/* --- for s3.h */

/* The server, as it is known by now. */
struct s3site {
	struct s3cred *cred;
	const struct s3opt *opt;
	const char *bucket;
	char region[S3REQ_REGION];
	struct s3place place;
	int64_t skew_s;			/* to our clock, for signatures */
	int64_t server_skew_s;		/* what the last Date said */
	int64_t note_ms;		/* when it was said last that we try again */
};

struct s3attempt {
	struct s3attempt *next;		/* of those under way; not this module's */
	struct s3req *req;
	struct s3wire *wire;		/* NULL while it waits */
	int once;			/* s3.h's: no other follows by itself */
	int64_t due_ms;			/* when to begin */
	int64_t first_ms;		/* of the failures, later by the time at work since; 0: none so far */
	unsigned failures, bulk_attempts;
	int64_t start_ms, mark_ms, mark_moved;	/* s3.h's: does it move? */
	struct s3place place;		/* of this request: it may have been sent elsewhere */
	unsigned serial;		/* of the keys that signed it */
	unsigned key_fetches, moves;
	int told_clock, told_region, asks_get;
	int is_said;			/* why it failed has been said */
	CURLcode transport;
};

/* ST_TROUBLE, said: there is no such place, or memory is short. */
enum status s3req_site(struct s3site *site, const struct s3opt *opt, const char *bucket);

/* What time the server has, as far as it has told. */
int64_t s3req_now(const struct s3site *site);

/* Sign, and make ready to run a->wire.  Zero: it could not even begin, and has ended. */
int s3req_depart(struct s3site *site, struct s3attempt *a);

/* libcurl is done with a->wire, which is no longer under way: read what came. */
void s3req_arrive(struct s3site *site, struct s3attempt *a, CURLcode code);

/* After an attempt that is not S3_DONE: is it worth another?  Then a->due_ms says when, and what can be mended has been. */
int s3req_is_worth(struct s3site *site, struct s3attempt *a);

/* The bytes of the answer, if there are any, and the exchange, are gone. */
void s3req_forget(struct s3attempt *a);

/* A failure that will be the same the next time, by libcurl's word. */
int s3req_is_hopeless(const struct s3attempt *a);

#endif
