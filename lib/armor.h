/*
 * The text form of an age file, for where binary does not go: strict PEM.
 *
 *	-----BEGIN AGE ENCRYPTED FILE-----
 *	base64 with padding, 64 columns; the last line has 4..64
 *	-----END AGE ENCRYPTED FILE-----
 *
 * Read with LF or CR LF; up to ARMOR_SPACE bytes of white space may stand
 * before and after it, and nothing else.  There are no empty lines inside, no
 * PEM headers, and only one spelling of the same bytes.
 *
 * dearmor_new() looks at what comes: what does not begin like armor is binary
 * and passes unchanged.  Its finish() goes on only if the END line was there.
 * Spec: C2SP age.md, ASCII armor.
 */
#ifndef MM_ARMOR_H
#define MM_ARMOR_H

#include "sink.h"

enum { ARMOR_SPACE = 1024 };

#define ARMOR_BEGIN	"-----BEGIN AGE ENCRYPTED FILE-----"
#define ARMOR_END	"-----END AGE ENCRYPTED FILE-----"

struct sink *armor_new(struct sink *next);
struct sink *dearmor_new(struct sink *next);

#endif
