/*
 * The ends that the layers of a backup leave on its name: whoever writes one
 * or reads one takes the spelling from here.  Which layers a file has, its
 * own bytes say (sniff.h).
 */
#ifndef MM_SUFFIX_H
#define MM_SUFFIX_H

#include <stddef.h>

#define SUFFIX_GZIP	".gz"
#define SUFFIX_ZSTD	".zst"
#define SUFFIX_XZ	".xz"
#define SUFFIX_SEALED	".enc"

/* How many of the *len* bytes at *text* are such ends: of a method or none, then of a seal or none. */
size_t suffix_layers(const char *text, size_t len);

#endif
