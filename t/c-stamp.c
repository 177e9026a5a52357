/* The time in a name: every day there is, read, printed and counted as the C library does; and nothing else. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stamp.h"
#include "tap.h"

/* Any time of that day that is a little odd. */
static time_t
moment(int64_t day)
{
	return (time_t)(day * 86400 + day * 7919 % 86400);
}

static int
agrees(time_t t)
{
	char want[32], got[STAMP_LEN + 1];
	int64_t when = -1;
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(want, sizeof(want), "%04d%02d%02d_%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	stamp_print(got, t);
	return strcmp(want, got) == 0 && stamp_parse(want, &when) && when == t &&
	    stamp_month(t) == (tm.tm_year + 1900) * 12 + tm.tm_mon;
}

static void
every_day(void)
{
	int64_t day, last = STAMP_MOST / 86400;

	for (day = 0; day <= last && agrees(moment(day)) && agrees((time_t)(day * 86400 + 86399)); day++)
		;
	ok(day > last, "each day from 1970 to 9999 is read and printed as gmtime(3) has it");
	if (day <= last)
		printf("# not day %jd\n", (intmax_t)day);
}

/* Every eight digits of years around those that are special: what is a date to us is one to the calendar. */
static void
every_number(void)
{
	static const int years[] = { 1970, 1999, 2000, 2024, 2038, 2100, 9999 };
	int wrong = 0, n, is_date;
	char text[32];
	struct tm tm = { 0 };
	int64_t when;
	size_t i;

	for (i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
		for (n = 0; n < 10000; n++) {
			tm = (struct tm){ .tm_year = years[i] - 1900, .tm_mon = n / 100 - 1, .tm_mday = n % 100 };
			mktime(&tm);
			is_date = tm.tm_year == years[i] - 1900 && tm.tm_mon == n / 100 - 1 && tm.tm_mday == n % 100;
			snprintf(text, sizeof(text), "%04d%04d_000000", years[i], n);
			wrong += stamp_parse(text, &when) != is_date;
		}
	}
	ok(wrong == 0, "of all months and days, those are dates that mktime(3) leaves as they are");
}

static void
refuses(const char *text)
{
	int64_t when = 77;

	ok(!stamp_parse(text, &when) && when == 77, "%s is no time", text);
}

static void
is(const char *text, int64_t want)
{
	int64_t when = -1;

	ok(stamp_parse(text, &when) && when == want, "%s is %jd", text, (intmax_t)want);
}

int
main(void)
{
	static const char *const bad[] = { "20260230_000000", "20260229_000000", "19000229_000000", "21000229_000000",
	    "20260431_000000", "20260001_000000", "20261301_000000", "20260100_000000", "20260132_000000", "20260101_240000",
	    "20260101_006000", "20260101_000060", "20161231_235960", "20260101-000000", "20260101T000000", "2026010_1000000",
	    "+0260101_000000", " 2026101_000000", "2026010a_000000", "20260101_00000a", "20260101_0000-1", "19691231_235959",
	    "00000101_000000", "               ", "0x260101_000000" };
	size_t i;

	if (setenv("TZ", "UTC0", 1) != 0)
		return 2;
	is("19700101_000000", 0);
	is("20260228_023000", INT64_C(1772245800));
	is("20240229_120000", INT64_C(1709208000));
	is("20380119_031408", INT64_C(2147483648));
	is("21060207_062816", INT64_C(4294967296));
	is("99991231_235959", STAMP_MOST);
	is("20260101_000000.sql", INT64_C(1767225600));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i]);
	every_number();
	every_day();
	return done_testing();
}
