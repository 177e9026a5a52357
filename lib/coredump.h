/*
 * A process that holds keys leaves none behind: no core file, and no other
 * process of the same user may attach to it or read its memory.  Where the
 * system cannot do one of these it is done without, since refusing to restore
 * would cost more.
 */
#ifndef MM_COREDUMP_H
#define MM_COREDUMP_H

void coredump_forbid(void);

#endif
