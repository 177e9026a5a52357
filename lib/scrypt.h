/*
 * Wrapping a file key under a passphrase, and unwrapping it.
 *
 *	key	= scrypt(passphrase, "age-encryption.org/v1/scrypt" || salt, N = 2^factor, r = 8, p = 1)
 *	wrapped	= ChaCha20-Poly1305(key, nonce = 0, file key)
 *
 * It takes 2^factor KiB of memory: 256 MiB at 18, which is what is written.
 * Spec: C2SP age.md.
 */
#ifndef MM_SCRYPT_H
#define MM_SCRYPT_H

#include "agehead.h"
#include "keyfile.h"

enum { SCRYPT_FACTOR = 18 };

/* Makes the stanza. */
enum status scrypt_wrap(const struct key *passphrase, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s);

/* *opened tells whether the stanza was for this passphrase and filekey is set.  ST_TROUBLE: no memory. */
enum status scrypt_unwrap(const struct key *passphrase, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES],
    int *opened);

#endif
