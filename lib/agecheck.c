#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agecheck.h"
#include "agereport.h"
#include "agesource.h"
#include "names.h"
#include "number.h"
#include "range.h"

enum { NAME = 256, MIN_SIZE, COUNT, FORMAT, PLACE, PLACES, WHY = 600 };

/* What the command line says. */
struct request {
	struct agereport report;
	const char *from;		/* a directory, or "-"; NULL: the index has the places */
	const char *place;		/* what that is called, if not so */
	const char *index;
	const char **words;
	size_t n_words;
	uint64_t timeout;
	char end;
	char why[WHY];			/* what is wrong with it; empty: nothing is */
};

static const char usage[] =
    "usage: mm-verify --age [--name name ...] [-w range] [-c range] [--min-size size] [--count range]\n"
    "           [-t timeout] [-0v] [--place place] [--format nagios|prometheus|json] [-o file] directory | -\n"
    "       mm-verify --age [...] --places index\n";

/* The first reason counts. */
__attribute__((format(printf, 2, 3))) static void
complain(char why[WHY], const char *fmt, ...)
{
	va_list ap;

	if (why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(why, WHY, fmt, ap);
	va_end(ap);
}

static void
take_range(struct request *req, const char *option, const char **text, struct range *r, enum range_unit unit)
{
	*text = optarg;
	if (!range_parse(r, optarg, unit))
		complain(req->why, "%s: '%s' is no range, such as %s", option, optarg, unit == RANGE_TIME ? "26h" : "3:");
}

/* A bare number is the least. */
static void
take_count(struct request *req)
{
	struct range *r = &req->report.limits.count;

	take_range(req, "--count", &req->report.count, r, RANGE_PLAIN);
	if (strspn(optarg, "0123456789") == strlen(optarg))
		*r = (struct range){ .start = r->end, .end = INFINITY };
}

static void
take_size(struct request *req)
{
	uint64_t size = 0;

	req->report.min_size = optarg;
	if (number_size(optarg, "--min-size", 1, INT64_MAX, &size) != ST_OK)
		complain(req->why, "--min-size: '%s' is no size in bytes", optarg);
	req->report.limits.min_size = (int64_t)size;
}

static void
take_timeout(struct request *req)
{
	if (number_duration(optarg, "-t", 1, 86400, &req->timeout) != ST_OK)
		complain(req->why, "-t: '%s' is no time from 1s to 1d", optarg);
}

static void
take_format(struct request *req)
{
	static const char *const formats[] = { [AGE_NAGIOS] = "nagios", [AGE_PROMETHEUS] = "prometheus", [AGE_JSON] = "json" };
	int i;

	for (i = AGE_NAGIOS; i <= AGE_JSON; i++) {
		if (strcmp(optarg, formats[i]) == 0) {
			req->report.format = (enum agereport_format)i;
			return;
		}
	}
	complain(req->why, "--format: '%s' is none of nagios, prometheus, json", optarg);
}

static void
take_name(struct request *req)
{
	const char **more = realloc(req->words, (req->n_words + 1) * sizeof(*more));
	char *word = malloc(NAMES_WORD + 1);

	req->words = more != NULL ? more : req->words;
	if (more == NULL || word == NULL) {
		complain(req->why, "out of memory");
		free(word);
		return;
	}
	more[req->n_words++] = word;
	word[0] = '\0';
	if (names_spell(word, optarg) != ST_OK)
		complain(req->why, "--name: it is empty, or longer than 199 bytes as it is spelled");
}

static void
take_option(struct request *req, int c)
{
	struct agereport *r = &req->report;

	switch (c) {
	case NAME: take_name(req); break;
	case 'w': take_range(req, "-w", &r->warn, &r->limits.warn, RANGE_TIME); break;
	case 'c': take_range(req, "-c", &r->crit, &r->limits.crit, RANGE_TIME); break;
	case MIN_SIZE: take_size(req); break;
	case COUNT: take_count(req); break;
	case 't': take_timeout(req); break;
	case '0': req->end = '\0'; break;
	case 'v': r->verbose = 1; break;
	case PLACE: req->place = optarg; break;
	case PLACES: req->index = optarg; break;
	case FORMAT: take_format(req); break;
	case 'o': r->output = optarg; break;
	default: complain(req->why, "usage: mm-verify --age [option ...] directory | -; see mm-verify --age --help"); break;
	}
}

/* Nonzero if help or version was asked for, and has been printed. */
static int
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, NAME },
		{ "warning", required_argument, NULL, 'w' },
		{ "critical", required_argument, NULL, 'c' },
		{ "min-size", required_argument, NULL, MIN_SIZE },
		{ "count", required_argument, NULL, COUNT },
		{ "timeout", required_argument, NULL, 't' },
		{ "null", no_argument, NULL, '0' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "place", required_argument, NULL, PLACE },
		{ "places", required_argument, NULL, PLACES },
		{ "format", required_argument, NULL, FORMAT },
		{ "output", required_argument, NULL, 'o' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "w:c:t:0vo:Vh", options, NULL)) != -1) {
		if (c == 'V' || c == 'h') {
			fputs(c == 'V' ? "mm-verify " MM_VERSION "\n" : usage, stdout);
			return 1;
		}
		take_option(req, c);
	}
	if (argc - optind != (req->index == NULL) || (req->index != NULL && req->place != NULL))
		take_option(req, '?');
	req->from = argv[optind];
	req->report.says_place = req->place != NULL;
	req->report.is_of_several = req->index != NULL;
	return 0;
}

