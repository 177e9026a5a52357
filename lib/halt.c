#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "halt.h"

enum { UNDO_MS = 5000 };

static const int fatal[] = { SIGTERM, SIGINT, SIGHUP };

/* A handler has no argument. */
static volatile sig_atomic_t came;
static int ends[2] = { -1, -1 };

static void
note(int signo)
{
	int kept = errno;
	ssize_t n;

	if (came == 0) {
		came = signo;
		n = write(ends[1], "", 1);
		(void)n;	/* an empty pipe takes a byte */
	}
	errno = kept;
}

enum status
halt_catch(void)
{
	struct sigaction act = { .sa_handler = note, .sa_flags = SA_RESTART }, old;
	size_t i;

	if (pipe(ends) == -1 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) == -1 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) == -1) {
		warn("pipe");
		return ST_TROUBLE;
	}
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &act, NULL);
	return ST_OK;
}

int
halt_signal(void)
{
	return came;
}

int
halt_fd(void)
{
	return ends[0];
}

int64_t
halt_limit_ms(int64_t ms)
{
	return came != 0 && ms > UNDO_MS ? UNDO_MS : ms;
}

void
halt_now(void)
{
	if (came == 0)
		return;
	signal(came, SIG_DFL);
	raise(came);
}
