/*
 * An ordered parallel map: blocks go to worker threads, and what these made of
 * them comes back in the order in which the blocks went in.
 *
 *	pool_room	a block to fill; b->in has room for in_cap bytes
 *	pool_submit	hand it to the workers
 *	pool_drain	wait for all of them
 *
 * Memory is bounded: there are two blocks a thread, and whoever wants room
 * when all are under way waits for the oldest.  Workers call work() and nothing
 * else; deliver() is called in the thread that calls pool_*, which is one
 * thread, during any of the three.  What deliver() returns comes back from
 * that call, and if it is not ST_OK, pool_free() is all that may follow.
 *
 * A tool is what a thread needs for its work and keeps from block to block,
 * such as a compressor.  If the system gives fewer threads, they do it all; if
 * it gives none, the caller's does.
 */
#ifndef MM_POOL_H
#define MM_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct block {
	uint8_t *in, *out;		/* in_cap and out_cap bytes */
	size_t in_len, out_len;
	uint64_t at;			/* the owner's: where the block is from */
	const char *fault;		/* what work() found wrong; NULL to begin with */
};

struct pool_kind {
	size_t in_cap, out_cap;
	size_t tool_size;		/* about; for pool_threads() alone */
	void *(*tool_new)(int level);
	void (*tool_free)(void *tool);
	void (*work)(void *tool, struct block *b);
	enum status (*deliver)(void *owner, const struct block *b);
};

struct pool;

/* What a pool of so many threads takes, in bytes; and how many fit, which is at least one. */
uint64_t pool_size(const struct pool_kind *kind, unsigned threads);
unsigned pool_threads(const struct pool_kind *kind, unsigned threads, uint64_t memory);

/* *kind* must outlive the pool.  NULL: out of memory. */
struct pool *pool_new(const struct pool_kind *kind, int level, unsigned threads, void *owner);
void pool_free(struct pool *p);		/* NULL is fine; what is not delivered is dropped */

enum status pool_room(struct pool *p, struct block **b);
enum status pool_submit(struct pool *p, struct block *b);
enum status pool_drain(struct pool *p);

#endif
