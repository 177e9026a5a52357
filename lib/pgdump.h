/*
 * A sink that understands what pg_dump writes, follows it to its end, and says
 * whether it is whole.  It knows a dump by its first bytes:
 *
 *	PGDMP						custom format, pgcustom.h
 *	toc.dat and a zero byte				tar format, pgtar.h
 *	--\n-- PostgreSQL database dump\n		a script, pgplain.h
 *	--\n-- PostgreSQL database cluster dump\n	... of pg_dumpall
 *
 * ST_BAD, with one line on stderr, for what is empty, foreign or broken.
 * Ignorance never costs a backup: an archive of a version, a format or a
 * compression that is not known passes, and the report says "not checked".
 *
 * Facts go into the report, which stays the caller's, when the dump has ended
 * and is good.
 */
#ifndef MM_PGDUMP_H
#define MM_PGDUMP_H

#include "report.h"
#include "sink.h"

/* The end of a chain. */
struct sink *pgdump_check(struct report *);

/* Passes on what it is given when it has checked it, and nothing before it has recognised the start. */
struct sink *pgdump_pass(struct report *, struct sink *next);

#endif
