/*
 * Signed requests to one bucket of an S3 server: one at a time or several at
 * once, over libcurl, in one thread.
 *
 *	struct s3req r = { .method = "HEAD", .key = "db/a.dump" };
 *
 *	s3req_run(s3, &r);
 *	if (r.end != S3_DONE && r.http != 404)
 *		s3req_complain(s3, &r, "look at it");
 *	s3req_clear(&r);
 *
 * An attempt is a signature of its own and one exchange.  It ends in one of
 * three ways:
 *
 *	S3_DONE		2xx, and no <Error> in it
 *	S3_REFUSED	any other answer
 *	S3_LOST		none, or one that broke off: whether the server did it, who
 *			knows
 *
 * What may work later is tried again, after some delay, until the first failure
 * is --retry-time ago.  A clock that is off is corrected by the server's, keys
 * that have expired are fetched anew, and another region or host is followed,
 * once or twice.  An attempt in which nothing moves for --timeout is lost.
 *
 * On https the body is not signed; what guards it is TLS.  On http it is, by
 * its SHA-256.
 *
 * These functions print nothing but a note when they have to try for long;
 * what it means that a request failed is the caller's to say, through
 * s3req_complain().  Neither shows a secret.
 */
#ifndef MM_S3REQ_H
#define MM_S3REQ_H

#include <stddef.h>
#include <stdint.h>

#include "s3opt.h"
#include "sigv4.h"
#include "status.h"

enum {
	S3REQ_QUERY = 8,
	S3REQ_HEADERS = 64,
	S3REQ_ANSWER = 16 << 20,	/* bytes of an answer that is kept; a longer one is none */
	S3REQ_CODE = 64,
	S3REQ_TEXT = 400
};

struct s3;

/*
 * *opt has been settled and outlives it, as *bucket does.  NULL: it has been
 * said why.  From here on SIGPIPE does not end the thread that calls.
 */
struct s3 *s3_open(const struct s3opt *opt, const char *bucket);
void s3_close(struct s3 *s3);		/* NULL is fine; no request may be under way */

const char *s3_bucket(const struct s3 *s3);
const char *s3_host(const struct s3 *s3);
int s3_is_https(const struct s3 *s3);

/* What time the server has, as far as it has told. */
int64_t s3_now(const struct s3 *s3);

/* What a signal that halt.h caught means to what is under way. */
enum s3heed {
	S3HEED_NOT,			/* nothing; so at first */
	S3HEED_NOW,			/* it ends at once */
	S3HEED_SOON			/* it may go on for some seconds, to know what came of it */
};

void s3_heed(struct s3 *s3, enum s3heed how);

/* All ends in so many milliseconds; 0: no such limit. */
void s3_limit(struct s3 *s3, int64_t ms);

enum s3end {
	S3_PENDING,
	S3_DONE,
	S3_REFUSED,
	S3_LOST
};

struct s3attempt;

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
	char text[S3REQ_TEXT];		/* its words, or libcurl's; fit to print */

	struct s3attempt *own;		/* the module's */
};

/* Try until it is done or hopeless. */
void s3req_run(struct s3 *s3, struct s3req *r);

/* One attempt.  For what must not be repeated blindly; s3req_again() is for use between two. */
void s3req_once(struct s3 *s3, struct s3req *r);

/* Whether it is worth another attempt; waits until it is time for it, and mends what can be mended. */
int s3req_again(struct s3 *s3, struct s3req *r);

/* As s3req_run(), but returns at once; r->end is S3_PENDING until it has ended. */
void s3req_start(struct s3 *s3, struct s3req *r);

/* Give it up, wherever it is.  Its end is S3_LOST. */
void s3req_cancel(struct s3 *s3, struct s3req *r);

enum s3turn {
	S3TURN_MOVED,			/* a request has ended, or some time has passed */
	S3TURN_READABLE,		/* the descriptor has something to read */
	S3TURN_HALT			/* a signal came that is heeded, or the limit is over */
};

/* Let what is under way go on, until something happens; fd -1: none.  ms: no longer than that; 0: only look. */
enum s3turn s3_turn(struct s3 *s3, int fd, int ms);

/* A header of the answer, or NULL; the name in lower case.  Lives as long as the answer. */
const char *s3req_header(const struct s3req *r, const char *name);

/* "s3://bucket/key: cannot WHAT: ..."; silent after a signal. */
void s3req_complain(const struct s3 *s3, const struct s3req *r, const char *what);

/* Lets go of the answer; the request may then be asked again.  One under way is cancelled first. */
void s3req_clear(struct s3 *s3, struct s3req *r);

#endif
