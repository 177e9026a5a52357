/*
 * mm-s3ls - the names under a prefix of an S3 bucket
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coredump.h"
#include "s3.h"
#include "s3list.h"
#include "s3opt.h"
#include "s3place.h"
#include "stdfds.h"
#include "visible.h"

enum { LONG = 256 };			/* an option that has only a long name */

struct request {
	struct s3opt opt;
	int end;			/* of a name: a newline, or NUL for -0 */
	int is_long;
	size_t prefix_len;
};

static void
usage(void)
{
	fputs("usage: mm-s3ls [s3-options] [-0] [--long] s3://bucket[/prefix]\n" S3OPT_USAGE, stderr);
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		S3OPT_LONG,
		{ "null", no_argument, NULL, '0' },
		{ "long", no_argument, NULL, LONG },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "0", options, NULL)) != -1) {
		if (c == '0')
			req->end = '\0';
		else if (c == LONG)
			req->is_long = 1;
		else if (s3opt_is(c))
			st = s3opt_take(&req->opt, c, optarg);
		else
			usage();
	}
	if (st == ST_OK && argc - optind != 1)
		usage();
	return st;
}

static enum status
print(void *ctx, const struct s3entry *entry)
{
	const struct request *req = ctx;
	const char *name = entry->key + req->prefix_len;
	char shown[VISIBLE_SIZE(S3PLACE_KEY)];

	/* Some servers list the "folder" itself. */
	if (strlen(entry->key) <= req->prefix_len)
		return ST_OK;
	if (req->end != '\0' && strchr(name, '\n') != NULL) {
		warnx("'%s' does not fit on a line: say -0", visible(shown, name, strnlen(name, S3PLACE_KEY)));
		return ST_TROUBLE;
	}
	if (req->is_long)
		printf("%" PRId64 "\t%" PRIu64 "\t", entry->time, entry->size);
	fputs(name, stdout);
	putchar(req->end);
	return ST_OK;
}

static enum status
list(struct request *req, const char *bucket, const char *prefix)
{
	struct s3 *s3 = s3_open(&req->opt, bucket);
	enum status st;

	if (s3 == NULL)
		return ST_TROUBLE;
	st = s3list_objects(s3, prefix, 1, "list it", print, req);
	s3_close(s3);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return st;
	warn("stdout");
	return ST_TROUBLE;
}

int
main(int argc, char *argv[])
{
	char bucket[S3PLACE_BUCKET], prefix[S3PLACE_PREFIX];
	struct request req = { .end = '\n' };
	enum status st;

	stdfds_hold();
	coredump_forbid();
	s3opt_init(&req.opt);
	if ((st = read_options(argc, argv, &req)) == ST_OK &&
	    (st = s3place_directory(argv[optind], bucket, prefix)) == ST_OK && (st = s3opt_settle(&req.opt)) == ST_OK) {
		req.prefix_len = strlen(prefix);
		st = list(&req, bucket, prefix);
	}
	s3opt_free(&req.opt);
	return st;
}
