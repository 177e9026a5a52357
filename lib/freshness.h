/*
 * Is the newest backup of each series fresh, large enough, and not alone?
 * Pure: a listing and the time in, a judgement out.  Only good backups count
 * (names.h), and a backup's time is that of its name.
 */
#ifndef MM_FRESHNESS_H
#define MM_FRESHNESS_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"
#include "range.h"
#include "status.h"

/* What a Monitoring Plugin exits with. */
enum freshness {
	FRESH_OK = 0,
	FRESH_WARNING = 1,
	FRESH_CRITICAL = 2,
	FRESH_UNKNOWN = 3
};

/* A backup may be so many seconds ahead of our clock. */
enum { FRESH_AHEAD_MOST = 300 };

struct freshness_limits {
	struct range warn, crit;	/* of the age in seconds */
	int64_t min_size;		/* bytes; 0: any */
	struct range count;		/* of good backups */
};

/* What is wrong, a bit each. */
enum freshness_fault {
	FRESH_NONE = 1,			/* there is no good backup: critical */
	FRESH_OLD = 2,			/* its age is out of the range for a warning */
	FRESH_TOO_OLD = 4,		/* ... or for critical */
	FRESH_AHEAD = 8,		/* a good one lies in the future: warning */
	FRESH_SMALL = 16,		/* the newest is smaller than the least: critical */
	FRESH_SIZELESS = 32,		/* its size is not known, and there is a least: unknown */
	FRESH_COUNT = 64		/* how many there are is out of range: warning */
};

struct series {
	const char *word;		/* len bytes; the listing's, or the caller's */
	size_t len;
	const struct backup *newest;	/* good, and not in the future; NULL: none is */
	const struct backup *ahead;	/* good, in the future; NULL: none is */
	uint64_t good, suspect, unfinished;
	int64_t age;			/* of the newest; one a little ahead is 0 seconds old */
	unsigned faults;
	enum freshness state;
};

/* Of several places one; series in the order in which they were asked for. */
struct freshness_place {
	const char *name;		/* as its owner calls it */
	const char *why;		/* it could not be looked at; NULL: it was */
	struct series *series;
	size_t n;
	enum freshness state;		/* the worst of theirs; critical if there are none */
};

/* Worst first: critical, unknown, warning, ok. */
enum freshness freshness_worse(enum freshness, enum freshness);

/*
 * Take the listing's series, or those of the *n* words, be they in it or not,
 * and judge them.  *series is freed by the caller; in the order of the words,
 * or of the alphabet; *n becomes how many there are.  The listing is put in
 * another order.  ST_TROUBLE when memory is short.
 */
enum status freshness_judge(struct names *, int64_t now, const struct freshness_limits *, const char *const *words,
    struct series **series, size_t *n);

#endif
