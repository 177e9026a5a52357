#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "stream.h"

enum { NONCE = crypto_aead_chacha20poly1305_IETF_NPUBBYTES };

/* A context with the cipher and the key, or NULL where libcrypto has none. */
static EVP_CIPHER_CTX *
new_context(const uint8_t key[HKDF_BYTES])
{
	EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();

	if (evp != NULL && EVP_CipherInit_ex(evp, EVP_chacha20_poly1305(), NULL, key, NULL, 1) != 1) {
		EVP_CIPHER_CTX_free(evp);
		return NULL;
	}
	return evp;
}

void
stream_start(struct stream *s, const uint8_t filekey[FILEKEY_BYTES], const uint8_t nonce[STREAM_NONCE])
{
	hkdf_sha256(filekey, FILEKEY_BYTES, nonce, STREAM_NONCE, "payload", s->key);
	s->chunk = 0;
	s->evp = new_context(s->key);
}

void
stream_free(struct stream *s)
{
	EVP_CIPHER_CTX_free(s->evp);
	sodium_memzero(s, sizeof(*s));
}

/* 64 bits of number are enough for 2^80 bytes. */
static void
chunk_nonce(const struct stream *s, int last, uint8_t nonce[NONCE])
{
	int i;

	memset(nonce, 0, NONCE);
	for (i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(s->chunk >> 8 * i);
	nonce[11] = last != 0;
}

/* As stream_seal(), by libcrypto.  Nothing in it can fail once there is a context. */
static void
seal_fast(EVP_CIPHER_CTX *evp, const uint8_t nonce[NONCE], const uint8_t *buf, size_t len, uint8_t *out)
{
	int n = 0, good;

	good = EVP_CipherInit_ex(evp, NULL, NULL, NULL, nonce, 1) == 1 &&
	    EVP_CipherUpdate(evp, out, &n, buf, (int)len) == 1 && EVP_CipherFinal_ex(evp, out + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, STREAM_TAG, out + len) == 1;
	if (!good)
		abort();
}

/* As stream_open(), by libcrypto, which decrypts first and judges then: what it refuses is wiped. */
static int
open_fast(EVP_CIPHER_CTX *evp, const uint8_t nonce[NONCE], const uint8_t *buf, size_t len, uint8_t *out)
{
	uint8_t tag[STREAM_TAG];
	int n = 0;

	len -= STREAM_TAG;
	memcpy(tag, buf + len, STREAM_TAG);
	if (EVP_CipherInit_ex(evp, NULL, NULL, NULL, nonce, 0) == 1 &&
	    EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, STREAM_TAG, tag) == 1 &&
	    EVP_CipherUpdate(evp, out, &n, buf, (int)len) == 1 && EVP_CipherFinal_ex(evp, out + n, &n) == 1)
		return 1;
	sodium_memzero(out, len);
	return 0;
}

void
stream_seal(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out)
{
	uint8_t nonce[NONCE];

	chunk_nonce(s, last, nonce);
	if (s->evp != NULL)
		seal_fast(s->evp, nonce, buf, len, out);
	else
		crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, buf, len, NULL, 0, NULL, nonce, s->key);
	s->chunk++;
}

int
stream_open(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out)
{
	uint8_t nonce[NONCE];
	int good;

	chunk_nonce(s, last, nonce);
	if (s->evp != NULL)
		good = open_fast(s->evp, nonce, buf, len, out);
	else
		good = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, buf, len, NULL, 0, nonce,
		    s->key) == 0;
	s->chunk += good != 0;
	return good;
}

int
stream_content(uint64_t n, uint64_t *content)
{
	uint64_t chunks, last;

	if (n < STREAM_NONCE + STREAM_TAG)
		return 0;
	n -= STREAM_NONCE;
	chunks = (n - 1) / STREAM_SEALED + 1;
	last = n - (chunks - 1) * STREAM_SEALED;
	*content = n - chunks * STREAM_TAG;
	return last > STREAM_TAG || n == STREAM_TAG;
}
