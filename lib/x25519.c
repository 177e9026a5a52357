#include <err.h>
#include <string.h>

#include <sodium.h>

#include "hkdf.h"
#include "x25519.h"

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

static const char *
label(const struct key *key)
{
	return key->type == KEY_SSH_ED25519 ? "age-encryption.org/v1/ssh-ed25519" : "age-encryption.org/v1/X25519";
}

static void
ssh_tag(const struct key *key, uint8_t tag[4])
{
	uint8_t hash[32];

	crypto_hash_sha256(hash, key->wire, sizeof(key->wire));
	memcpy(tag, hash, 4);
}

/*
 * The secret of a pair of keys, one secret and one public; false if it would be
 * zero.  Whether it is tells crypto_scalarmult()'s result alone: it then leaves
 * the product unwritten.  Nor may the product be where the point is.
 */
static int
agree(const struct key *key, const uint8_t scalar[32], const uint8_t point[32], uint8_t secret[32])
{
	uint8_t tweak[HKDF_BYTES], product[32];
	int good;

	if (key->type != KEY_SSH_ED25519)
		return crypto_scalarmult(secret, scalar, point) == 0;
	hkdf_sha256("", 0, key->wire, sizeof(key->wire), label(key), tweak);
	good = crypto_scalarmult(product, scalar, point) == 0 && crypto_scalarmult(secret, tweak, product) == 0;
	sodium_memzero(product, sizeof(product));
	return good;
}

static void
wrapping_key(const struct key *key, const uint8_t share[32], const uint8_t secret[32], uint8_t wrap[HKDF_BYTES])
{
	uint8_t salt[64];

	memcpy(salt, share, 32);
	memcpy(salt + 32, key->point, 32);
	hkdf_sha256(secret, 32, salt, sizeof(salt), label(key), wrap);
}

enum status
x25519_wrap(const struct key *to, const uint8_t filekey[FILEKEY_BYTES], struct stanza *s)
{
	uint8_t e[32], secret[32], wrap[HKDF_BYTES];
	enum status st = ST_TROUBLE;

	memset(s, 0, sizeof(*s));
	s->type = to->type == KEY_SSH_ED25519 ? STANZA_SSH_ED25519 : STANZA_X25519;
	if (to->type == KEY_SSH_ED25519)
		ssh_tag(to, s->tag);
	randombytes_buf(e, sizeof(e));
	crypto_scalarmult_base(s->share, e);
	if (!agree(to, e, to->point, secret)) {
		warnx("%s: a recipient that protects nothing", to->where);
		goto out;
	}
	wrapping_key(to, s->share, secret, wrap);
	crypto_aead_chacha20poly1305_ietf_encrypt(s->wrapped, NULL, filekey, FILEKEY_BYTES, NULL, 0, NULL,
	    zero_nonce, wrap);
	st = ST_OK;
out:
	sodium_memzero(e, sizeof(e));
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(wrap, sizeof(wrap));
	return st;
}

/* Whether a stanza may be for this key at all. */
static int
concerns(const struct key *by, const struct stanza *s)
{
	uint8_t tag[4];

	if (by->type == KEY_X25519)
		return s->type == STANZA_X25519;
	ssh_tag(by, tag);
	return s->type == STANZA_SSH_ED25519 && memcmp(tag, s->tag, sizeof(tag)) == 0;
}

enum status
x25519_unwrap(const struct key *by, const struct stanza *s, uint8_t filekey[FILEKEY_BYTES], int *opened)
{
	uint8_t secret[32], wrap[HKDF_BYTES];

	*opened = 0;
	if (!concerns(by, s))
		return ST_OK;
	if (!agree(by, by->scalar, s->share, secret)) {
		warnx("header: %.*s: a share that makes the secret zero", (int)s->name_len, s->name);
		return ST_BAD;
	}
	wrapping_key(by, s->share, secret, wrap);
	*opened = crypto_aead_chacha20poly1305_ietf_decrypt(filekey, NULL, NULL, s->wrapped, sizeof(s->wrapped),
	    NULL, 0, zero_nonce, wrap) == 0;
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(wrap, sizeof(wrap));
	if (!*opened && by->type == KEY_SSH_ED25519) {
		warnx("header: ssh-ed25519: has the tag of %s, which does not open it", by->where);
		return ST_BAD;
	}
	return ST_OK;
}
