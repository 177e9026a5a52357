/*
 * The start of every chain: reads a descriptor to its end and pushes what it
 * reads.  At the end of the input it takes the gate's word (gate.h), and only
 * then finishes the chain.  A read that is interrupted or would block is tried
 * again.  The caller frees the chain, whatever comes back.
 *
 * A regular file must be at its end what it was at the beginning, in size and
 * time, and all of it must have come: ST_BAD, said, if it was cut short, grew
 * or was written to meanwhile.
 *
 * *what* names the input in messages.
 */
#ifndef MM_PUMP_H
#define MM_PUMP_H

#include "sink.h"

enum status pump(int fd, const char *what, struct sink *chain);

/*
 * The same for a chain that has something to do while there is nothing to
 * read: wait(ctx, fd) is called before each read of fd, and before the gate's
 * word is read from another fd, and returns when that has something.  What it
 * answers other than ST_OK ends it all.
 */
enum status pump_waiting(int fd, const char *what, struct sink *chain, enum status (*wait)(void *ctx, int fd), void *ctx);

#endif
