/*
 * The gzip members that we write: blocks that stand alone, and an end.
 *
 * Any gzip reads them one after another as one file.  We read them faster,
 * since each says how long it is, and more strictly: gzip cannot see that a
 * file was cut where a member ends, so the last member says that it is it.
 *
 *	offset	length	in a block		in the end
 *	0	10	1f 8b 08 04 00 00 00 00 00 03: deflate, an extra field,
 *			no time, made on Unix
 *	10	2	8			20: length of the extra field
 *	12	4	"MB" 4 0		"ME" 16 0: subfield, length
 *	16	4	length of the member	8: blocks before this member
 *	24	-	-			8: bytes in them before compression
 *	20/32	...	deflate data		03 00: deflate data of no bytes
 *	-8	4	CRC-32			0
 *	-4	4	length before compression, 1 MiB at most; 0
 *
 * Integers are unsigned and little-endian.  Every block but the last holds
 * 1 MiB.  Spec of the rest: RFC 1952.
 */
#ifndef MM_GZMEMBER_H
#define MM_GZMEMBER_H

#include <stddef.h>
#include <stdint.h>

enum {
	GZM_HEAD = 20,			/* enough to tell the kinds apart, and never more than a whole member */
	GZM_BLOCK = 1 << 20,
	GZM_LEAST = 20 + 2 + 8,
	GZM_MOST = 20 + GZM_BLOCK + 1024 + 8,	/* deflate grows by less than that */
	GZM_END = 32 + 2 + 8
};

enum gzm_kind { GZM_IS_OTHER, GZM_IS_BLOCK, GZM_IS_END };

enum gzm_kind gzm_kind(const uint8_t head[GZM_HEAD]);

/* The length that a block says it has; not to be trusted. */
uint32_t gzm_length(const uint8_t head[GZM_HEAD]);

/* *out* has GZM_MOST bytes, in_len is GZM_BLOCK at most; the length of the member. */
struct libdeflate_compressor;
size_t gzm_pack(struct libdeflate_compressor *c, const uint8_t *in, size_t in_len, uint8_t *out);

/* *out* has GZM_BLOCK bytes.  NULL, or what is wrong with the member. */
struct libdeflate_decompressor;
const char *gzm_unpack(struct libdeflate_decompressor *d, const uint8_t *in, size_t in_len, uint8_t *out,
    size_t *out_len);

void gzm_end(uint64_t blocks, uint64_t bytes, uint8_t out[GZM_END]);

#endif
