/*
 * Requests to one bucket of an S3 server: one at a time or several at once, over
 * libcurl, in one thread.
 *
 *	struct s3req r = { .method = "HEAD", .key = "db/a.dump" };
 *
 *	s3_run(s3, &r);
 *	if (r.end != S3_DONE && r.http != 404)
 *		s3_complain(s3, &r, "look at it");
 *	s3_clear(s3, &r);
 *
 * How a request ends, and when it is tried again, is in s3req.h.  An attempt in
 * which nothing moves for --timeout is lost, and so is one that crawls, or that
 * takes very long without a bulk of data.
 *
 * These functions print nothing but a note when they have to try for long;
 * what it means that a request failed is the caller's to say, through
 * s3_complain().  Neither shows a secret.
 */
#ifndef MM_S3_H
#define MM_S3_H

#include <stdint.h>

#include "s3opt.h"
#include "s3req.h"
#include "status.h"

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
int s3_is_amazon(const struct s3 *s3);		/* is the server one of Amazon's own? */

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

/* Try until it is done or hopeless. */
void s3_run(struct s3 *s3, struct s3req *r);

/* One attempt.  For what must not be repeated blindly; s3_again() is for use between two. */
void s3_once(struct s3 *s3, struct s3req *r);

/* Whether it is worth another attempt; waits until it is time for it, and mends what can be mended. */
int s3_again(struct s3 *s3, struct s3req *r);

/* As s3_run(), but returns at once; r->end is S3_PENDING until it has ended. */
void s3_start(struct s3 *s3, struct s3req *r);

/* Give it up, wherever it is.  Its end is S3_LOST. */
void s3_cancel(struct s3 *s3, struct s3req *r);

enum s3turn {
	S3TURN_MOVED,			/* a request has ended, or some time has passed */
	S3TURN_READABLE,		/* the descriptor has something to read */
	S3TURN_HALT			/* a signal came that is heeded, or the limit is over */
};

/* Let what is under way go on, until something happens; fd -1: none.  ms: no longer than that; 0: only look. */
enum s3turn s3_turn(struct s3 *s3, int fd, int ms);

/* "s3://bucket/key: cannot WHAT: ..."; silent after a signal. */
void s3_complain(const struct s3 *s3, const struct s3req *r, const char *what);

/* Lets go of the answer; the request may then be asked again.  One under way is cancelled first. */
void s3_clear(struct s3 *s3, struct s3req *r);

#endif
