/*
 * A backup as it is stored, taken apart from the outside in.  Which layers it
 * has, its own bytes say:
 *
 *	sealed		seal.h, armored or not
 *	compressed	method.h
 *	the dump	what goes on to the next sink
 *
 * Without keys a sealed file stays shut.  Then the next sink gets nothing and
 * is not finished; what is looked at is that the header is well-formed and that
 * the length is one that such a file can have.
 *
 * Opening and decompressing may run in two threads; what was found is for when
 * the chain has been finished.
 */
#ifndef MM_STORED_H
#define MM_STORED_H

#include <stdint.h>

#include "digest.h"
#include "keyfile.h"
#include "quota.h"
#include "report.h"
#include "sink.h"

struct stored {
	uint64_t bytes;			/* of the file */
	char sha256[DIGEST_HEX];	/* ... empty if it was not asked for */
	uint64_t recipients;		/* for how many it is sealed; 0 is not sealed */
	int is_shut;
	const char *method;		/* NULL in what is shut */
};

/* What the caller wants of it. */
enum {
	STORED_SHA256 = 1,
	STORED_DUMP = 2			/* without it nothing is of use: what stays shut is ST_TROUBLE, and said */
};

/* keys and found stay the caller's and have to outlive the sink; the quota is copied. */
struct sink *stored_new(const struct key *keys, const struct quota *, unsigned wants, struct stored *found,
    struct sink *next);

/* Add what was found: stored-bytes, sealed, method, depth ("sealed" or "dump"). */
enum status stored_report(const struct stored *, struct report *);

#endif
