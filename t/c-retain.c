/*
 * Policies: read as they are meant, and applied to random sets of backups as a naive reading of each sentence
 * in retain.h would; the promises of that header hold.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dice.h"
#include "retain.h"
#include "tap.h"

enum { MOST = 60, ROUNDS = 4000, DAY = 86400 };

static const int64_t base = INT64_C(1767225600);	/* 20260101_000000, a Thursday */

static void
takes(const char *text, enum retain_part part, int64_t want, int64_t least)
{
	struct retain r;

	ok(retain_parse(&r, text) == ST_OK && r.part[part] == want && r.part[RETAIN_LEAST] == least, "%s is a policy", text);
}

static void
reaches(const char *text, int64_t want)
{
	struct retain r;

	ok(retain_parse(&r, text) == ST_OK && retain_reach(&r) == want, "%s reaches %jd seconds back", text, (intmax_t)want);
}

static void
parsing(void)
{
	static const char *const bad[] = { "", ",", "within", "within=", "within=7", "within=12m", "within=7w", "within=d", "within=0d",
	    "within=30m", "within=-1d", "within=1000001d", "last", "last=", "last=0", "last=1000001", "last=x", "last=3d", "last=3,",
	    ",last=3", "last=3,,daily=2", "last=3, daily=2", " last=3", "last=3 ", "last =3", "last= 3", "Last=3", "last=3,last=3",
	    "least=0", "least=18446744073709551617", "days=3", "daily=7;weekly=4", "=3", "7", "within=7d,daily=1,within=7d",
	    "last=3\n", "last=0x3", "dail=7", "dailyx=7" };
	struct retain r;
	size_t i;

	takes("within=7d", RETAIN_WITHIN, 7 * DAY, 3);
	takes("within=26h", RETAIN_WITHIN, 26 * 3600, 3);
	takes("last=5", RETAIN_LAST, 5, 3);
	takes("least=1", RETAIN_LEAST, 1, 1);
	takes("yearly=2,monthly=12,least=9", RETAIN_MONTHLY, 12, 9);
	takes("within=7d,last=3,hourly=24,daily=7,weekly=4,monthly=12,yearly=2,least=3", RETAIN_HOURLY, 24, 3);
	takes("daily=1000000", RETAIN_DAILY, 1000000, 3);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(retain_parse(&r, bad[i]) == ST_TROUBLE, "'%s' is no policy", bad[i]);
	reaches("last=9,least=4", 0);
	reaches("within=26h,last=99", 26 * 3600);
	reaches("within=7d,daily=8", 8 * DAY);
	reaches("hourly=30,daily=1", 30 * 3600);
	reaches("weekly=5,monthly=1", 35 * DAY);
	reaches("monthly=2,weekly=8", 62 * DAY);
	reaches("yearly=1000000", INT64_C(366000000) * DAY);
}

/* What strftime(3) makes of it: the same text for what is of the same hour, day, week ... */
static void
bucket(int part, int64_t when, char key[40])
{
	static const char *const formats[RETAIN_PARTS] = { [RETAIN_HOURLY] = "%Y-%j %H", [RETAIN_DAILY] = "%Y-%j",
	    [RETAIN_WEEKLY] = "%G week %V", [RETAIN_MONTHLY] = "%Y-%m", [RETAIN_YEARLY] = "%Y" };
	time_t t = (time_t)when;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(key, 40, formats[part], &tm);
}

/* Does the part keep the backup?  Asked of each alone, the slow way. */
static int
oracle(const struct retain *r, int part, int64_t now, const int64_t *when, size_t i)
{
	char mine[40], other[40], previous[40] = "";
	int64_t newer = 0;
	size_t j;

	if (r->part[part] == 0)
		return 0;
	if (part == RETAIN_WITHIN)
		return when[i] + r->part[part] >= now;
	if (part == RETAIN_LAST || part == RETAIN_LEAST)
		return (int64_t)i < r->part[part];
	bucket(part, when[i], mine);
	for (j = 0; j < i; j++) {
		bucket(part, when[j], other);
		if (strcmp(other, mine) == 0)
			return 0;
		newer += strcmp(other, previous) != 0;
		strcpy(previous, other);
	}
	return newer < r->part[part];
}

