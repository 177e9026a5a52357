#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agemetrics.h"
#include "agereport.h"
#include "json.h"
#include "newfile.h"
#include "stamp.h"
#include "visible.h"

/* A line has room for this much text and as many bytes of figures; what else there is to say is left out whole. */
enum { HALF = 1950 };

struct line {
	char text[HALF + 1];
	size_t len;
};

const char *
agereport_word(enum freshness state)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

	return words[state];
}

/* Add it if there is room for all of it; zero if there is not. */
__attribute__((format(printf, 2, 3))) static int
add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		l->text[l->len] = '\0';
		return 0;
	}
	l->len += (size_t)n;
	return 1;
}

static void
add_age(struct line *l, int64_t age)
{
	if (age >= 2 * 86400)
		add(l, "%" PRId64 "d%" PRId64 "h", age / 86400, age / 3600 % 24);
	else if (age >= 3600)
		add(l, "%" PRId64 "h%" PRId64 "m", age / 3600, age / 60 % 60);
	else if (age >= 60)
		add(l, "%" PRId64 "m", age / 60);
	else
		add(l, "%" PRId64 "s", age);
}

static void
add_size(struct line *l, int64_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)size / 1024;
	size_t i = 0;

	if (size < 1024) {
		add(l, "%" PRId64 " bytes", size);
		return;
	}
	for (; value >= 1023.95; i++)
		value /= 1024;
	add(l, "%.1f %s", value, units[i]);
}

/* "newest 52h0m old (-c 50h), 10.0 KiB (--min-size 1M)" */
static void
add_newest(struct line *l, const struct agereport *r, const struct series *s)
{
	add(l, "newest ");
	add_age(l, s->age);
	add(l, " old");
	if ((s->faults & FRESH_TOO_OLD) != 0)
		add(l, " (-c %s)", r->crit);
	if ((s->faults & FRESH_OLD) != 0)
		add(l, " (-w %s)", r->warn);
	if (s->newest->size != -1 || (s->faults & FRESH_SIZELESS) != 0)
		add(l, ", ");
	if (s->newest->size != -1)
		add_size(l, s->newest->size);
	if ((s->faults & FRESH_SIZELESS) != 0)
		add(l, "its size is not known");
	if ((s->faults & (FRESH_SMALL | FRESH_SIZELESS)) != 0)
		add(l, " (--min-size %s)", r->min_size);
}

/* All that is to be said of a series. */
static void
add_series(struct line *l, const struct agereport *r, const struct series *s)
{
	char stamp[STAMP_LEN + 1];

	add(l, "%.*s: ", (int)s->len, s->word);
	if (s->newest != NULL)
		add_newest(l, r, s);
	else
		add(l, s->ahead != NULL ? "none but of the future" : "no good backup");
	if (s->good > 0 || (s->faults & FRESH_COUNT) != 0)
		add(l, ", %" PRIu64 " good", s->good);
	if ((s->faults & FRESH_COUNT) != 0)
		add(l, " (--count %s)", r->count);
	if (s->suspect > 0)
		add(l, ", %" PRIu64 " suspect", s->suspect);
	if (s->unfinished > 0)
		add(l, ", %" PRIu64 " unfinished", s->unfinished);
	if (s->ahead == NULL)
		return;
	stamp_print(stamp, s->ahead->when);
	add(l, ", one of %s lies in the future", stamp);
}

/* The worst first.  What there is no room for is counted. */
static void
add_all(struct line *l, const struct agereport *r, const struct series *series, size_t n)
{
	static const enum freshness order[] = { FRESH_CRITICAL, FRESH_UNKNOWN, FRESH_WARNING, FRESH_OK };
	const char *between = "";
	const struct series *s;
	struct line one;
	size_t i, left = 0;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		for (s = series; s < series + n; s++) {
			if (s->state != order[i])
				continue;
			one.len = 0;
			add_series(&one, r, s);
			/* Room for the count stays. */
			if (left > 0 || l->len + one.len + 40 > HALF)
				left++;
			else
				add(l, "%s%s", between, one.text);
			between = "; ";
		}
	}
	if (left > 0)
		add(l, "%sand %zu more", between, left);
}

