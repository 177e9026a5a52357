#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "freshness.h"

enum freshness
freshness_worse(enum freshness a, enum freshness b)
{
	static const int rank[] = { [FRESH_OK] = 0, [FRESH_WARNING] = 1, [FRESH_UNKNOWN] = 2, [FRESH_CRITICAL] = 3 };

	return rank[a] > rank[b] ? a : b;
}

/* Backups of a series come newest first. */
static void
count(struct series *s, const struct backup *b, int64_t now)
{
	switch (names_state(b)) {
	case NAMES_GOOD:
		s->good++;
		if (b->when - now > FRESH_AHEAD_MOST)
			s->ahead = s->ahead == NULL ? b : s->ahead;
		else if (s->newest == NULL)
			s->newest = b;
		break;
	case NAMES_SUSPECTED:
		s->suspect++;
		break;
	case NAMES_UNFINISHED:
		s->unfinished++;
		break;
	case NAMES_ABSENT:
		break;
	}
}

/* What is wrong with the newest, if there is one. */
static unsigned
faults_of_newest(const struct series *s, const struct freshness_limits *limits)
{
	unsigned faults = 0;

	if (s->newest == NULL)
		return s->ahead == NULL ? FRESH_NONE : 0;
	if (range_alerts(&limits->crit, (double)s->age))
		faults |= FRESH_TOO_OLD;
	else if (range_alerts(&limits->warn, (double)s->age))
		faults |= FRESH_OLD;
	if (limits->min_size > 0 && s->newest->size == -1)
		faults |= FRESH_SIZELESS;
	else if (limits->min_size > 0 && s->newest->size < limits->min_size)
		faults |= FRESH_SMALL;
	return faults;
}

static void
judge(struct series *s, int64_t now, const struct freshness_limits *limits)
{
	static const struct {
		unsigned fault;
		enum freshness state;
	} rules[] = {
		{ FRESH_NONE | FRESH_TOO_OLD | FRESH_SMALL, FRESH_CRITICAL }, { FRESH_SIZELESS, FRESH_UNKNOWN },
		{ FRESH_OLD | FRESH_AHEAD | FRESH_COUNT, FRESH_WARNING }
	};
	size_t i;

	if (s->newest != NULL && now > s->newest->when)
		s->age = now - s->newest->when;
	s->faults = faults_of_newest(s, limits);
	if (s->ahead != NULL)
		s->faults |= FRESH_AHEAD;
	if (range_alerts(&limits->count, (double)s->good))
		s->faults |= FRESH_COUNT;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if ((s->faults & rules[i].fault) != 0)
			s->state = freshness_worse(s->state, rules[i].state);
	}
}

static int
is_of(const struct backup *b, const struct series *s)
{
	return b->word == s->len && memcmp(b->name, s->word, s->len) == 0;
}

/* The series that the listing has, in the order of the alphabet; there is room for all. */
static size_t
find_all(const struct names *l, int64_t now, struct series *series)
{
	struct series *s = NULL;
	const struct backup *b;

	for (b = l->backups; b < l->backups + l->n; b++) {
		if (s == NULL || !is_of(b, s)) {
			s = s == NULL ? series : s + 1;
			*s = (struct series){ .word = b->name, .len = b->word };
		}
		count(s, b, now);
	}
	return s == NULL ? 0 : (size_t)(s - series) + 1;
}

/* One that is asked for. */
static void
find_one(const struct names *l, int64_t now, const char *word, struct series *s)
{
	const struct backup *b;

	*s = (struct series){ .word = word, .len = strlen(word) };
	for (b = l->backups; b < l->backups + l->n; b++) {
		if (is_of(b, s))
			count(s, b, now);
	}
}

enum status
freshness_judge(struct names *l, int64_t now, const struct freshness_limits *limits, const char *const *words,
    struct series **series, size_t *n)
{
	size_t i;

	if ((*series = calloc((*n > 0 ? *n : l->n) + 1, sizeof(**series))) == NULL) {
		warn("%zu backups", l->n);
		return ST_TROUBLE;
	}
	if (l->n > 0)
		qsort(l->backups, l->n, sizeof(*l->backups), names_by_word);
	for (i = 0; i < *n; i++)
		find_one(l, now, words[i], &(*series)[i]);
	if (*n == 0)
		*n = find_all(l, now, *series);
	for (i = 0; i < *n; i++)
		judge(&(*series)[i], now, limits);
	return ST_OK;
}