static int
descending(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a > b ? -1 : a < b;
}

/* Some backups, newest first: in heaps, in rows, over hours or over years; some of one second. */
static size_t
random_set(int64_t *when)
{
	static const int64_t spans[] = { 5, 3 * 3600, 3 * DAY, 40 * DAY, 500 * DAY, 4000 * DAY };
	int64_t span = spans[dice(6)];
	size_t n = (size_t)dice(MOST), i;

	for (i = 0; i < n; i++)
		when[i] = base - (dice(3) == 0 ? dice(span) / DAY * DAY : dice(span));
	qsort(when, n, sizeof(*when), descending);
	return n;
}

static struct retain
random_policy(void)
{
	struct retain r = { 0 };
	int part;

	for (part = RETAIN_WITHIN; part < RETAIN_LEAST; part++) {
		if (dice(3) == 0)
			r.part[part] = part == RETAIN_WITHIN ? (1 + dice(100)) * (dice(2) ? 3600 : DAY) : 1 + dice(12);
	}
	r.part[RETAIN_LEAST] = 1 + dice(5);
	return r;
}

struct wrong {
	int verdict, least, newest, twice, added;
};

static void
against_oracle(const struct retain *r, int64_t now, const int64_t *when, size_t n, const uint8_t *kept_by, struct wrong *w)
{
	size_t i;
	int part;

	for (i = 0; i < n; i++) {
		for (part = 0; part < RETAIN_PARTS; part++)
			w->verdict += (kept_by[i] >> part & 1) != oracle(r, part, now, when, i);
		w->least += (int64_t)i < r->part[RETAIN_LEAST] && kept_by[i] == 0;
	}
	w->newest += n > 0 && kept_by[0] == 0;
}

/* Drop what is to be dropped, and ask again. */
static void
again(const struct retain *r, int64_t now, const int64_t *when, size_t n, const uint8_t *kept_by, struct wrong *w)
{
	int64_t left[MOST];
	uint8_t second[MOST];
	size_t i, n_left = 0;

	for (i = 0; i < n; i++) {
		if (kept_by[i] != 0)
			left[n_left++] = when[i];
	}
	retain_mark(r, now, left, n_left, second);
	for (i = 0; i < n_left; i++)
		w->twice += second[i] == 0;
}

/* With one more, anywhere, and later: what was dropped is not wanted after all. */
static void
with_another(const struct retain *r, int64_t now, const int64_t *when, size_t n, const uint8_t *kept_by, struct wrong *w)
{
	int64_t more[MOST + 1], another = base + dice(2 * DAY) - dice(2) * dice(500 * DAY);
	uint8_t second[MOST + 1];
	size_t i, at = 0;

	while (at < n && when[at] > another)
		at++;
	memcpy(more, when, at * sizeof(*when));
	more[at] = another;
	memcpy(more + at + 1, when + at, (n - at) * sizeof(*when));
	retain_mark(r, now + dice(3 * DAY), more, n + 1, second);
	for (i = 0; i < n; i++)
		w->added += kept_by[i] == 0 && second[i < at ? i : i + 1] != 0;
}

static void
random_sets(void)
{
	struct wrong w = { 0 };
	int64_t when[MOST] = { 0 }, now;
	uint8_t kept_by[MOST];
	struct retain r;
	size_t n;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		n = random_set(when);
		r = random_policy();
		now = base + dice(100 * DAY) - dice(2) * 1800;
		retain_mark(&r, now, when, n, kept_by);
		against_oracle(&r, now, when, n, kept_by, &w);
		again(&r, now, when, n, kept_by, &w);
		with_another(&r, now, when, n, kept_by, &w);
	}
	ok(w.verdict == 0, "each part keeps what a naive reading of it does");
	ok(w.least == 0, "none of the newest `least` is dropped");
	ok(w.newest == 0, "the newest never is");
	ok(w.twice == 0, "applied twice, it drops nothing the second time");
	ok(w.added == 0, "what it drops, it does not want back when one more comes");
}

