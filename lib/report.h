/*
 * What a verifier found out, in the order in which it found it but for the rows
 * of tables, which are last; printed as the comment lines that open a manifest:
 *
 *	# archive: custom 1.14
 *	# database: matric
 *	# dump-bytes: 1048576
 *	# rows: 1200
 *	# rows."public"."notes": 1200
 *
 * A value that is text is made visible (visible.h), so each fact is one line.
 * Keys are those of the manifest; a reader ignores what it does not know.
 *
 * A report is saved when the verdict is known, whole or not at all: a file gets
 * its name when its last byte is written.  A FILE that is there and is no
 * regular file (/dev/stderr, a FIFO) is written to and not replaced.
 *
 * The adders answer ST_TROUBLE, with a line on stderr, when memory is short.
 */
#ifndef MM_REPORT_H
#define MM_REPORT_H

#include <stdint.h>

#include "status.h"

struct report;

struct report *report_new(void);
void report_free(struct report *);		/* NULL is fine */

enum status report_text(struct report *, const char *key, const char *value);
enum status report_number(struct report *, const char *key, uint64_t value);
enum status report_rows(struct report *, const char *table, uint64_t rows);

/* What was added under the key, a number as text in *room*, which has 21 bytes; NULL if nothing was. */
const char *report_find(const struct report *, const char *key, char *room);

/* To standard output when *path* is NULL; as JSON, the rows of tables in an object "rows-of". */
enum status report_save(const struct report *, const char *path, int as_json);

#endif
