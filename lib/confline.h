/*
 * A line of backup.conf, which is written as for sh, and never run.
 *
 *	BACKUP_RETAIN=3  # three days	a setting, and a comment after a blank
 *	export PGPORT=5432		the same
 *	PGDUMP_OPTIONS=--a  --b		as it stands, blanks between words included, those at the end not
 *	X='$5'"0\"00"\ "a#b"		sh's three ways to quote, in pieces
 *	PGPASSWORD=$(cat /etc/pgpass)	what the file holds, but for the newlines at its end
 *
 * $(cat /absolute/path), in double quotes or in none, is the one expansion: the
 * path has no blank, quote or wildcard in it, and the file is read, not run: a
 * regular file that not everybody may write to, one line, CONFLINE_MAX bytes at
 * the most.  All else that sh would do something about is ST_BAD: any other $
 * or `, one of ; & | < > ( ) or a ~ in front or after a colon without quotes,
 * blanks around the =, a second KEY= behind a blank.  What sh takes for
 * an assignment alone, we either understand as it does or refuse; what it would
 * run with it, the unquoted words after the first, is to us of the value.
 *
 * A line is CONFLINE_MAX bytes at the most without its end, LF or CR LF, and
 * has no NUL.  A value is no longer, and has no control bytes but tabs.
 *
 * The problem is said on stderr, with *prefix*, the line's number and the key;
 * what stands in the line besides is not shown, for it may be a secret.
 */
#ifndef MM_CONFLINE_H
#define MM_CONFLINE_H

#include <stddef.h>

#include "status.h"

enum { CONFLINE_MAX = 65536 };

struct confline {
	const char *prefix;		/* of messages: "" or "FILE: "; the caller's */
	unsigned long number;		/* of the line; the caller's */
	const char *key;		/* points into the line; NULL: nothing there but a comment */
	size_t len;
	char value[CONFLINE_MAX];	/* no NUL after it */
	int is_literal;			/* the line itself holds of the value */
	int is_exposed;			/* everybody may read the file that holds of it */

	const char *at, *end;		/* what is not yet read */
};

/* The line without its LF.  It is written to: the = becomes a NUL, and key ends there. */
enum status confline_key(struct confline *l, char *text, size_t len);

/* What stands after the =.  A file is opened only if the value is wanted; else all is well with it. */
enum status confline_value(struct confline *l, int wanted);

#endif
