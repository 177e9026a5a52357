#define _GNU_SOURCE			/* pipe2, explicit_bzero */

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "credproc.h"
#include "halt.h"
#include "kin.h"

enum { NAP_MS = 10 };

static const char halted[] = "was ended by a signal to us";

/* One word from *in to *out, and both moved on.  0: a quote that does not end. */
static int
take_word(const char **in, char **out)
{
	const char *p = *in;
	char *to = *out, quote = '\0';

	for (; *p != '\0' && (quote != '\0' || strchr(" \t\r\n", *p) == NULL); p++) {
		if (*p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && (quote == '\0' || (quote == '"' && (p[1] == '"' || p[1] == '\\'))) &&
		    *++p == '\0')
			return 0;
		else
			*to++ = *p;
	}
	*to++ = '\0';
	*in = p;
	*out = to;
	return quote == '\0';
}

char **
credproc_words(const char *command, const char **fault)
{
	/* A word takes two characters at the least, with the blank behind it. */
	size_t len = strlen(command), most = len / 2 + 2, n = 0;
	char **words, *to;

	*fault = "out of memory";
	if ((words = malloc(most * sizeof(*words) + len + 1)) == NULL)
		return NULL;
	to = (char *)(words + most);
	for (;;) {
		command += strspn(command, " \t\r\n");
		if (*command == '\0')
			break;
		words[n++] = to;
		if (!take_word(&command, &to)) {
			*fault = "a quote in the command does not end";
			free(words);
			return NULL;
		}
	}
	words[n] = NULL;
	if (n > 0)
		return words;
	*fault = "the command is empty";
	free(words);
	return NULL;
}

/* In the child.  What hinders exec goes back as an errno; stdout is the pipe for the secret. */
static void
become(char **words, int out, int complain, int parent)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD };
	int null = open("/dev/null", O_RDONLY), error;
	sigset_t none;
	size_t i;

	setpgid(0, 0);
	if (kin_follow(parent, SIGKILL) != ST_OK)
		_exit(ST_TROUBLE);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		signal(ours[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null != -1 && dup2(null, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1)
		execvp(words[0], words);
	error = errno;
	while (write(complain, &error, sizeof(error)) == -1 && errno == EINTR)
		continue;
	_exit(127);
}

/* Start it; its output comes out of *out.  -1: said why. */
static pid_t
start(char **words, const char *what, int *out)
{
	int pipes[2][2] = { { -1, -1 }, { -1, -1 } }, parent = (int)getpid(), error = 0;
	pid_t pid = -1;

	if (pipe2(pipes[0], O_CLOEXEC) == -1 || pipe2(pipes[1], O_CLOEXEC) == -1 || (pid = fork()) == -1)
		error = errno;
	if (pid == 0)
		become(words, pipes[0][1], pipes[1][1], parent);
	if (pid != -1)
		setpgid(pid, pid);
	close(pipes[0][1]);
	close(pipes[1][1]);
	/* Silence means that exec closed the other end. */
	while (pid != -1 && read(pipes[1][0], &error, sizeof(error)) == -1 && errno == EINTR)
		continue;
	close(pipes[1][0]);
	if (error == 0) {
		*out = pipes[0][0];
		return pid;
	}
	close(pipes[0][0]);
	warnx("%s: cannot be run: %s", what, strerror(error));
	if (pid != -1)
		waitpid(pid, NULL, 0);
	return -1;
}

/* All it writes, until it closes its end.  NULL, or what is wrong. */
static const char *
collect(struct credproc *p, int out, int64_t end, int known)
{
	struct pollfd pfd[2] = { { .fd = out, .events = POLLIN }, { .fd = known == 0 ? halt_fd() : -1, .events = POLLIN } };
	ssize_t n = 1;
	int64_t left;

	while (n != 0) {
		if ((left = end - clock_ms()) <= 0)
			return "has not ended in time";
		if (halt_signal() != known)
			return halted;
		if (poll(pfd, 2, (int)left) < 1 || pfd[0].revents == 0)
			continue;
		n = read(out, p->out + p->len, sizeof(p->out) - p->len);
		if (n == -1 && errno != EINTR)
			return "its output cannot be read";
		if (n > 0)
			p->len += (size_t)n;
		if (p->len == sizeof(p->out))
			return "writes more than keys would take";
	}
	return NULL;
}

/* Its exit.  NULL, or what is wrong with it. */
static const char *
await(pid_t pid, int64_t end, int known, int *is_gone, char words[32])
{
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got == -1 && errno == EINTR)) {
		if (clock_ms() >= end)
			return "has not ended in time";
		if (halt_signal() != known)
			return halted;
		poll(NULL, 0, NAP_MS);
	}
	*is_gone = 1;
	if (got == -1)
		return "has been waited for by another";
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NULL;
	if (WIFEXITED(status))
		snprintf(words, 32, "exit %d", WEXITSTATUS(status));
	else
		snprintf(words, 32, "killed by signal %d", WTERMSIG(status));
	return words;
}

static enum status
run(struct credproc *p, const char *what, char **words, long limit_ms)
{
	int known = halt_signal(), out, is_gone = 0;
	int64_t end = clock_ms() + halt_limit_ms(limit_ms);
	const char *fault;
	char exit_words[32];
	pid_t pid;

	if ((pid = start(words, what, &out)) == -1)
		return ST_TROUBLE;
	if ((fault = collect(p, out, end, known)) == NULL)
		fault = await(pid, end, known, &is_gone, exit_words);
	close(out);
	if (fault == NULL)
		return ST_OK;
	warnx("%s: %s", what, fault);
	if (!is_gone) {
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return ST_TROUBLE;
}

enum status
credproc_run(struct credproc *p, const char *what, const char *command, long limit_ms)
{
	const char *fault;
	char **words;
	enum status st;

	p->len = 0;
	if ((words = credproc_words(command, &fault)) == NULL) {
		warnx("%s: %s", what, fault);
		return ST_TROUBLE;
	}
	st = run(p, what, words, limit_ms);
	free(words);
	return st;
}

void
credproc_wipe(struct credproc *p)
{
	explicit_bzero(p->out, p->len);
	p->len = 0;
}
