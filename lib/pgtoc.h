/*
 * The head and the table of contents of a pg_dump archive, in pieces of any
 * size.  It is what the custom format opens with and what the tar format keeps
 * as toc.dat.
 *
 *	BYTE	one byte
 *	INT	sign (0 or 1), then four bytes, lowest first
 *	STR	INT bytes, then so many bytes; -1 is a null string
 *	OFFSET	a flag (1 unknown, 2 known, 3 no data), then as many bytes as the
 *		head says, lowest first
 *
 *	head	"PGDMP", major, minor, revision, bytes in an INT (4), bytes in an
 *		OFFSET, format (1 custom, 3 tar); compression: INT level before
 *		1.15, BYTE algorithm since; seven INT of struct tm; STR database,
 *		STR server version, STR pg_dump version
 *	TOC	INT entries, then each of them:
 *		INT id, INT has data, STR table oid, STR oid, STR tag,
 *		STR description, INT section, STR definition, STR drop, STR copy,
 *		STR schema, STR tablespace, STR access method, INT relkind (since
 *		1.16), STR owner, STR with oids, STR dependencies up to a null,
 *		OFFSET (custom) or STR file name (tar)
 *
 * Known are 1.14 (PostgreSQL 12 to 15), 1.15 (16) and 1.16 (17, 18).  Of
 * another version nothing is read beyond the head; `state` says so.
 *
 * What an entry promises, a block of data, is kept; of the text only what names
 * it, within bounds.  No length is trusted: what is longer than a gigabyte, the
 * most that a server can handle, is ST_BAD.
 *
 * PostgreSQL: src/bin/pg_dump/pg_backup_archiver.c, ReadHead() and ReadToc().
 */
#ifndef MM_PGTOC_H
#define MM_PGTOC_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include "status.h"

enum { PGTOC_LONGEST = 0x40000000, PGTOC_NAME = 1023 };

enum pgtoc_kind {
	PGTOC_ROWS,		/* COPY text: one line a row, and an end mark */
	PGTOC_TABLE,		/* a table's data, but not as such lines */
	PGTOC_OBJECTS,		/* large objects */
	PGTOC_OTHER
};

struct promise {
	int64_t id;
	enum pgtoc_kind kind;
	int is_kept;		/* its data came and ended */
	int is_counted;		/* ... and rows is their number */
	uint64_t rows;
	uint64_t start;		/* where its data began */
	uint64_t offset;	/* where the archive says that it begins, or 0 */
	char *name;		/* "schema"."table", quoted as SQL does */
	char *file;		/* tar: the member that holds the data; else NULL */
};

enum pgtoc_state {
	PGTOC_READING,
	PGTOC_DONE,
	PGTOC_UNKNOWN		/* of a version, or a size, that is not followed */
};

struct pgtoc {
	enum pgtoc_state state;
	const char *unknown;	/* why, when PGTOC_UNKNOWN */
	unsigned major;
	unsigned minor;
	unsigned format;
	int64_t compression;	/* 0 is none */
	struct promise *promise;
	size_t n;
	struct pgtoc_reader *reader;
};

enum { PGTOC_CUSTOM = 1, PGTOC_TAR = 3 };

struct pgtoc *pgtoc_new(void);
void pgtoc_free(struct pgtoc *);	/* NULL is fine */

/*
 * Take bytes off *buf until the state is no longer PGTOC_READING.  *at* is the
 * offset of *buf in the stream, for messages.
 */
enum status pgtoc_update(struct pgtoc *, const uint8_t **buf, size_t *len, uint64_t at);

/* Read the table of contents, without the head, once more: it must promise the same. */
void pgtoc_again(struct pgtoc *);

/* Which promise has this id, or this file; NULL if none. */
struct promise *pgtoc_find(struct pgtoc *, int64_t id);
struct promise *pgtoc_find_file(struct pgtoc *, const char *file);

/* That all promises are kept; else ST_BAD, with a line that names the first that is not. */
enum status pgtoc_all_kept(const struct pgtoc *);

/* Add to the report what the head says, and what the data held. */
enum status pgtoc_report(const struct pgtoc *, const char *format, struct report *);

#endif
