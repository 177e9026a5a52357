#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"

struct slot {
	size_t len;
	uint8_t bytes[RELAY_BYTES];
};

struct relay {
	struct sink sink;
	struct sink *next;
	pthread_t thread;
	int runs;			/* the thread, until it has been joined */
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t change;
	size_t given;			/* slots handed over since the start */
	size_t taken;			/* slots the thread is done with */
	int ended;			/* no more will be given */
	enum status st;			/* of the chain below */
	struct slot slot[RELAY_SLOTS];	/* slot[given % RELAY_SLOTS] is the caller's, if it is not full */
};

/* The next slot for the thread; NULL at the end, or after an error. */
static struct slot *
await(struct relay *r)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->given == r->taken && !r->ended)
		pthread_cond_wait(&r->change, &r->lock);
	if (r->given > r->taken && r->st == ST_OK)
		slot = &r->slot[r->taken % RELAY_SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

static void
done_with(struct relay *r, enum status st)
{
	pthread_mutex_lock(&r->lock);
	r->taken++;
	r->st = st;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
}

static void *
work(void *arg)
{
	struct relay *r = arg;
	struct slot *slot;

	while ((slot = await(r)) != NULL)
		done_with(r, sink_update(r->next, slot->bytes, slot->len));
	return NULL;
}

/* Give the thread the slot that has been filled, and wait for one that is free. */
static enum status
hand_over(struct relay *r)
{
	enum status st;

	pthread_mutex_lock(&r->lock);
	r->given++;
	pthread_cond_signal(&r->change);
	while (r->given - r->taken == RELAY_SLOTS && r->st == ST_OK)
		pthread_cond_wait(&r->change, &r->lock);
	st = r->st;
	pthread_mutex_unlock(&r->lock);
	r->slot[r->given % RELAY_SLOTS].len = 0;
	return st;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct relay *r = (struct relay *)sink;
	enum status st = ST_OK;
	struct slot *slot;
	size_t n;

	for (; len > 0 && st == ST_OK; buf += n, len -= n) {
		slot = &r->slot[r->given % RELAY_SLOTS];
		n = RELAY_BYTES - slot->len < len ? RELAY_BYTES - slot->len : len;
		memcpy(slot->bytes + slot->len, buf, n);
		slot->len += n;
		if (slot->len == RELAY_BYTES)
			st = hand_over(r);
	}
	return st;
}

static void
join(struct relay *r)
{
	if (!r->runs)
		return;
	pthread_mutex_lock(&r->lock);
	r->ended = 1;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->runs = 0;
}

static enum status
finish(struct sink *sink)
{
	struct relay *r = (struct relay *)sink;
	enum status st = ST_OK;

	if (r->slot[r->given % RELAY_SLOTS].len > 0)
		st = hand_over(r);
	join(r);
	if (st != ST_OK || (st = r->st) != ST_OK)
		return st;
	return sink_finish(r->next);
}

static void
let_go(struct sink *sink)
{
	struct relay *r = (struct relay *)sink;

	join(r);
	pthread_cond_destroy(&r->change);
	pthread_mutex_destroy(&r->lock);
	sink_free(r->next);
	free(r);
}

/* Signals are for the thread that was there first. */
static int
start(struct relay *r)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	sigdelset(&all, SIGPIPE);	/* it is the thread that writes: its reader's going ends the filter */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&r->thread, NULL, work, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

struct sink *
relay_new(struct sink *next)
{
	struct relay *r;

	if (next == NULL)
		return NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		sink_free(next);
		return NULL;
	}
	r->sink = (struct sink){ update, finish, let_go };
	r->next = next;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->change, NULL);
	if (!(r->runs = start(r))) {
		let_go(&r->sink);
		return NULL;
	}
	return &r->sink;
}
