/*
 * What an object is to be besides its bytes: the headers that say so when it is
 * made.  Each setter checks, and says on ST_TROUBLE what is wrong.
 *
 *	storage class		STANDARD_IA ...: any word, the server knows them
 *	sse			AES256 or aws:kms, the latter with a key if one is named
 *	metadata		NAME=VALUE, printable ASCII, any number within reason
 *	tag			NAME=VALUE, any bytes
 *	lock			governance or compliance, until YYYY-MM-DD[Thh:mm:ssZ]
 */
#ifndef MM_S3ATTR_H
#define MM_S3ATTR_H

#include <stddef.h>

#include "s3.h"

enum { S3ATTR_MAX = 40 };

#define S3ATTR_CLASS		"x-amz-storage-class"
#define S3ATTR_SSE		"x-amz-server-side-encryption"
#define S3ATTR_TAGS		"x-amz-tagging"
#define S3ATTR_LOCK_MODE	"x-amz-object-lock-mode"
#define S3ATTR_LOCK_UNTIL	"x-amz-object-lock-retain-until-date"

struct s3attr {
	struct sigv4_pair pair[S3ATTR_MAX];	/* both strings owned */
	size_t n;
	char *tags;			/* so far: a=b&c=d */
	int is_locked;
};

/* For a class that is set elsewhere; *option* is its name in the complaint. */
enum status s3attr_check_class(const char *text, const char *option);

enum status s3attr_class(struct s3attr *attr, const char *text);
enum status s3attr_sse(struct s3attr *attr, const char *text);
enum status s3attr_kms_key(struct s3attr *attr, const char *text);
enum status s3attr_metadata(struct s3attr *attr, const char *text);
enum status s3attr_tag(struct s3attr *attr, const char *text);
enum status s3attr_lock_mode(struct s3attr *attr, const char *text);
enum status s3attr_lock_until(struct s3attr *attr, const char *text);

/* After the last: whether they go together. */
enum status s3attr_settle(struct s3attr *attr);

/* The value of one of these headers, NULL if it is not set. */
const char *s3attr_value(const struct s3attr *attr, const char *name);

/* Put them into a request that makes an object.  They must outlive it. */
void s3attr_apply(const struct s3attr *attr, struct s3req *r);

void s3attr_free(struct s3attr *attr);

#endif
