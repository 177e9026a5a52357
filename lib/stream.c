#include <string.h>

#include <sodium.h>

#include "stream.h"

enum { NONCE = crypto_aead_chacha20poly1305_IETF_NPUBBYTES };

void
stream_start(struct stream *s, const uint8_t filekey[FILEKEY_BYTES], const uint8_t nonce[STREAM_NONCE])
{
	hkdf_sha256(filekey, FILEKEY_BYTES, nonce, STREAM_NONCE, "payload", s->key);
	s->chunk = 0;
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

void
stream_seal(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out)
{
	uint8_t nonce[NONCE];

	chunk_nonce(s, last, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, buf, len, NULL, 0, NULL, nonce, s->key);
	s->chunk++;
}

int
stream_open(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out)
{
	uint8_t nonce[NONCE];

	chunk_nonce(s, last, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, buf, len, NULL, 0, nonce, s->key) != 0)
		return 0;
	s->chunk++;
	return 1;
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
