/*
 * Descriptors 0, 1 and 2 belong to the caller.  A tool that was started with
 * one of them closed would get that number for the next file it opens, and
 * then print a message into a backup.  stdfds_hold() is the first line of
 * every main(): it fills each hole with /dev/null opened the wrong way round,
 * so that the first read or write there fails with EBADF and is reported.
 */
#ifndef MM_STDFDS_H
#define MM_STDFDS_H

void stdfds_hold(void);

#endif
