/*
 * The start of every chain: reads a descriptor to its end and pushes what it
 * reads.  At the end of the input it takes the gate's word (gate.h), and only
 * then finishes the chain.  A read that is interrupted or would block is tried
 * again.  The caller frees the chain, whatever comes back.
 *
 * *what* names the input in messages.
 */
#ifndef MM_PUMP_H
#define MM_PUMP_H

#include "sink.h"

enum status pump(int fd, const char *what, struct sink *chain);

#endif