/* When time is up there is nothing to wait for: this may be called while a read hangs. */
static char late[64];
static size_t late_len;

static void
on_alarm(int signum)
{
	ssize_t n = write(STDOUT_FILENO, late, late_len);

	(void)signum;
	(void)n;
	_exit(FRESH_UNKNOWN);
}

static void
set_alarm(const struct request *req)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	sigset_t alarms;

	/* What is read by a machine stays as it is: its age tells. */
	if (req->report.format == AGE_NAGIOS && req->report.output == NULL)
		late_len = (size_t)snprintf(late, sizeof(late), "BACKUP UNKNOWN - nothing known after %us\n", (unsigned)req->timeout);
	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	alarm((unsigned)req->timeout);
}

/* The places that the command line names; nonzero if something is the matter with them. */
static int
find_places(struct agesources *all, struct request *req)
{
	const char *bad;

	if (req->index == NULL)
		bad = agesource_one(all, req->from, req->place);
	else if ((bad = agesource_index(all, req->index)) != NULL)
		complain(req->why, "%s: %s", req->index, bad);
	if (bad != NULL)
		complain(req->why, "%s", bad);
	return bad != NULL;
}

/*
 * Where there are several places, what one of them has all have to have.
 * Nonzero if that cannot be found out.
 */
static int
find_names(const struct agesources *all, struct request *req)
{
	if (req->index == NULL || req->n_words > 0)
		return 0;
	free(req->words);
	if (agesource_words(all, &req->words, &req->n_words) == ST_OK)
		return 0;
	complain(req->why, "out of memory");
	return 1;
}

/* What was found there, or why nothing was. */
static enum freshness
judge(struct freshness_place *p, struct agesource *source, const struct request *req)
{
	const struct series *s;

	*p = (struct freshness_place){ .name = source->place, .n = req->n_words };
	if (source->why[0] == '\0' &&
	    freshness_judge(&source->listing, req->report.now, &req->report.limits, req->words, &p->series, &p->n) != ST_OK)
		snprintf(source->why, sizeof(source->why), "out of memory");
	if (source->why[0] != '\0') {
		p->why = source->why;
		return p->state = FRESH_UNKNOWN;
	}
	for (s = p->series; s < p->series + p->n; s++)
		p->state = freshness_worse(p->state, s->state);
	return p->state = p->n == 0 ? FRESH_CRITICAL : p->state;
}

/* Look everywhere, judge, and tell. */
static enum freshness
check(struct request *req, struct agesources *all)
{
	enum freshness state = FRESH_OK;
	struct freshness_place *places;
	size_t i;

	if (find_places(all, req))
		return FRESH_UNKNOWN;
	for (i = 0; i < all->n; i++)
		agesource_look(&all->of[i], req->end);
	if (find_names(all, req))
		return FRESH_UNKNOWN;
	if ((places = calloc(all->n, sizeof(*places))) == NULL) {
		complain(req->why, "out of memory");
		return FRESH_UNKNOWN;
	}
	for (i = 0; i < all->n; i++)
		state = freshness_worse(state, judge(&places[i], &all->of[i], req));
	if (agereport_print(&req->report, places, all->n, state) != ST_OK)
		state = FRESH_UNKNOWN;
	for (i = 0; i < all->n; i++)
		free(places[i].series);
	free(places);
	return state;
}

int
agecheck(int argc, char *argv[])
{
	struct request req = { .timeout = 10, .end = '\n', .report = { .warn = "26h", .crit = "50h", .now = (int64_t)time(NULL),
	    .limits = { .warn = { 0, 26 * 3600, 0 }, .crit = { 0, 50 * 3600, 0 }, .count = { -INFINITY, INFINITY, 0 } } } };
	struct agesources all = { 0 };
	enum freshness state = FRESH_UNKNOWN;

	if (read_options(argc, argv, &req) == 0) {
		set_alarm(&req);
		if (req.why[0] == '\0')
			state = check(&req, &all);
		if (req.why[0] != '\0')
			agereport_unknown(&req.report, req.why);
	}
	agesource_free(&all);
	while (req.n_words > 0)
		free((void *)req.words[--req.n_words]);
	free(req.words);
	return (int)state;
}
