/*
 * What a place has, for the check of freshness: names, and sizes where they
 * are known, from the place itself or from a list of it.
 *
 *	NAME				as `ls -A` prints it
 *	SIZE	NAME			with a tab between
 *	...	SIZE	NAME		other fields before
 *
 * What is there and empty, a backup or a manifest, is not there; neither is
 * what is no plain file.
 *
 * The names come sorted, and are freed after, whatever comes back: NULL, or why
 * not all could be seen, for whoever copies it before the next call.
 */
#ifndef MM_LISTING_H
#define MM_LISTING_H

#include "names.h"

/* The files in a directory; none of them is opened. */
const char *listing_directory(struct names *, const char *path);

/* A list, with *end* after each line of it: of a file, or what a descriptor has, that is called *what* in messages. */
const char *listing_file(struct names *, const char *path, char end);
const char *listing_fd(struct names *, int fd, const char *what, char end);

#endif
