/*
 * The end of a chain that makes an object in a bucket, or nothing of that name.
 *
 *	s3part_new	looks for the name; one that is there is refused, unless
 *			it is to be replaced
 *	update		fills parts, and sends those that are full, several at once
 *	finish		the last part, the object's birth, the receipt
 *	free		before finish has succeeded: no part and no object is left
 *
 * A stream that ends within the first part is one PUT, any other an upload of
 * parts (s3plan.h, s3upload.h).  A part is filled before its request is opened,
 * since servers cut off who lets them wait, and stays in memory until the
 * server has it.
 *
 * Parts are sent while there is nothing to read, too: that is s3part_wait(),
 * for pump_waiting().
 *
 * On https a part has a Content-MD5, and the ETag that comes back must be its
 * MD5; on http its SHA-256 is signed.  A server that says it wants the MD5 all
 * the same gets it, as does a bucket with object lock.
 *
 * An upload of a file that was cut off where nothing could be aborted any more
 * (SIGKILL, the network, the machine) goes on where it ended: parts that the
 * server has, of the size and with the MD5 that they must have, are not sent
 * again.  So *file* makes the token, by device, inode, size and time.
 *
 * TERM, INT and HUP, if they are caught (halt.h), end update and wait at once;
 * from the request that publishes until after the receipt they wait.
 */
#ifndef MM_S3PART_H
#define MM_S3PART_H

#include <sys/stat.h>

#include "s3.h"
#include "s3attr.h"
#include "s3plan.h"
#include "s3sum.h"
#include "sink.h"

enum { S3PART_PARALLEL = 64 };

struct s3part_ask {
	struct s3plan_ask plan;
	const struct s3attr *attr;
	const char *large_class;	/* as in s3upload.h */
	enum s3sum sum;			/* a checksum that the server is to verify besides */
	int replaces;			/* what is there already */
	const struct stat *file;	/* of the regular file that is read; NULL: it is none */
	int receipt;			/* descriptor */
};

/* NULL: it has been said why.  What ask points at must outlive it, as s3 and key must. */
struct sink *s3part_new(struct s3 *s3, const char *key, const struct s3part_ask *ask);

/* Send until fd has something to read. */
enum status s3part_wait(void *part, int fd);

#endif
