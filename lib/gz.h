/*
 * gzip: a sink that compresses, by libdeflate.
 *
 * It cuts its input into blocks of 1 MiB, which threads compress at the same
 * time, each to a gzip member; gzmember.h has the format.  It keeps to the
 * quota.  Constructor as in sink.h; NULL is lack of memory.  Spec: RFC 1952.
 */
#ifndef MM_GZ_H
#define MM_GZ_H

#include "quota.h"
#include "sink.h"

enum { GZ_LOWEST = 1, GZ_USUAL = 5, GZ_HIGHEST = 12 };

int gz_begins(const uint8_t *head);		/* its first two bytes */

/* The least memory, in bytes, that the level can do with: one thread. */
uint64_t gz_needs(int level);

struct sink *gz_new(int level, const struct quota *q, struct sink *next);

#endif
