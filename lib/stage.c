#define _GNU_SOURCE		/* pipe2 */

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "kin.h"
#include "meter.h"
#include "stage.h"

/* As sh has it: not found is 127, found and not runnable is 126. */
static int
exec_status(int error)
{
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

static void
restore_signals(const sigset_t *ignored)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		signal(ours[i], sigismember(ignored, ours[i]) == 1 ? SIG_IGN : SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Move fd to its place, and leave it open across exec. */
static int
place(int fd, int where)
{
	if (fd == where)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, where);
}

static void
set_gate(int gate)
{
	char word[48];

	if (gate == -1) {
		unsetenv("MM_GATE");
		return;
	}
	snprintf(word, sizeof(word), "%d:%ld", gate, (long)getpid());
	fcntl(gate, F_SETFD, 0);
	setenv("MM_GATE", word, 1);
}

/* In the child.  What hinders exec goes back as an errno. */
static void
become(const struct stage *s, const struct stage_start *how, int gate, int complain, int parent)
{
	int error = 0;

	setpgid(0, 0);
	if (kin_follow(parent, SIGKILL) != ST_OK)
		_exit(ST_TROUBLE);
	if (place(how->in, STDIN_FILENO) == -1 || place(how->out, STDOUT_FILENO) == -1) {
		error = errno;
	} else {
		set_gate(gate);
		meter_export(how->meter, s->number - 1);
		restore_signals(how->ignored);
		execvp(s->argv[0], s->argv);
		error = errno;
	}
	while (write(complain, &error, sizeof(error)) == -1 && errno == EINTR)
		continue;
	_exit(exec_status(error));
}

/* Zero once exec has closed the other end, else the errno that came through. */
static int
hear(int fd)
{
	int error = 0;
	ssize_t n;

	while ((n = read(fd, &error, sizeof(error))) == -1 && errno == EINTR)
		continue;
	return n == (ssize_t)sizeof(error) ? error : 0;
}

enum status
stage_start(struct stage *s, const struct stage_start *how)
{
	int complain[2] = { -1, -1 }, gate[2] = { -1, -1 };
	int parent = (int)getpid();

	if (pipe2(complain, O_CLOEXEC) == -1 || (how->gated && pipe2(gate, O_CLOEXEC) == -1)) {
		warn("pipe");
		return ST_TROUBLE;
	}
	s->begun = clock_ms();
	if ((s->pid = fork()) == -1) {
		warn("fork");
		return ST_TROUBLE;
	}
	if (s->pid == 0)
		become(s, how, gate[0], complain[1], parent);
	setpgid(s->pid, s->pid);
	s->state = STAGE_RUNS;
	close(complain[1]);
	if (gate[0] != -1)
		close(gate[0]);
	s->gate = gate[1];
	s->exec_errno = hear(complain[0]);
	close(complain[0]);
	return ST_OK;
}

void
stage_ended(struct stage *s, int wait_status, const struct rusage *usage)
{
	s->wall_ms = clock_ms() - s->begun;
	s->wait_status = wait_status;
	s->usage = *usage;
	s->state = STAGE_LEFT;
}

void
stage_look(struct stage *s)
{
	if (s->state == STAGE_LEFT && kill(-s->pid, 0) == -1 && errno == ESRCH)
		s->state = STAGE_GONE;
}

void
stage_signal(struct stage *s, int signo)
{
	if (s->state != STAGE_RUNS && s->state != STAGE_LEFT)
		return;
	if (s->state == STAGE_RUNS)
		s->told = 1;
	/* Stopped first, so that none of them sees another's end before its own: see kin_end(). */
	kill(-s->pid, SIGSTOP);
	kill(-s->pid, signo);
	kill(-s->pid, SIGCONT);
}

void
stage_go_on(const struct stage *s)
{
	if (s->told && (s->state == STAGE_RUNS || s->state == STAGE_LEFT))
		kill(-s->pid, SIGCONT);
}

int
stage_exited_zero(const struct stage *s)
{
	return WIFEXITED(s->wait_status) && WEXITSTATUS(s->wait_status) == 0;
}

int
stage_died_of_pipe(const struct stage *s)
{
	if (WIFSIGNALED(s->wait_status))
		return WTERMSIG(s->wait_status) == SIGPIPE;
	return WEXITSTATUS(s->wait_status) == 128 + SIGPIPE;
}

void
stage_words(const struct stage *s, char *buf, size_t len)
{
	int w = s->wait_status;

	if (s->exec_errno != 0)
		snprintf(buf, len, "cannot be run: %s", strerror(s->exec_errno));
	else if (WIFSIGNALED(w))
		snprintf(buf, len, "killed by signal %d (%s)", WTERMSIG(w), strsignal(WTERMSIG(w)));
	else
		snprintf(buf, len, "exit %d", WEXITSTATUS(w));
}

void
stage_code(const struct stage *s, char *buf, size_t len)
{
	int w = s->wait_status;

	if (s->state == STAGE_NEW)
		snprintf(buf, len, "-");
	else if (s->told)
		snprintf(buf, len, "gate");
	else if (WIFSIGNALED(w))
		snprintf(buf, len, "signal:%d", WTERMSIG(w));
	else
		snprintf(buf, len, "exit:%d", WEXITSTATUS(w));
}
