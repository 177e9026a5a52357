/*
 * The end of a chain that makes a durable file under its final name, or
 * nothing of that name.
 *
 *	landfile_new	looks for the name (an existing one is refused, whatever
 *			it is) and opens a file without a name in the same directory
 *	update		writes, and digests what it writes
 *	finish		fsync of the file, link to the name, fsync of the directory,
 *			receipt; in this order, with TERM, INT and HUP held off from
 *			before the link until after the receipt
 *	free		before finish has succeeded, nothing is left of it
 *
 * The file is 0600 whatever the umask.  Where the file system has no O_TMPFILE
 * it is .mm-land.RANDOM.partial in the same directory until it is linked, with a
 * flock(2) on it while we live; only SIGKILL and a crash leave that behind, and
 * one that can be locked is such.  Nothing is ever replaced: link(2),
 * or renameat2(2) with RENAME_NOREPLACE where there are no hard links.
 *
 * The receipt is one line as sha256sum(1) prints it, with the file's base
 * name, on *receipt*.  If it cannot be written the name is taken back, so that
 * ST_OK and the name go together.
 *
 * What fsync answers is final: after an error the kernel may have forgotten
 * the pages, so it is never asked twice.
 */
#ifndef MM_LANDFILE_H
#define MM_LANDFILE_H

#include "sink.h"

struct sink *landfile_new(const char *path, int receipt);	/* NULL: said why */

#endif
