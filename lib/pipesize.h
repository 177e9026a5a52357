/*
 * Pipes of a megabyte.  The usual 64 KiB make the two sides of a pipe take
 * turns; a megabyte lets them work side by side, at half the switches between
 * processes.  Linux; elsewhere, and where the system refuses (an ordinary
 * user's pipes may take 64 MiB together), a pipe stays what it was.
 */
#ifndef MM_PIPESIZE_H
#define MM_PIPESIZE_H

#include <stddef.h>

/* Widen fd if it is a pipe.  Its size now; 0 if it is none, or nothing is known of it. */
size_t pipesize_widen(int fd);

#endif
