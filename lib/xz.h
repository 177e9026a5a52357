/*
 * xz: sinks that compress and decompress, by liblzma.
 *
 * The encoder writes one stream with CRC-64, in blocks that threads compress
 * at the same time.  Where the quota's memory is short it takes fewer threads,
 * then one without blocks, then a smaller dictionary.
 *
 * The decoder takes streams one after another, and padding, as xz -d does;
 * from liblzma 5.4 on it decompresses blocks at the same time if they tell
 * their sizes.  One thread (-T 1) is the plain decoder, whatever the version.
 * ST_BAD: damaged, cut, empty or followed by something else, with the byte of
 * the compressed input where that was noticed.  ST_TROUBLE: the file needs
 * more memory than the quota allows (the message has the figure).
 *
 * Constructors as in sink.h; NULL is lack of memory.  Spec: the .xz file
 * format 1.2.1.
 */
#ifndef MM_XZ_H
#define MM_XZ_H

#include "quota.h"
#include "sink.h"

enum { XZ_LOWEST = 0, XZ_USUAL = 6, XZ_HIGHEST = 9 };

int xz_begins(const uint8_t *head);		/* its first six bytes */

/* The least memory, in bytes, that the level can do with. */
uint64_t xz_needs(int level);

struct sink *xz_encoder(int level, const struct quota *q, struct sink *next);
struct sink *xz_decoder(const struct quota *q, struct sink *next);

#endif