/* A range as a figure's threshold; one that never alerts is left out. */
static const char *
threshold(char out[RANGE_SIZE], const struct range *r)
{
	if (isinf(r->start) && isinf(r->end) && !r->alerts_inside)
		*out = '\0';
	else
		range_print(out, r);
	return out;
}

/* " 'm age'=11520s;93600;180000;0 ..."; without the name if there is only one. */
static void
add_figures(struct line *l, const struct agereport *r, const struct series *s, int is_only)
{
	char label[3][256], age[24] = "U", size[24] = "U", least[24] = "", warn[RANGE_SIZE], crit[RANGE_SIZE], count[RANGE_SIZE];
	static const char *const what[] = { "age", "size", "count" };
	int i;

	for (i = 0; i < 3; i++) {
		if (is_only)
			snprintf(label[i], sizeof(label[i]), "%s", what[i]);
		else
			snprintf(label[i], sizeof(label[i]), "'%.*s %s'", (int)s->len, s->word, what[i]);
	}
	if (s->newest != NULL)
		snprintf(age, sizeof(age), "%" PRId64 "s", s->age);
	if (s->newest != NULL && s->newest->size != -1)
		snprintf(size, sizeof(size), "%" PRId64 "B", s->newest->size);
	if (r->limits.min_size > 0)
		snprintf(least, sizeof(least), "%" PRId64 ":", r->limits.min_size);
	add(l, " %s=%s;%s;%s;0 %s=%s;;%s;0 %s=%" PRIu64 ";%s;;0", label[0], age, threshold(warn, &r->limits.warn),
	    threshold(crit, &r->limits.crit), label[1], size, least, label[2], s->good, threshold(count, &r->limits.count));
}

/* Text from outside, fit for the text of a plugin: a bar would end it. */
static void
add_foreign(struct line *l, const char *text)
{
	char seen[VISIBLE_SIZE(400)], *p;

	for (p = visible(seen, text, strnlen(text, 400)); *p != '\0'; p++) {
		if (*p == '|')
			add(l, "\\x7c");
		else
			add(l, "%c", *p);
	}
}

static void
begin_line(struct line *l, const struct agereport *r, enum freshness state)
{
	l->len = 0;
	add(l, "BACKUP %s - ", agereport_word(state));
	if (!r->says_place)
		return;
	add_foreign(l, r->place);
	add(l, ": ");
}

static void
print_line(FILE *f, const struct agereport *r, const struct series *series, size_t n, enum freshness state)
{
	const struct series *s;
	struct line l;

	begin_line(&l, r, state);
	if (n == 0)
		add(&l, "no backup at all");
	add_all(&l, r, series, n);
	fprintf(f, "%s", l.text);
	l.len = 0;
	l.text[0] = '\0';
	for (s = series; s < series + n; s++)
		add_figures(&l, r, s, n == 1);
	fprintf(f, "%s%s\n", l.len > 0 ? " |" : "", l.text);
	for (s = series; r->verbose && s < series + n; s++) {
		l.len = 0;
		add_series(&l, r, s);
		fprintf(f, "[%s] %s", agereport_word(s->state), l.text);
		if (s->newest != NULL)
			fprintf(f, ", %.*s", (int)s->newest->len, s->newest->name);
		putc('\n', f);
	}
}

/* A name that has no end after it. */
static void
json_name(struct json *j, const char *key, const char *name, size_t len)
{
	char text[NAMES_LONGEST + 1];

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	json_string(j, key, text);
}

