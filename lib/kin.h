/*
 * The descendants of this process, and how to be left by none of them.
 *
 * A process whose parent dies goes to the nearest ancestor that has declared
 * itself a subreaper.  After kin_adopt() that is us, so whatever a command
 * started and forgot is ours to find and to end: prctl(2), PR_SET_CHILD_SUBREAPER.
 */
#ifndef MM_KIN_H
#define MM_KIN_H

#include "status.h"

enum status kin_adopt(void);

/*
 * Die with *signo* when the parent does.  ST_TROUBLE if the parent, whose id
 * was *parent* before the fork, has gone already.
 */
enum status kin_follow(int parent, int signo);

/*
 * End every descendant: TERM first, KILL after a second, and return when all
 * have been reaped.  None of them runs on after another of them has died.  One that we may not kill (sudo's) is waited for, so that
 * it does not outlive what we hold for it.
 */
void kin_end(void);

#endif
