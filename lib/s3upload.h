/*
 * How an object comes to be: by one PUT, or by an upload of many parts that is
 * begun, and completed or aborted.  Sending the parts is not done here.
 *
 *	s3upload_put		all of it at once
 *	s3upload_begin		CreateMultipartUpload; upload->id from then on
 *	s3upload_keep		a part has been taken by the server
 *	s3upload_complete	CompleteMultipartUpload
 *	s3upload_abort		nothing is left: no part, and no object of this upload
 *
 * An answer that got lost leaves open whether the server did what it was asked.
 * Of a PUT or a Complete it is found out by looking for the token (s3look.h),
 * with size and ETag; a Create that may have worked is looked for among the
 * unfinished uploads of that key when all is over, and aborted.  The answer of
 * a Complete may be 200 and yet an error; and an ETag that is neither what the
 * parts make nor what the object has is noticed.
 *
 * *spares*: what is there already is not replaced.  The caller has looked, and
 * says in *may_look* whether it could, and when; directly before the request
 * that makes the object it is looked for again, and If-None-Match guards the
 * moment in between, at servers that know it.
 *
 * Keys that may not look have the server's word for it that all went well,
 * unless its ETag says otherwise.  A look that failed is no such word.
 *
 * Signals that are caught (halt.h) are heeded by begin, as s3_heed() has set
 * it; put and complete, once they have asked, want to know what came of it.
 */
#ifndef MM_S3UPLOAD_H
#define MM_S3UPLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "s3.h"
#include "s3attr.h"
#include "s3look.h"
#include "s3sum.h"

/* What is smaller costs as if it were so large, where storage is cheap. */
enum { S3UPLOAD_LARGE = 128 * 1024 };

struct s3upload_part {
	char *etag;			/* without quotes; NULL: not taken yet */
	uint64_t size;
	char sum[S3SUM_TEXT];
};

struct s3upload {
	struct s3 *s3;
	const char *key;
	const struct s3attr *attr;
	const char *large_class;	/* the storage class of an object of S3UPLOAD_LARGE or more; NULL: as attr says */
	enum s3sum sum;
	char whole_sum[S3SUM_TEXT];	/* for complete: of all bytes, where that can be told */
	char token[S3LOOK_TOKEN];
	int spares;
	int may_look;
	int64_t look_ms;		/* when it was looked for last; clock_ms() */

	char *id;			/* NULL: none begun */
	struct s3upload_part *part;	/* part[0] has the number 1 */
	size_t n, cap;
	int has_own_etags;		/* the server's ETags are no digests */
	int is_resumed;			/* the caller took it up, by its id: begun by another process */
	int lost_begin;			/* there may be an upload whose id we do not know */
	int64_t begin_time;		/* the server's, a little before the first Create */
	int may_be_there;		/* a PUT or Complete was sent: the object may exist */
	int is_said_done;		/* and the server said that it does */
};

/* What is known of a body that is sent by itself. */
struct s3upload_body {
	const void *buf;
	size_t len;
	const char *sha256;		/* hex */
	const char *md5;		/* hex; NULL: not computed */
	struct sigv4_pair header[4];	/* Content-MD5 and the like */
	size_t nheader;
	int (*mend)(void *ctx, struct s3req *r);	/* as in s3req.h */
	void *ctx;
};

enum status s3upload_put(struct s3upload *u, const struct s3upload_body *body);
enum status s3upload_begin(struct s3upload *u);
enum status s3upload_keep(struct s3upload *u, unsigned number, const char *etag, uint64_t size,
    const char sum[S3SUM_TEXT]);
enum status s3upload_complete(struct s3upload *u);
void s3upload_abort(struct s3upload *u);
void s3upload_free(struct s3upload *u);	/* the memory; nothing at the server */

/* Whether 32 hex digits, as an MD5 has. */
int s3upload_is_md5(const char *etag);

#endif
