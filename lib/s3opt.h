/*
 * What the four S3 tools have in common on their command lines, and what they
 * take from the environment and from the profile where the command line is
 * silent.
 *
 *	--endpoint-url url	AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's
 *				services section, its endpoint_url
 *	--region name		AWS_REGION, AWS_DEFAULT_REGION, the profile; us-east-1
 *	--profile name		AWS_PROFILE, AWS_DEFAULT_PROFILE; default
 *	--addressing style	the profile's s3.addressing_style; see s3place.h
 *	--ca-file file		AWS_CA_BUNDLE, the profile's ca_bundle, CURL_CA_BUNDLE
 *	--retry-time time	how long one request is tried again, ten minutes
 *	--timeout time		how long nothing may move, one minute
 *	--limit-rate bytes	a second, all that is under way together
 *
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_DUALSTACK_ENDPOINT and
 * AWS_USE_FIPS_ENDPOINT are honoured, and their like in the profile.
 *
 *	static const struct option options[] = { S3OPT_LONG, ... };
 *	...
 *	default:
 *		if (!s3opt_is(c))
 *			usage();
 *		st = s3opt_take(&opt, c, optarg);
 */
#ifndef MM_S3OPT_H
#define MM_S3OPT_H

#include <stdint.h>

#include "s3place.h"
#include "status.h"

enum {
	S3OPT_ENDPOINT_URL = 1000,
	S3OPT_REGION,
	S3OPT_PROFILE,
	S3OPT_ADDRESSING,
	S3OPT_CA_FILE,
	S3OPT_RETRY_TIME,
	S3OPT_TIMEOUT,
	S3OPT_LIMIT_RATE,
	S3OPT_END
};

/* For a table of getopt_long(3). */
#define S3OPT_LONG \
	{ "endpoint-url", required_argument, NULL, S3OPT_ENDPOINT_URL }, \
	{ "region", required_argument, NULL, S3OPT_REGION }, \
	{ "profile", required_argument, NULL, S3OPT_PROFILE }, \
	{ "addressing", required_argument, NULL, S3OPT_ADDRESSING }, \
	{ "ca-file", required_argument, NULL, S3OPT_CA_FILE }, \
	{ "retry-time", required_argument, NULL, S3OPT_RETRY_TIME }, \
	{ "timeout", required_argument, NULL, S3OPT_TIMEOUT }, \
	{ "limit-rate", required_argument, NULL, S3OPT_LIMIT_RATE }

/* The last line of a usage. */
#define S3OPT_USAGE \
	"s3-options: --endpoint-url --region --profile --addressing path|virtual --ca-file\n" \
	"            --retry-time --timeout --limit-rate\n"

struct s3opt {
	char *endpoint;			/* NULL: Amazon's for the region */
	char *region;
	char *profile;			/* as given by --profile, else NULL */
	char *ca_file;			/* NULL: the system's */
	enum s3style style;
	int dualstack, fips;
	int64_t retry_ms;
	int64_t timeout_ms;
	uint64_t rate;			/* 0: no limit */
};

void s3opt_init(struct s3opt *opt);
int s3opt_is(int c);
enum status s3opt_take(struct s3opt *opt, int c, const char *arg);

/* After the last option: what is still open, from the environment and the profile. */
enum status s3opt_settle(struct s3opt *opt);

void s3opt_free(struct s3opt *opt);

#endif
