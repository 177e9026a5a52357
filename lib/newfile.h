/*
 * A file that gets its name when its last byte is written: a report, the head
 * of an archive.  Until then it is NAME.XXXXXX beside it, mode 0600; one of that
 * name that was there before is replaced.  What is there and is no regular file
 * (/dev/stderr, a FIFO) is written to and not replaced.
 *
 *	struct newfile n;
 *	if ((st = newfile_open(&n, path)) == ST_OK) {
 *		fprintf(n.file, ...);
 *		st = newfile_keep(&n);
 *	}
 *
 * What fails, fails with a line on stderr and ST_TROUBLE, and leaves no file.
 * It is not for what must outlive a crash of the machine: see landfile.h.
 */
#ifndef MM_NEWFILE_H
#define MM_NEWFILE_H

#include <stdio.h>

#include "status.h"

struct newfile {
	const char *path;		/* the caller's */
	char *temporary;		/* NULL: what has the name is written to */
	FILE *file;			/* NULL: nothing is open */
};

enum status newfile_open(struct newfile *, const char *path);

/* Write what stdio still has, and give the file its name. */
enum status newfile_keep(struct newfile *);

/* Leave nothing; fine for all zero, and after the file was kept. */
void newfile_drop(struct newfile *);

#endif
