/*
 * A sink that looks at the first bytes and puts in the decoder they ask for.
 *
 * SNIFF_PASS: a start that no method knows goes on to the next sink as it is,
 * and so does an empty input.  SNIFF_REFUSE: both are ST_BAD.
 *
 * The decoder keeps to *q*, which is copied.  What it finds wrong comes back
 * from update or finish as its own status (gz.h, zst.h, xz.h).  Constructor as
 * in sink.h.
 */
#ifndef MM_SNIFF_H
#define MM_SNIFF_H

#include "quota.h"
#include "sink.h"

enum sniff { SNIFF_PASS, SNIFF_REFUSE };

struct sink *sniff_new(enum sniff unknown, const struct quota *q, struct sink *next);

#endif
