/*
 * mm-s3rm - names on stdin, gone from an S3 bucket; or old unfinished uploads, gone
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coredump.h"
#include "number.h"
#include "s3.h"
#include "s3list.h"
#include "s3opt.h"
#include "s3place.h"
#include "stdfds.h"
#include "visible.h"

/* Options that have only a long name. */
enum {
	STOP = 256,
	UPLOADS,
	OLDER_THAN
};

enum { LONGEST_AGE = 10 * 366 * 86400 };

struct request {
	struct s3opt opt;
	int end;			/* of a name: a newline, or NUL for -0 */
	int stops;			/* at the first name that could not be removed */
	int sweeps;
	int has_age;
	uint64_t age_s;
	struct s3 *s3;
	enum status st;			/* of all so far: one that fails does not end it, unless *stops* */
};

static void
usage(void)
{
	fputs("usage: mm-s3rm [s3-options] [-0] [--stop] s3://bucket[/prefix] < names\n"
	    "       mm-s3rm [s3-options] [-0] --uploads --older-than age s3://bucket[/prefix]\n" S3OPT_USAGE, stderr);
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		S3OPT_LONG,
		{ "null", no_argument, NULL, '0' },
		{ "stop", no_argument, NULL, STOP },
		{ "uploads", no_argument, NULL, UPLOADS },
		{ "older-than", required_argument, NULL, OLDER_THAN },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "0", options, NULL)) != -1) {
		if (c == '0') {
			req->end = '\0';
		} else if (c == STOP) {
			req->stops = 1;
		} else if (c == UPLOADS) {
			req->sweeps = 1;
		} else if (c == OLDER_THAN) {
			req->has_age = 1;
			st = number_duration(optarg, "--older-than", 0, LONGEST_AGE, &req->age_s);
		} else if (s3opt_is(c)) {
			st = s3opt_take(&req->opt, c, optarg);
		} else {
			usage();
		}
	}
	if (st == ST_OK && (argc - optind != 1 || req->sweeps != req->has_age || (req->sweeps && req->stops)))
		usage();
	return st;
}

/* What is gone already is as good as removed. */
static void
delete(struct request *req, struct s3req *r, const char *what)
{
	s3_run(req->s3, r);
	if (r->end != S3_DONE && (r->http != 404 || strcmp(r->code, "NoSuchBucket") == 0)) {
		s3_complain(req->s3, r, what);
		req->st = ST_TROUBLE;
	}
	s3_clear(req->s3, r);
}

static void
remove_name(struct request *req, const char *prefix, const char *name)
{
	char key[S3PLACE_PREFIX + S3PLACE_KEY], shown[VISIBLE_SIZE(S3PLACE_KEY)];
	struct s3req r = { .method = "DELETE", .key = key };

	if (*name == '\0' || strlen(prefix) + strlen(name) >= S3PLACE_KEY) {
		warnx("'%s' is no name of an object", visible(shown, name, strnlen(name, S3PLACE_KEY)));
		req->st = ST_TROUBLE;
		return;
	}
	snprintf(key, sizeof(key), "%s%s", prefix, name);
	delete(req, &r, "remove it");
}

static enum status
remove_names(struct request *req, const char *prefix)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((req->st == ST_OK || !req->stops) && (len = getdelim(&line, &cap, req->end, stdin)) != -1) {
		if (line[len - 1] == req->end)
			line[--len] = '\0';
		if (strlen(line) != (size_t)len) {
			warnx("a name with a zero byte: are names separated by them? then say -0");
			req->st = ST_TROUBLE;
			continue;
		}
		remove_name(req, prefix, line);
	}
	free(line);
	if (ferror(stdin)) {
		warn("stdin");
		return ST_TROUBLE;
	}
	return req->st;
}

static enum status
sweep(void *ctx, const struct s3entry *entry)
{
	struct request *req = ctx;
	struct s3req r = { .method = "DELETE", .key = entry->key, .query = { { "uploadId", entry->id } }, .nquery = 1 };
	enum status before = req->st;

	if (entry->time == 0 || entry->time > s3_now(req->s3) - (int64_t)req->age_s)
		return ST_OK;
	req->st = ST_OK;
	delete(req, &r, "abort the upload");
	if (req->st == ST_OK) {
		fputs(entry->key, stdout);
		putchar(req->end);
	}
	if (before != ST_OK)
		req->st = before;
	return ST_OK;
}

static enum status
sweep_all(struct request *req, const char *prefix)
{
	enum status st = s3list_uploads(req->s3, prefix, "list its uploads", sweep, req);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		warn("stdout");
		return ST_TROUBLE;
	}
	if (st != ST_OK)
		return st;
	return req->st;
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
	    (st = s3place_directory(argv[optind], bucket, prefix)) == ST_OK && (st = s3opt_settle(&req.opt)) == ST_OK &&
	    (req.s3 = s3_open(&req.opt, bucket)) == NULL)
		st = ST_TROUBLE;
	if (st == ST_OK && req.sweeps)
		st = sweep_all(&req, prefix);
	else if (st == ST_OK)
		st = remove_names(&req, prefix);
	s3_close(req.s3);
	s3opt_free(&req.opt);
	return st;
}
