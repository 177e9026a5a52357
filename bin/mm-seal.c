#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "coredump.h"
#include "fdsink.h"
#include "keyfile.h"
#include "pump.h"
#include "seal.h"
#include "stdfds.h"

/* What the command line says. */
struct request {
	int decrypt;
	int suffix;
	struct key *recipients;
	struct key *identities;
};

static void
usage(void)
{
	fprintf(stderr, "usage: mm-seal (-r recipient | -R file) ...\n"
	    "       mm-seal -d -i identity ...\n"
	    "       mm-seal -s\n");
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		{ "recipient", required_argument, NULL, 'r' },
		{ "recipients-file", required_argument, NULL, 'R' },
		{ "decrypt", no_argument, NULL, 'd' },
		{ "identity", required_argument, NULL, 'i' },
		{ "suffix", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "r:R:di:s", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			st = keyfile_recipient(optarg, &req->recipients);
			break;
		case 'R':
			st = keyfile_recipients(optarg, &req->recipients);
			break;
		case 'd':
			req->decrypt = 1;
			break;
		case 'i':
			st = keyfile_identities(optarg, &req->identities);
			break;
		case 's':
			req->suffix = 1;
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
	if (req->suffix)
		return !req->decrypt && req->recipients == NULL && req->identities == NULL;
	if (req->decrypt)
		return req->identities != NULL && req->recipients == NULL;
	return req->recipients != NULL && req->identities == NULL;
}

static enum status
run(const struct request *req)
{
	struct sink *chain = fdsink_new(STDOUT_FILENO, "stdout");
	enum status st;

	chain = req->decrypt ? unseal_new(req->identities, chain) : seal_new(req->recipients, chain);
	if (chain == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	st = pump(STDIN_FILENO, "stdin", chain);
	sink_free(chain);
	return st;
}

int
main(int argc, char *argv[])
{
	struct request req = { 0 };
	enum status st;

	stdfds_hold();
	if (sodium_init() == -1)
		errx(ST_TROUBLE, "libsodium does not start");
	coredump_forbid();
	if ((st = read_options(argc, argv, &req)) == ST_OK) {
		if (!makes_sense(&req))
			usage();
		if (req.suffix)
			puts(SEAL_SUFFIX);
		else if (!req.decrypt && isatty(STDOUT_FILENO))
			errx(ST_TROUBLE, "a sealed file is binary: send it to a file or a pipe, not to a terminal");
		else
			st = run(&req);
	}
	keyfile_free(req.recipients);
	keyfile_free(req.identities);
	return (int)st;
}
