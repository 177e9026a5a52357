/*
 * The shape of every filter: bytes are pushed in, and it pushes what it makes
 * into the next one.
 *
 *	update	takes all it is given, in pieces of any size, none included
 *	finish	the input has ended and nothing failed: write the trailer, the
 *		last chunk, the name.  Called once at the most, never after an
 *		error.  It travels down the chain after each filter's own tail.
 *	free	lets go of everything below.  Called once, always.  A chain
 *		freed unfinished leaves nothing that looks finished.
 *
 * A filter embeds struct sink as its first member.  Its constructor owns the
 * next sink at once: failing, it frees that and returns NULL; given NULL, it
 * returns NULL.  So a chain nests and is checked once, where it is built.
 */
#ifndef MM_SINK_H
#define MM_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct sink {
	enum status (*update)(struct sink *, const uint8_t *, size_t);
	enum status (*finish)(struct sink *);
	void (*free)(struct sink *);
};

enum status sink_update(struct sink *s, const uint8_t *buf, size_t len);
enum status sink_finish(struct sink *s);
void sink_free(struct sink *s);		/* NULL is fine */

#endif
