/*
 * One command of a pipeline: started in a process group of its own, watched
 * until it and everything in its group have gone, and put into words.
 *
 * The command gets a default SIGPIPE and SIGCHLD, no blocked signal, and dies
 * (SIGKILL) if its supervisor does.  Signals that were ignored when we were
 * started stay ignored.
 */
#ifndef MM_STAGE_H
#define MM_STAGE_H

#include <sys/resource.h>
#include <sys/types.h>

#include <signal.h>
#include <stdint.h>

#include "status.h"

enum stage_state {
	STAGE_NEW,		/* not started */
	STAGE_RUNS,
	STAGE_LEFT,		/* the command has ended; others of its group have not */
	STAGE_GONE
};

struct stage {
	char **argv;
	const char *name;	/* the command's base name */
	size_t number;		/* from 1 */
	enum stage_state state;
	pid_t pid;		/* and its process group */
	int wait_status;	/* as wait(2) gives it; valid from STAGE_LEFT on */
	int exec_errno;		/* why it could not be run, or 0 */
	int good;		/* judged: it did its whole work */
	int told;		/* we have signalled it: its end says nothing about itself */
	int in, out;		/* our copies of its input's read end and its output's write end; -1: none */
	int gate;		/* write end of its gate; -1: none */
	int64_t begun, wall_ms;
	struct rusage usage;
};

struct stage_start {
	int in, out;		/* what becomes its stdin and stdout */
	int gated;		/* make it a gate, s->gate, and put MM_GATE into its environment */
	int meter;		/* shared memory in which it may count (meter.h); -1: none */
	const sigset_t *ignored; /* signals that were ignored when we were started */
};

/* ST_TROUBLE: said why.  A command that cannot be run is no trouble of ours: it is gone, with s->exec_errno. */
enum status stage_start(struct stage *s, const struct stage_start *how);

/* Take note of what wait4(2) said of s->pid. */
void stage_ended(struct stage *s, int wait_status, const struct rusage *usage);

/* STAGE_LEFT becomes STAGE_GONE when nothing is left of its group. */
void stage_look(struct stage *s);

/* To the whole group, stopped processes included, if it is not gone.  Marks it told. */
void stage_signal(struct stage *s, int signo);

/* To the whole group of one that was told to end: nobody in it may stand still. */
void stage_go_on(const struct stage *);

int stage_exited_zero(const struct stage *s);
int stage_died_of_pipe(const struct stage *s);	/* SIGPIPE, or a shell's word for it */

/* "exit 1", "killed by signal 9 (Killed)", "cannot be run: ..." */
void stage_words(const struct stage *s, char *buf, size_t len);

/* For the report: "exit:0", "signal:9", "gate", or "-" */
void stage_code(const struct stage *s, char *buf, size_t len);

#endif
