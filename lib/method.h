/*
 * The compression methods: one table, a row a method, and whoever wants to
 * know a suffix, a level or a magic number asks here.
 *
 *	begins	whether a file of this method can start with these bytes; head
 *		is padded with zeros if the file is shorter.  NULL: any may.
 *	needs	the least memory in bytes with which the encoder works at a level
 *	encoder, decoder	sinks (sink.h); they keep to the quota (quota.h)
 *
 * The encoder of "none" is the next sink itself.
 */
#ifndef MM_METHOD_H
#define MM_METHOD_H

#include "quota.h"
#include "sink.h"

enum { METHOD_HEAD = 6 };

struct method {
	const char *name;
	const char *suffix;
	int lowest, usual, highest;		/* levels */
	int (*begins)(const uint8_t head[METHOD_HEAD]);
	uint64_t (*needs)(int level);
	struct sink *(*encoder)(int level, const struct quota *q, struct sink *next);
	struct sink *(*decoder)(const struct quota *q, struct sink *next);
};

extern const struct method methods[];		/* up to a row without a name */

/* NULL if there is none. */
const struct method *method_named(const char *name);
const struct method *method_beginning(const uint8_t head[METHOD_HEAD]);

#endif
