/*
 * A sink that understands what pg_dump writes, follows it to its end, and says
 * whether it is whole.
 *
 * An archive in custom format opens with
 *
 *	offset	length
 *	0	5	"PGDMP"
 *	5	3	version: major, minor, revision
 *	8	1	bytes in an integer
 *	9	1	bytes in a file offset
 *	10	1	format: 1 custom, 3 tar, 5 directory
 *
 * ST_BAD, with one line on stderr, for what is empty, foreign or broken.  What
 * this module does not know is never bad: it passes, and the report says that
 * it was not checked.
 *
 * Facts go into the report, which stays the caller's, when the dump has ended
 * and is good.
 */
#ifndef MM_PGDUMP_H
#define MM_PGDUMP_H

#include "report.h"
#include "sink.h"

/* The end of a chain. */
struct sink *pgdump_check(struct report *);

/* Passes on what it is given, and nothing before it has recognised the start. */
struct sink *pgdump_pass(struct report *, struct sink *next);

#endif
