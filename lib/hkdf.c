#include <string.h>

#include <sodium.h>

#include "hkdf.h"

/* HMAC-SHA-256 of a then b; libsodium's one-shot form takes no key of any other length than 32. */
static void
hmac(const void *key, size_t key_len, const void *a, size_t a_len, const void *b, size_t b_len,
    uint8_t mac[HKDF_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, a, a_len);
	crypto_auth_hmacsha256_update(&state, b, b_len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
}

void
hkdf_sha256(const void *secret, size_t secret_len, const void *salt, size_t salt_len, const char *info,
    uint8_t key[HKDF_BYTES])
{
	static const uint8_t one = 1;
	uint8_t extracted[HKDF_BYTES];

	hmac(salt, salt_len, secret, secret_len, "", 0, extracted);
	hmac(extracted, sizeof(extracted), info, strlen(info), &one, 1, key);
	sodium_memzero(extracted, sizeof(extracted));
}
