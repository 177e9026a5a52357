#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate.h"

/* What MM_GATE says, if it speaks of this process. */
static enum status
read_gate(int *gate)
{
	const char *text = getenv("MM_GATE");
	struct stat sb;
	char junk;
	long pid;
	int fd;

	*gate = GATE_NONE;
	if (text == NULL)
		return ST_OK;
	if (sscanf(text, "%d:%ld%c", &fd, &pid, &junk) != 2 || fd <= STDERR_FILENO) {
		warnx("MM_GATE: '%s' is not a descriptor and a process id", text);
		return ST_TROUBLE;
	}
	if (pid != (long)getpid()) {
		warnx("MM_GATE is for process %ld: make this command a stage of mm-pipe itself, "
		    "or start it with MM_GATE unset", pid);
		return ST_TROUBLE;
	}
	if (fstat(fd, &sb) == -1 || !S_ISFIFO(sb.st_mode)) {
		warnx("MM_GATE: descriptor %d is no pipe; something between mm-pipe and here closed it", fd);
		return ST_TROUBLE;
	}
	*gate = fd;
	return ST_OK;
}

enum status
gate_take(int *gate)
{
	enum status st = read_gate(gate);

	unsetenv("MM_GATE");
	if (*gate != GATE_NONE && fcntl(*gate, F_SETFD, FD_CLOEXEC) == -1) {
		warn("MM_GATE");
		return ST_TROUBLE;
	}
	return st;
}

enum status
gate_demand(int in, int trust_eof)
{
	struct stat sb;
	enum status st;
	int gate;

	if ((st = read_gate(&gate)) != ST_OK)
		return st;
	if (gate != GATE_NONE || trust_eof)
		return ST_OK;
	if (fstat(in, &sb) == -1) {
		warn("stdin");
		return ST_TROUBLE;
	}
	if (S_ISREG(sb.st_mode))
		return ST_OK;
	warnx("no mm-pipe upstream: cannot tell a whole dump from a broken one; "
	    "run under mm-pipe (its own stdin no pipe), or say -E");
	return ST_TROUBLE;
}

enum status
gate_wait(int gate)
{
	char word;
	ssize_t n;

	if (gate == GATE_NONE)
		return ST_OK;
	while ((n = read(gate, &word, 1)) == -1 && errno == EINTR)
		continue;
	if (n == 1)
		return ST_OK;
	warnx("the gate stayed shut: not all stages upstream ended well");
	return ST_TROUBLE;
}
