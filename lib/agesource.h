/*
 * The places that are to be checked, and what each of them has.
 *
 * They come from the command line, or from an index, which somebody who can
 * reach them wrote.  It has a line for each:
 *
 *	PLACE	FILE		the names of what is there are in FILE, as listing.h reads them
 *	PLACE		WHY	it could not be looked at: two tabs, and the reason
 */
#ifndef MM_AGESOURCE_H
#define MM_AGESOURCE_H

#include <stddef.h>

#include "names.h"

enum { AGESOURCE_WHY = 600 };

enum agesource_kind { AGESOURCE_DIRECTORY, AGESOURCE_FILE, AGESOURCE_STDIN };

struct agesource {
	char *place;			/* as messages call it */
	char *from;			/* a directory, or a file; NULL: there is nothing to look at */
	enum agesource_kind kind;
	struct names listing;
	char why[AGESOURCE_WHY];	/* it could not be looked at; empty: it was */
};

/* All zero before, and freed after, whatever comes back. */
struct agesources {
	struct agesource *of;
	size_t n, room;
};

/* One place: *from* is a directory or "-", and its name too if *place* is NULL.  The answer: NULL, or what is the matter. */
const char *agesource_one(struct agesources *, const char *from, const char *place);

/* All that the index has, at least one. */
const char *agesource_index(struct agesources *, const char *path);

/* Look at it: its listing comes, or why not.  *end* is what ends each name where there is a list of them. */
void agesource_look(struct agesource *, char end);

/*
 * The names that backups have at any of them, each once; *words*, n of them,
 * and each are to be freed.
 */
enum status agesource_words(const struct agesources *, const char ***words, size_t *n);

void agesource_free(struct agesources *);

#endif
