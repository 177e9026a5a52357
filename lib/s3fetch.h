/*
 * An object, into a chain: ranges of it, several asked for at once, handed on
 * in their order.
 *
 * A range whose answer breaks off is asked for again from where it did, and
 * every request names the ETag that the object had at first.  So what comes out
 * is one object, whole, or the chain is not finished: an object that was
 * replaced meanwhile is ST_TROUBLE, and so is a server that does not keep to
 * ranges.
 *
 * It takes parallel * S3FETCH_RANGE of memory.  The caller frees the chain.
 */
#ifndef MM_S3FETCH_H
#define MM_S3FETCH_H

#include "s3.h"
#include "sink.h"

enum { S3FETCH_RANGE = 12 << 20, S3FETCH_PARALLEL = 64 };

enum status s3fetch(struct s3 *s3, const char *key, unsigned parallel, struct sink *chain);

#endif
