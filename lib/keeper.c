#define _GNU_SOURCE		/* wait4 */

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "gate.h"
#include "keeper.h"
#include "kin.h"
#include "meter.h"
#include "tally.h"
#include "watch.h"

enum {
	LINGER = 250,		/* ms that stages upstream of a failure have to end by SIGPIPE */
	LOOK = 50,		/* ms between looks at a group whose leader has ended, or that is to end */
	DEAF = 2000,		/* ms from TERM to KILL when the front has died: nobody is left to wait */
	RETRY = 1000,		/* ms between one KILL and the next */
	SAME = 1000		/* ms in which a second signal is the first one again */
};

enum pressure { NONE, TERM_ALL, KILL_ALL };

struct run {
	const struct keeper *k;
	int children;		/* signalfd: SIGCHLD */
	int gate;		/* our own, while its word is still to come */
	int front;		/* -1 once it has died */
	size_t opened;		/* stages that know that all before them ended well */
	int status;		/* KEEPER_GOOD until something failed */
	char cause[512];
	int64_t next;		/* when to press harder, in ms; 0: never */
	enum pressure press;	/* ... and how */
	int64_t grace;		/* ms */
	int64_t failed_at;
	int meter;		/* shared memory for the stages; -1: none */
	struct tally tally;
	struct watch *watch;
	int64_t signalled;	/* since when somebody wants us to end, in ms; 0: nobody */
};

