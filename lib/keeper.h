/*
 * The supervisor of a pipeline: starts its stages, decides what each end
 * means, and lets nobody downstream see an end of file that is not one.
 *
 * Between two stages lies a pipe.  A copy of its write end is held until every
 * stage upstream of it has exited 0 and read its whole input; only then does
 * the stage downstream get its gate's byte (gate.h) and the end of its input.
 * A copy of its read end is held until the stage that reads has gone, so that
 * we can ask how much it left unread, and so that a stage gets SIGPIPE only
 * after the one that caused it has been reaped: the first failure to be reaped
 * is the cause, and what follows is its consequence.
 *
 * The keeper is a child of the process that the user knows as mm-pipe, the
 * front.  Both hold the write ends.  Either may be killed by SIGKILL: the
 * other still holds them while it ends every stage, so the death of mm-pipe
 * shows no stage an end of file.  They talk over a socket: the front sends
 * signal numbers, the keeper sends a byte for each write end to let go of, in
 * their order; and the end of the socket tells of a death.
 */
#ifndef MM_KEEPER_H
#define MM_KEEPER_H

#include <stdint.h>

#include "stage.h"

enum keeper_status {		/* beside 128 + a signal's number */
	KEEPER_GOOD = 0,
	KEEPER_FAILED = 1,	/* a stage failed */
	KEEPER_TROUBLE = 2,	/* mm-pipe itself did */
	KEEPER_STALLED = 3	/* nothing moved for too long */
};

struct keeper {
	struct stage *stage;	/* in and out are our copies; the keeper closes them */
	size_t n;
	int front;		/* the socket */
	int gate;		/* our own gate, to be waited for, or GATE_NONE */
	int gated;		/* whether stages get gates: whether the end of our own stdin means anything */
	int first_gated;	/* ... the first stage too, since something stands before it */
	int alone;		/* a single command under a lock: its exit status is ours, and it speaks for itself */
	int early;		/* a reader that exited 0 may leave input unread */
	uint64_t grace;		/* seconds from TERM to KILL */
	uint64_t stall;		/* seconds that nothing may move; 0: for ever */
	int progress;		/* show it on the terminal that is stderr */
	uint64_t expected;	/* what the last figure shown will be in the end; 0: nobody knows */
	int report;		/* where the report goes; -1: nowhere */
	sigset_t ignored;	/* signals that were ignored when we were started */
};

/* Run the pipeline to its end.  Returns an exit status; the cause of a failure has been said in one line. */
int keeper_run(const struct keeper *k);

#endif