static void
edges(void)
{
	int64_t when[] = { base, base - 7 * DAY, base - 7 * DAY - 1 };
	struct retain r = { .part[RETAIN_WITHIN] = 7 * DAY, .part[RETAIN_LEAST] = 1 };
	uint8_t kept_by[3];

	retain_mark(&r, base, when, 3, kept_by);
	ok(kept_by[1] == 1u << RETAIN_WITHIN && kept_by[2] == 0, "within=7d: 7*24 hours, not a second more");
	retain_mark(&r, base - 1800, when, 3, kept_by);
	ok(kept_by[2] != 0, "a newest of a little later than now is kept like any");
}

static int
believes(const char *policy, int64_t now, int64_t newest, const int64_t *when, size_t n)
{
	struct retain r;

	return retain_parse(&r, policy) == ST_OK && retain_believe(&r, now, newest, when, n) == ST_OK;
}

static void
belief(void)
{
	int64_t daily[] = { base, base - DAY, base - 2 * DAY }, jump[] = { base, base - 14 * DAY, base - 15 * DAY };

	ok(believes("within=7d", base, base, daily, 3), "all is well");
	ok(believes("within=7d", base - 3600, base, daily, 3), "the newest may be an hour ahead");
	ok(!believes("within=7d", base - 3601, base, daily, 3), "not more");
	ok(!believes("last=3", base - 3601, base, daily, 3), "... whatever the policy");
	ok(!believes("within=7d", base, base + 3601, daily, 3), "... nor a suspect one");
	ok(believes("within=7d", base + 7 * DAY, base, daily, 3), "the newest good one may be as old as the reach");
	ok(!believes("within=7d", base + 7 * DAY + 1, base, daily, 3), "not older");
	ok(!believes("within=7d", base + 7 * DAY + 1, base, daily, 1), "... if it is the only one, neither");
	ok(believes("last=3", base + 9999 * DAY, base, daily, 3), "a policy that does not speak of time reaches any");
	ok(believes("within=7d", base, base, jump, 3), "twice the reach may be missing before the newest");
	ok(!believes("daily=6", base, base, jump, 3), "not more");
	ok(believes("last=1,least=1", base, base, jump, 3), "... except where nothing is said of time");
	ok(believes("within=7d", base, base, NULL, 0), "none good: nothing speaks against it");
}

static int
outlived(const char *policy, int64_t now, const int64_t *when, size_t n, int64_t suspect)
{
	struct retain r;

	return retain_parse(&r, policy) == ST_OK && retain_outlived(&r, now, when, n, suspect);
}

static void
suspects(void)
{
	int64_t when[] = { base, base - DAY, base - 2 * DAY };

	ok(!outlived("within=7d", base, when, 3, base - 7 * DAY), "a suspect one stays for the whole reach");
	ok(outlived("within=7d", base, when, 3, base - 7 * DAY - 1), "then it may go");
	ok(!outlived("within=7d", base, when, 2, base - 8 * DAY), "... if `least` good ones are newer");
	ok(!outlived("within=1d", base + DAY, when, 3, base - 2 * DAY), "... newer, not of its own second");
	ok(!outlived("last=3,least=1", base, when, 2, base - 99 * DAY), "... or as many as the last that are wanted");
	ok(outlived("last=3,least=1", base, when, 3, base - 99 * DAY), "where nothing is said of time, these suffice");
	ok(!outlived("last=1,least=1", base, when, 0, base - 99 * DAY), "without a good one it stays");
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	parsing();
	random_sets();
	edges();
	belief();
	suspects();
	return done_testing();
}
