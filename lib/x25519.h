/*
 * Wrapping a file key for a key on Curve25519, and unwrapping it.
 *
 *	share	= X25519(e, base point); e is random and never used again
 *	secret	= X25519(e, point) = X25519(scalar, share)
 *	key	= HKDF(secret, salt = share || point, label)
 *	wrapped	= ChaCha20-Poly1305(key, nonce = 0, file key)
 *
 * A zero nonce is sound because the key is new each time.  The label is
 * "age-encryption.org/v1/X25519" for age's own keys, "age-encryption.org/v1/ssh-ed25519" for SSH's.
 * The secret is bound to the SSH key it came through, and the stanza says by a
 * tag whose it is:
 *
 *	tweak	= HKDF(nothing, salt = wire, label)
 *	secret	= X25519(tweak, secret as above)
 *	tag	= the first 4 bytes of SHA-256(wire)
 *
 * Spec: C2SP age.md for the first; for the second, age's package agessh.
 */
#ifndef MM_X25519_H
#define MM_X25519_H

#include "agehead.h"
#include "keyfile.h"

/* Makes the stanza, of the key's type. */
enum status x25519_wrap(const struct key *to, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s);

/*
 * *opened tells whether the stanza was for this key and filekey is set.  ST_BAD
 * if it is forged: a share that makes the secret known to all, or this key's
 * tag on what the key does not open.
 */
enum status x25519_unwrap(const struct key *by, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES], int *opened);

#endif
