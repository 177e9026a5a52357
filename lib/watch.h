/*
 * The regular look at a running pipeline: the line on the terminal, and
 * whether anything still moves.
 *
 * A pipeline stands still when for the whole time allowed no stage has taken
 * or given a byte, as far as meters, pipes and /proc tell, and no process of
 * any has used the processor.  The stage to blame is the last one that has
 * input waiting; if none has, the first one that still runs.  A first stage
 * pg_dump that has not given a byte yet gets an hour: it may be waiting for a
 * lock, for which it has a limit of its own (--lock-wait-timeout).
 */
#ifndef MM_WATCH_H
#define MM_WATCH_H

#include "stage.h"
#include "tally.h"

struct watch;

/* stall_ms 0: never.  NULL: out of memory. */
struct watch *watch_new(const struct tally *t, int on_terminal, int64_t stall_ms);
void watch_free(struct watch *w);		/* NULL is fine; clears the line */

/* Milliseconds until the next look is due; -1: none is wanted. */
int watch_due(const struct watch *w);

/* Look.  The stage that stands still, or NULL. */
const struct stage *watch_look(struct watch *w);

#endif
