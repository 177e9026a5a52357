/*
 * SHA-256 by libcrypto, whose code is three to five times as fast as
 * libsodium's, and MD5, which S3 wants to see.  FIPS 180-4, RFC 1321.
 *
 * digest_new() and digest_md5_new() are NULL when memory is short, the latter
 * also where the system's policy has put MD5 out of use.  An end may be called
 * once: digest_hex(), for SHA-256, writes 64 lower-case hex digits and a NUL,
 * digest_raw() the bytes as they are.  digest_again() begins anew.
 */
#ifndef MM_DIGEST_H
#define MM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 65

enum { DIGEST_SHA256 = 32, DIGEST_MD5 = 16 };

struct digest;

struct digest *digest_new(void);
struct digest *digest_md5_new(void);
void digest_again(struct digest *d);
void digest_update(struct digest *d, const uint8_t *buf, size_t len);
void digest_hex(struct digest *d, char hex[DIGEST_HEX]);
void digest_raw(struct digest *d, uint8_t *raw);
void digest_free(struct digest *d);		/* NULL is fine */

/* All at once. */
void digest_sha256(const void *buf, size_t len, uint8_t raw[DIGEST_SHA256]);
void digest_md5(const void *buf, size_t len, uint8_t raw[DIGEST_MD5]);	/* where digest_md5_new() is not NULL */

/* 2 * len lower-case hex digits and a NUL. */
void digest_print(const uint8_t *raw, size_t len, char *hex);

#endif
