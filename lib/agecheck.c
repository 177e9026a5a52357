#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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
#include "names.h"
#include "number.h"
#include "range.h"

enum { NAME = 256, MIN_SIZE, COUNT, FORMAT, PLACE, WHY = 600 };

/* What the command line says. */
struct request {
	struct agereport report;
	const char *from;		/* a directory, or "-" */
	const char **words;
	size_t n_words;
	uint64_t timeout;
	char end;
	char why[WHY];			/* what is wrong with it; empty: nothing is */
};

static const char usage[] =
    "usage: mm-verify --age [--name name ...] [-w range] [-c range] [--min-size size] [--count range]\n"
    "           [-t timeout] [-0v] [--place place] [--format nagios|prometheus|json] [-o file] directory | -\n";

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
	case PLACE: r->place = optarg; break;
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
	if (argc - optind != 1)
		take_option(req, '?');
	else
		req->from = argv[optind];
	req->report.says_place = req->report.place != NULL;
	if (req->report.place == NULL)
		req->report.place = req->from;
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

/* A line for a name of ours, if it is a plain file's.  ENOENT: it went while we looked. */
static int
print_entry(FILE *f, int dir, const char *name)
{
	struct stat sb;
	struct name parsed;

	if (!names_parse(name, strlen(name), NULL, &parsed))
		return 0;
	if (fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return !S_ISREG(sb.st_mode) || fprintf(f, "%jd\t%s\n", (intmax_t)sb.st_size, name) > 0 ? 0 : -1;
}

static int
print_entries(FILE *f, DIR *dir)
{
	const struct dirent *e;
	int st = 0;

	errno = 0;
	while (st == 0 && (e = readdir(dir)) != NULL) {
		st = print_entry(f, dirfd(dir), e->d_name);
		errno = st == 0 ? 0 : errno;
	}
	return st == 0 && errno == 0 ? 0 : -1;
}

/* The listing that a directory is, in the form of one on standard input.  -1, and errno. */
static int
load_directory(struct names *l, const char *path)
{
	DIR *dir;
	FILE *f;
	int st, because;

	l->end = '\n';
	if ((dir = opendir(path)) == NULL)
		return -1;
	if ((f = open_memstream(&l->text, &l->len)) == NULL) {
		closedir(dir);
		return -1;
	}
	st = print_entries(f, dir);
	because = errno;
	if (fclose(f) != 0 && st == 0) {
		because = errno;
		st = -1;
	}
	closedir(dir);
	errno = because;
	return st;
}

/* The number that is all of these len bytes; -1 if they are none. */
static int64_t
whole_number(const char *text, size_t len)
{
	int64_t n = 0;

	if (len == 0 || len > 18)
		return -1;
	for (; len > 0; len--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
	}
	return n;
}

/* Is it a backup or a manifest?  These are not there when they are empty. */
static int
has_content(const char *name, size_t len)
{
	struct name parsed;

	return names_parse(name, len, NULL, &parsed) && (parsed.part == NAMES_FILE || parsed.part == NAMES_MANIFEST);
}

/* A line of a listing: "name", or "size TAB name", or more fields before those. */
static enum status
take_line(struct names *l, const char *line, size_t len)
{
	const char *name = line + len, *size;
	int64_t bytes = -1;

	while (name > line && name[-1] != '\t')
		name--;
	if (name > line) {
		for (size = name - 1; size > line && size[-1] != '\t'; size--)
			;
		bytes = whole_number(size, (size_t)(name - 1 - size));
	}
	len = (size_t)(line + len - name);
	return bytes == 0 && has_content(name, len) ? ST_OK : names_add(l, name, len, NULL, bytes);
}

/* All that the place has; the reason in why if that cannot be known. */
static void
look(struct names *l, struct request *req)
{
	const char *line = NULL;
	enum status st = ST_OK;
	size_t len;

	if (strcmp(req->from, "-") == 0)
		st = names_load(l, STDIN_FILENO, "stdin", req->end);
	else if (load_directory(l, req->from) == -1)
		complain(req->why, "%s: %s", req->from, strerror(errno));
	while (st == ST_OK && req->why[0] == '\0' && names_next(l, &line, &len))
		st = take_line(l, line, len);
	if (st != ST_OK)
		complain(req->why, "the listing cannot be read");
	names_sort(l);
}

/* Look, judge, and tell. */
static enum freshness
check(struct request *req)
{
	struct names listing = { 0 };
	struct series *series = NULL, *s;
	enum freshness state = FRESH_OK;
	size_t n = req->n_words;
	enum status st;

	look(&listing, req);
	if (req->why[0] == '\0' && freshness_judge(&listing, req->report.now, &req->report.limits, req->words, &series, &n) != ST_OK)
		complain(req->why, "out of memory");
	for (s = series; s != NULL && s < series + n; s++)
		state = freshness_worse(state, s->state);
	if (n == 0)
		state = FRESH_CRITICAL;
	if (req->why[0] == '\0')
		st = agereport_print(&req->report, series, n, state);
	else
		st = agereport_unknown(&req->report, req->why);
	if (st != ST_OK || req->why[0] != '\0')
		state = FRESH_UNKNOWN;
	free(series);
	names_free(&listing);
	return state;
}

int
agecheck(int argc, char *argv[])
{
	struct request req = { .timeout = 10, .end = '\n', .report = { .warn = "26h", .crit = "50h", .now = (int64_t)time(NULL),
	    .limits = { .warn = { 0, 26 * 3600, 0 }, .crit = { 0, 50 * 3600, 0 }, .count = { -INFINITY, INFINITY, 0 } } } };
	enum freshness state = FRESH_UNKNOWN;

	if (read_options(argc, argv, &req) == 0) {
		set_alarm(&req);
		if (req.why[0] == '\0') {
			state = check(&req);
		} else {
			warnx("%s", req.why);
			if (req.report.format == AGE_NAGIOS)
				agereport_unknown(&req.report, req.why);
		}
	}
	while (req.n_words > 0)
		free((void *)req.words[--req.n_words]);
	free(req.words);
	return (int)state;
}