static void
let_go(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
signal_from(struct run *r, size_t first, int signo)
{
	size_t i;

	for (i = first; i < r->k->n; i++)
		stage_signal(&r->k->stage[i], signo);
}

/* The first failure: everything that reads from it, from stage *first* on, is told to end. */
static void
fail(struct run *r, int status, size_t first, const char *cause)
{
	if (r->status != KEEPER_GOOD)
		return;
	r->status = status;
	snprintf(r->cause, sizeof(r->cause), "%s", cause);
	r->failed_at = clock_ms();
	signal_from(r, first, SIGTERM);
	r->press = first == 0 ? KILL_ALL : TERM_ALL;
	r->next = r->failed_at + (first == 0 || r->grace < LINGER ? r->grace : LINGER);
}

static void
fail_by(struct run *r, const struct stage *s, const char *words)
{
	char cause[400];

	snprintf(cause, sizeof(cause), "stage %zu %.200s: %s", s->number, s->name, words);
	fail(r, KEEPER_FAILED, s->number, cause);
}

/*
 * runuser, su and sudo stop themselves when they see that what they started has
 * been stopped, be it for a moment; nobody but us would ever let them go on.
 */
static void
go_on(struct run *r)
{
	size_t i;

	if (r->status == KEEPER_GOOD)
		return;
	for (i = 0; i < r->k->n; i++)
		stage_go_on(&r->k->stage[i]);
}

static void
press(struct run *r)
{
	go_on(r);
	if (r->next == 0 || clock_ms() < r->next)
		return;
	signal_from(r, 0, r->press == TERM_ALL ? SIGTERM : SIGKILL);
	r->next = r->press == TERM_ALL ? r->failed_at + r->grace : clock_ms() + RETRY;
	r->press = KILL_ALL;
}

static int
unread(const struct stage *s)
{
	int n;

	return s->in != -1 && ioctl(s->in, FIONREAD, &n) == 0 ? n : 0;
}

/* A stage that died because nobody read it any more: whose fault was that? */
static void
judge_pipe_death(struct run *r, struct stage *s)
{
	const struct stage *reader = s + 1;
	int has_reader = s->number < r->k->n;

	if (!has_reader)
		fail_by(r, s, "killed by SIGPIPE: whoever reads mm-pipe's output has gone");
	else if (!reader->good)
		fail_by(r, s, "killed by SIGPIPE");
	else if (!r->k->early)
		fail_by(r, reader, "exit 0 before its input ended");
	else
		s->good = 1;
}

/* A stage and its group have gone: was that its work done, or the end of the whole? */
static void
judge(struct run *r, struct stage *s)
{
	char words[160];
	int left = unread(s);

	/* Of one that we told to end, it stays: who writes to it has been told as well, and needs no SIGPIPE. */
	if (!s->told)
		let_go(&s->in);
	s->good = stage_exited_zero(s) && (left == 0 || r->k->early);
	if (s->good)
		return;
	if (stage_died_of_pipe(s)) {
		judge_pipe_death(r, s);
		return;
	}
	stage_words(s, words, sizeof(words));
	if (stage_exited_zero(s))
		snprintf(words, sizeof(words), "exit 0 before its input ended, %d bytes unread", left);
	fail_by(r, s, words);
}

static struct stage *
stage_of(const struct run *r, pid_t pid)
{
	size_t i;

	for (i = 0; i < r->k->n; i++)
		if (r->k->stage[i].state == STAGE_RUNS && r->k->stage[i].pid == pid)
			return &r->k->stage[i];
	return NULL;
}

/* A stage in the background of a terminal that wants to use it stops for good. */
static void
note_stop(struct run *r, struct stage *s, int signo)
{
	if (signo == SIGTTIN || signo == SIGTTOU)
		fail_by(r, s, "wants the terminal, which it cannot have; give it what it asks for another way");
}

/* Reap what has died.  A stage that failed is judged at once; one that ended well, when its group has gone. */
static void
collect(struct run *r)
{
	struct signalfd_siginfo info;
	struct rusage usage;
	struct stage *s;
	pid_t pid;
	int w;

	while (read(r->children, &info, sizeof(info)) > 0)
		continue;
	while ((pid = wait4(-1, &w, WNOHANG | WUNTRACED, &usage)) > 0) {
		if ((s = stage_of(r, pid)) == NULL)
			continue;
		if (WIFSTOPPED(w)) {
			note_stop(r, s, WSTOPSIG(w));
			continue;
		}
		stage_ended(s, w, &usage);
		if (!stage_exited_zero(s))
			judge(r, s);
	}
}

static void
look(struct run *r)
{
	struct stage *s;
	size_t i;

	for (i = 0; i < r->k->n; i++) {
		s = &r->k->stage[i];
		if (s->state != STAGE_LEFT)
			continue;
		stage_look(s);
		if (s->state == STAGE_GONE && stage_exited_zero(s))
			judge(r, s);
	}
}

/* All before stage i ended well: its gate's byte, and then its end of file, ours and the front's. */
static void
open_stage(struct run *r, size_t i)
{
	struct stage *s = &r->k->stage[i];

	if (s->gate != -1 && write(s->gate, "", 1) == -1 && errno != EPIPE)
		warn("open the gate of stage %zu", s->number);
	let_go(&s->gate);
	if (i == 0)
		return;
	let_go(&s[-1].out);
	if (r->front != -1 && write(r->front, "", 1) == -1)
		let_go(&r->front);
}

static void
advance(struct run *r)
{
	while (r->opened < r->k->n && r->status == KEEPER_GOOD && r->gate == GATE_NONE &&
	    (r->opened == 0 || r->k->stage[r->opened - 1].good))
		open_stage(r, r->opened++);
}

static void
hear_front(struct run *r)
{
	unsigned char signo;
	char cause[80];
	ssize_t n = read(r->front, &signo, 1);

	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0) {
		let_go(&r->front);
		r->grace = r->grace < DEAF ? r->grace : DEAF;
		fail(r, KEEPER_TROUBLE, 0, "mm-pipe was killed");
		return;
	}
	/* Who ends a whole group, or all of a service, is heard here twice: from them, and from who started us. */
	if (r->signalled == 0) {
		r->signalled = clock_ms();
	} else if (clock_ms() - r->signalled >= SAME) {		/* told twice: at once */
		r->press = KILL_ALL;
		r->next = clock_ms();
	}
	snprintf(cause, sizeof(cause), "ended by signal %d (%s)", signo, strsignal(signo));
	fail(r, 128 + signo, 0, cause);
}

static void
hear_gate(struct run *r)
{
	enum status st = gate_wait(r->gate);

	let_go(&r->gate);
	r->gate = GATE_NONE;
	if (st != ST_OK)
		fail(r, KEEPER_TROUBLE, 0, "the gate before this pipeline stayed shut");
}

static int
any(const struct run *r, enum stage_state state)
{
	size_t i;

	for (i = 0; i < r->k->n; i++)
		if (r->k->stage[i].state == state)
			return 1;
	return 0;
}

