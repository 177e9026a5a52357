/*
 * HKDF with SHA-256 (RFC 5869) as the age format uses it: always 32 bytes out,
 * which is one block.  A salt of length 0 is RFC 5869's "not provided".
 */
#ifndef MM_HKDF_H
#define MM_HKDF_H

#include <stddef.h>
#include <stdint.h>

enum { HKDF_BYTES = 32 };

void hkdf_sha256(const void *secret, size_t secret_len, const void *salt, size_t salt_len, const char *info,
    uint8_t key[HKDF_BYTES]);

#endif
