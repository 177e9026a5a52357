/*
 * What a refusal of S3 means: whether to ask again, and what the user can do.
 *
 * A refusal has an HTTP status and, unless it came without a body, a code of
 * S3's own ("SlowDown"), which counts more.  The list is what Amazon documents
 * and what Ceph, Swift, MinIO and the gateways of providers were seen to send.
 *
 * BadDigest and its like are asked again: the bytes in memory are right, so it
 * was the wire that flipped one.
 */
#ifndef MM_S3ERROR_H
#define MM_S3ERROR_H

#include <stdint.h>

enum s3kind {
	S3KIND_FINAL,			/* asked again, it says the same again */
	S3KIND_AGAIN,			/* later it may work */
	S3KIND_CLOCK,			/* our clock and the server's disagree */
	S3KIND_KEYS,			/* the keys have expired */
	S3KIND_ELSEWHERE		/* another region, another host */
};

/* code "": none came. */
enum s3kind s3error_kind(long http, const char *code);

/* One line for the user, or NULL. */
const char *s3error_remedy(long http, const char *code);

enum { S3ERROR_DELAY_MAX = 20000 };

/*
 * Milliseconds to wait before asking again after *failures* of them, 1 or
 * more: some of a span that doubles from 100 ms to S3ERROR_DELAY_MAX, and how
 * much of it the dice, a random number, say.  So a crowd of clients that failed
 * together does not come back together.
 */
int64_t s3error_delay_ms(unsigned failures, uint32_t dice);

#endif
