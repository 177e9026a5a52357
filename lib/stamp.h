/*
 * The time in a backup's name: YYYYMMDD_HHMMSS, UTC, in the Gregorian calendar
 * from 1970 to 9999.
 *
 *	20260228_023000		20260230_023000 is none: February has no 30th
 *
 * A time is seconds since 1970, 64 bits of them whatever time_t has.  POSIX
 * time has no leap seconds, and `date -u` never writes one: 235960 is no time.
 * No time zone is asked, no locale, no clock.
 */
#ifndef MM_STAMP_H
#define MM_STAMP_H

#include <stdint.h>

enum { STAMP_LEN = 15 };

#define STAMP_MOST	INT64_C(253402300799)	/* 99991231_235959 */

/* Read the STAMP_LEN bytes at *text*, which need no end.  Zero, and *when untouched, if they are no time. */
int stamp_parse(const char *text, int64_t *when);

/* *when* is from 0 to STAMP_MOST. */
void stamp_print(char out[STAMP_LEN + 1], int64_t when);

/* Months since January of year 0: one number a month, and a twelfth of it is the year. */
int64_t stamp_month(int64_t when);

#endif
