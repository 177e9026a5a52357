/*
 * How large the parts of an upload are.  Pure arithmetic.
 *
 * S3 takes parts of 5 MiB to 5 GiB, the last of any size, and a limited number
 * of them: 10,000 at Amazon, 1,000 at others.  A part waits in memory until
 * the server has it, beside the one that is being filled; so
 * (parallel + 1) * part + S3PLAN_OVERHEAD is what an upload takes.
 *
 *	length known	parts of one size, few enough for the limit; for 1,000
 *			where that takes no more than S3PLAN_EASE of memory
 *	unknown		8 MiB at first, then in proportion to what was sent, so that
 *			10,000 of them make some terabytes; fewer in parallel
 *			rather than more than S3PLAN_EASE, as long as that can be
 *	unknown, equal	parts of one size, as large as S3PLAN_EASE allows
 *	size given	parts of that size
 *
 * Sizes are whole MiB.  *memory* is never exceeded.
 */
#ifndef MM_S3PLAN_H
#define MM_S3PLAN_H

#include <stdint.h>

#include "status.h"

#define S3PLAN_MIB	(UINT64_C(1) << 20)
#define S3PLAN_LEAST	(5 * S3PLAN_MIB)
#define S3PLAN_MOST	(5 * 1024 * S3PLAN_MIB)
#define S3PLAN_OVERHEAD	(15 * S3PLAN_MIB)
#define S3PLAN_EASE	(256 * S3PLAN_MIB)
/* The least memory in which anything can be sent: one part filling, one under way. */
#define S3PLAN_MEMORY	(2 * S3PLAN_LEAST + S3PLAN_OVERHEAD)

enum { S3PLAN_PARTS = 10000 };

struct s3plan_ask {
	uint64_t expected;		/* bytes; 0: unknown */
	uint64_t part_size;		/* 0: as above */
	uint64_t max_parts;
	uint64_t memory;		/* S3PLAN_MEMORY at the least */
	unsigned parallel;		/* parts in flight, 1 at the least, if memory allows */
	int equal;			/* all but the last of one size, whatever is known */
};

struct s3plan {
	struct s3plan_ask ask;
	uint64_t part;			/* the one size, or where growth begins */
	uint64_t most;			/* no part is larger */
	int grows;
};

/* ST_TROUBLE, with the reason said: what is expected cannot fit. */
enum status s3plan_make(struct s3plan *plan, const struct s3plan_ask *ask);

/* The size of the part after *n* parts with *sent* bytes in them; 0 if there may be no more parts. */
uint64_t s3plan_next(const struct s3plan *plan, uint64_t n, uint64_t sent);

/* How many parts of that size may be in flight while another is filled. */
unsigned s3plan_parallel(const struct s3plan *plan, uint64_t part);

#endif
