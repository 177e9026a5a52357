/*
 * SHA-256 by libcrypto, whose code is three to five times as fast as
 * libsodium's.  FIPS 180-4.
 *
 * digest_new() is NULL when memory is short.  digest_hex() may be called once,
 * at the end; it writes 64 lower-case hex digits and a NUL.
 */
#ifndef MM_DIGEST_H
#define MM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 65

struct digest;

struct digest *digest_new(void);
void digest_update(struct digest *d, const uint8_t *buf, size_t len);
void digest_hex(struct digest *d, char hex[DIGEST_HEX]);
void digest_free(struct digest *d);		/* NULL is fine */

#endif