static void
json_series(struct json *j, const struct series *s)
{
	json_object(j, NULL);
	json_name(j, "name", s->word, s->len);
	json_string(j, "state", agereport_word(s->state));
	json_number(j, "code", s->state);
	if (s->newest != NULL) {
		json_name(j, "newest", s->newest->name, s->newest->len);
		json_number(j, "timestamp", (uint64_t)s->newest->when);
		json_number(j, "age", (uint64_t)s->age);
	}
	if (s->newest != NULL && s->newest->size != -1)
		json_number(j, "size", (uint64_t)s->newest->size);
	if (s->ahead != NULL)
		json_name(j, "ahead", s->ahead->name, s->ahead->len);
	json_number(j, "good", s->good);
	json_number(j, "suspect", s->suspect);
	json_number(j, "unfinished", s->unfinished);
	json_close(j);
}

static void
print_json(FILE *f, const struct agereport *r, const struct series *series, size_t n, enum freshness state, const char *why)
{
	struct json j;
	size_t i;

	json_begin(&j, f);
	json_string(&j, "state", agereport_word(state));
	json_number(&j, "code", state);
	json_string(&j, "place", r->place);
	json_number(&j, "checked", (uint64_t)r->now);
	if (why != NULL)
		json_string(&j, "message", why);
	json_array(&j, "series");
	for (i = 0; i < n; i++)
		json_series(&j, &series[i]);
	json_close(&j);
	json_close(&j);
}

static void
print_unknown(FILE *f, const struct agereport *r, const char *why)
{
	struct line l;

	begin_line(&l, r, FRESH_UNKNOWN);
	add_foreign(&l, why);
	fprintf(f, "%s\n", l.text);
}

/* What our own metrics file says now, if there is one: its bytes, to be freed; NULL: nothing. */
static char *
old_metrics(const char *path, size_t *len)
{
	enum { MOST = 1 << 20 };
	char *text = NULL;
	struct stat sb;
	ssize_t n = 0;
	int fd;

	*len = 0;
	if (path == NULL || (fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return NULL;
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && (text = malloc(MOST)) != NULL) {
		while (*len < MOST && (n = read(fd, text + *len, MOST - *len)) > 0)
			*len += (size_t)n;
	}
	close(fd);
	return text;
}

/* Print to *f* what there is to say; *why* is NULL unless the place could not be looked at. */
static void
print(FILE *f, const struct agereport *r, const struct series *series, size_t n, enum freshness state, const char *why)
{
	char *old;
	size_t len;

	if (r->format == AGE_JSON) {
		print_json(f, r, series, n, state, why);
	} else if (r->format == AGE_NAGIOS && why != NULL) {
		print_unknown(f, r, why);
	} else if (r->format == AGE_NAGIOS) {
		print_line(f, r, series, n, state);
	} else if (why == NULL) {
		agemetrics_print(f, r->place, r->now, series, n);
	} else {
		warnx("%s", why);
		old = old_metrics(r->output, &len);
		agemetrics_failed(f, r->place, r->now, old, len);
		free(old);
	}
}

static enum status
save(const struct agereport *r, const struct series *series, size_t n, enum freshness state, const char *why)
{
	struct newfile file;
	enum status st;

	if (r->output == NULL) {
		print(stdout, r, series, n, state, why);
		if (fflush(stdout) == 0 && !ferror(stdout))
			return ST_OK;
		warn("write stdout");
		return ST_TROUBLE;
	}
	if ((st = newfile_open(&file, r->output)) != ST_OK)
		return st;
	/* Others are meant to read it: node_exporter runs as somebody else. */
	if (file.temporary != NULL && fchmod(fileno(file.file), 0644) == -1) {
		warn("chmod %s", file.temporary);
		newfile_drop(&file);
		return ST_TROUBLE;
	}
	print(file.file, r, series, n, state, why);
	return newfile_keep(&file);
}

enum status
agereport_print(const struct agereport *r, const struct series *series, size_t n, enum freshness state)
{
	return save(r, series, n, state, NULL);
}

enum status
agereport_unknown(const struct agereport *r, const char *why)
{
	return save(r, NULL, 0, FRESH_UNKNOWN, why);
}
