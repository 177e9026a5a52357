/*
 * Wrapping a file key for a key on Curve25519, and unwrapping it.
 *
 *	share	= X25519(e, base point); e is random and never used again
 *	secret	= X25519(e, point) = X25519(scalar, share)
 *	key	= HKDF(secret, salt = share || point, "age-encryption.org/v1/X25519")
 *	wrapped	= ChaCha20-Poly1305(key, nonce = 0, file key)
 *
 * A zero nonce is sound because the key is new each time.  Spec: C2SP age.md.
 */
#ifndef MM_X25519_H
#define MM_X25519_H

#include "agehead.h"
#include "keyfile.h"

/* Makes the stanza. */
enum status x25519_wrap(const struct key *to, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s);

/*
 * *opened tells whether the stanza was for this key and filekey is set.  ST_BAD
 * only if it is forged: its share would make the secret known to all.
 */
enum status x25519_unwrap(const struct key *by, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES], int *opened);

#endif
