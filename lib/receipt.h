/*
 * The receipt of what has been published: the line that sha256sum(1) would
 * print in the directory of that name.  A name with a backslash, a newline or
 * a carriage return is escaped, and a backslash before the line says so.
 */
#ifndef MM_RECEIPT_H
#define MM_RECEIPT_H

#include "digest.h"
#include "status.h"

enum { RECEIPT_NAME = 1024 };		/* bytes of a name at the most */

enum status receipt_write(int fd, const char hex[DIGEST_HEX], const char *name);

#endif
