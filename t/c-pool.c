/* The pool: results in the order of the blocks, bounded, and an error that comes back. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pool.h"
#include "tap.h"

struct owner {
	uint64_t next;			/* block that must be delivered now */
	uint64_t fail_at;
	unsigned disorder, elsewhere;
	pthread_t thread;
};

/* Work takes the longer the smaller a number from the block is, so blocks end out of order. */
static void
work(void *tool, struct block *b)
{
	struct timespec t = { .tv_nsec = b->in[0] % 4 * 300000 };

	nanosleep(&t, NULL);
	memcpy(b->out, b->in, b->in_len);
	b->out_len = b->in_len;
	b->fault = b->at % 10 == 7 ? "seven" : NULL;
	++*(unsigned *)tool;
}

static enum status
deliver(void *arg, const struct block *b)
{
	struct owner *o = arg;

	o->disorder += b->at != o->next || b->out_len != sizeof(uint64_t) ||
	    memcmp(b->out, &o->next, sizeof(uint64_t)) != 0 || (b->fault != NULL) != (o->next % 10 == 7);
	o->elsewhere += !pthread_equal(pthread_self(), o->thread);
	return o->next++ == o->fail_at ? ST_BAD : ST_OK;
}

static void *
tool_new(int level)
{
	return level == 5 ? calloc(1, sizeof(unsigned)) : NULL;
}

static const struct pool_kind kind = { 8, 8, 100, tool_new, free, work, deliver };

/* Send *n* blocks through; what comes back, and how many were taken. */
static enum status
send(struct pool *p, uint64_t n, uint64_t *taken)
{
	enum status st = ST_OK;
	struct block *b;

	for (*taken = 0; *taken < n && st == ST_OK; ++*taken) {
		if ((st = pool_room(p, &b)) != ST_OK)
			break;
		memcpy(b->in, taken, sizeof(*taken));
		b->in_len = sizeof(*taken);
		b->at = *taken;
		st = pool_submit(p, b);
	}
	return st == ST_OK ? pool_drain(p) : st;
}

static void
in_order(unsigned threads, uint64_t n)
{
	struct owner o = { .fail_at = UINT64_MAX, .thread = pthread_self() };
	struct pool *p = pool_new(&kind, 5, threads, &o);
	uint64_t taken;

	ok(p != NULL && send(p, n, &taken) == ST_OK && o.next == n && o.disorder == 0 && o.elsewhere == 0,
	    "%u threads: %u blocks in order", threads, (unsigned)n);
	ok(send(p, n, &taken) == ST_OK, "... and it goes on after a drain");
	pool_free(p);
}

static void
failing(unsigned threads)
{
	struct owner o = { .fail_at = 20, .thread = pthread_self() };
	struct pool *p = pool_new(&kind, 5, threads, &o);
	uint64_t taken;

	ok(send(p, 1000, &taken) == ST_BAD && o.next == 21, "%u threads: an error comes back, and nothing after it",
	    threads);
	ok(taken <= 20 + 2 * threads + 1, "... before many more are taken (%u)", (unsigned)taken);
	pool_free(p);
}

int
main(void)
{
	struct owner o = { .fail_at = UINT64_MAX };
	struct pool *p;
	struct block *b;

	in_order(1, 100);
	in_order(2, 300);
	in_order(7, 300);
	in_order(3, 0);
	in_order(3, 1);
	failing(1);
	failing(4);
	p = pool_new(&kind, 5, 2, &o);
	ok(pool_room(p, &b) == ST_OK && (b->in[0] = 3, pool_submit(p, b)) == ST_OK, "a block under way");
	pool_free(p);
	ok(1, "... does not keep the pool from being freed");
	ok(pool_new(&kind, 4, 2, &o) == NULL, "no tools, no pool");
	ok(pool_size(&kind, 3) == 3 * (100 + 2 * 16), "a thread takes its tool and two blocks");
	ok(pool_threads(&kind, 8, 3 * 132) == 3 && pool_threads(&kind, 2, 3 * 132) == 2 && pool_threads(&kind, 8, 0) == 1,
	    "as many threads as fit, and one at least");
	return done_testing();
}
