/* HKDF: the first 32 bytes of each SHA-256 vector of RFC 5869. */
#include <string.h>

#include <sodium.h>

#include "hkdf.h"
#include "tap.h"

static void
count_up(uint8_t *buf, uint8_t from, size_t len)
{
	while (len-- > 0)
		*buf++ = from++;
}

static void
derives(const char *which, const uint8_t *ikm, size_t ikm_len, const uint8_t *salt, size_t salt_len, const char *info,
    const char *hex)
{
	uint8_t key[HKDF_BYTES];
	char got[2 * HKDF_BYTES + 1];

	hkdf_sha256(ikm, ikm_len, salt, salt_len, info, key);
	sodium_bin2hex(got, sizeof(got), key, sizeof(key));
	ok(strcmp(got, hex) == 0, "RFC 5869, test case %s", which);
}

int
main(void)
{
	uint8_t ikm[80], salt[80], info[81] = { 0 };

	if (sodium_init() == -1)
		return 2;
	memset(ikm, 0x0b, 22);
	count_up(salt, 0x00, 13);
	count_up(info, 0xf0, 10);
	derives("1", ikm, 22, salt, 13, (char *)info,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	count_up(ikm, 0x00, 80);
	count_up(salt, 0x60, 80);
	count_up(info, 0xb0, 80);
	derives("2", ikm, 80, salt, 80, (char *)info,
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
	memset(ikm, 0x0b, 22);
	derives("3", ikm, 22, salt, 0, "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
	return done_testing();
}
