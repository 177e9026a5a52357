/*
 * The manifest that stands beside a backup, read.
 *
 *	# manifest: 1
 *	# database: matric			facts, as report.h prints them
 *	# dump-bytes: 1048576
 *	HEX  NAME				the SHA-256 of the stored file, as sha256sum prints it
 *
 * Unknown keys are ignored.  ST_TROUBLE, with the reason on stderr, for a file
 * that cannot be read, has another version, or no digest or two: it tells
 * nothing about the backup.
 */
#ifndef MM_MANIFEST_H
#define MM_MANIFEST_H

#include <stddef.h>

#include "status.h"

enum { MANIFEST_MAX = 64 << 10, MANIFEST_SHA256 = 65 };

struct manifest {
	char *text;			/* its lines, each ended by a NUL */
	size_t len;			/* of all of them */
	char sha256[MANIFEST_SHA256];	/* lower case */
};

/* The manifest is all zero before, and freed after, whatever comes back. */
enum status manifest_read(struct manifest *, const char *path);
void manifest_free(struct manifest *);

/* What the key's line says; NULL if there is none. */
const char *manifest_value(const struct manifest *, const char *key);

#endif
