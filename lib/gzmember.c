#include <assert.h>
#include <string.h>

#include <libdeflate.h>

#include "gzmember.h"

enum { SUBFIELD = 12, LENGTH = 16, DATA = 20, END_DATA = 32, TRAILER = 8 };

static const uint8_t start[10] = { 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3 };
static const uint8_t block_field[6] = { 8, 0, 'M', 'B', 4, 0 };
static const uint8_t end_field[6] = { 20, 0, 'M', 'E', 16, 0 };

static void
put_le(uint8_t *p, uint64_t n, size_t len)
{
	for (; len > 0; len--, n >>= 8)
		*p++ = (uint8_t)n;
}

static uint32_t
get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

enum gzm_kind
gzm_kind(const uint8_t head[GZM_HEAD])
{
	if (memcmp(head, start, sizeof(start)) != 0)
		return GZM_IS_OTHER;
	if (memcmp(head + sizeof(start), block_field, sizeof(block_field)) == 0)
		return GZM_IS_BLOCK;
	return memcmp(head + sizeof(start), end_field, sizeof(end_field)) == 0 ? GZM_IS_END : GZM_IS_OTHER;
}

uint32_t
gzm_length(const uint8_t head[GZM_HEAD])
{
	return get_le32(head + LENGTH);
}

size_t
gzm_pack(struct libdeflate_compressor *c, const uint8_t *in, size_t in_len, uint8_t *out)
{
	size_t len;

	memcpy(out, start, sizeof(start));
	memcpy(out + sizeof(start), block_field, sizeof(block_field));
	len = libdeflate_deflate_compress(c, in, in_len, out + DATA, GZM_MOST - DATA - TRAILER);
	assert(len > 0);
	len += DATA;
	put_le(out + len, libdeflate_crc32(0, in, in_len), 4);
	put_le(out + len + 4, in_len, 4);
	len += TRAILER;
	put_le(out + LENGTH, len, 4);
	return len;
}

const char *
gzm_unpack(struct libdeflate_decompressor *d, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
	const uint8_t *trailer = in + in_len - TRAILER;
	size_t used;

	if (libdeflate_deflate_decompress_ex(d, in + DATA, in_len - DATA - TRAILER, out, GZM_BLOCK, &used, out_len) !=
	    LIBDEFLATE_SUCCESS)
		return "the data cannot be decompressed";
	if (used != in_len - DATA - TRAILER)
		return "the member is not as long as it says";
	if (*out_len != get_le32(trailer + 4))
		return "the data has not the length that it should have";
	if (libdeflate_crc32(0, out, *out_len) != get_le32(trailer))
		return "the checksum does not match";
	return NULL;
}

void
gzm_end(uint64_t blocks, uint64_t bytes, uint8_t out[GZM_END])
{
	memset(out, 0, GZM_END);
	memcpy(out, start, sizeof(start));
	memcpy(out + sizeof(start), end_field, sizeof(end_field));
	put_le(out + 16, blocks, 8);
	put_le(out + 24, bytes, 8);
	out[END_DATA] = 3;
}
