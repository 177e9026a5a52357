/*
 * The way back from gzip: a sink that takes what any gzip writes, members one
 * after another.
 *
 * Our own members (gzmember.h) are decompressed by as many threads as the
 * quota allows, and a run of them must close with its end; others go through
 * zlib.  Zeros after the last member are padding, as for gzip.
 *
 * ST_BAD: damaged, cut, empty, or followed by something else, with the byte of
 * the compressed input where that member begins.  ST_TROUBLE: lack of memory.
 * Constructor as in sink.h.
 */
#ifndef MM_GUNZ_H
#define MM_GUNZ_H

#include "quota.h"
#include "sink.h"

struct sink *gunz_new(const struct quota *q, struct sink *next);

#endif
