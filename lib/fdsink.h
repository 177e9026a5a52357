/*
 * The end of a filter's chain: writes to a descriptor that somebody else
 * opened and closes.  Short and interrupted writes go on, a descriptor that
 * would block is waited for.  finish() asks the file system once more whether
 * it has kept what it took (a network file system answers only then).
 *
 * *what* names the descriptor in messages.  A reader that has gone is SIGPIPE,
 * as for any filter.
 */
#ifndef MM_FDSINK_H
#define MM_FDSINK_H

#include "sink.h"

struct sink *fdsink_new(int fd, const char *what);

/* As fdsink_new(), but once the reader has gone takes what comes and drops it.  The caller ignores SIGPIPE. */
struct sink *fdsink_drain_new(int fd, const char *what);

/* Write all of it, or say why not.  For what is not a chain: a report, a receipt. */
enum status fdsink_write(int fd, const char *what, const void *buf, size_t len);

#endif
