/*
 * How many bytes a stage has taken and given, counted by the stage itself in
 * memory that it shares with mm-pipe.
 *
 * mm-pipe puts MM_METER=FD:INDEX:PID into a stage's environment: a descriptor
 * of shared memory, which of its records is the stage's, and its process id.
 * Like the gate (gate.h) it is bound to that process.  The difference is that
 * a meter is a convenience: one that is missing or somebody else's counts
 * nothing, and is no error.
 *
 * /proc/PID/io could tell too, but not of a process that has ended, nor, to an
 * ordinary user, of one that keeps secrets and is therefore not dumpable.
 */
#ifndef MM_METER_H
#define MM_METER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct meter {
	_Atomic uint64_t taken;		/* bytes from the stage's input */
	_Atomic uint64_t given;		/* bytes to its output */
	_Atomic int attached;		/* the stage counts */
};

/* The stage's side.  Taken out of the environment by pump(); the others count into it from then on. */
void meter_attach(void);
void meter_took(size_t n);
void meter_gave(size_t n);

/* mm-pipe's side: n records, all zero, and the descriptor to pass on.  NULL where that cannot be. */
struct meter *meter_create(size_t n, int *fd);
/* In the child: the record's address into its environment. */
void meter_export(int fd, size_t record);

#endif
