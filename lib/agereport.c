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

/* What has a state: a series at a place; or the place, which cannot be looked at or is empty. */
struct finding {
	const struct freshness_place *place;
	const struct series *series;
	enum freshness state;
};

/* The findings, in the order of the places; to be freed.  NULL: out of memory. */
static struct finding *
find(const struct freshness_place *places, size_t n_places, size_t *n)
{
	const struct freshness_place *p;
	struct finding *found, *to;
	size_t i;

	for (*n = 0, p = places; p < places + n_places; p++)
		*n += p->why == NULL && p->n > 0 ? p->n : 1;
	if ((found = malloc((*n + 1) * sizeof(*found))) == NULL) {
		warn("%zu places", n_places);
		return NULL;
	}
	for (to = found, p = places; p < places + n_places; p++) {
		for (i = 0; p->why == NULL && i < p->n; i++)
			*to++ = (struct finding){ p, &p->series[i], p->series[i].state };
		if (p->why != NULL || p->n == 0)
			*to++ = (struct finding){ p, NULL, p->why != NULL ? FRESH_UNKNOWN : FRESH_CRITICAL };
	}
	return found;
}

static void
add_finding(struct line *l, const struct agereport *r, const struct finding *f)
{
	if (r->is_of_several) {
		add_foreign(l, f->place->name);
		add(l, ": ");
	}
	if (f->place->why != NULL)
		add_foreign(l, f->place->why);
	else if (f->series == NULL)
		add(l, "no backup at all");
	else
		add_series(l, r, f->series);
}

