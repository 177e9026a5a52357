/*
 * A command whose output is a secret: the credential_process of an AWS profile.
 *
 * The command is one line, cut into words as a shell cuts it: at blanks, with
 * '...', "..." and backslashes as quotes.  No shell runs it, so there are no
 * variables, substitutions, pipes or ';' in it; botocore has it the same way.
 * Who wants a shell writes  sh -c '...'.
 *
 * The command gets /dev/null as its stdin, since ours may be a backup, our
 * stderr, a process group of its own, default signals, and dies with us.  It is
 * killed, and its group, when it has not ended after *limit_ms*, has written
 * more than CREDPROC_MAX bytes, or a signal comes that is caught (halt.h).  One
 * that is run after such a signal, to undo something, has five seconds.
 *
 * ST_TROUBLE, said: it cannot be run, did not end, failed.  *what* names it; the
 * command line and what it wrote are in no message.
 */
#ifndef MM_CREDPROC_H
#define MM_CREDPROC_H

#include <stddef.h>

#include "status.h"

enum { CREDPROC_MAX = 65536 };

struct credproc {
	char out[CREDPROC_MAX];
	size_t len;
};

/* *p is wiped with credproc_wipe(), whatever the outcome. */
enum status credproc_run(struct credproc *p, const char *what, const char *command, long limit_ms);
void credproc_wipe(struct credproc *p);

/*
 * The words of a command, NULL at the end, in one block for free(); NULL with
 * *fault, what is wrong with it.
 */
char **credproc_words(const char *command, const char **fault);

#endif
