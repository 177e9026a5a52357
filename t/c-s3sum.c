/* The checksums that S3 keeps, against their published check values. */
#include <stdlib.h>
#include <string.h>

#include "s3sum.h"
#include "tap.h"

enum { MANY = 100000 };

static void
gives(enum s3sum kind, const char *text, const char *want, const char *what)
{
	struct s3summing s;
	char got[S3SUM_TEXT];

	if (s3sum_begin(&s, kind) != ST_OK)
		abort();
	s3sum_update(&s, (const uint8_t *)text, strlen(text));
	s3sum_end(&s, got);
	ok(strcmp(got, want) == 0, "%s", what);
	s3sum_update(&s, (const uint8_t *)text, strlen(text));
	s3sum_end(&s, got);
	ok(strcmp(got, want) == 0, "... and the same again");
	s3sum_free(&s);
}

/* In pieces of any size it comes to the same. */
static void
in_pieces(enum s3sum kind)
{
	uint8_t *buf = malloc(MANY);
	char whole[S3SUM_TEXT], pieces[S3SUM_TEXT];
	struct s3summing s;
	size_t i, n;

	if (buf == NULL || s3sum_begin(&s, kind) != ST_OK)
		abort();
	for (i = 0; i < MANY; i++)
		buf[i] = (uint8_t)(i * 2654435761u >> 13);
	s3sum_update(&s, buf, MANY);
	s3sum_end(&s, whole);
	for (i = 0; i < MANY; i += n) {
		n = i % 23 < MANY - i ? i % 23 : MANY - i;
		n += n == 0;
		s3sum_update(&s, buf + i, n);
	}
	s3sum_end(&s, pieces);
	ok(strcmp(whole, pieces) == 0, "%s in pieces", s3sum_name(kind));
	s3sum_free(&s);
	free(buf);
}

int
main(void)
{
	enum s3sum kind = S3SUM_NONE;

	/* 0xe3069283, 0xae8b14860a799888, and what sha256sum says of "123456789". */
	gives(S3SUM_CRC32C, "123456789", "4waSgw==", "CRC-32C");
	gives(S3SUM_CRC64NVME, "123456789", "rosUhgp5mIg=", "CRC-64/NVME");
	gives(S3SUM_SHA256, "123456789", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", "SHA-256");
	gives(S3SUM_CRC32C, "", "AAAAAA==", "of nothing");
	gives(S3SUM_NONE, "123456789", "", "none");
	in_pieces(S3SUM_CRC32C);
	in_pieces(S3SUM_CRC64NVME);
	in_pieces(S3SUM_SHA256);
	ok(s3sum_named("crc64nvme", &kind) == ST_OK && kind == S3SUM_CRC64NVME && s3sum_named("md5", &kind) == ST_TROUBLE,
	    "they are known by name");
	return done_testing();
}