/* The worst first.  What there is no room for is counted. */
static void
add_all(struct line *l, const struct agereport *r, const struct finding *found, size_t n)
{
	static const enum freshness order[] = { FRESH_CRITICAL, FRESH_UNKNOWN, FRESH_WARNING, FRESH_OK };
	const struct finding *f;
	const char *between = "";
	struct line one;
	size_t i, left = 0;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		for (f = found; f < found + n; f++) {
			if (f->state != order[i])
				continue;
			one.len = 0;
			add_finding(&one, r, f);
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

/* The end of a figure's label, after what tells whose it is: a label has no quote and no equals sign. */
static void
name_figure(char label[1024], const struct agereport *r, const struct finding *f, int is_only, const char *what)
{
	char place[VISIBLE_SIZE(100)], *p;

	if (!r->is_of_several && is_only) {
		snprintf(label, 1024, "%s", what);
		return;
	}
	visible(place, f->place->name, strnlen(f->place->name, 100));
	for (p = place; (p = strpbrk(p, "'=|")) != NULL; )
		*p = '_';
	snprintf(label, 1024, "'%s%s%.*s %s'", r->is_of_several ? place : "", r->is_of_several ? " " : "", (int)f->series->len,
	    f->series->word, what);
}

/* " 'm age'=11520s;93600;180000;0 ..."; without the name if there is only one. */
static void
add_figures(struct line *l, const struct agereport *r, const struct finding *f, int is_only)
{
	char label[3][1024], age[24] = "U", size[24] = "U", least[24] = "", warn[RANGE_SIZE], crit[RANGE_SIZE], count[RANGE_SIZE];
	static const char *const what[] = { "age", "size", "count" };
	const struct series *s = f->series;
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < 3; i++)
		name_figure(label[i], r, f, is_only, what[i]);
	if (s->newest != NULL)
		snprintf(age, sizeof(age), "%" PRId64 "s", s->age);
	if (s->newest != NULL && s->newest->size != -1)
		snprintf(size, sizeof(size), "%" PRId64 "B", s->newest->size);
	if (r->limits.min_size > 0)
		snprintf(least, sizeof(least), "%" PRId64 ":", r->limits.min_size);
	add(l, " %s=%s;%s;%s;0 %s=%s;;%s;0 %s=%" PRIu64 ";%s;;0", label[0], age, threshold(warn, &r->limits.warn),
	    threshold(crit, &r->limits.crit), label[1], size, least, label[2], s->good, threshold(count, &r->limits.count));
}

static void
print_found(FILE *out, const struct agereport *r, const struct finding *found, size_t n, enum freshness state)
{
	const struct finding *f;
	struct line l = { .len = 0 };

	add(&l, "BACKUP %s - ", agereport_word(state));
	if (!r->is_of_several && r->says_place) {
		add_foreign(&l, found->place->name);
		add(&l, ": ");
	}
	add_all(&l, r, found, n);
	fprintf(out, "%s", l.text);
	l = (struct line){ .len = 0 };
	for (f = found; f < found + n; f++)
		add_figures(&l, r, f, n == 1);
	fprintf(out, "%s%s\n", l.len > 0 ? " |" : "", l.text);
	for (f = found; r->verbose && f < found + n; f++) {
		l.len = 0;
		add_finding(&l, r, f);
		fprintf(out, "[%s] %s", agereport_word(f->state), l.text);
		if (f->series != NULL && f->series->newest != NULL)
			fprintf(out, ", %.*s", (int)f->series->newest->len, f->series->newest->name);
		putc('\n', out);
	}
}

static enum status
print_line(FILE *out, const struct agereport *r, const struct freshness_place *places, size_t n_places, enum freshness state)
{
	size_t n;
	struct finding *found = find(places, n_places, &n);

	if (found == NULL)
		return ST_TROUBLE;
	print_found(out, r, found, n, state);
	free(found);
	return ST_OK;
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

/* What is said of a place, in the object that is open. */
static void
json_place(struct json *j, const struct freshness_place *p)
{
	size_t i;

	json_string(j, "state", agereport_word(p->state));
	json_number(j, "code", p->state);
	json_string(j, "place", p->name);
	if (p->why != NULL)
		json_string(j, "message", p->why);
	json_array(j, "series");
	for (i = 0; p->why == NULL && i < p->n; i++)
		json_series(j, &p->series[i]);
	json_close(j);
}

static void
print_json(FILE *f, const struct agereport *r, const struct freshness_place *places, size_t n, enum freshness state)
{
	struct json j;
	size_t i;

	json_begin(&j, f);
	json_number(&j, "checked", (uint64_t)r->now);
	if (!r->is_of_several) {
		json_place(&j, places);
		json_close(&j);
		return;
	}
	json_string(&j, "state", agereport_word(state));
	json_number(&j, "code", state);
	json_array(&j, "places");
	for (i = 0; i < n; i++) {
		json_object(&j, NULL);
		json_place(&j, &places[i]);
		json_close(&j);
	}
	json_close(&j);
	json_close(&j);
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

static void
print_metrics(FILE *f, const struct agereport *r, const struct freshness_place *places, size_t n)
{
	char *old = NULL;
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		if (places[i].why == NULL)
			continue;
		if (r->is_of_several)
			warnx("%s: %s", places[i].name, places[i].why);
		else
			warnx("%s", places[i].why);
		if (old == NULL)
			old = old_metrics(r->output, &len);
	}
	agemetrics_print(f, r->now, places, n, old, len);
	free(old);
}

static enum status
print(FILE *f, const struct agereport *r, const struct freshness_place *places, size_t n, enum freshness state)
{
	switch (r->format) {
	case AGE_JSON:
		print_json(f, r, places, n, state);
		return ST_OK;
	case AGE_PROMETHEUS:
		print_metrics(f, r, places, n);
		return ST_OK;
	case AGE_NAGIOS:
		break;
	}
	return print_line(f, r, places, n, state);
}

/* A file that others are meant to read: node_exporter runs as somebody else. */
static enum status
open_output(struct newfile *file, const char *path)
{
	enum status st = newfile_open(file, path);

	if (st == ST_OK && file->temporary != NULL && fchmod(fileno(file->file), 0644) == -1) {
		warn("chmod %s", file->temporary);
		newfile_drop(file);
		return ST_TROUBLE;
	}
	return st;
}

enum status
agereport_print(const struct agereport *r, const struct freshness_place *places, size_t n, enum freshness state)
{
	struct newfile file;
	enum status st;

	if (r->output == NULL) {
		if ((st = print(stdout, r, places, n, state)) != ST_OK)
			return st;
		if (fflush(stdout) == 0 && !ferror(stdout))
			return ST_OK;
		warn("write stdout");
		return ST_TROUBLE;
	}
	if ((st = open_output(&file, r->output)) != ST_OK)
		return st;
	if ((st = print(file.file, r, places, n, state)) == ST_OK)
		return newfile_keep(&file);
	newfile_drop(&file);
	return st;
}

void
agereport_unknown(const struct agereport *r, const char *why)
{
	struct line l = { .len = 0 };

	warnx("%s", why);
	if (r->format != AGE_NAGIOS)
		return;
	add(&l, "BACKUP UNKNOWN - ");
	add_foreign(&l, why);
	puts(l.text);
}
