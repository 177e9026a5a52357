/* mm-prune - names on stdin; what a policy drops, or what a place still lacks, on stdout. */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "names.h"
#include "retain.h"
#include "stamp.h"
#include "stdfds.h"
#include "visible.h"

enum { NOW = 256, LIST, SPELL };

/* What the command line says. */
struct request {
	int mode;			/* LIST, SPELL, or 0 */
	char end;			/* after each name that is read */
	int verbose;
	const char *home;		/* a file that has home's listing */
	int64_t now;
	struct retain policy;
	const char *series;		/* NULL: all */
	char word[NAMES_WORD + 1];
};

/* A backup, and what becomes of it. */
struct plan {
	const struct backup *here;	/* NULL: it is only at home */
	const struct backup *home;	/* NULL: it is only here */
	int counts;			/* the policy counts it as good */
	uint8_t kept_by;
	int64_t when;
};

static _Noreturn void
usage(void)
{
	fputs("usage: mm-prune [-0v] [--now stamp] [-w home-listing] policy name < listing\n"
	    "       mm-prune --list [-0v] [name] < listing\n"
	    "       mm-prune --spell name\n", stderr);
	exit(ST_TROUBLE);
}

static int64_t
read_stamp(const char *text)
{
	int64_t when;

	if (strlen(text) != STAMP_LEN || !stamp_parse(text, &when))
		errx(ST_TROUBLE, "--now: '%s' is no time written as YYYYMMDD_HHMMSS", text);
	return when;
}

static void
read_operands(int n, char *argv[], struct request *req)
{
	if (req->mode == 0) {
		if (n != 2)
			usage();
		if (retain_parse(&req->policy, argv[0]) != ST_OK)
			exit(ST_TROUBLE);
	} else if (n > 1 || (req->mode == SPELL && n == 0)) {
		usage();
	}
	req->series = n == 0 ? NULL : argv[n - 1];
	if (req->series != NULL && names_spell(req->word, req->series) != ST_OK)
		exit(ST_TROUBLE);
}

static void
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		{ "null", no_argument, NULL, '0' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "wanted", required_argument, NULL, 'w' },
		{ "now", required_argument, NULL, NOW },
		{ "list", no_argument, NULL, LIST },
		{ "spell", no_argument, NULL, SPELL },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "0vw:", options, NULL)) != -1) {
		switch (c) {
		case '0': req->end = '\0'; break;
		case 'v': req->verbose = 1; break;
		case 'w': req->home = optarg; break;
		case NOW: req->now = read_stamp(optarg); break;
		case LIST:
		case SPELL:
			if (req->mode != 0)
				usage();
			req->mode = c;
			break;
		default: usage();
		}
	}
	if (req->mode != 0 && (req->home != NULL || req->now != -1 ||
	    (req->mode == SPELL && (req->verbose || req->end == '\0'))))
		usage();
	read_operands(argc - optind, argv + optind, req);
}

static enum status
read_home(struct names *home, const struct request *req)
{
	enum status st;
	int fd;

	if (req->home == NULL)
		return ST_OK;
	if ((fd = open(req->home, O_RDONLY | O_CLOEXEC)) == -1) {
		warn("open %s", req->home);
		return ST_TROUBLE;
	}
	st = names_read(home, fd, req->home, req->end, req->word);
	close(fd);
	return st;
}

/*
 * Will it be good here once home has sent what it has?  What home sends of a
 * backup that was broken off here is all of it; what is finished here is taken
 * as it is, and what is suspect here is not replaced.
 */
static int
is_good(const struct backup *here, const struct backup *home)
{
	if (here != NULL && names_state(here) == NAMES_GOOD)
		return 1;
	if (home == NULL || names_state(home) != NAMES_GOOD)
		return 0;
	return here == NULL || (here->has & NAMES_BIT(NAMES_SUSPECT)) == 0;
}

/* Lay the two listings side by side, newest first.  There is room for all of both. */
static size_t
join(const struct names *here, const struct names *home, struct plan *plan)
{
	size_t i = 0, j = 0, n = 0;
	int c;

	while (i < here->n || j < home->n) {
		c = i == here->n ? 1 : j == home->n ? -1 : names_order(&here->backups[i], &home->backups[j]);
		plan[n] = (struct plan){ .here = c <= 0 ? &here->backups[i++] : NULL, .home = c >= 0 ? &home->backups[j++] : NULL };
		plan[n].counts = is_good(plan[n].here, plan[n].home);
		plan[n].when = (c <= 0 ? plan[n].here : plan[n].home)->when;
		n++;
	}
	return n;
}

