#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "agecheck.h"
#include "coredump.h"
#include "fdsink.h"
#include "holdback.h"
#include "keyfile.h"
#include "manifest.h"
#include "pgdump.h"
#include "pghead.h"
#include "pump.h"
#include "quota.h"
#include "report.h"
#include "stdfds.h"
#include "stored.h"

enum { DUMP = 256, HEAD, DRAIN };	/* options that have only a long name */

/* What the command line says. */
struct request {
	struct key *keys;
	const char *passfile;
	const char *manifest;
	int passes;
	int dumps;
	const char *head;
	int drains;
	int as_json;
	const char *output;
};

/* A stored backup, and what is known of it. */
struct backup {
	const struct request *req;
	struct manifest manifest;
	struct stored stored;
	struct report *report;
};

static void
usage(void)
{
	fputs("usage: mm-verify [-i identity ... | -p passfile] [-x manifest] [-J] [-o report] < backup\n"
	    "       mm-verify --dump [-i identity ... | -p passfile] [-x manifest] [--head file] [--drain] [-J] [-o report]\n"
	    "               < backup > dump\n"
	    "       mm-verify -P [--drain] [-J] [-o report] < dump > dump\n"
	    "       mm-verify --age [option ...] directory | -\n", stderr);
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		{ "identity", required_argument, NULL, 'i' },
		{ "passphrase-file", required_argument, NULL, 'p' },
		{ "manifest", required_argument, NULL, 'x' },
		{ "pass", no_argument, NULL, 'P' },
		{ "dump", no_argument, NULL, DUMP },
		{ "head", required_argument, NULL, HEAD },
		{ "drain", no_argument, NULL, DRAIN },
		{ "json", no_argument, NULL, 'J' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "i:p:x:PJo:", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			st = keyfile_identities(optarg, &req->keys);
			break;
		case 'p':
			if (req->passfile != NULL)
				usage();
			req->passfile = optarg;
			break;
		case 'x':
			req->manifest = optarg;
			break;
		case 'P':
			req->passes = 1;
			break;
		case DUMP:
			req->dumps = 1;
			break;
		case HEAD:
			req->head = optarg;
			break;
		case DRAIN:
			req->drains = 1;
			break;
		case 'J':
			req->as_json = 1;
			break;
		case 'o':
			req->output = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind < argc && st == ST_OK)
		usage();
	return st;
}

/* Is it one of the lines of the synopsis? */
static int
makes_sense(const struct request *req)
{
	if (req->passes && (req->dumps || req->keys != NULL || req->passfile != NULL || req->manifest != NULL))
		return 0;
	return (req->dumps || req->head == NULL) && (req->dumps || req->passes || !req->drains);
}

/* Read all of stdin into the chain. */
static enum status
run(struct sink *chain)
{
	enum status st;

	if (chain == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	st = pump(STDIN_FILENO, "stdin", chain);
	sink_free(chain);
	return st;
}

/* Where a dump goes; NULL: out of memory. */
static struct sink *
outlet(const struct request *req)
{
	if (!req->drains)
		return fdsink_new(STDOUT_FILENO, "stdout");
	signal(SIGPIPE, SIG_IGN);
	return fdsink_drain_new(STDOUT_FILENO, "stdout");
}

static enum status
save(const struct request *req, const struct report *report)
{
	if (req->output == NULL && (req->passes || req->dumps))
		return ST_OK;
	return report_save(report, req->output, req->as_json);
}

static enum status
pass(const struct request *req, struct report *report)
{
	enum status st = run(pgdump_pass(report, outlet(req)));

	return st == ST_OK ? save(req, report) : st;
}

/* Whether the backup is the one of which the manifest speaks. */
static enum status
compare(const struct manifest *manifest, const struct stored *stored, const struct report *report)
{
	static const char *const keys[] = { "stored-bytes", "dump-bytes", "tables", "rows" };
	const char *want, *got;
	char room[21];
	size_t i;

	if (strcmp(manifest->sha256, stored->sha256) != 0) {
		warnx("this is not the file of the manifest: its SHA-256 is %s, not %s", stored->sha256, manifest->sha256);
		return ST_BAD;
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		want = manifest_value(manifest, keys[i]);
		got = report_find(report, keys[i], room);
		if (want == NULL || got == NULL || strcmp(want, got) == 0 ||
		    strcmp(want, "not checked") == 0 || strcmp(got, "not checked") == 0)
			continue;
		warnx("the manifest does not fit: %s are %s, and it says %s", keys[i], got, want);
		return ST_BAD;
	}
	return ST_OK;
}

/* All of the backup has been read.  What is known of it is saved if it is good. */
static enum status
judge(void *arg)
{
	struct backup *b = arg;
	enum status st;

	if ((st = stored_report(&b->stored, b->report)) != ST_OK ||
	    (b->req->manifest != NULL && (st = compare(&b->manifest, &b->stored, b->report)) != ST_OK))
		return st;
	if (b->req->manifest == NULL && b->stored.is_shut) {
		warnx("the backup is sealed: without a key (-i, -p) or a manifest (-x) nobody can tell");
		return ST_TROUBLE;
	}
	return save(b->req, b->report);
}

/* What comes after the layers of a backup have been taken off. */
static struct sink *
inside(struct backup *b)
{
	struct sink *end;

	if (!b->req->dumps)
		return pgdump_check(b->report);
	end = holdback_new(judge, b, outlet(b->req));
	return pgdump_pass(b->report, b->req->head == NULL ? end : pghead_new(b->req->head, end));
}

static enum status
check(const struct request *req, struct report *report)
{
	struct backup b = { .req = req, .report = report };
	struct quota quota = quota_here("");
	unsigned wants = (req->manifest == NULL ? 0 : STORED_SHA256) | (req->dumps ? STORED_DUMP : 0);
	enum status st = ST_OK;

	if (req->manifest != NULL)
		st = manifest_read(&b.manifest, req->manifest);
	if (st == ST_OK)
		st = run(stored_new(req->keys, &quota, wants, &b.stored, inside(&b)));
	if (st == ST_OK && !req->dumps)
		st = judge(&b);
	manifest_free(&b.manifest);
	return st;
}

/* Binary is not for a terminal. */
static enum status
spare_terminal(const struct request *req)
{
	if (!(req->passes || req->dumps) || !isatty(STDOUT_FILENO))
		return ST_OK;
	warnx("a dump is not for a terminal: send it to a file or a pipe");
	return ST_TROUBLE;
}

int
main(int argc, char *argv[])
{
	struct request req = { 0 };
	struct report *report;
	enum status st;

	stdfds_hold();
	if (argc > 1 && strcmp(argv[1], "--age") == 0) {
		argv[1] = argv[0];
		return agecheck(argc - 1, argv + 1);
	}
	if (sodium_init() == -1)
		errx(ST_TROUBLE, "libsodium does not start");
	coredump_forbid();
	if ((report = report_new()) == NULL)
		return ST_TROUBLE;
	st = read_options(argc, argv, &req);
	if (st == ST_OK && !makes_sense(&req))
		usage();
	if (st == ST_OK)
		st = spare_terminal(&req);
	if (st == ST_OK && req.passfile != NULL)
		st = keyfile_passphrase(req.passfile, &req.keys);
	if (st == ST_OK)
		st = req.passes ? pass(&req, report) : check(&req, report);
	keyfile_free(req.keys);
	report_free(report);
	return (int)st;
}
