#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "digest.h"
#include "sigv4.h"

enum { MAC = 32 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

static void
hmac(const uint8_t *key, size_t len, const char *text, uint8_t mac[MAC])
{
	unsigned char *done = HMAC(EVP_sha256(), key, (int)len, (const unsigned char *)text, strlen(text), mac, NULL);

	assert(done != NULL);		/* it fails for want of SHA-256 only */
}

static int
is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

static void
encode(FILE *f, const char *text, int keep_slash)
{
	for (; *text != '\0'; text++) {
		if (is_unreserved(*text) || (keep_slash && *text == '/'))
			putc(*text, f);
		else
			fprintf(f, "%%%02X", (unsigned)(uint8_t)*text);
	}
}

/* What has been written to a memory stream; NULL if memory was short on the way. */
static char *
close_text(FILE *f, char **text)
{
	int bad = ferror(f);

	if (fclose(f) != 0 || bad) {
		free(*text);
		*text = NULL;
	}
	return *text;
}

static char *
encoded(const char *text)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&out, &len)) == NULL)
		return NULL;
	encode(f, text, 0);
	return close_text(f, &out);
}

static int
by_name(const void *a, const void *b)
{
	const struct sigv4_pair *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->value, y->value);
}

static void
free_pairs(struct sigv4_pair *pair, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free((char *)pair[i].name);
		free((char *)pair[i].value);
	}
	free(pair);
}

/* The query, encoded first and sorted then: what counts is the order of what is signed. */
static int
write_query(FILE *f, const struct sigv4_request *r)
{
	struct sigv4_pair *pair;
	int whole = 1;
	size_t i;

	if ((pair = calloc(r->nquery + 1, sizeof(*pair))) == NULL)
		return 0;
	for (i = 0; i < r->nquery; i++) {
		pair[i].name = encoded(r->query[i].name);
		pair[i].value = encoded(r->query[i].value);
		whole = whole && pair[i].name != NULL && pair[i].value != NULL;
	}
	if (whole) {
		qsort(pair, r->nquery, sizeof(*pair), by_name);
		for (i = 0; i < r->nquery; i++)
			fprintf(f, "%s%s=%s", i == 0 ? "" : "&", pair[i].name, pair[i].value);
	}
	free_pairs(pair, r->nquery);
	return whole;
}

char *
sigv4_target(const struct sigv4_request *r)
{
	char *out = NULL;
	int whole = 1;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&out, &len)) == NULL)
		return NULL;
	encode(f, r->path, 1);
	if (r->nquery > 0) {
		putc('?', f);
		whole = write_query(f, r);
	}
	if (close_text(f, &out) != NULL && !whole) {
		free(out);
		out = NULL;
	}
	return out;
}

/* A header's value without the blanks around it, and with one where there are several. */
static void
write_trimmed(FILE *f, const char *value)
{
	const char *blanks = " \t";
	int gap = 0;

	for (value += strspn(value, blanks); *value != '\0'; value++) {
		if (strchr(blanks, *value) != NULL) {
			gap = 1;
			continue;
		}
		if (gap)
			putc(' ', f);
		gap = 0;
		putc(*value, f);
	}
}

/* All headers that are signed, sorted.  The caller frees the array and nothing in it. */
static struct sigv4_pair *
signed_headers(const struct sigv4_request *r, const struct sigv4_key *key, size_t *n)
{
	struct sigv4_pair *pair;
	size_t i;

	if ((pair = calloc(r->nheader + 4, sizeof(*pair))) == NULL)
		return NULL;
	for (i = 0; i < r->nheader; i++)
		pair[i] = r->header[i];
	pair[i++] = (struct sigv4_pair){ "host", r->host };
	pair[i++] = (struct sigv4_pair){ "x-amz-date", r->date };
	if (key->token != NULL)
		pair[i++] = (struct sigv4_pair){ "x-amz-security-token", key->token };
	if (strcmp(key->service, "s3") == 0)
		pair[i++] = (struct sigv4_pair){ "x-amz-content-sha256", r->payload };
	qsort(pair, i, sizeof(*pair), by_name);
	*n = i;
	return pair;
}

