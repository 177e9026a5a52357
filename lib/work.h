/*
 * Whether the processes of a group have done anything: the processor time and
 * the bytes that /proc knows of, added up over the group.  The sum means
 * nothing by itself; that it has changed since the last look does.
 *
 * proc(5): /proc/PID/stat, which everybody may read, and /proc/PID/io, which
 * is read where we may.
 */
#ifndef MM_WORK_H
#define MM_WORK_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* sum[i] for the process group group[i].  All zero where there is no /proc. */
void work_look(const pid_t *group, uint64_t *sum, size_t n);

#endif
