/*
 * The end of a chain that follows a pg_dump archive in tar format to its end.
 *
 *	member		toc.dat: pgtoc.h, each entry naming the file with its data
 *	members		N.dat, a table's rows; blob_N.dat, a large object; blobs.toc or
 *			blobs_N.toc, a list of them, one a line; restore.sql
 *	2 x 512		zero bytes: the end
 *
 *	member	512	header: name at 0, size at 124 (12 bytes, octal, or binary
 *			after a byte 0x80), checksum at 148 (8 bytes, octal)
 *		...	so many bytes, and zero bytes up to a multiple of 512
 *
 * The same are the members of a tar of a directory archive (pg_dump -Fd), if
 * toc.dat is its first one; but restore.sql is lacking, and N.dat may be
 * compressed: N.dat.gz, .lz4 or .zst, of which the rows are not counted.
 *
 * finish() is ST_BAD unless each promised member came once, as many large
 * objects as are listed, and the end.
 *
 * POSIX pax, ustar interchange format; PostgreSQL: src/bin/pg_dump/pg_backup_tar.c.
 */
#ifndef MM_PGTAR_H
#define MM_PGTAR_H

#include "report.h"
#include "sink.h"

struct sink *pgtar_new(struct report *);

#endif
