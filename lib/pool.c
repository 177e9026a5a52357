#include <pthread.h>
#include <stdlib.h>

#include "pool.h"

enum { BLOCKS_EACH = 2 };		/* one to work on, one to be filled or emptied meanwhile */

struct slot {
	struct block block;
	int done;
};

struct worker {
	struct pool *pool;
	void *tool;
	pthread_t thread;
};

/* Block n lives in slot n % slots; delivered <= begun <= submitted <= delivered + slots. */
struct pool {
	const struct pool_kind *kind;
	void *owner;
	unsigned threads;		/* running */
	unsigned workers;		/* that there are structs for */
	unsigned slots;
	struct worker *worker;
	struct slot *slot;
	pthread_mutex_t lock;		/* guards what follows, and done in the slots */
	pthread_cond_t todo, done;
	uint64_t submitted, begun, delivered;
	int stop;
};

uint64_t
pool_size(const struct pool_kind *kind, unsigned threads)
{
	return (uint64_t)threads * (kind->tool_size + BLOCKS_EACH * (kind->in_cap + kind->out_cap));
}

unsigned
pool_threads(const struct pool_kind *kind, unsigned threads, uint64_t memory)
{
	while (threads > 1 && pool_size(kind, threads) > memory)
		threads--;
	return threads > 0 ? threads : 1;
}

/* The oldest block that nobody has begun, or NULL when it is time to stop. */
static struct slot *
next_todo(struct pool *p)
{
	struct slot *s = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && p->begun == p->submitted)
		pthread_cond_wait(&p->todo, &p->lock);
	if (!p->stop)
		s = &p->slot[p->begun++ % p->slots];
	pthread_mutex_unlock(&p->lock);
	return s;
}

static void
set_done(struct pool *p, struct slot *s)
{
	pthread_mutex_lock(&p->lock);
	s->done = 1;
	pthread_cond_signal(&p->done);
	pthread_mutex_unlock(&p->lock);
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct slot *s;

	while ((s = next_todo(w->pool)) != NULL) {
		w->pool->kind->work(w->tool, &s->block);
		set_done(w->pool, s);
	}
	return NULL;
}

static int
is_done(struct pool *p, struct slot *s, int wait)
{
	int done;

	pthread_mutex_lock(&p->lock);
	while (wait && !s->done)
		pthread_cond_wait(&p->done, &p->lock);
	done = s->done;
	pthread_mutex_unlock(&p->lock);
	return done;
}

/* Deliver the oldest block if it is done, or, with *wait*, when it is. */
static enum status
deliver(struct pool *p, int wait, int *delivered)
{
	struct slot *s = &p->slot[p->delivered % p->slots];

	*delivered = p->delivered < p->submitted && is_done(p, s, wait);
	if (!*delivered)
		return ST_OK;
	s->done = 0;
	p->delivered++;
	return p->kind->deliver(p->owner, &s->block);
}

enum status
pool_room(struct pool *p, struct block **b)
{
	struct slot *s = &p->slot[p->submitted % p->slots];
	enum status st;
	int any;

	if (p->submitted - p->delivered == p->slots && (st = deliver(p, 1, &any)) != ST_OK)
		return st;
	s->block.in_len = s->block.out_len = 0;
	s->block.fault = NULL;
	*b = &s->block;
	return ST_OK;
}

enum status
pool_submit(struct pool *p, struct block *b)
{
	struct slot *s = (struct slot *)b;
	enum status st;
	int any;

	if (p->threads == 0) {
		p->kind->work(p->worker[0].tool, b);
		s->done = 1;
	}
	pthread_mutex_lock(&p->lock);
	p->submitted++;
	pthread_cond_signal(&p->todo);
	pthread_mutex_unlock(&p->lock);
	/* What is ready goes on at once: a slow input must not keep it here. */
	do
		st = deliver(p, 0, &any);
	while (st == ST_OK && any);
	return st;
}

enum status
pool_drain(struct pool *p)
{
	enum status st;
	int any;

	do
		st = deliver(p, 1, &any);
	while (st == ST_OK && any);
	return st;
}

void
pool_free(struct pool *p)
{
	unsigned i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = 1;
	pthread_cond_broadcast(&p->todo);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->threads; i++)
		pthread_join(p->worker[i].thread, NULL);
	for (i = 0; p->worker != NULL && i < p->workers; i++) {
		if (p->worker[i].tool != NULL)
			p->kind->tool_free(p->worker[i].tool);
	}
	for (i = 0; p->slot != NULL && i < p->slots; i++) {
		free(p->slot[i].block.in);
		free(p->slot[i].block.out);
	}
	pthread_cond_destroy(&p->todo);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->worker);
	free(p->slot);
	free(p);
}

/* All that the pool needs but the threads; zero if there is not enough memory. */
static int
furnish(struct pool *p, int level)
{
	unsigned i;

	p->worker = calloc(p->workers, sizeof(*p->worker));
	p->slot = calloc(p->slots, sizeof(*p->slot));
	if (p->worker == NULL || p->slot == NULL)
		return 0;
	for (i = 0; i < p->workers; i++) {
		p->worker[i].pool = p;
		if ((p->worker[i].tool = p->kind->tool_new(level)) == NULL)
			return 0;
	}
	for (i = 0; i < p->slots; i++) {
		p->slot[i].block.in = malloc(p->kind->in_cap);
		p->slot[i].block.out = malloc(p->kind->out_cap);
		if (p->slot[i].block.in == NULL || p->slot[i].block.out == NULL)
			return 0;
	}
	return 1;
}

struct pool *
pool_new(const struct pool_kind *kind, int level, unsigned threads, void *owner)
{
	struct pool *p;
	unsigned i;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->kind = kind;
	p->owner = owner;
	p->workers = threads;
	p->slots = threads * BLOCKS_EACH;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->todo, NULL);
	pthread_cond_init(&p->done, NULL);
	if (!furnish(p, level)) {
		pool_free(p);
		return NULL;
	}
	for (i = 0; i < threads && pthread_create(&p->worker[i].thread, NULL, run, &p->worker[i]) == 0; i++)
		p->threads++;
	return p;
}
