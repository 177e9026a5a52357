/*
 * How many bytes have gone through each stage of a pipeline, as far as that is
 * known: by the stage's own meter, or, for a stage that keeps none, by its
 * neighbour's, since what one gives the next one takes.  And how that reads: as
 * one line on a terminal, and as the report.
 *
 * The report has a line a stage, of fields between tabs: number, name, how it
 * ended (stage_code), wall, user and system seconds, peak KiB, bytes taken,
 * bytes given, with "-" for what is not known.  Its last line is "end", the
 * status of the whole, and the cause.
 */
#ifndef MM_TALLY_H
#define MM_TALLY_H

#include "meter.h"
#include "stage.h"

#define TALLY_UNKNOWN UINT64_MAX

struct tally {
	const struct stage *stage;
	const struct meter *meter;	/* a record a stage; NULL: none keeps one */
	size_t n;
	uint64_t expected;		/* what the last known figure will be in the end; 0: nobody knows */
};

uint64_t tally_taken(const struct tally *t, size_t i);
uint64_t tally_given(const struct tally *t, size_t i);

/*
 * "0:01:07  pg_dump 1.2G > mm-compress 310M > mm-land 310M  98M/s", cut to
 * *width* columns; "  12%, 0:08:14 left" comes after it if something is
 * expected.  The rate is that of the first known figure: the caller
 * gives it the figure and the seconds since it last asked.
 */
void tally_line(const struct tally *t, double seconds, uint64_t per_second, char *buf, size_t width);

/* Owns fd, and closes it.  ST_TROUBLE: it could not be written; said why. */
enum status tally_report(const struct tally *t, int fd, int status, const char *cause);

/* The first figure that is known, where the data comes in; 0 if none is. */
uint64_t tally_head(const struct tally *t);

#endif
