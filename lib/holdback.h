/*
 * A sink that keeps the end of a stream to itself, HOLDBACK_BYTES of it, until
 * somebody has said that all is good: who reads on is then missing something if
 * it is not.
 *
 * finish() asks *verdict*, once, when all before has ended well; what it says
 * other than ST_OK is finish()'s own status, and the end stays here.
 */
#ifndef MM_HOLDBACK_H
#define MM_HOLDBACK_H

#include "sink.h"

enum { HOLDBACK_BYTES = 65536 };

/* arg stays the caller's. */
struct sink *holdback_new(enum status (*verdict)(void *arg), void *arg, struct sink *next);

#endif
