/*
 * mm-verify --age: a Monitoring Plugin, and a source of metrics.  Its command
 * line is its own, and so are its exit statuses: those of freshness.h, 3 for
 * help, version and all that went wrong, and never 0 on an error.
 */
#ifndef MM_AGECHECK_H
#define MM_AGECHECK_H

/* argv[0] is a name for messages.  What is found has been printed; the answer is what to exit with. */
int agecheck(int argc, char *argv[]);

#endif
