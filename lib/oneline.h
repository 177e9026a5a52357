/*
 * A secret in a file of its own: one line, and perhaps a line break behind it.
 * A token, an address with a key in it.
 *
 * *what* names the secret in messages, "the web identity token"; the line
 * itself is never in one.  An empty file, one of several lines or with control
 * bytes, and one over ONELINE_MAX bytes are ST_TROUBLE.  A FIFO serves.
 */
#ifndef MM_ONELINE_H
#define MM_ONELINE_H

#include "status.h"

enum { ONELINE_MAX = 65536 };

/* *line is the caller's, for oneline_free(); NULL on failure. */
enum status oneline_read(const char *path, const char *what, char **line);

/* Wipes; NULL is fine. */
void oneline_free(char *line);

#endif
