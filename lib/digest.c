#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "digest.h"

struct digest {
	EVP_MD_CTX *ctx;
};

static struct digest *
start(const EVP_MD *kind)
{
	struct digest *d;

	if ((d = malloc(sizeof(*d))) == NULL)
		return NULL;
	if ((d->ctx = EVP_MD_CTX_new()) == NULL || !EVP_DigestInit_ex(d->ctx, kind, NULL)) {
		digest_free(d);
		return NULL;
	}
	return d;
}

struct digest *
digest_new(void)
{
	return start(EVP_sha256());
}

struct digest *
digest_md5_new(void)
{
	return start(EVP_md5());
}

void
digest_again(struct digest *d)
{
	int good = EVP_DigestInit_ex(d->ctx, NULL, NULL);

	assert(good);		/* the same kind as before */
}

void
digest_update(struct digest *d, const uint8_t *buf, size_t len)
{
	int good = EVP_DigestUpdate(d->ctx, buf, len);

	assert(good);		/* it fails for want of an initialised context only */
}

void
digest_raw(struct digest *d, uint8_t *raw)
{
	int good = EVP_DigestFinal_ex(d->ctx, raw, NULL);

	assert(good);
}

void
digest_hex(struct digest *d, char hex[DIGEST_HEX])
{
	uint8_t raw[DIGEST_SHA256];

	digest_raw(d, raw);
	digest_print(raw, sizeof(raw), hex);
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
digest_sha256(const void *buf, size_t len, uint8_t raw[DIGEST_SHA256])
{
	int good = EVP_Digest(buf, len, raw, NULL, EVP_sha256(), NULL);

	assert(good);
}

void
digest_md5(const void *buf, size_t len, uint8_t raw[DIGEST_MD5])
{
	int good = EVP_Digest(buf, len, raw, NULL, EVP_md5(), NULL);

	assert(good);
}

void
digest_print(const uint8_t *raw, size_t len, char *hex)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
}
