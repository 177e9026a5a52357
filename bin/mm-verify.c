#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fdsink.h"
#include "pgdump.h"
#include "pump.h"
#include "report.h"
#include "stdfds.h"

static const struct option longs[] = {
	{ "pass", no_argument, NULL, 'P' },
	{ "output", required_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 }
};

static void
usage(void)
{
	fputs("usage: mm-verify -P [-o report] < dump > dump\n", stderr);
	exit(ST_TROUBLE);
}

int
main(int argc, char *argv[])
{
	const char *output = NULL;
	struct report *report;
	struct sink *chain;
	int ch, passing = 0;
	enum status st;

	stdfds_hold();
	while ((ch = getopt_long(argc, argv, "Po:", longs, NULL)) != -1) {
		switch (ch) {
		case 'P':
			passing = 1;
			break;
		case 'o':
			output = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || !passing)
		usage();
	if (isatty(STDOUT_FILENO))
		errx(ST_TROUBLE, "a dump is not for a terminal; send stdout to a file or a pipe");
	if ((report = report_new()) == NULL)
		return ST_TROUBLE;
	chain = pgdump_pass(report, fdsink_new(STDOUT_FILENO, "stdout"));
	if (chain == NULL)
		errx(ST_TROUBLE, "out of memory");
	st = pump(STDIN_FILENO, "stdin", chain);
	if (st == ST_OK && output != NULL)
		st = report_save(report, output);
	sink_free(chain);
	report_free(report);
	return (int)st;
}
