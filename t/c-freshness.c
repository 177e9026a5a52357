/* Ranges as Monitoring Plugins have them, and the judgement of a series of backups. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "freshness.h"
#include "stamp.h"
#include "tap.h"

static const int64_t now = INT64_C(1773576000);		/* 20260315_120000 */

/* What a test has added, and the room its names stand in. */
enum { MOST = 32 };
static struct names listing;
static char names[MOST][NAMES_LONGEST + 1];
static size_t n_names;

/* From lo to hi, in steps of a half: whether each alerts, as a row of dots and exclamation marks. */
static void
alerts(const char *text, enum range_unit unit, double lo, const char *want, const char *printed)
{
	char got[40], out[RANGE_SIZE] = "";
	struct range r;
	size_t i;

	if (!range_parse(&r, text, unit)) {
		ok(0, "%s is a range", text);
		return;
	}
	for (i = 0; i < strlen(want); i++)
		got[i] = range_alerts(&r, lo + (double)i / 2) ? '!' : '.';
	got[i] = '\0';
	range_print(out, &r);
	ok(strcmp(got, want) == 0, "%s alerts from %g on as %s", text, lo, want);
	ok(strcmp(out, printed) == 0, "... and is printed as %s", printed);
	if (strcmp(got, want) != 0 || strcmp(out, printed) != 0)
		printf("# got %s and %s\n", got, out);
}

static void
ranges(void)
{
	static const char *const bad[] = { "", "@", ":", "~", "10:5", "x", "10x", "10 ", " 10", "1e3", "0x10", "inf", "nan", "1:2:3",
	    "~:~", "10:~", ":10", "@@10", "--1", "1-2", "1.2.3", ".", "-", "26hh", "h", "h:", "1w", "1H", "10;20", "10,5" };
	struct range r;
	size_t i;

	alerts("2", RANGE_PLAIN, -1, "!!.....!!", "2");
	alerts("0:2", RANGE_PLAIN, -1, "!!.....!!", "2");
	alerts("2:", RANGE_PLAIN, 1, "!!.....", "2:");
	alerts("0:", RANGE_PLAIN, -1, "!!.....", "0:");
	alerts("~:2", RANGE_PLAIN, 1, "...!!", "~:2");
	alerts("1:2", RANGE_PLAIN, 0, "!!...!!", "1:2");
	alerts("@1:2", RANGE_PLAIN, 0, "..!!!..", "@1:2");
	alerts("@2", RANGE_PLAIN, -1, "..!!!!!..", "@2");
	alerts("@~:1", RANGE_PLAIN, 0, "!!!..", "@~:1");
	alerts("@1:", RANGE_PLAIN, 0, "..!!!", "@1:");
	alerts("~:", RANGE_PLAIN, -1, ".....", "~:");
	alerts("-1:1", RANGE_PLAIN, -2, "!!.....!!", "-1:1");
	alerts("0.5:1.5", RANGE_PLAIN, 0, "!...!", "0.5:1.5");
	alerts("1m", RANGE_TIME, 59, "...!!", "60");
	alerts("1.5m:", RANGE_TIME, 89, "!!..", "90:");
	alerts("26h", RANGE_TIME, 93599, "...!!", "93600");
	alerts("1h:2d", RANGE_TIME, 3599, "!!..", "3600:172800");
	alerts("~:7d", RANGE_TIME, 604799, "...!", "~:604800");
	alerts("90s", RANGE_TIME, 89, "...!", "90");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!range_parse(&r, bad[i], RANGE_TIME), "'%s' is no range", bad[i]);
	ok(!range_parse(&r, "26h", RANGE_PLAIN), "'26h' is none of plain numbers");
}

/* Add the parts of a backup of a series, so many seconds before now. */
static void
has(const char *word, int64_t age, int64_t size, const char *parts)
{
	static const struct {
		char letter;
		const char *end;
	} ends[] = { { 'f', "" }, { 'm', ".manifest" }, { 's', ".suspect" }, { 'd', ".drill" } };
	char stamp[STAMP_LEN + 1], *text;
	size_t i;

	stamp_print(stamp, now - age);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strchr(parts, ends[i].letter) == NULL)
			continue;
		if (n_names == MOST)
			exit(2);
		text = names[n_names++];
		snprintf(text, sizeof(names[0]), "%s_backup_%s.sql%s", word, stamp, ends[i].end);
		if (names_add(&listing, text, strlen(text), NULL, size) != ST_OK)
			exit(2);
	}
}

static struct freshness_limits
usual(void)
{
	return (struct freshness_limits){ .warn = { 0, 100, 0 }, .crit = { 0, 200, 0 }, .count = { -INFINITY, INFINITY, 0 } };
}

/* Judge what has been added, by the series' word or by all; the first of the series, and how many there are. */
static struct series
judged(const struct freshness_limits *limits, const char *word, size_t *n)
{
	struct series *series, first = { 0 };
	size_t count = word != NULL;

	names_sort(&listing);
	if (freshness_judge(&listing, now, limits, &word, &series, &count) != ST_OK)
		exit(2);
	if (count > 0)
		first = series[0];
	free(series);
	if (n != NULL)
		*n = count;
	return first;
}

static void
forget(void)
{
	names_free(&listing);
	n_names = 0;
}

static void
is(const struct freshness_limits *limits, enum freshness state, unsigned faults, const char *what)
{
	struct series s = judged(limits, "m", NULL);

	ok(s.state == state && s.faults == faults, "%s", what);
	if (s.state != state || s.faults != faults)
		printf("# state %d, faults %u\n", s.state, s.faults);
	forget();
}

