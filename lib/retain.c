#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "retain.h"
#include "stamp.h"

enum { HOUR = 3600, DAY = 24 * HOUR, MOST = 1000000, LEAST = 3 };

const char *const retain_words[RETAIN_PARTS] = {
	"within", "last", "hourly", "daily", "weekly", "monthly", "yearly", "least"
};

/* What a part's number counts, in seconds at the most; 0, not time. */
static const int64_t spans[RETAIN_PARTS] = { 1, 0, HOUR, DAY, 7 * DAY, 31 * DAY, 366 * DAY, 0 };

static enum retain_part
part_named(const char *word, size_t len)
{
	int part;

	for (part = 0; part < RETAIN_PARTS; part++) {
		if (strlen(retain_words[part]) == len && memcmp(retain_words[part], word, len) == 0)
			break;
	}
	return (enum retain_part)part;
}

/* A bare 7 or a month's m would be seconds or minutes, and drop nearly everything. */
static enum status
read_within(const char *text, uint64_t *n)
{
	size_t len = strlen(text);

	if (len == 0 || (text[len - 1] != 'd' && text[len - 1] != 'h')) {
		warnx("policy: within=%s is no time in days or hours, as 7d", text);
		return ST_TROUBLE;
	}
	return number_duration(text, "policy: within", HOUR, (uint64_t)MOST * DAY, n);
}

/* One part, "word=number". */
static enum status
take(struct retain *r, const char *text)
{
	size_t len = strcspn(text, "=");
	enum retain_part part = part_named(text, len);
	char what[32] = "policy: ";
	uint64_t n = 0;
	enum status st;

	if (part == RETAIN_PARTS || text[len] == '\0') {
		warnx("policy: '%s' is none of within=7d, last=, hourly=, daily=, weekly=, monthly=, yearly=, least=", text);
		return ST_TROUBLE;
	}
	if (r->part[part] != 0) {
		warnx("policy: %s comes twice", retain_words[part]);
		return ST_TROUBLE;
	}
	strcat(what, retain_words[part]);
	st = part == RETAIN_WITHIN ? read_within(text + len + 1, &n) : number_count(text + len + 1, what, 1, MOST, &n);
	if (st == ST_OK)
		r->part[part] = (int64_t)n;
	return st;
}

enum status
retain_parse(struct retain *r, const char *policy)
{
	char *copy, *text, *comma;
	enum status st = ST_OK;

	*r = (struct retain){ 0 };
	if ((copy = strdup(policy)) == NULL) {
		warn("policy");
		return ST_TROUBLE;
	}
	for (text = copy; st == ST_OK && text != NULL; text = comma) {
		if ((comma = strchr(text, ',')) != NULL)
			*comma++ = '\0';
		st = take(r, text);
	}
	free(copy);
	if (st == ST_OK && r->part[RETAIN_LEAST] == 0)
		r->part[RETAIN_LEAST] = LEAST;
	return st;
}

int64_t
retain_reach(const struct retain *r)
{
	int64_t reach = 0;
	int part;

	for (part = 0; part < RETAIN_PARTS; part++) {
		if (r->part[part] * spans[part] > reach)
			reach = r->part[part] * spans[part];
	}
	return reach;
}

/* The number of the hour, day, week, month or year; for last and least, each backup is its own. */
static int64_t
bucket(int part, int64_t when, size_t i)
{
	switch (part) {
	case RETAIN_HOURLY:
		return when / HOUR;
	case RETAIN_DAILY:
		return when / DAY;
	case RETAIN_WEEKLY:
		return (when / DAY + 3) / 7;		/* 1970 began on a Thursday */
	case RETAIN_MONTHLY:
		return stamp_month(when);
	case RETAIN_YEARLY:
		return stamp_month(when) / 12;
	default:
		return (int64_t)i;
	}
}

static void
mark_within(const struct retain *r, int64_t now, const int64_t *when, size_t n, uint8_t *kept_by)
{
	size_t i;

	for (i = 0; i < n && now - when[i] <= r->part[RETAIN_WITHIN]; i++)
		kept_by[i] |= 1u << RETAIN_WITHIN;
}

static void
mark_buckets(const struct retain *r, int part, const int64_t *when, size_t n, uint8_t *kept_by)
{
	int64_t left = r->part[part], this, previous = -1;
	size_t i;

	for (i = 0; i < n && left > 0; i++) {
		this = bucket(part, when[i], i);
		if (this == previous)
			continue;
		kept_by[i] |= (uint8_t)(1u << part);
		previous = this;
		left--;
	}
}

void
retain_mark(const struct retain *r, int64_t now, const int64_t *when, size_t n, uint8_t *kept_by)
{
	int part;

	memset(kept_by, 0, n);
	if (r->part[RETAIN_WITHIN] > 0)
		mark_within(r, now, when, n, kept_by);
	for (part = RETAIN_LAST; part < RETAIN_PARTS; part++)
		mark_buckets(r, part, when, n, kept_by);
}

int
retain_outlived(const struct retain *r, int64_t now, const int64_t *when, size_t n, int64_t suspect)
{
	int64_t wanted = r->part[RETAIN_LEAST];

	if (r->part[RETAIN_LAST] > wanted)
		wanted = r->part[RETAIN_LAST];
	if (now - suspect <= retain_reach(r))
		return 0;
	return n >= (size_t)wanted && when[wanted - 1] > suspect;
}

enum status
retain_believe(const struct retain *r, int64_t now, int64_t newest, const int64_t *when, size_t n)
{
	int64_t reach = retain_reach(r);
	char stamp[STAMP_LEN + 1], second[STAMP_LEN + 1];

	stamp_print(stamp, newest);
	if (newest - now > HOUR) {
		warnx("nothing is dropped: the newest backup, %s, lies in the future", stamp);
		return ST_TROUBLE;
	}
	if (reach == 0 || n == 0)
		return ST_OK;
	stamp_print(stamp, when[0]);
	if (now - when[0] > reach) {
		warnx("nothing is dropped: even the newest good backup, %s, is older than all that the policy speaks of", stamp);
		return ST_TROUBLE;
	}
	if (n > 1 && when[0] - when[1] > 2 * reach) {
		stamp_print(second, when[1]);
		warnx("nothing is dropped: from %s to %s, the newest good backup, is more than twice what the policy speaks of; "
		    "has the clock jumped?", second, stamp);
		return ST_TROUBLE;
	}
	return ST_OK;
}
