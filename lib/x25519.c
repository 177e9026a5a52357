#include <err.h>
#include <string.h>

#include <sodium.h>

#include "hkdf.h"
#include "x25519.h"

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

static void
wrapping_key(const uint8_t secret[32], const uint8_t share[32], const uint8_t point[32], uint8_t key[HKDF_BYTES])
{
	uint8_t salt[64];

	memcpy(salt, share, 32);
	memcpy(salt + 32, point, 32);
	hkdf_sha256(secret, 32, salt, sizeof(salt), "age-encryption.org/v1/X25519", key);
}

enum status
x25519_wrap(const struct key *to, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s)
{
	uint8_t e[32], secret[32], key[HKDF_BYTES];
	enum status st = ST_OK;

	memset(s, 0, sizeof(*s));
	s->type = STANZA_X25519;
	randombytes_buf(e, sizeof(e));
	crypto_scalarmult_base(s->share, e);
	if (crypto_scalarmult(secret, e, to->point) == 0) {
		wrapping_key(secret, s->share, to->point, key);
		crypto_aead_chacha20poly1305_ietf_encrypt(s->wrapped, NULL, filekey, FILEKEY_BYTES, NULL, 0, NULL,
		    zero_nonce, key);
	} else {
		warnx("%s: a recipient that protects nothing", to->where);
		st = ST_TROUBLE;
	}
	sodium_memzero(e, sizeof(e));
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(key, sizeof(key));
	return st;
}

enum status
x25519_unwrap(const struct key *by, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES], int *opened)
{
	uint8_t secret[32], key[HKDF_BYTES];

	*opened = 0;
	if (s->type != STANZA_X25519)
		return ST_OK;
	/* The answer is in the result alone: with a share of low order nothing is written to secret. */
	if (crypto_scalarmult(secret, by->scalar, s->share) != 0) {
		warnx("header: X25519: a share that makes the secret zero; the file is forged");
		return ST_BAD;
	}
	wrapping_key(secret, s->share, by->point, key);
	*opened = crypto_aead_chacha20poly1305_ietf_decrypt(filekey, NULL, NULL, s->wrapped, sizeof(s->wrapped),
	    NULL, 0, zero_nonce, key) == 0;
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(key, sizeof(key));
	return ST_OK;
}
