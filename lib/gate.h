/*
 * The gate: how a stage learns whether the end of its input is the end.
 *
 * End of file looks the same whether the stage upstream finished or was
 * killed.  mm-pipe therefore gives its stages MM_GATE=FD:PID, where FD is the
 * read end of a pipe of that stage's own and PID the stage's process id.  When
 * all stages upstream have exited 0, one byte comes through it; when they have
 * not, or mm-pipe itself is gone, the pipe ends without one.
 *
 * PID binds the gate to one process.  A gate that came down by inheritance, to
 * a command inside `sh -c`, speaks of the shell's input and not of that
 * command's; it is refused.
 */
#ifndef MM_GATE_H
#define MM_GATE_H

#include "status.h"

#define GATE_NONE (-1)

/*
 * Take the gate out of the environment, so that no child inherits it.  *gate
 * is a descriptor or GATE_NONE.  ST_TROUBLE: MM_GATE is set but not for us.
 */
enum status gate_take(int *gate);

/*
 * For a tool that publishes: whether the end of *in* will mean anything.  It
 * does if there is a gate, if *in* is a regular file, or if the user said to
 * trust it.  ST_TROUBLE with the reason on stderr if not.  Takes nothing.
 */
enum status gate_demand(int in, int trust_eof);

/*
 * Wait for the word from upstream.  ST_OK at once for GATE_NONE.  ST_TROUBLE
 * when the gate stays shut: what has been read is not known to be whole.
 */
enum status gate_wait(int gate);

#endif
