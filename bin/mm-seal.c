#define _GNU_SOURCE			/* F_SETPIPE_SZ */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "armor.h"
#include "coredump.h"
#include "fdsink.h"
#include "keyfile.h"
#include "pump.h"
#include "seal.h"
#include "stdfds.h"
#include "suffix.h"

/* What the command line says. */
struct request {
	int armor;
	int decrypt;
	int suffix;
	const char *passfile;
	struct key *recipients;
	struct key *identities;
};

static void
usage(void)
{
	fprintf(stderr, "usage: mm-seal [-a] (-r recipient | -R file) ...\n"
	    "       mm-seal [-a] -p passfile\n"
	    "       mm-seal -d [-p passfile] -i identity ...\n"
	    "       mm-seal -d -p passfile\n"
	    "       mm-seal -s\n");
	exit(ST_TROUBLE);
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		{ "armor", no_argument, NULL, 'a' },
		{ "recipient", required_argument, NULL, 'r' },
		{ "recipients-file", required_argument, NULL, 'R' },
		{ "passphrase-file", required_argument, NULL, 'p' },
		{ "decrypt", no_argument, NULL, 'd' },
		{ "identity", required_argument, NULL, 'i' },
		{ "suffix", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "ar:R:p:di:s", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			req->armor = 1;
			break;
		case 'r':
			st = keyfile_recipient(optarg, &req->recipients);
			break;
		case 'R':
			st = keyfile_recipients(optarg, &req->recipients);
			break;
		case 'p':
			if (req->passfile != NULL)
				usage();
			req->passfile = optarg;
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
		return !req->armor && !req->decrypt && req->recipients == NULL && req->identities == NULL &&
		    req->passfile == NULL;
	if (req->decrypt)
		return !req->armor && req->recipients == NULL && (req->identities != NULL || req->passfile != NULL);
	return req->identities == NULL && (req->recipients == NULL) != (req->passfile == NULL);
}

static enum status
run(const struct request *req)
{
	struct sink *chain = fdsink_new(STDOUT_FILENO, "stdout");
	enum status st;

	if (req->armor)
		chain = armor_new(chain);
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
	st = read_options(argc, argv, &req);
	if (st == ST_OK && !makes_sense(&req))
		usage();
	if (st == ST_OK && req.passfile != NULL)
		st = keyfile_passphrase(req.passfile, req.decrypt ? &req.identities : &req.recipients);
	if (st == ST_OK && req.suffix)
		puts(SUFFIX_SEALED);
	else if (st == ST_OK && !req.decrypt && !req.armor && isatty(STDOUT_FILENO))
		errx(ST_TROUBLE, "a sealed file is binary, and stdout a terminal: redirect it, or say -a");
	else if (st == ST_OK)
		st = run(&req);
	keyfile_free(req.recipients);
	keyfile_free(req.identities);
	if (fflush(stdout) == EOF)
		err(ST_TROUBLE, "write stdout");
	return (int)st;
}