static void
ages(void)
{
	struct freshness_limits limits = usual();

	has("m", 100, 5, "fm");
	is(&limits, FRESH_OK, 0, "as old as may be");
	has("m", 101, 5, "fm");
	is(&limits, FRESH_WARNING, FRESH_OLD, "a second older");
	has("m", 200, 5, "fm");
	is(&limits, FRESH_WARNING, FRESH_OLD, "as old as may be before it is critical");
	has("m", 201, 5, "fm");
	is(&limits, FRESH_CRITICAL, FRESH_TOO_OLD, "a second older");
	is(&limits, FRESH_CRITICAL, FRESH_NONE, "none at all");
	has("m", -300, 5, "fm");
	is(&limits, FRESH_OK, 0, "a clock that is five minutes ahead");
	has("m", -301, 5, "fm");
	has("m", 10, 5, "fm");
	is(&limits, FRESH_WARNING, FRESH_AHEAD, "one of the future is a warning");
	has("m", -301, 5, "fm");
	has("m", 500, 5, "fm");
	is(&limits, FRESH_CRITICAL, FRESH_AHEAD | FRESH_TOO_OLD, "... and does not hide how old the others are");
	has("m", -301, 5, "fm");
	is(&limits, FRESH_WARNING, FRESH_AHEAD, "... if there are any");
	limits.warn = (struct range){ 50, INFINITY, 0 };
	has("m", 10, 5, "fm");
	is(&limits, FRESH_WARNING, FRESH_OLD, "a range may want age");
}

static void
states(void)
{
	struct freshness_limits limits = usual();
	struct series s;

	has("m", 10, 5, "f");
	is(&limits, FRESH_CRITICAL, FRESH_NONE, "one without a manifest does not count");
	has("m", 10, 5, "fms");
	is(&limits, FRESH_CRITICAL, FRESH_NONE, "a suspect one does not");
	has("m", 10, 5, "md");
	is(&limits, FRESH_CRITICAL, FRESH_NONE, "companions alone do not");
	has("mm", 10, 5, "fm");
	is(&limits, FRESH_CRITICAL, FRESH_NONE, "those of another series do not");
	has("m", 5, 1, "f");
	has("m", 6, 1, "fms");
	has("m", 7, 1, "m");
	has("m", 60, 9, "fmd");
	has("m", 50, 7, "fm");
	has("m", 70, 8, "fm");
	s = judged(&limits, "m", NULL);
	ok(s.newest != NULL && s.age == 50 && s.newest->size == 7, "the newest good one is judged");
	ok(s.good == 3 && s.suspect == 1 && s.unfinished == 1, "all are counted");
	forget();
}

static void
sizes_and_counts(void)
{
	struct freshness_limits limits = usual();

	limits.min_size = 1000;
	has("m", 10, 1000, "fm");
	is(&limits, FRESH_OK, 0, "as large as wanted");
	has("m", 10, 999, "fm");
	has("m", 20, 2000, "fm");
	is(&limits, FRESH_CRITICAL, FRESH_SMALL, "the newest is smaller than wanted");
	has("m", 10, -1, "fm");
	is(&limits, FRESH_UNKNOWN, FRESH_SIZELESS, "of a size that is not known");
	has("m", 150, -1, "fm");
	is(&limits, FRESH_UNKNOWN, FRESH_SIZELESS | FRESH_OLD, "... which is worse than a warning");
	has("m", 250, -1, "fm");
	is(&limits, FRESH_CRITICAL, FRESH_SIZELESS | FRESH_TOO_OLD, "... and less bad than what is critical");
	limits = usual();
	has("m", 10, -1, "fm");
	is(&limits, FRESH_OK, 0, "a size that is not known is fine where none is wanted");
	limits.count = (struct range){ 2, 3, 0 };
	has("m", 10, 5, "fm");
	has("m", 11, 5, "f");
	is(&limits, FRESH_WARNING, FRESH_COUNT, "too few good ones");
	has("m", 10, 5, "fm");
	has("m", 11, 5, "fm");
	is(&limits, FRESH_OK, 0, "as many as wanted");
	limits.count = (struct range){ 2, INFINITY, 0 };
	is(&limits, FRESH_CRITICAL, FRESH_NONE | FRESH_COUNT, "none is fewer than any");
}

static void
several(void)
{
	struct freshness_limits limits = usual();
	struct series s;
	size_t n;

	has("b", 10, 5, "fm");
	has("a", 500, 5, "fm");
	has("a%20b", 10, 5, "m");
	has("b", 5, 5, "fm");
	s = judged(&limits, NULL, &n);
	ok(n == 3, "without a word, every series is found");
	ok(s.len == 1 && *s.word == 'a' && s.state == FRESH_CRITICAL && s.good == 1, "... in the order of the alphabet");
	s = judged(&limits, "b", &n);
	ok(n == 1 && s.good == 2 && s.age == 5 && s.state == FRESH_OK, "with one, that alone is judged");
	forget();
	s = judged(&limits, NULL, &n);
	ok(n == 0, "in an empty listing there is none");
	forget();
	ok(freshness_worse(FRESH_OK, FRESH_WARNING) == FRESH_WARNING && freshness_worse(FRESH_UNKNOWN, FRESH_WARNING) == FRESH_UNKNOWN &&
	    freshness_worse(FRESH_UNKNOWN, FRESH_CRITICAL) == FRESH_CRITICAL && freshness_worse(FRESH_OK, FRESH_OK) == FRESH_OK,
	    "critical is worse than unknown, that than warning");
}

int
main(void)
{
	ranges();
	ages();
	states();
	sizes_and_counts();
	several();
	return done_testing();
}