/* Apply the policy to what counts; leave in *when* the times of that, newest first, and in *n* how many there are. */
static enum status
apply(const struct request *req, struct plan *plan, size_t n_plans, int64_t **when, size_t *n)
{
	uint8_t *kept_by = malloc(n_plans + 1);
	size_t i;

	*n = 0;
	*when = malloc((n_plans + 1) * sizeof(**when));
	if (kept_by == NULL || *when == NULL) {
		warn("%zu backups", n_plans);
		free(kept_by);
		return ST_TROUBLE;
	}
	for (i = 0; i < n_plans; i++) {
		if (plan[i].counts)
			(*when)[(*n)++] = plan[i].when;
	}
	retain_mark(&req->policy, req->now, *when, *n, kept_by);
	for (*n = 0, i = 0; i < n_plans; i++) {
		if (plan[i].counts)
			plan[i].kept_by = kept_by[(*n)++];
	}
	free(kept_by);
	return ST_OK;
}

/* Why the policy keeps it, for a person. */
static const char *
reason(uint8_t kept_by)
{
	static char text[64 + RETAIN_PARTS * 2];
	int part;

	if (kept_by == 0)
		return "no part of the policy keeps it";
	text[0] = '\0';
	for (part = 0; part < RETAIN_PARTS; part++) {
		if ((kept_by & 1u << part) == 0)
			continue;
		if (text[0] != '\0')
			strcat(text, ", ");
		strcat(text, retain_words[part]);
	}
	return text;
}

static void
tell(const struct request *req, const char *verdict, const struct backup *b, int part, const char *why)
{
	if (!req->verbose) {
		names_print(stdout, b, (enum names_part)part);
		putchar('\n');
		return;
	}
	printf("%s ", verdict);
	names_print(stdout, b, (enum names_part)part);
	printf(": %s\n", why);
}

/* Names of other things than backups of this series. */
static enum status
tell_foreign(const struct request *req, const struct names *l)
{
	const char *text = NULL;
	struct name name;
	size_t len;
	char *seen;

	while (req->verbose && names_next(l, &text, &len)) {
		if (len == 0 || names_parse(text, len, req->word, &name))
			continue;
		if ((seen = malloc(VISIBLE_SIZE(len))) == NULL) {
			warn("a name of %zu bytes", len);
			return ST_TROUBLE;
		}
		printf("- %s: no backup of %s\n", visible(seen, text, len), req->word);
		free(seen);
	}
	return ST_OK;
}

/* What becomes of a backup that is here: does it go?  *why* is for a person. */
static int
goes(const struct request *req, const struct plan *p, const int64_t *when, size_t n, const char **why)
{
	int outlived;

	switch (names_state(p->here)) {
	case NAMES_GOOD:
		*why = reason(p->kept_by);
		return p->kept_by == 0;
	case NAMES_SUSPECTED:
		outlived = retain_outlived(&req->policy, req->now, when, n, p->when);
		*why = outlived ? "suspect, outlived" : "suspect, not outlived yet";
		return outlived;
	case NAMES_UNFINISHED:
		*why = "no manifest";
		return 0;
	default:
		*why = "its backup is not here";
		return 0;
	}
}

/* The newest that was ever finished. */
static const struct plan *
newest(const struct plan *plan, size_t n)
{
	for (; n > 0; plan++, n--) {
		if (names_state(plan->here) == NAMES_GOOD || names_state(plan->here) == NAMES_SUSPECTED)
			return plan;
	}
	return NULL;
}

/* Oldest first, each with the manifest first: what is left of a drop that was cut short is no backup. */
static enum status
drop(const struct request *req, const struct plan *plan, size_t n_plans, const int64_t *when, size_t n)
{
	const struct plan *p = newest(plan, n_plans);
	const char *why;
	int part, gone;
	enum status st;

	if (p != NULL && (st = retain_believe(&req->policy, req->now, p->when, when, n)) != ST_OK)
		return st;
	for (p = plan + n_plans; p > plan; ) {
		gone = goes(req, --p, when, n, &why);
		for (part = NAMES_PARTS - 1; part >= 0; part--) {
			if ((p->here->has & NAMES_BIT(part)) != 0 && (gone || req->verbose))
				tell(req, gone ? "DROP" : "KEEP", p->here, part, why);
		}
	}
	return ST_OK;
}

