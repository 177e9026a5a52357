/*
 * Names of settings in a backup.conf.
 *
 *	a key		letters, digits and _, not a digit first: what sh calls a name
 *	a pattern	a key, or the beginning of one (or nothing) with a * after it
 *
 * *allowed* is a list of patterns that ends with NULL.  An empty list allows
 * every key.  A key that a shell itself has a use for is allowed only by its
 * full name: with PATH a file could choose the programs, and an assignment to
 * PGRP, which PG* would allow, is computed by mksh, and so can run a command
 * whatever its quotes.
 */
#ifndef MM_CONFKEY_H
#define MM_CONFKEY_H

#include <stddef.h>

/* The length of the longest key that *text* begins with; 0 if it begins with none. */
size_t confkey_span(const char *text, size_t len);

int confkey_is_pattern(const char *text);
int confkey_is_shells(const char *key);
int confkey_is_allowed(char *const *allowed, const char *key);

/* The allowed key that a stranger was perhaps meant to be, two slips away at the most, whatever the case; or NULL. */
const char *confkey_meant(char *const *allowed, const char *key);

#endif
