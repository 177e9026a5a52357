#define _GNU_SOURCE

#include <sys/prctl.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "kin.h"

enum { STEP = 20, PATIENCE = 1000 };	/* milliseconds */

enum status
kin_adopt(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L) == 0)
		return ST_OK;
	warn("become the reaper of descendants");
	return ST_TROUBLE;
}

enum status
kin_follow(int parent, int signo)
{
	if (prctl(PR_SET_PDEATHSIG, (long)signo) == 0 && (int)getppid() == parent)
		return ST_OK;
	return ST_TROUBLE;
}

/* To the process group of every child that we have at this moment, our own excepted. */
static void
signal_children(int signo)
{
	char path[64];
	FILE *f;
	int pid;
	pid_t group;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fscanf(f, "%d", &pid) == 1) {
		group = getpgid(pid);
		kill(group == -1 || group == getpgrp() ? pid : -group, signo);
	}
	fclose(f);
}

/*
 * All are stopped before the first one dies: else one may see the end of a
 * pipe that it shares with another, and take it for the end of its work.
 */
static void
end_children(int signo)
{
	signal_children(SIGSTOP);
	signal_children(signo);
	signal_children(SIGCONT);
}

/* Reap what has died.  Zero when there are no children left. */
static int
reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0 || (pid == -1 && errno == EINTR))
		continue;
	return pid == 0;
}

void
kin_end(void)
{
	int waited = 0, told = 0;

	while (reap()) {
		if (!told)
			end_children(SIGTERM);
		told = 1;
		/* The dead hand us their own children: so again and again. */
		if (waited >= PATIENCE)
			end_children(SIGKILL);
		poll(NULL, 0, STEP);
		waited += STEP;
	}
}
