#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "s3place.h"

/* May it stand in a URL's authority?  Not a user name with a password, in particular. */
static int
is_host(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(".-_:[]", text[i]) == NULL)
			return 0;
	return len > 0 && text[0] != ':';
}

static int
is_bucket(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(".-_", text[i]) == NULL)
			return 0;
	return len > 0 && len < S3PLACE_BUCKET && strspn(text, ".") < len;
}

enum status
s3place_name(const char *url, char bucket[S3PLACE_BUCKET], const char **key)
{
	static const char scheme[] = "s3://";
	size_t len;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0) {
		warnx("'%s' does not begin with s3://bucket", url);
		return ST_TROUBLE;
	}
	url += sizeof(scheme) - 1;
	len = strcspn(url, "/");
	if (!is_bucket(url, len)) {
		warnx("'%.*s' is no bucket's name", (int)len, url);
		return ST_TROUBLE;
	}
	memcpy(bucket, url, len);
	bucket[len] = '\0';
	*key = url[len] == '/' ? url + len + 1 : url + len;
	if (strlen(*key) >= S3PLACE_KEY) {
		warnx("a key has %d bytes at the most", S3PLACE_KEY - 1);
		return ST_TROUBLE;
	}
	return ST_OK;
}

enum status
s3place_directory(const char *url, char bucket[S3PLACE_BUCKET], char prefix[S3PLACE_PREFIX])
{
	enum status st;
	const char *key;
	size_t len;

	if ((st = s3place_name(url, bucket, &key)) != ST_OK)
		return st;
	len = strlen(key);
	snprintf(prefix, S3PLACE_PREFIX, "%s%s", key, len == 0 || key[len - 1] == '/' ? "" : "/");
	return ST_OK;
}

/* http[s]://authority[/path], the path without slashes at its end; false for anything else. */
static int
split(const char *url, int *is_https, const char **host, size_t *host_len, const char **path, size_t *path_len)
{
	*is_https = strncasecmp(url, "https://", 8) == 0;
	if (!*is_https && strncasecmp(url, "http://", 7) != 0)
		return 0;
	*host = url + (*is_https ? 8 : 7);
	*host_len = strcspn(*host, "/?#");
	*path = *host + *host_len;
	*path_len = strcspn(*path, "?#");
	while (*path_len > 0 && (*path)[*path_len - 1] == '/')
		--*path_len;
	return is_host(*host, *host_len);
}

static int
suits_dns(const char *bucket)
{
	size_t len = strlen(bucket);

	return len >= 3 && len <= 63 && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	    bucket[0] != '-' && bucket[len - 1] != '-';
}

static int
is_virtual(const struct s3place *place, const struct s3place_ask *ask)
{
	switch (ask->style) {
	case S3STYLE_PATH:
		return 0;
	case S3STYLE_VIRTUAL:
		return 1;
	default:
		return place->is_amazon && suits_dns(ask->bucket);
	}
}

int
s3place_is_region(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len < 64 &&
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

/* A region is put into a host's name, so it is no more than a label. */
static enum status
amazon_host(const struct s3place_ask *ask, char *host, size_t size)
{
	if (ask->region[0] == '\0' ||
	    strspn(ask->region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(ask->region) || strlen(ask->region) > 63) {
		warnx("'%s' is no region of Amazon's: say --region or --endpoint-url", ask->region);
		return ST_TROUBLE;
	}
	snprintf(host, size, "s3%s%s.%s.amazonaws.com%s", ask->fips ? "-fips" : "", ask->dualstack ? ".dualstack" : "", ask->region,
	    strncmp(ask->region, "cn-", 3) == 0 ? ".cn" : "");
	return ST_OK;
}

static int
is_amazon_host(const char *host, size_t len)
{
	static const char *const tails[] = { ".amazonaws.com", ".amazonaws.com.cn" };
	size_t i, n;

	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		n = strlen(tails[i]);
		if (len > n && strncasecmp(host + len - n, tails[i], n) == 0)
			return 1;
	}
	return 0;
}

enum status
s3place_find(struct s3place *place, const struct s3place_ask *ask)
{
	const char *host, *path = "";
	char amazon[S3PLACE_HOST];
	size_t host_len, path_len = 0;
	int in_host;

	place->is_https = 1;
	if (ask->endpoint == NULL) {
		if (amazon_host(ask, amazon, sizeof(amazon)) != ST_OK)
			return ST_TROUBLE;
		host = amazon;
		host_len = strlen(amazon);
	} else if (!split(ask->endpoint, &place->is_https, &host, &host_len, &path, &path_len) || host_len > 300 || path_len > 500) {
		warnx("an endpoint is written http://host:port or https://host, without a user's name");
		return ST_TROUBLE;
	}
	place->is_amazon = is_amazon_host(host, host_len);
	in_host = is_virtual(place, ask);
	snprintf(place->host, sizeof(place->host), "%s%s%.*s", in_host ? ask->bucket : "", in_host ? "." : "", (int)host_len, host);
	snprintf(place->base, sizeof(place->base), "%.*s%s%s", (int)path_len, path, in_host ? "" : "/", in_host ? "" : ask->bucket);
	return ST_OK;
}

int
s3place_move(struct s3place *place, const char *url, const char *bucket)
{
	size_t host_len, path_len, len = strlen(bucket);
	const char *host, *path;
	int is_https, in_host;

	if (!split(url, &is_https, &host, &host_len, &path, &path_len) || host_len >= S3PLACE_HOST)
		return 0;
	if (place->is_https && !is_https)
		return 0;
	in_host = host_len > len && strncmp(host, bucket, len) == 0 && host[len] == '.';
	place->is_https = is_https;
	snprintf(place->host, sizeof(place->host), "%.*s", (int)host_len, host);
	snprintf(place->base, sizeof(place->base), "%s%s", in_host ? "" : "/", in_host ? "" : bucket);
	return 1;
}
