/*
 * A sink that passes a pg_dump archive on and keeps its head in a file: from
 * its first byte to the end of its table of contents, and no data.  That is an
 * archive itself, as far as pg_restore is asked for what needs no data:
 *
 *	pg_restore --list HEAD
 *	pg_restore --schema-only HEAD
 *	pg_restore --jobs=4 --section=post-data HEAD
 *
 * The file (newfile.h) appears as soon as the table of contents has ended,
 * whatever becomes of the rest.  ST_TROUBLE, with a line on stderr, for what has
 * no such head: an archive that is not in custom format, or of a version that
 * pgtoc.h does not know.
 */
#ifndef MM_PGHEAD_H
#define MM_PGHEAD_H

#include "sink.h"

struct sink *pghead_new(const char *path, struct sink *next);

#endif
