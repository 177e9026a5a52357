#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "digest.h"

struct digest {
	EVP_MD_CTX *ctx;
};

struct digest *
digest_new(void)
{
	struct digest *d;

	if ((d = malloc(sizeof(*d))) == NULL)
		return NULL;
	if ((d->ctx = EVP_MD_CTX_new()) == NULL || !EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL)) {
		digest_free(d);
		return NULL;
	}
	return d;
}

void
digest_update(struct digest *d, const uint8_t *buf, size_t len)
{
	int good = EVP_DigestUpdate(d->ctx, buf, len);

	assert(good);		/* it fails for want of an initialised context only */
}

void
digest_hex(struct digest *d, char hex[DIGEST_HEX])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	int good = EVP_DigestFinal_ex(d->ctx, raw, NULL);
	size_t i;

	assert(good);
	for (i = 0; i < (DIGEST_HEX - 1) / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}
