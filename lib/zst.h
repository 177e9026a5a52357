/*
 * zstd: sinks that compress and decompress, by libzstd.
 *
 * The encoder writes one frame with a content checksum, which stock zstd -d
 * reads without options: its window is 128 MiB at most.  Threads compress
 * blocks of it at the same time; their number and the window follow the quota.
 *
 * The decoder takes frames and skippable frames one after another, as zstd -d
 * does.  ST_BAD: damaged, cut, empty, or followed by something else, with the
 * byte of the compressed input where that was noticed.  ST_TROUBLE: the frame
 * wants a larger window than the quota's memory allows (the message has the
 * figure), or a dictionary.
 *
 * Constructors as in sink.h; NULL is lack of memory.  Spec: RFC 8878.
 */
#ifndef MM_ZST_H
#define MM_ZST_H

#include "quota.h"
#include "sink.h"

enum { ZST_LOWEST = 1, ZST_USUAL = 3, ZST_HIGHEST = 22 };

int zst_begins(const uint8_t head[4]);

/* The least memory, in bytes, that the level can do with: one thread. */
uint64_t zst_needs(int level);

struct sink *zst_encoder(int level, const struct quota *q, struct sink *next);
struct sink *zst_decoder(const struct quota *q, struct sink *next);

#endif
