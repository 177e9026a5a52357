/*
 * Whether an object has become what it was to be.  Servers drop what they do
 * not know, and say nothing: Ceph loses the tags and the lock of an upload of
 * parts, and takes an order to encrypt that it does not follow.
 *
 * So when encryption, tags or a lock were asked for, the object is looked at,
 * and tags and a lock that it lacks are put on it.  ST_TROUBLE, said: that was
 * refused, or it is not encrypted.  Keys that may not look are taken at the
 * server's word.
 */
#ifndef MM_S3CONFIRM_H
#define MM_S3CONFIRM_H

#include "s3.h"
#include "s3attr.h"

enum status s3confirm(struct s3 *s3, const char *key, const struct s3attr *attr);

#endif
