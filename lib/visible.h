/*
 * Bytes from outside, made fit for a line of text: a table's name, a file's
 * name, whatever a damaged input holds where a name should be.
 *
 *	newline, tab, ESC, DEL and the other control bytes	\x0a \x09 \x1b \x7f
 *	the backslash						\x5c
 *	bytes that are no UTF-8					\xff
 *	all else						as it is
 *
 * So a line stays one line, a terminal is not steered, and what is printed can
 * be read back.
 */
#ifndef MM_VISIBLE_H
#define MM_VISIBLE_H

#include <stddef.h>

/* Bytes that visible() needs at the most for *len* bytes, its end included. */
#define VISIBLE_SIZE(len) (4 * (len) + 1)

/* Write *len* bytes of *in* to *out*, which has room for VISIBLE_SIZE(len).  Returns out. */
char *visible(char *out, const char *in, size_t len);

/* The bytes, 1 to 4, of the UTF-8 character that begins at *in*; 0 if none does. */
size_t visible_utf8(const char *in, size_t len);

#endif