static void
write_names(FILE *f, const struct sigv4_pair *header, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : ";", header[i].name);
}

static void
write_canonical(FILE *f, const struct sigv4_request *r, const struct sigv4_pair *header, size_t n, int *whole)
{
	size_t i;

	fprintf(f, "%s\n", r->method);
	encode(f, r->path, 1);
	putc('\n', f);
	*whole = write_query(f, r);
	putc('\n', f);
	for (i = 0; i < n; i++) {
		fprintf(f, "%s:", header[i].name);
		write_trimmed(f, header[i].value);
		putc('\n', f);
	}
	putc('\n', f);
	write_names(f, header, n);
	fprintf(f, "\n%s", r->payload);
}

/* SHA-256 of the canonical request, in hex.  It may hold a session's token, and is wiped. */
static int
digest_canonical(const struct sigv4_request *r, const struct sigv4_pair *header, size_t n, char hex[DIGEST_HEX])
{
	uint8_t raw[DIGEST_SHA256];
	char *text = NULL;
	int whole = 0;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return 0;
	write_canonical(f, r, header, n, &whole);
	if (close_text(f, &text) == NULL)
		return 0;
	digest_sha256(text, len, raw);
	digest_print(raw, sizeof(raw), hex);
	OPENSSL_cleanse(text, len);
	free(text);
	return whole;
}

/* The key of that day, region and service. */
static int
derive(const struct sigv4_key *key, const char *date, uint8_t mac[MAC])
{
	char day[9], *secret;
	size_t len = strlen(key->secret) + 4;

	if ((secret = malloc(len + 1)) == NULL)
		return 0;
	snprintf(secret, len + 1, "AWS4%s", key->secret);
	snprintf(day, sizeof(day), "%.8s", date);
	hmac((uint8_t *)secret, len, day, mac);
	hmac(mac, MAC, key->region, mac);
	hmac(mac, MAC, key->service, mac);
	hmac(mac, MAC, "aws4_request", mac);
	OPENSSL_cleanse(secret, len);
	free(secret);
	return 1;
}

static int
sign(const struct sigv4_key *key, const char *date, const char *scope, const char *digest, char hex[DIGEST_HEX])
{
	uint8_t mac[MAC];
	char *text = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return 0;
	fprintf(f, "%s\n%s\n%s\n%s", algorithm, date, scope, digest);
	if (close_text(f, &text) == NULL)
		return 0;
	if (derive(key, date, mac)) {
		hmac(mac, MAC, text, mac);
		digest_print(mac, MAC, hex);
		OPENSSL_cleanse(mac, MAC);
		free(text);
		return 1;
	}
	free(text);
	return 0;
}

static char *
scope_of(const struct sigv4_key *key, const char *date)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&out, &len)) == NULL)
		return NULL;
	fprintf(f, "%.8s/%s/%s/aws4_request", date, key->region, key->service);
	return close_text(f, &out);
}

static char *
authorize(const struct sigv4_request *r, const struct sigv4_key *key, const struct sigv4_pair *header, size_t n,
    const char *scope)
{
	char digest[DIGEST_HEX], signature[DIGEST_HEX], *out = NULL;
	size_t len;
	FILE *f;

	if (!digest_canonical(r, header, n, digest) || !sign(key, r->date, scope, digest, signature))
		return NULL;
	if ((f = open_memstream(&out, &len)) == NULL)
		return NULL;
	fprintf(f, "%s Credential=%s/%s, SignedHeaders=", algorithm, key->access, scope);
	write_names(f, header, n);
	fprintf(f, ", Signature=%s", signature);
	return close_text(f, &out);
}

char *
sigv4_authorization(const struct sigv4_request *r, const struct sigv4_key *key)
{
	struct sigv4_pair *header;
	char *out = NULL, *scope;
	size_t n;

	scope = scope_of(key, r->date);
	header = signed_headers(r, key, &n);
	if (scope != NULL && header != NULL)
		out = authorize(r, key, header, n, scope);
	free(header);
	free(scope);
	return out;
}
