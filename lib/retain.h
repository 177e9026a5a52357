/*
 * Which backups to keep on this day, by this policy.  Pure: times in, verdicts
 * out; no clock, no file, no name.
 *
 *	within=7d,last=3,hourly=24,daily=7,weekly=4,monthly=12,yearly=2,least=3
 *
 *	within	each that is not older, 7*24 hours here (d, h)
 *	last	the newest 3
 *	hourly daily weekly monthly yearly
 *		the newest of each of the last so many hours, days, weeks (from
 *		Monday), months, years that have any; in UTC
 *	least	the newest 3 whatever else is said; the default is 3
 *
 * A backup that any part keeps is kept.  Any part may be left out, but not all
 * of them; none may be 0 or come twice.
 *
 * Only good backups are counted.  Adding one, newer or older, never makes the
 * policy keep what it would have dropped without; so what is dropped today
 * would not have been wanted tomorrow, and a policy applied twice drops
 * nothing the second time.
 */
#ifndef MM_RETAIN_H
#define MM_RETAIN_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum retain_part {
	RETAIN_WITHIN,
	RETAIN_LAST,
	RETAIN_HOURLY,
	RETAIN_DAILY,
	RETAIN_WEEKLY,
	RETAIN_MONTHLY,
	RETAIN_YEARLY,
	RETAIN_LEAST,
	RETAIN_PARTS
};

extern const char *const retain_words[RETAIN_PARTS];

/* Each part's number, 0 if it is not there; within in seconds. */
struct retain {
	int64_t part[RETAIN_PARTS];
};

/* ST_TROUBLE, with the reason on stderr, if that is no policy. */
enum status retain_parse(struct retain *, const char *policy);

/* The longest time that a part speaks of, in seconds; 0 if none speaks of time. */
int64_t retain_reach(const struct retain *);

/* For each of the n good backups, newest first: the set of parts that keep it, a bit each; 0, it is dropped. */
void retain_mark(const struct retain *, int64_t now, const int64_t *when, size_t n, uint8_t *kept_by);

/*
 * May a suspect backup go?  It counts for nothing, and stays for whoever wants
 * to look into it or has nothing better: until it is older than the reach and
 * as many good ones as the policy's last and least say are newer.
 */
int retain_outlived(const struct retain *, int64_t now, const int64_t *when, size_t n, int64_t suspect);

/*
 * Can the clock, and what it has dated, be believed?  If not nothing should be
 * dropped: ST_TROUBLE, with the reason on stderr, when *newest*, of all backups
 * that were finished, is more than an hour ahead of now; or, unless the policy
 * has no reach, when the newest good one is older than it, or further from the
 * second newest than twice that.
 */
enum status retain_believe(const struct retain *, int64_t now, int64_t newest, const int64_t *when, size_t n);

#endif
