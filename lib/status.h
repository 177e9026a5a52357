/*
 * What a function found out, and what a tool exits with.  A result is zero, or
 * it is the exit status it asks for; nobody translates it on the way up, and
 * the function that met the problem has already said so on stderr.
 */
#ifndef MM_STATUS_H
#define MM_STATUS_H

enum status {
	ST_OK = 0,
	ST_BAD = 1,		/* the input is not what it claims to be */
	ST_TROUBLE = 2		/* usage, file, memory, network: we cannot tell */
};

#endif
