/*
 * Where a bucket is reached: which host, and under which path.
 *
 *	s3place_name	s3://bucket/db/a.dump		what a user writes
 *	s3place_find	https://bucket.s3.eu-west-1.amazonaws.com
 *			http://127.0.0.1:9000/bucket
 *
 * Addressing: with the bucket in the host's name (virtual) for Amazon, unless
 * the name holds what a certificate for *.s3.amazonaws.com or DNS does not
 * cover; in the path for every other endpoint, where the host may be an address
 * or have no wildcard name.  A style other than S3STYLE_AUTO is obeyed.
 */
#ifndef MM_S3PLACE_H
#define MM_S3PLACE_H

#include "status.h"

enum { S3PLACE_BUCKET = 256, S3PLACE_HOST = 600, S3PLACE_BASE = 1024, S3PLACE_KEY = 1025, S3PLACE_PREFIX = S3PLACE_KEY + 1 };

enum s3style {
	S3STYLE_AUTO,
	S3STYLE_PATH,
	S3STYLE_VIRTUAL
};

struct s3place_ask {
	const char *endpoint;		/* http[s]://host[:port][/path]; NULL: Amazon's, for the region */
	const char *region;
	const char *bucket;
	enum s3style style;
	int dualstack;			/* Amazon's endpoint that has IPv6 too */
	int fips;
};

struct s3place {
	int is_https;
	int is_amazon;			/* one of Amazon's own hosts */
	char host[S3PLACE_HOST];	/* for the Host header, with its port if one was given */
	char base[S3PLACE_BASE];	/* what stands before the key's slash in the path: "" or "/bucket" */
};

/* Take s3://bucket[/key] apart; *key points into url and may be "".  ST_TROUBLE, with the reason said, for anything else. */
enum status s3place_name(const char *url, char bucket[S3PLACE_BUCKET], const char **key);

/*
 * The same for s3://bucket[/prefix], where the prefix stands for a directory:
 * it is "" or has one slash behind it.
 */
enum status s3place_directory(const char *url, char bucket[S3PLACE_BUCKET], char prefix[S3PLACE_PREFIX]);

/* Whether it is a word that can be a region's name, and nothing that ends a header or changes a host. */
int s3place_is_region(const char *text);

/* ST_TROUBLE, with the reason said: the endpoint is no such URL. */
enum status s3place_find(struct s3place *place, const struct s3place_ask *ask);

/*
 * Follow a redirect to *url, for *bucket.  False, and nothing changed, if it
 * leads from https to http, or to what is no such URL.
 */
int s3place_move(struct s3place *place, const char *url, const char *bucket);

#endif
