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
 * Facts are added to the report as they are found: stored-bytes, sealed (for
 * how many recipients; 0 is not sealed), method.
 */
#ifndef MM_STORED_H
#define MM_STORED_H

#include "digest.h"
#include "keyfile.h"
#include "quota.h"
#include "report.h"
#include "sink.h"

/* What is known when finish() came back. */
struct stored {
	char sha256[DIGEST_HEX];	/* of the file; empty if it was not asked for */
	int is_shut;
};

/* keys, report and found stay the caller's and have to outlive the sink; the quota is copied. */
struct sink *stored_new(const struct key *keys, const struct quota *, int wants_sha256, struct stored *found,
    struct report *, struct sink *next);

#endif
