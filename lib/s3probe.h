/*
 * What an S3 server can do, and what these keys may do there: found out by
 * doing it, with an object and an upload of its own, which are removed.
 *
 * One line each on stdout, tab-separated: what, yes or no, and the server's
 * status and code where it refused.
 *
 *	look		HEAD of an object			needed, to spare what is there
 *	list		ListObjectsV2				needed by mm-s3ls
 *	write		PUT					needed
 *	read		GET of a range				needed by mm-s3get
 *	guard-put	If-None-Match is honoured by PUT
 *	md5		a wrong Content-MD5 is refused
 *	sha256		a wrong SHA-256 of the payload is refused (on http)
 *	crc32c		a wrong x-amz-checksum-crc32c is refused: --checksum means something
 *	tags		x-amz-tagging is taken
 *	upload		CreateMultipartUpload and UploadPart	needed beyond the first part
 *	part-10000	a part of that number is taken; if not, --max-parts 1000
 *	list-parts	ListParts				to resume, and to abort with certainty
 *	list-uploads	ListMultipartUploads			to resume, and for mm-s3rm --uploads
 *	complete	CompleteMultipartUpload			needed beyond the first part
 *	guard-complete	If-None-Match is honoured by it
 *	abort		AbortMultipartUpload			to leave nothing behind
 *	delete		DELETE					needed by mm-s3rm
 *	versions	the bucket keeps versions
 *	lock		the bucket has object lock
 *	sweep		its lifecycle aborts unfinished uploads
 *
 * ST_OK: all that mm-s3put needs can be done.
 */
#ifndef MM_S3PROBE_H
#define MM_S3PROBE_H

#include "s3.h"

/* *key is the beginning of the key of the object that is made. */
enum status s3probe(struct s3 *s3, const char *key);

#endif