/* Why nothing of a backup at home is to be sent here; NULL, it is. */
static const char *
hindrance(const struct plan *p)
{
	switch (names_state(p->home)) {
	case NAMES_SUSPECTED:
		return "suspect";
	case NAMES_UNFINISHED:
		return "no manifest";
	case NAMES_ABSENT:
		return "its backup is not at home";
	case NAMES_GOOD:
		break;
	}
	if (!p->counts)
		return "suspect there";
	return p->kept_by == 0 ? reason(0) : NULL;
}

/* The parts that are at home and not here.  Without a manifest here, what is here is not to be relied upon. */
static unsigned
missing(const struct plan *p)
{
	if (p->here == NULL || (p->here->has & NAMES_BIT(NAMES_MANIFEST)) == 0)
		return p->home->has;
	return p->home->has & ~(unsigned)p->here->has;
}

/* Newest first, each with the manifest last: until that is there, it is no backup. */
static void
send(const struct request *req, const struct plan *plan, size_t n)
{
	const struct plan *p;
	const char *why;
	unsigned parts;
	int part;

	for (p = plan; p < plan + n; p++) {
		if (p->home == NULL)
			continue;
		parts = (why = hindrance(p)) == NULL ? missing(p) : 0;
		for (part = 0; part < NAMES_PARTS; part++) {
			if ((parts & NAMES_BIT(part)) != 0)
				tell(req, "SEND", p->home, part, reason(p->kept_by));
			else if ((p->home->has & NAMES_BIT(part)) != 0 && req->verbose)
				tell(req, "SKIP", p->home, part, why != NULL ? why : "it is there");
		}
	}
}

static enum status
prune(const struct request *req, const struct names *here, const struct names *home)
{
	struct plan *plan = malloc((here->n + home->n + 1) * sizeof(*plan));
	int64_t *when = NULL;
	size_t n_plans, n;
	enum status st;

	if (plan == NULL) {
		warn("%zu backups", here->n + home->n);
		return ST_TROUBLE;
	}
	n_plans = join(here, home, plan);
	st = apply(req, plan, n_plans, &when, &n);
	if (st == ST_OK && req->home != NULL)
		send(req, plan, n_plans);
	else if (st == ST_OK)
		st = drop(req, plan, n_plans, when, n);
	free(when);
	free(plan);
	return st == ST_OK ? tell_foreign(req, req->home != NULL ? home : here) : st;
}

static void
list(const struct request *req, const struct names *l)
{
	static const char *const states[] = { "good", "suspect", "unfinished" };
	enum names_state state;
	const struct backup *b;
	char stamp[STAMP_LEN + 1];

	for (b = l->backups; b < l->backups + l->n; b++) {
		if ((state = names_state(b)) == NAMES_ABSENT)
			continue;
		stamp_print(stamp, b->when);
		printf("%s\t%s\t", states[state], stamp);
		names_print(stdout, b, NAMES_FILE);
		if (req->verbose)
			printf("\t%" PRId64 "\t%.*s", b->when, (int)b->word, b->name);
		putchar('\n');
	}
}

static enum status
printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ST_OK;
	warn("write stdout");
	return ST_TROUBLE;
}

int
main(int argc, char *argv[])
{
	struct request req = { .end = '\n', .now = -1 };
	struct names here = { 0 }, home = { 0 };
	enum status st;

	stdfds_hold();
	read_options(argc, argv, &req);
	if (req.mode == SPELL) {
		puts(req.word);
		return (int)printed();
	}
	if (req.now == -1)
		req.now = (int64_t)time(NULL);
	st = names_read(&here, STDIN_FILENO, "stdin", req.end, req.series != NULL ? req.word : NULL);
	if (st == ST_OK)
		st = read_home(&home, &req);
	if (st == ST_OK && req.mode == LIST)
		list(&req, &here);
	else if (st == ST_OK)
		st = prune(&req, &here, &home);
	if (st == ST_OK)
		st = printed();
	names_free(&here);
	names_free(&home);
	return (int)st;
}
