/*
 * Numbers on a command line: whole, decimal, in range, or the reason on stderr.
 *
 *	number_count	 12		a bare number
 *	number_size	 64M		bytes; K, M, G, T are powers of 1024
 *	number_duration	 26h		seconds; s, m, h, d; a bare number is seconds
 *
 * *what* names the option in the message.  On ST_TROUBLE the message has been
 * printed and *n is untouched.  min and max are inclusive, in the unit of *n.
 */
#ifndef MM_NUMBER_H
#define MM_NUMBER_H

#include <stdint.h>

#include "status.h"

enum status number_count(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n);
enum status number_size(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n);
enum status number_duration(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n);

#endif
