/* mm-compress - stdin to stdout, compressed or back. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fdsink.h"
#include "method.h"
#include "number.h"
#include "pump.h"
#include "quota.h"
#include "relay.h"
#include "sniff.h"
#include "stdfds.h"

enum { LIST = 256, MOST_THREADS = 256 };

static const uint64_t mib = UINT64_C(1) << 20;

static const struct option longs[] = {
	{ "decompress", no_argument, NULL, 'd' },
	{ "method", required_argument, NULL, 'm' },
	{ "level", required_argument, NULL, 'l' },
	{ "threads", required_argument, NULL, 'T' },
	{ "memory", required_argument, NULL, 'M' },
	{ "suffix", no_argument, NULL, 's' },
	{ "list", no_argument, NULL, LIST },
	{ NULL, 0, NULL, 0 }
};

static _Noreturn void
usage(void)
{
	fputs("usage: mm-compress [-d] [-m gzip|zstd|xz|none] [-l level] [-T threads] [-M bytes]\n"
	    "       mm-compress -s [-m method]\n"
	    "       mm-compress --list\n", stderr);
	exit(ST_TROUBLE);
}

static enum status
printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ST_OK;
	warn("write stdout");
	return ST_TROUBLE;
}

static enum status
list_methods(void)
{
	const struct method *m;

	for (m = methods; m->name != NULL; m++)
		printf("%s\t%s\t%d\t%d\t%d\n", m->name, m->suffix, m->lowest, m->usual, m->highest);
	return printed();
}

/* What may be used where nobody said: all threads, and of the memory a part that others will not miss. */
static struct quota
usual_quota(int decode)
{
	uint64_t most = (decode ? 160 : 128) * mib;
	struct quota q = quota_here("");

	q.memory /= 4;
	if (q.memory > most)
		q.memory = most;
	if (q.threads > MOST_THREADS)
		q.threads = MOST_THREADS;
	return q;
}

static struct sink *
encoder(const struct method *m, const char *level_text, const struct quota *q)
{
	uint64_t level = (uint64_t)m->usual, needed;

	if (level_text != NULL && number_count(level_text, "-l", (uint64_t)m->lowest, (uint64_t)m->highest, &level) != ST_OK)
		exit(ST_TROUBLE);
	if ((needed = m->needs((int)level)) > q->memory)
		errx(ST_TROUBLE, "%s at level %d needs -M %juM at least; there are %juM", m->name, (int)level,
		    (uintmax_t)((needed + mib - 1) / mib), (uintmax_t)(q->memory / mib));
	if (isatty(STDOUT_FILENO))
		errx(ST_TROUBLE, "stdout is a terminal, and compressed data does not belong there");
	return m->encoder((int)level, q, fdsink_new(STDOUT_FILENO, "stdout"));
}

/* Without a method, the first bytes say which. */
static struct sink *
decoder(const struct method *m, const struct quota *q)
{
	struct sink *out = fdsink_new(STDOUT_FILENO, "stdout");

	/* The stock zstd writes beside its work too; without this it takes a fifth longer. */
	if (q->threads > 1)
		out = relay_new(out);
	return m != NULL ? m->decoder(q, out) : sniff_new(SNIFF_REFUSE, q, out);
}

int
main(int argc, char **argv)
{
	const char *name = NULL, *level = NULL;
	int c, decode = 0, suffix = 0, list = 0;
	uint64_t threads = 0, memory = 0;
	const struct method *m;
	struct sink *chain;
	enum status st = ST_OK;
	struct quota q;

	stdfds_hold();
	while ((c = getopt_long(argc, argv, "dm:l:T:M:s", longs, NULL)) != -1) {
		switch (c) {
		case 'd': decode = 1; break;
		case 'm': name = optarg; break;
		case 'l': level = optarg; break;
		case 'T': st = number_count(optarg, "-T", 0, MOST_THREADS, &threads); break;
		case 'M': st = number_size(optarg, "-M", mib, UINT64_C(1) << 50, &memory); break;
		case 's': suffix = 1; break;
		case LIST: list = 1; break;
		default: usage();
		}
		if (st != ST_OK)
			return (int)st;
	}
	if (argc > optind || decode + suffix + list > 1 || (level != NULL && decode + suffix + list > 0))
		usage();
	if (list)
		return (int)list_methods();
	if ((m = method_named(name != NULL ? name : "zstd")) == NULL)
		errx(ST_TROUBLE, "unknown method %s", name);
	if (suffix) {
		puts(m->suffix);
		return (int)printed();
	}
	q = usual_quota(decode);
	if (threads > 0)
		q.threads = (unsigned)threads;
	if (memory > 0)
		q.memory = memory;
	chain = decode ? decoder(name != NULL ? m : NULL, &q) : encoder(m, level, &q);
	if (chain == NULL)
		errx(ST_TROUBLE, "out of memory");
	st = pump(STDIN_FILENO, "stdin", chain);
	sink_free(chain);
	return (int)st;
}
