/*
 * The rows of a table as pg_dump writes them: COPY text, in pieces of any size.
 *
 *	1	Ada	\N		a row is a line; newlines inside are \n, two bytes
 *	2	Grace	1906-12-09
 *	\.				the end mark
 *					and two empty lines
 *
 * So the rows are the newlines before the mark, counted without a look at what
 * is between them.
 */
#ifndef MM_PGROWS_H
#define MM_PGROWS_H

#include <stddef.h>
#include <stdint.h>

/* All zero is a table of which nothing has come. */
struct pgrows {
	uint64_t lines;
	size_t have;		/* of last */
	uint8_t last[8];
};

void pgrows_update(struct pgrows *, const uint8_t *buf, size_t len);

/* How many rows there were, now that no more will come; -1 if they do not end with the mark. */
int64_t pgrows_end(const struct pgrows *);

#endif
