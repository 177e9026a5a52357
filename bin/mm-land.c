/*
 * mm-land - stdin to a durable file under its final name, or nothing of that name
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate.h"
#include "landfile.h"
#include "pump.h"
#include "stdfds.h"

static void
usage(void)
{
	fputs("usage: mm-land [-E] file\n", stderr);
	exit(ST_TROUBLE);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "trust-eof", no_argument, NULL, 'E' },
		{ NULL, 0, NULL, 0 }
	};
	int opt, trust_eof = 0;
	struct sink *chain;
	enum status st;

	stdfds_hold();
	while ((opt = getopt_long(argc, argv, "E", options, NULL)) != -1) {
		switch (opt) {
		case 'E':
			trust_eof = 1;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 1)
		usage();
	if ((st = gate_demand(STDIN_FILENO, trust_eof)) != ST_OK)
		return st;
	if ((chain = landfile_new(argv[optind], STDOUT_FILENO)) == NULL)
		return ST_TROUBLE;
	st = pump(STDIN_FILENO, "stdin", chain);
	sink_free(chain);
	return st;
}
