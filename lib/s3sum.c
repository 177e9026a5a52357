#include <err.h>
#include <string.h>

#include <openssl/evp.h>

#include "s3sum.h"

struct kind {
	const char *option;
	const char *name;
	const char *header;
	uint64_t polynomial;		/* bits reversed; 0: no CRC */
	size_t bytes;
};

static const struct kind kinds[] = {
	[S3SUM_CRC32C] = { "crc32c", "CRC32C", "x-amz-checksum-crc32c", UINT64_C(0x82f63b78), 4 },
	[S3SUM_CRC64NVME] = { "crc64nvme", "CRC64NVME", "x-amz-checksum-crc64nvme", UINT64_C(0x9a6c9329ac4bc9b5), 8 },
	[S3SUM_SHA256] = { "sha256", "SHA256", "x-amz-checksum-sha256", 0, DIGEST_SHA256 },
};

/* table[k][b]: what byte b does to the CRC with k bytes behind it.  A process has one kind. */
static uint64_t table[8][256];
static uint64_t table_of;

static void
make_table(uint64_t polynomial)
{
	size_t k, b, bit;
	uint64_t crc;

	if (table_of == polynomial)
		return;
	for (b = 0; b < 256; b++) {
		crc = b;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
		table[0][b] = crc;
	}
	for (k = 1; k < 8; k++)
		for (b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
	table_of = polynomial;
}

static uint64_t
eight_bytes(const uint8_t *buf)
{
	uint64_t n = 0;
	size_t i;

	for (i = 8; i > 0; i--)
		n = n << 8 | buf[i - 1];
	return n;
}

static uint64_t
run_crc(uint64_t crc, const uint8_t *buf, size_t len)
{
	uint64_t x;

	for (; len >= 8; buf += 8, len -= 8) {
		x = crc ^ eight_bytes(buf);
		crc = table[7][x & 255] ^ table[6][x >> 8 & 255] ^ table[5][x >> 16 & 255] ^ table[4][x >> 24 & 255] ^
		    table[3][x >> 32 & 255] ^ table[2][x >> 40 & 255] ^ table[1][x >> 48 & 255] ^ table[0][x >> 56];
	}
	for (; len > 0; buf++, len--)
		crc = crc >> 8 ^ table[0][(crc ^ *buf) & 255];
	return crc;
}

static uint64_t
all_ones(enum s3sum kind)
{
	return kinds[kind].bytes == 4 ? UINT32_MAX : UINT64_MAX;
}

enum status
s3sum_named(const char *name, enum s3sum *kind)
{
	size_t i;

	for (i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].option) == 0) {
			*kind = (enum s3sum)i;
			return ST_OK;
		}
	}
	warnx("--checksum: '%s' is not crc32c, crc64nvme or sha256", name);
	return ST_TROUBLE;
}

const char *
s3sum_header(enum s3sum kind)
{
	return kinds[kind].header;
}

const char *
s3sum_name(enum s3sum kind)
{
	return kinds[kind].name;
}

int
s3sum_is_whole(enum s3sum kind)
{
	return kinds[kind].polynomial != 0;
}

enum status
s3sum_begin(struct s3summing *s, enum s3sum kind)
{
	*s = (struct s3summing){ .kind = kind };
	if (kind == S3SUM_SHA256 && (s->sha = digest_new()) == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	if (kind != S3SUM_NONE && kind != S3SUM_SHA256) {
		make_table(kinds[kind].polynomial);
		s->crc = all_ones(kind);
	}
	return ST_OK;
}

void
s3sum_update(struct s3summing *s, const uint8_t *buf, size_t len)
{
	if (s->kind == S3SUM_SHA256)
		digest_update(s->sha, buf, len);
	else if (s->kind != S3SUM_NONE)
		s->crc = run_crc(s->crc, buf, len);
}

void
s3sum_end(struct s3summing *s, char text[S3SUM_TEXT])
{
	size_t n = kinds[s->kind].bytes, i;
	uint8_t raw[DIGEST_SHA256];

	text[0] = '\0';
	if (s->kind == S3SUM_NONE)
		return;
	if (s->kind == S3SUM_SHA256) {
		digest_raw(s->sha, raw);
		digest_again(s->sha);
	} else {
		s->crc ^= all_ones(s->kind);
		for (i = 0; i < n; i++)
			raw[i] = (uint8_t)(s->crc >> 8 * (n - 1 - i));
		s->crc = all_ones(s->kind);
	}
	EVP_EncodeBlock((unsigned char *)text, raw, (int)n);
}

void
s3sum_free(struct s3summing *s)
{
	digest_free(s->sha);
}
