/*
 * Listings, of any number of pages: the objects of a bucket, its unfinished
 * uploads, the parts of one of these.
 *
 * Entries come in the order of the server's, a page at a time; a page that is
 * not whole is asked for again, so nothing comes twice.  Keys are as they are,
 * whatever bytes they hold.  XML that is no listing is an error: a web server's
 * page is no empty bucket.
 */
#ifndef MM_S3LIST_H
#define MM_S3LIST_H

#include <stdint.h>

#include "s3.h"

struct s3entry {
	const char *key;		/* "" for a part */
	uint64_t size;
	int64_t time;			/* last modified, or begun; seconds since 1970, 0: not told */
	const char *etag;		/* without quotes */
	const char *id;			/* of the upload */
	unsigned number;		/* of the part */
};

/* What it answers other than ST_OK ends the listing, and comes back. */
typedef enum status s3list_each(void *ctx, const struct s3entry *entry);

/*
 * The objects under a prefix; is_flat: not those that have a slash behind it.
 * *complaint* names what could not be done if it fails, NULL is silence.
 */
enum status s3list_objects(struct s3 *s3, const char *prefix, int is_flat, const char *complaint, s3list_each *each, void *ctx);

enum status s3list_uploads(struct s3 *s3, const char *prefix, const char *complaint, s3list_each *each, void *ctx);

enum status s3list_parts(struct s3 *s3, const char *key, const char *id, const char *complaint, s3list_each *each, void *ctx);

#endif
