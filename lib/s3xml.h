/*
 * The XML that S3 answers with, read as a run of leaves:
 *
 *	<ListBucketResult><Contents><Key>a&amp;b</Key></Contents></ListBucketResult>
 *
 *	leaf	"ListBucketResult/Contents/Key"	"a&b"
 *	closed	"ListBucketResult/Contents"
 *	closed	"ListBucketResult"
 *
 * An element without children is a leaf, empty ones included; one with
 * children is closed.  Prefixes of name spaces are taken off the names.  White
 * space before the document, which S3 sends to keep a connection alive, is
 * skipped.
 *
 * ST_BAD: not well-formed, not one whole document, deeper than S3XML_DEPTH, a
 * text longer than S3XML_TEXT, or a document type, which S3 never sends and
 * which can make much out of little.  What came before has been reported by
 * then, so a caller keeps nothing of it.  Nothing is printed: what a broken
 * answer means is the caller's to say.
 *
 * By expat.  How long a document may be is settled by who receives it.
 */
#ifndef MM_S3XML_H
#define MM_S3XML_H

#include <stddef.h>

#include "status.h"

enum { S3XML_DEPTH = 8, S3XML_PATH = 512, S3XML_TEXT = 16384 };

struct s3xml_reader {
	enum status (*leaf)(void *ctx, const char *path, const char *text);
	enum status (*closed)(void *ctx, const char *path);	/* may be NULL */
};

/* What a function of the reader answers other than ST_OK ends it, and comes back. */
enum status s3xml_read(const char *buf, size_t len, const struct s3xml_reader *reader, void *ctx);

struct s3xml_want {
	const char *path;
	char *text;			/* "" if there is no such leaf; the first of them counts */
	size_t size;			/* a longer text is cut */
};

/* The texts of some leaves.  ST_BAD: as above, and all texts are "". */
enum status s3xml_find(const char *buf, size_t len, const struct s3xml_want *want, size_t n);

#endif
