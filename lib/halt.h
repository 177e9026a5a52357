/*
 * TERM, INT and HUP, for a program that has something to undo before it ends.
 *
 *	halt_catch();			from here on they only take note
 *	... poll halt_fd() beside what is waited for ...
 *	if (halt_signal() != 0)
 *		undo();
 *	halt_now();			ends by that signal, if there was one
 *
 * One that was ignored when the program began stays ignored.
 */
#ifndef MM_HALT_H
#define MM_HALT_H

#include <stdint.h>

#include "status.h"

enum status halt_catch(void);	/* ST_TROUBLE, said: no descriptors left */

/* The signal that came first; 0: none. */
int halt_signal(void);

/* Readable for good once one has come; -1 before halt_catch(). */
int halt_fd(void);

/* How long something may take, which has *ms*: after a signal, when it is to undo something, 5 s and no more. */
int64_t halt_limit_ms(int64_t ms);

/* As if it had never been caught.  Returns if none has come. */
void halt_now(void);

#endif
