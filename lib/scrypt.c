#include <err.h>
#include <string.h>

#include <sodium.h>

#include "scrypt.h"

#define LABEL	"age-encryption.org/v1/scrypt"

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

static enum status
wrapping_key(const struct key *passphrase, const struct stanza *s, uint8_t key[32])
{
	uint8_t salt[sizeof(LABEL) - 1 + sizeof(s->salt)];

	memcpy(salt, LABEL, sizeof(LABEL) - 1);
	memcpy(salt + sizeof(LABEL) - 1, s->salt, sizeof(s->salt));
	if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase->text, passphrase->len, salt,
	    sizeof(salt), UINT64_C(1) << s->factor, 8, 1, key, 32) == 0)
		return ST_OK;
	warn("scrypt: %lu MiB of memory", 1UL << s->factor >> 10);
	return ST_TROUBLE;
}

enum status
scrypt_wrap(const struct key *passphrase, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s)
{
	enum status st;
	uint8_t key[32];

	memset(s, 0, sizeof(*s));
	s->type = STANZA_SCRYPT;
	s->factor = SCRYPT_FACTOR;
	randombytes_buf(s->salt, sizeof(s->salt));
	if ((st = wrapping_key(passphrase, s, key)) == ST_OK)
		crypto_aead_chacha20poly1305_ietf_encrypt(s->wrapped, NULL, filekey, FILEKEY_BYTES, NULL, 0, NULL,
		    zero_nonce, key);
	sodium_memzero(key, sizeof(key));
	return st;
}

enum status
scrypt_unwrap(const struct key *passphrase, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES], int *opened)
{
	enum status st;
	uint8_t key[32];

	*opened = 0;
	if (s->type != STANZA_SCRYPT)
		return ST_OK;
	if ((st = wrapping_key(passphrase, s, key)) == ST_OK)
		*opened = crypto_aead_chacha20poly1305_ietf_decrypt(filekey, NULL, NULL, s->wrapped,
		    sizeof(s->wrapped), NULL, 0, zero_nonce, key) == 0;
	sodium_memzero(key, sizeof(key));
	return st;
}
