/*
 * mm-s3get - an object in an S3 bucket to stdout, whole or not at all
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "coredump.h"
#include "fdsink.h"
#include "meter.h"
#include "number.h"
#include "relay.h"
#include "s3.h"
#include "s3fetch.h"
#include "s3opt.h"
#include "s3place.h"
#include "stdfds.h"

static void
usage(void)
{
	fputs("usage: mm-s3get [s3-options] [-j n] s3://bucket/key\n" S3OPT_USAGE, stderr);
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct s3opt *opt, uint64_t *parallel)
{
	static const struct option options[] = {
		S3OPT_LONG,
		{ "jobs", required_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "j:", options, NULL)) != -1) {
		if (c == 'j')
			st = number_count(optarg, "-j", 1, S3FETCH_PARALLEL, parallel);
		else if (s3opt_is(c))
			st = s3opt_take(opt, c, optarg);
		else
			usage();
	}
	if (st == ST_OK && argc - optind != 1)
		usage();
	return st;
}

static enum status
get(const struct s3opt *opt, const char *bucket, const char *key, unsigned parallel)
{
	struct s3 *s3 = s3_open(opt, bucket);
	enum status st = ST_TROUBLE;
	struct sink *chain;

	if (s3 == NULL)
		return ST_TROUBLE;
	meter_attach();
	if ((chain = relay_new(fdsink_new(STDOUT_FILENO, "stdout"))) != NULL)
		st = s3fetch(s3, key, parallel, chain);
	else
		warnx("out of memory");
	sink_free(chain);
	s3_close(s3);
	return st;
}

int
main(int argc, char *argv[])
{
	char bucket[S3PLACE_BUCKET];
	uint64_t parallel = 4;
	struct s3opt opt;
	const char *key;
	enum status st;

	stdfds_hold();
	coredump_forbid();
	s3opt_init(&opt);
	if ((st = read_options(argc, argv, &opt, &parallel)) == ST_OK &&
	    (st = s3place_name(argv[optind], bucket, &key)) == ST_OK) {
		if (*key == '\0')
			usage();
		if (isatty(STDOUT_FILENO)) {
			warnx("an object is not for a terminal: send it to a file or a pipe");
			st = ST_TROUBLE;
		}
	}
	if (st == ST_OK && (st = s3opt_settle(&opt)) == ST_OK)
		st = get(&opt, bucket, key, (unsigned)parallel);
	s3opt_free(&opt);
	return st;
}
