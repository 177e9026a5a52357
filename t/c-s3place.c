/* Where a bucket is reached. */
#include <string.h>

#include "s3place.h"
#include "tap.h"

static void
names(void)
{
	char bucket[S3PLACE_BUCKET], prefix[S3PLACE_PREFIX], url[2000];
	const char *key;

	ok(s3place_name("s3://my-bucket/a/b.c", bucket, &key) == ST_OK && strcmp(bucket, "my-bucket") == 0 && strcmp(key, "a/b.c") == 0,
	    "a bucket and a key");
	ok(s3place_name("s3://my-bucket//a/../b//", bucket, &key) == ST_OK && strcmp(key, "/a/../b//") == 0, "a key is kept as it is");
	ok(s3place_name("s3://b_B.1", bucket, &key) == ST_OK && *key == '\0', "a bucket alone");
	ok(s3place_name("s3://", bucket, &key) == ST_TROUBLE && s3place_name("s3:///a", bucket, &key) == ST_TROUBLE, "no bucket is an error");
	ok(s3place_name("/tmp/x", bucket, &key) == ST_TROUBLE && s3place_name("https://b/a", bucket, &key) == ST_TROUBLE,
	    "another scheme is one");
	ok(s3place_name("s3://a b/c", bucket, &key) == ST_TROUBLE && s3place_name("s3://a@b/c", bucket, &key) == ST_TROUBLE &&
	    s3place_name("s3://a:b/c", bucket, &key) == ST_TROUBLE && s3place_name("s3://../c", bucket, &key) == ST_TROUBLE,
	    "so is what could turn the address into another");
	snprintf(url, sizeof(url), "s3://b/%01024d", 0);
	ok(s3place_name(url, bucket, &key) == ST_OK, "a key of 1024 bytes");
	ok(s3place_directory(url, bucket, prefix) == ST_OK && strlen(prefix) == 1025, "... as a prefix");
	snprintf(url, sizeof(url), "s3://b/%01025d", 0);
	ok(s3place_name(url, bucket, &key) == ST_TROUBLE, "one of 1025 is refused");
	ok(s3place_directory("s3://b/p/q", bucket, prefix) == ST_OK && strcmp(prefix, "p/q/") == 0, "a prefix gets its slash");
	ok(s3place_directory("s3://b/p/", bucket, prefix) == ST_OK && strcmp(prefix, "p/") == 0, "... and no second one");
	ok(s3place_directory("s3://b", bucket, prefix) == ST_OK && prefix[0] == '\0' &&
	    s3place_directory("s3://b/", bucket, prefix) == ST_OK && prefix[0] == '\0', "the bucket itself has none");
}

static void
is_at(struct s3place_ask ask, const char *host, const char *base, const char *what)
{
	struct s3place place;
	enum status st;

	if (ask.region == NULL)
		ask.region = "eu-west-1";
	if (ask.bucket == NULL)
		ask.bucket = "bucket";
	st = s3place_find(&place, &ask);
	ok(st == ST_OK && strcmp(place.host, host) == 0 && strcmp(place.base, base) == 0, "%s", what);
	if (st == ST_OK && (strcmp(place.host, host) != 0 || strcmp(place.base, base) != 0))
		printf("# %s%s\n", place.host, place.base);
}

static void
refused(const char *endpoint, const char *region, const char *what)
{
	struct s3place_ask ask = { .endpoint = endpoint, .region = region, .bucket = "bucket" };
	struct s3place place;

	ok(s3place_find(&place, &ask) == ST_TROUBLE, "%s", what);
}

static void
finds(void)
{
	is_at((struct s3place_ask){ 0 }, "bucket.s3.eu-west-1.amazonaws.com", "", "Amazon's host has the bucket in its name");
	is_at((struct s3place_ask){ .bucket = "my.bucket" }, "s3.eu-west-1.amazonaws.com", "/my.bucket", "not one with a dot");
	is_at((struct s3place_ask){ .bucket = "My" }, "s3.eu-west-1.amazonaws.com", "/My", "nor one that DNS has not");
	is_at((struct s3place_ask){ .region = "cn-north-1" }, "bucket.s3.cn-north-1.amazonaws.com.cn", "", "China is elsewhere");
	is_at((struct s3place_ask){ .dualstack = 1 }, "bucket.s3.dualstack.eu-west-1.amazonaws.com", "", "dual stack");
	is_at((struct s3place_ask){ .fips = 1 }, "bucket.s3-fips.eu-west-1.amazonaws.com", "", "FIPS");
	is_at((struct s3place_ask){ .style = S3STYLE_PATH }, "s3.eu-west-1.amazonaws.com", "/bucket", "the path if one says so");
	is_at((struct s3place_ask){ .endpoint = "http://127.0.0.1:9000" }, "127.0.0.1:9000", "/bucket", "elsewhere it is in the path");
	is_at((struct s3place_ask){ .endpoint = "https://s3.example.com/", .style = S3STYLE_VIRTUAL }, "bucket.s3.example.com", "",
	    "in the host if one says so");
	is_at((struct s3place_ask){ .endpoint = "HTTPS://gw.example.com/s3/" }, "gw.example.com", "/s3/bucket", "an endpoint may have a path");
	is_at((struct s3place_ask){ .endpoint = "http://[::1]:9000" }, "[::1]:9000", "/bucket", "or an address of IPv6");
	is_at((struct s3place_ask){ .endpoint = "https://s3.eu-west-1.amazonaws.com" }, "bucket.s3.eu-west-1.amazonaws.com", "",
	    "Amazon's given by hand is Amazon's");
	is_at((struct s3place_ask){ .endpoint = "https://amazonaws.com.example.org" }, "amazonaws.com.example.org", "/bucket",
	    "what only looks like it is not");
	refused("s3.example.com", "x", "an endpoint needs its scheme");
	refused("ftp://s3.example.com", "x", "and a known one");
	refused("https://user:secret@s3.example.com", "x", "it has no user");
	refused("https://", "x", "it has a host");
	refused(NULL, "eu.evil.com/", "a region is put into no host if it is none");
	refused(NULL, "", "an empty one neither");
	ok(s3place_is_region("eu-west-1") && s3place_is_region("RegionOne") && s3place_is_region("auto") && !s3place_is_region("") &&
	    !s3place_is_region("a b") && !s3place_is_region("a\nX-Header: b") && !s3place_is_region("a/b"), "what a region is");
}

static void
moves(void)
{
	struct s3place_ask ask = { .endpoint = "https://a.example.com", .region = "r", .bucket = "bucket" };
	struct s3place place, before;

	memset(&place, 0, sizeof(place));
	s3place_find(&place, &ask);
	memcpy(&before, &place, sizeof(before));
	ok(!s3place_move(&place, "http://b.example.com/bucket/k", "bucket") && !s3place_move(&place, "/bucket/k", "bucket") &&
	    !s3place_move(&place, "https://u@b.example.com/", "bucket"), "no redirect out of https, nor to what is no address");
	ok(memcmp(&place, &before, sizeof(place)) == 0, "... and nothing has changed");
	ok(s3place_move(&place, "https://b.example.com:444/bucket/k?x=y", "bucket") && strcmp(place.host, "b.example.com:444") == 0 &&
	    strcmp(place.base, "/bucket") == 0, "a redirect to another host");
	ok(s3place_move(&place, "https://bucket.c.example.com/k", "bucket") && strcmp(place.host, "bucket.c.example.com") == 0 &&
	    place.base[0] == '\0', "... which may have the bucket in its name");
}

int
main(void)
{
	names();
	finds();
	moves();
	return done_testing();
}
