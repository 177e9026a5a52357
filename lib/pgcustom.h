/*
 * The end of a chain that follows a pg_dump archive in custom format to its end.
 *
 *	head and table of contents	pgtoc.h
 *	blocks				one for each entry that has data, in any order
 *	[table of contents]		again, from the number of its entries on: some
 *					versions append it when stdout is a file
 *
 *	block of rows			BYTE 1, INT id, chunks
 *	block of large objects		BYTE 3, INT id; INT oid and chunks for each
 *					object; INT 0
 *	chunks				INT length and so many bytes; the last is INT 0
 *
 * finish() is ST_BAD unless each promised block has come once and ended, and
 * nothing else is there.  Chunks may be compressed: their contents are then not
 * looked at, and rows are not counted.
 *
 * PostgreSQL: src/bin/pg_dump/pg_backup_custom.c.
 */
#ifndef MM_PGCUSTOM_H
#define MM_PGCUSTOM_H

#include "report.h"
#include "sink.h"

struct sink *pgcustom_new(struct report *);

#endif
