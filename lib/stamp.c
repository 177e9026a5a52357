#include <assert.h>
#include <stdio.h>

#include "stamp.h"

enum { DAY = 86400, MONTHS = 12, EPOCH = 719162 };	/* EPOCH: days from 00010101 to 19700101 */

/* Days of a common year before each month, and in all. */
static const int before[MONTHS + 1] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

struct date {
	int year, month, day;		/* month and day from 1 */
};

static int
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days of that year before the month, 1 to 13. */
static int
days_before(int year, int month)
{
	return before[month - 1] + (month > 2 && is_leap(year));
}

/* The first of January, in days since 1970. */
static int
new_year(int year)
{
	int y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - EPOCH;
}

static struct date
date_of(int day)
{
	struct date d = { 1970 + day / 366, 1, 0 };

	while (new_year(d.year + 1) <= day)
		d.year++;
	day -= new_year(d.year);
	while (days_before(d.year, d.month + 1) <= day)
		d.month++;
	d.day = day - days_before(d.year, d.month) + 1;
	return d;
}

/* The number that n digits make; -1 if one of them is none. */
static int
digits(const char *text, int n)
{
	int value = 0;

	for (; n > 0; n--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

int
stamp_parse(const char *text, int64_t *when)
{
	struct date d = { digits(text, 4), digits(text + 4, 2), digits(text + 6, 2) };
	int hour = digits(text + 9, 2), minute = digits(text + 11, 2), second = digits(text + 13, 2);

	if (d.year < 1970 || d.month < 1 || d.month > MONTHS || d.day < 1)
		return 0;
	if (d.day > days_before(d.year, d.month + 1) - days_before(d.year, d.month))
		return 0;
	if (text[8] != '_' || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return 0;
	*when = (int64_t)(new_year(d.year) + days_before(d.year, d.month) + d.day - 1) * DAY +
	    hour * 3600 + minute * 60 + second;
	return 1;
}

void
stamp_print(char out[STAMP_LEN + 1], int64_t when)
{
	struct date d;
	unsigned second;

	assert(when >= 0 && when <= STAMP_MOST);
	d = date_of((int)(when / DAY));
	second = (unsigned)(when % DAY);
	/* The remainders tell the compiler how many digits there can be. */
	snprintf(out, STAMP_LEN + 1, "%04u%02u%02u_%02u%02u%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
	    (unsigned)d.day % 100, second / 3600 % 24, second / 60 % 60, second % 60);
}

int64_t
stamp_month(int64_t when)
{
	struct date d;

	assert(when >= 0 && when <= STAMP_MOST);
	d = date_of((int)(when / DAY));
	return (int64_t)d.year * MONTHS + d.month - 1;
}
