/*
 * The payload of an age v1 file: a nonce, then chunks that each prove themselves.
 *
 *	offset	length
 *	0	16	nonce; key = HKDF-SHA-256(file key, nonce, "payload")
 *	16	...	chunks: 65552 bytes each, the last one 17..65552, or 16 if it is the only one
 *
 * A chunk is 65536 bytes of content, the last one less, and 16 bytes that
 * authenticate them: ChaCha20-Poly1305 under the chunk's number, 11 bytes
 * big-endian, and one byte that is 1 in the last chunk and 0 before.  There is
 * no length and no trailer; that byte tells a whole file from a cut one, so it
 * may be set only when the end has been seen.  Spec: C2SP age.md, Payload.
 *
 * libcrypto does this at more than twice the speed of libsodium, which is
 * there where libcrypto may not (a system restricted to FIPS algorithms).
 */
#ifndef MM_STREAM_H
#define MM_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "agehead.h"
#include "hkdf.h"

enum {
	STREAM_NONCE = 16,
	STREAM_CHUNK = 65536,
	STREAM_TAG = 16,
	STREAM_SEALED = STREAM_CHUNK + STREAM_TAG
};

/* Starts as all zero, ends with stream_free(), which wipes the key. */
struct stream {
	uint8_t key[HKDF_BYTES];
	uint64_t chunk;			/* the number of the next one */
	struct evp_cipher_ctx_st *evp;	/* libcrypto's, with the key; NULL: libsodium's turn */
};

void stream_start(struct stream *s, const uint8_t filekey[FILEKEY_BYTES], const uint8_t nonce[STREAM_NONCE]);
void stream_free(struct stream *s);

/* The next chunk: len bytes become len + STREAM_TAG in out, which is another buffer. */
void stream_seal(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out);

/*
 * The next chunk: len bytes, STREAM_TAG at the least, become len - STREAM_TAG
 * in out, another buffer.  False, and nothing in out, if they are not the
 * chunk with this number and mark; it may then be tried with the other mark.
 */
int stream_open(struct stream *s, const uint8_t *buf, size_t len, int last, uint8_t *out);

/* What a payload of n bytes holds, nonce included; false if no payload has that length. */
int stream_content(uint64_t n, uint64_t *content);

#endif
