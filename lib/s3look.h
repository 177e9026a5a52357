/*
 * What is to be found under a key: one HEAD, and what it says.
 *
 * Each object that mm-s3put makes carries a token of that upload as
 * `x-amz-meta-mm-upload-id`.  So an upload whose last answer was lost can be
 * told from one that never happened, and from somebody else's object.
 */
#ifndef MM_S3LOOK_H
#define MM_S3LOOK_H

#include <stdint.h>

#include "s3.h"

#define S3LOOK_TOKEN_HEADER "x-amz-meta-mm-upload-id"

enum { S3LOOK_ETAG = 128, S3LOOK_TOKEN = 33 };

enum s3there {
	S3LOOK_NOTHING,			/* no such object */
	S3LOOK_OBJECT,
	S3LOOK_FORBIDDEN,		/* these keys may not look */
	S3LOOK_FAILED			/* and it has been said why, unless a signal came */
};

struct s3look {
	enum s3there there;
	uint64_t size;
	int64_t modified;		/* seconds since 1970; 0: not told */
	char etag[S3LOOK_ETAG];		/* without its quotes; "" if there is none */
	char token[S3LOOK_TOKEN];
	int has_own_etags;		/* encrypted in a way that makes the ETag no digest of the content */
};

void s3look_at(struct s3 *s3, const char *key, struct s3look *look);

/* An ETag as a header or an element spells it, without quotes; "" if it is too long to be one. */
void s3look_etag(const char *text, char etag[S3LOOK_ETAG]);

/* Does this answer say that ETags are no digests? */
int s3look_own_etags(const struct s3req *r);

#endif
