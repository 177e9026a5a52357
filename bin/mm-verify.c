#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "coredump.h"
#include "fdsink.h"
#include "keyfile.h"
#include "manifest.h"
#include "pgdump.h"
#include "pump.h"
#include "quota.h"
#include "report.h"
#include "stdfds.h"
#include "stored.h"

enum { DRAIN = 256 };			/* an option that has only a long name */

/* What the command line says. */
struct request {
	struct key *keys;
	const char *passfile;
	const char *manifest;
	int passes;
	int drains;
	int as_json;
	const char *output;
};

static void
usage(void)
{
	fputs("usage: mm-verify [-i identity ... | -p passfile] [-x manifest] [-J] [-o report] < backup\n"
	    "       mm-verify -P [--drain] [-J] [-o report] < dump > dump\n", stderr);
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
	if (req->passes)
		return req->keys == NULL && req->passfile == NULL && req->manifest == NULL;
	return !req->drains;
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

static enum status
pass(const struct request *req, struct report *report)
{
	if (isatty(STDOUT_FILENO)) {
		warnx("a dump is not for a terminal: send it to a file or a pipe");
		return ST_TROUBLE;
	}
	if (!req->drains)
		return run(pgdump_pass(report, fdsink_new(STDOUT_FILENO, "stdout")));
	signal(SIGPIPE, SIG_IGN);
	return run(pgdump_pass(report, fdsink_drain_new(STDOUT_FILENO, "stdout")));
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

/* Read the backup, and say what was found. */
static enum status
look(const struct request *req, struct stored *stored, struct report *report)
{
	struct quota quota = quota_here("");
	enum status st;

	st = run(stored_new(req->keys, &quota, req->manifest != NULL, stored, pgdump_check(report)));
	return st == ST_OK ? stored_report(stored, report) : st;
}

static enum status
check(const struct request *req, struct report *report)
{
	struct manifest manifest = { 0 };
	struct stored stored = { 0 };
	enum status st;

	if (req->manifest == NULL) {
		if ((st = look(req, &stored, report)) != ST_OK || !stored.is_shut)
			return st;
		warnx("the backup is sealed: without a key (-i, -p) or a manifest (-x) nobody can tell");
		return ST_TROUBLE;
	}
	if ((st = manifest_read(&manifest, req->manifest)) == ST_OK && (st = look(req, &stored, report)) == ST_OK)
		st = compare(&manifest, &stored, report);
	manifest_free(&manifest);
	return st;
}

int
main(int argc, char *argv[])
{
	struct request req = { 0 };
	struct report *report;
	enum status st;

	stdfds_hold();
	if (sodium_init() == -1)
		errx(ST_TROUBLE, "libsodium does not start");
	coredump_forbid();
	if ((report = report_new()) == NULL)
		return ST_TROUBLE;
	st = read_options(argc, argv, &req);
	if (st == ST_OK && !makes_sense(&req))
		usage();
	if (st == ST_OK && req.passfile != NULL)
		st = keyfile_passphrase(req.passfile, &req.keys);
	if (st == ST_OK)
		st = req.passes ? pass(&req, report) : check(&req, report);
	if (st == ST_OK && (req.output != NULL || !req.passes))
		st = report_save(report, req.output, req.as_json);
	keyfile_free(req.keys);
	report_free(report);
	return (int)st;
}
