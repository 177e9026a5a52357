/*
 * What the check of freshness found, told in one of three ways.
 *
 *	nagios		a line of text, a bar, and figures, as Monitoring Plugins
 *			print it; the worst first, and no more than what a
 *			monitor that takes 4 KB can take
 *	prometheus	a file for node_exporter's textfile collector
 *	json		an object
 *
 * To standard output, or to a file: that is there whole or as it was before,
 * and all may read it.  When a place could not be looked at, a metrics file
 * keeps what it said of the backups there, and says mm_backup_check_success 0;
 * so an alert on their age goes on working.
 */
#ifndef MM_AGEREPORT_H
#define MM_AGEREPORT_H

#include <stddef.h>
#include <stdint.h>

#include "freshness.h"
#include "status.h"

enum agereport_format { AGE_NAGIOS, AGE_PROMETHEUS, AGE_JSON };

struct agereport {
	enum agereport_format format;
	const char *output;		/* a file; NULL: standard output */
	int is_of_several;		/* places, be it that there is only one: each is named, in a list of them */
	int says_place;			/* of one place: its name, in a line of text too */
	int verbose;
	int64_t now;
	struct freshness_limits limits;
	const char *warn, *crit, *min_size, *count;	/* the limits as they were given; the last two may be NULL */
};

/* OK, WARNING, CRITICAL, UNKNOWN. */
const char *agereport_word(enum freshness);

/*
 * The n places, and the worst of their states.  ST_TROUBLE, with the reason on
 * stderr, if it cannot be written.
 */
enum status agereport_print(const struct agereport *, const struct freshness_place *, size_t n, enum freshness);

/*
 * No place was looked at; that is said in a line of text alone.  What machines
 * read stays as it is: its age tells.
 */
void agereport_unknown(const struct agereport *, const char *why);

#endif