/* The sooner of two times to wait, where -1 is never. */
static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

static int
patience(const struct run *r)
{
	int64_t left = r->next - clock_ms();
	int due = watch_due(r->watch);

	if (r->next != 0)
		due = sooner(due, left < 0 ? 0 : (int)left);
	return any(r, STAGE_LEFT) || r->status != KEEPER_GOOD ? sooner(due, LOOK) : due;
}

static void
wait_for_news(struct run *r)
{
	struct pollfd p[3] = {
		{ .fd = r->children, .events = POLLIN },
		{ .fd = r->front, .events = POLLIN },
		{ .fd = r->gate, .events = POLLIN }	/* negative: left alone */
	};

	if (poll(p, 3, patience(r)) <= 0)
		return;
	if (p[1].revents != 0)
		hear_front(r);
	if (p[2].revents != 0)
		hear_gate(r);
}

static void
keep_watch(struct run *r)
{
	const struct stage *s = watch_look(r->watch);
	char cause[400];

	if (s == NULL)
		return;
	snprintf(cause, sizeof(cause), "stage %zu %.200s stands still: no byte moved, no processor used for %lu s",
	    s->number, s->name, (unsigned long)r->k->stall);
	fail(r, KEEPER_STALLED, 0, cause);
}

static void
fail_to_run(struct run *r, const struct stage *s)
{
	char words[160];

	stage_words(s, words, sizeof(words));
	fail_by(r, s, words);
}

/*
 * From the last stage to the first: when we die, the kernel tells our children
 * in the order of their birth, and a sink is to be dead before its source.
 */
static void
start_stages(struct run *r)
{
	const struct keeper *k = r->k;
	struct stage_start how = { .ignored = &k->ignored, .meter = r->meter };
	size_t i;

	for (i = k->n; i-- > 0 && r->status == KEEPER_GOOD;) {
		how.in = i == 0 ? STDIN_FILENO : k->stage[i].in;
		how.out = i == k->n - 1 ? STDOUT_FILENO : k->stage[i].out;
		how.gated = i == 0 ? k->first_gated : k->gated;
		if (stage_start(&k->stage[i], &how) != ST_OK)
			fail(r, KEEPER_TROUBLE, 0, "could not start");
		else if (k->stage[i].exec_errno != 0)
			fail_to_run(r, &k->stage[i]);
	}
}

/* A report that cannot be written is trouble: somebody is going to read it. */
static int
write_report(const struct run *r)
{
	enum status st;

	if (r->k->report == -1)
		return r->status;
	st = tally_report(&r->tally, r->k->report, r->status, r->status == KEEPER_GOOD ? "-" : r->cause);
	return st != ST_OK && r->status == KEEPER_GOOD ? KEEPER_TROUBLE : r->status;
}

static void
supervise(struct run *r)
{
	start_stages(r);
	for (;;) {
		collect(r);
		look(r);
		if (!any(r, STAGE_RUNS) && !any(r, STAGE_LEFT))
			break;
		advance(r);
		press(r);
		keep_watch(r);
		wait_for_news(r);
	}
}

int
keeper_run(const struct keeper *k)
{
	struct run r = { .k = k, .gate = k->gate, .front = k->front, .meter = -1, .tally = { k->stage, NULL, k->n, k->expected } };
	sigset_t set;

	r.grace = (int64_t)k->grace * 1000;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_SETMASK, &set, NULL) == -1 ||
	    (r.children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1 || kin_adopt() != ST_OK) {
		warn("supervise");
		return KEEPER_TROUBLE;
	}
	if (k->report != -1 || k->stall != 0 || k->progress)
		r.tally.meter = meter_create(k->n, &r.meter);
	if ((r.watch = watch_new(&r.tally, k->progress, (int64_t)k->stall * 1000)) == NULL) {
		warn("supervise");
		return KEEPER_TROUBLE;
	}
	supervise(&r);
	watch_free(r.watch);
	kin_end();		/* before anything that we hold is closed */
	if (k->alone && r.status == KEEPER_FAILED && WIFEXITED(k->stage[0].wait_status))
		r.status = WEXITSTATUS(k->stage[0].wait_status);
	else if (r.status != KEEPER_GOOD)
		warnx("%s", r.cause);
	return write_report(&r);
}
