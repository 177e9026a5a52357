/*
 * The checksums that S3 verifies when it is sent one, and keeps with the
 * object: `x-amz-checksum-crc32c` and its like, in base64.
 *
 * A CRC can be told of the whole object, of which the server checks that the
 * parts make it; a SHA-256 only of each part.
 *
 * CRC-32C: RFC 3720; CRC-64/NVME: NVM Command Set Specification 5.2.1.3.4.
 */
#ifndef MM_S3SUM_H
#define MM_S3SUM_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "status.h"

enum s3sum {
	S3SUM_NONE,
	S3SUM_CRC32C,
	S3SUM_CRC64NVME,
	S3SUM_SHA256
};

enum { S3SUM_TEXT = 45 };		/* base64 of 32 bytes, and its end */

struct s3summing {
	enum s3sum kind;
	uint64_t crc;
	struct digest *sha;
};

/* ST_TROUBLE, said: no such checksum. */
enum status s3sum_named(const char *name, enum s3sum *kind);

const char *s3sum_header(enum s3sum kind);	/* x-amz-checksum-crc32c */
const char *s3sum_name(enum s3sum kind);	/* CRC32C */
int s3sum_is_whole(enum s3sum kind);		/* can it be told of the whole object? */

/* ST_TROUBLE: memory is short. */
enum status s3sum_begin(struct s3summing *s, enum s3sum kind);
void s3sum_update(struct s3summing *s, const uint8_t *buf, size_t len);

/* What it comes to, "" for S3SUM_NONE; the next update() begins anew. */
void s3sum_end(struct s3summing *s, char text[S3SUM_TEXT]);

void s3sum_free(struct s3summing *s);

#endif
