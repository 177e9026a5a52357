/*
 * A sink that hands what it gets to a thread of its own, which runs the rest of
 * the chain: so what comes before and what comes after work at the same time.
 *
 * Bytes wait in RELAY_SLOTS buffers of RELAY_BYTES; a full ring makes update()
 * wait.  An error below comes back from a later update() or from finish().
 * finish() of what is below runs in the caller's thread, when all has been
 * taken; so does free().  The chain below is used by one thread at a time.
 *
 * Constructor as in sink.h; NULL is lack of memory, or of a thread.
 */
#ifndef MM_RELAY_H
#define MM_RELAY_H

#include "sink.h"

enum { RELAY_SLOTS = 4, RELAY_BYTES = 256 * 1024 };

struct sink *relay_new(struct sink *next);

#endif
