/*
 * The end of a chain that reads an SQL script of pg_dump or pg_dumpall for the
 * mark at its end:
 *
 *	--
 *	-- PostgreSQL database dump complete
 *	--
 *
 *	\unrestrict TOKEN
 *
 * "cluster dump" from pg_dumpall.  The last line is there if \restrict TOKEN
 * stands at the script's head (15.14, 17.6, 18 and later); from pg_dumpall it
 * comes before the mark.  Empty lines may follow.  Rows are not counted.
 *
 * finish() is ST_BAD when the mark is not there.
 */
#ifndef MM_PGPLAIN_H
#define MM_PGPLAIN_H

#include "report.h"
#include "sink.h"

struct sink *pgplain_new(struct report *);

#endif
