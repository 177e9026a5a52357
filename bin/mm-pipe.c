/*
 * mm-pipe - a pipeline that is a transaction
 *
 * This process is the front: it takes the signals, holds the lock, and holds a
 * copy of every pipe's write end until the keeper, its child, says otherwise.
 * lib/keeper.h tells what the two are for.
 */
#define _GNU_SOURCE		/* pipe2 */

#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "gate.h"
#include "keeper.h"
#include "kin.h"
#include "number.h"
#include "pipesize.h"
#include "stdfds.h"

enum {
	LOCKED = 75,		/* EX_TEMPFAIL: another one holds the lock */
	GRACE = 30,
	GRACE_MAX = 24 * 3600,
	STALL_MAX = 30 * 24 * 3600,
	WAIT_MAX = 30 * 24 * 3600
};

/* The signals that end a pipeline: the front hears them, and the keeper hears of them from the front. */
static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

struct front {
	struct keeper k;
	int socket;		/* to the keeper */
	int signals;		/* signalfd */
	pid_t keeper;
	size_t held;		/* write ends that we still hold start here */
};

static void
usage(void)
{
	fputs("usage: mm-pipe [-vE] [-L lockfile] [-o report] [-t stall] [--early] [--expect bytes]\n"
	      "               [--grace time] [--wait time] [--with-parent] command [argument ...] ['|' command [argument ...]] ...\n", stderr);
	exit(KEEPER_TROUBLE);
}

/* Cut the words at each '|'.  NULL: said why. */
static struct stage *
split(char **argv, int argc, size_t *n)
{
	struct stage *stage;
	const char *slash;
	int i, first = 1;

	if ((stage = calloc((size_t)argc + 1, sizeof(*stage))) == NULL) {
		warn("stages");
		return NULL;
	}
	for (i = 0, *n = 0; i < argc; i++) {
		if (strcmp(argv[i], "|") == 0) {
			argv[i] = NULL;
			if (first)
				break;
			first = 1;
		} else if (first) {
			slash = strrchr(argv[i], '/');
			stage[*n] = (struct stage){ .argv = argv + i, .number = *n + 1, .in = -1, .out = -1, .gate = -1,
			    .name = slash == NULL ? argv[i] : slash + 1 };
			++*n;
			first = 0;
		}
	}
	if (!first)
		return stage;
	warnx("stage %zu has no command", *n + 1);
	free(stage);
	return NULL;
}

static enum status
join(struct stage *stage, size_t n)
{
	size_t i;
	int fd[2];

	for (i = 0; i + 1 < n; i++) {
		if (pipe2(fd, O_CLOEXEC) == -1) {
			warn("pipe");
			return ST_TROUBLE;
		}
		pipesize_widen(fd[1]);
		stage[i].out = fd[1];
		stage[i + 1].in = fd[0];
	}
	return ST_OK;
}

/* Does a stage's end of file mean anything, if it comes from our own stdin? */
static enum status
find_gate(struct keeper *k, int trust_eof)
{
	struct stat sb;
	enum status st;

	if ((st = gate_take(&k->gate)) != ST_OK)
		return st;
	if (fstat(STDIN_FILENO, &sb) == -1) {
		warn("stdin");
		return ST_TROUBLE;
	}
	k->first_gated = k->gate != GATE_NONE || trust_eof;
	k->gated = k->first_gated || !(S_ISFIFO(sb.st_mode) || S_ISSOCK(sb.st_mode));
	return ST_OK;
}

/* Zero, or the exit status.  The lock goes with the last process that holds fd; no stage inherits it. */
static int
take_lock(const char *path, uint64_t wait)
{
	const struct timespec nap = { .tv_nsec = 100000000 };
	const int64_t until = clock_ms() + (int64_t)wait * 1000;
	int fd, taken;

	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) == -1) {
		warn("lock %s", path);
		return KEEPER_TROUBLE;
	}
	while ((taken = flock(fd, LOCK_EX | LOCK_NB)) == -1 && errno == EWOULDBLOCK && clock_ms() < until)
		nanosleep(&nap, NULL);
	if (taken == 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		warnx("%s: another run holds the lock", path);
		return LOCKED;
	}
	warn("lock %s", path);
	return KEEPER_TROUBLE;
}

/* The signals that end us are read from a descriptor; one that was ignored before stays ignored. */
static enum status
catch_signals(struct front *f)
{
	struct sigaction old;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigemptyset(&f->k.ignored);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		sigaction(ending[i], NULL, &old);
		sigaddset(old.sa_handler == SIG_IGN ? &f->k.ignored : &set, ending[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_SETMASK, &set, NULL) == 0 && (f->signals = signalfd(-1, &set, SFD_CLOEXEC)) != -1)
		return ST_OK;
	warn("signals");
	return ST_TROUBLE;
}

/* The keeper's side of the fork.  What a terminal sends goes to the front alone. */
static void
keep(struct front *f, int peer)
{
	size_t i;

	setpgid(0, 0);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		signal(ending[i], SIG_IGN);
	prctl(PR_SET_NAME, "mm-keeper");
	close(f->signals);
	close(f->socket);
	f->k.front = peer;
	exit(keeper_run(&f->k));
}

static enum status
start_keeper(struct front *f)
{
	int pair[2];
	size_t i;

	if (kin_adopt() != ST_OK || catch_signals(f) != ST_OK)
		return ST_TROUBLE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		warn("socket");
		return ST_TROUBLE;
	}
	f->socket = pair[0];
	if ((f->keeper = fork()) == -1) {
		warn("fork");
		return ST_TROUBLE;
	}
	if (f->keeper == 0)
		keep(f, pair[1]);
	close(pair[1]);
	for (i = 1; i < f->k.n; i++)
		close(f->k.stage[i].in);
	return ST_OK;
}

/* The keeper's bytes, a write end each.  Zero when it has gone. */
static int
hear_keeper(struct front *f)
{
	char word;
	ssize_t n = read(f->socket, &word, 1);

	if (n == 1 && f->held + 1 < f->k.n)
		close(f->k.stage[f->held++].out);
	return n == 1 || (n == -1 && errno == EINTR);
}

static void
pass_signal(struct front *f)
{
	struct signalfd_siginfo info;
	unsigned char signo;

	if (read(f->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	signo = (unsigned char)info.ssi_signo;
	if (write(f->socket, &signo, 1) == -1 && errno != EPIPE)	/* gone: its end comes next */
		warn("signal the keeper");
}

static int
wait_keeper(struct front *f)
{
	struct pollfd p[2] = { { .fd = f->socket, .events = POLLIN }, { .fd = f->signals, .events = POLLIN } };
	int w = 0;

	do {
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[1].revents != 0)
			pass_signal(f);
	} while (p[0].revents == 0 || hear_keeper(f));
	while (waitpid(f->keeper, &w, 0) == -1 && errno == EINTR)
		continue;
	if (WIFEXITED(w))
		return WEXITSTATUS(w);
	kin_end();		/* its stages are ours now; what we hold keeps their inputs from ending */
	warnx("the keeper was killed by signal %d", WTERMSIG(w));
	return KEEPER_TROUBLE;
}

/* All that is left when the words have been understood.  The exit status. */
static int
run(struct front *f, const char *lock, uint64_t wait, const char *report, int trust_eof)
{
	int locked;

	if (find_gate(&f->k, trust_eof) != ST_OK)
		return KEEPER_TROUBLE;
	if (lock != NULL && (locked = take_lock(lock, wait)) != 0)
		return locked;
	f->k.alone = lock != NULL && f->k.n == 1;
	if (report != NULL && (f->k.report = open(report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) == -1) {
		warn("report %s", report);
		return KEEPER_TROUBLE;
	}
	if (join(f->k.stage, f->k.n) != ST_OK || start_keeper(f) != ST_OK)
		return KEEPER_TROUBLE;
	return wait_keeper(f);
}

int
main(int argc, char **argv)
{
	enum { EARLY = 256, EXPECT, GRACE_TIME, WAIT, WITH_PARENT };
	static const struct option options[] = {
		{ "verbose", no_argument, NULL, 'v' },
		{ "trust-eof", no_argument, NULL, 'E' },
		{ "lock", required_argument, NULL, 'L' },
		{ "report", required_argument, NULL, 'o' },
		{ "stall", required_argument, NULL, 't' },
		{ "early", no_argument, NULL, EARLY },
		{ "expect", required_argument, NULL, EXPECT },
		{ "grace", required_argument, NULL, GRACE_TIME },
		{ "wait", required_argument, NULL, WAIT },
		{ "with-parent", no_argument, NULL, WITH_PARENT },
		{ NULL, 0, NULL, 0 }
	};
	struct front f = { .k = { .report = -1, .grace = GRACE } };
	const char *lock = NULL, *report = NULL;
	uint64_t wait = 0;
	int opt, status, trust_eof = 0, parent = (int)getppid();

	stdfds_hold();
	while ((opt = getopt_long(argc, argv, "+vEL:o:t:", options, NULL)) != -1) {
		switch (opt) {
		case 'v':
			f.k.progress = isatty(STDERR_FILENO);
			break;
		case 'E':
			trust_eof = 1;
			break;
		case 'L':
			lock = optarg;
			break;
		case 'o':
			report = optarg;
			break;
		case 't':
			if (number_duration(optarg, "stall", 1, STALL_MAX, &f.k.stall) != ST_OK)
				return KEEPER_TROUBLE;
			break;
		case EARLY:
			f.k.early = 1;
			break;
		case EXPECT:
			if (number_size(optarg, "expect", 1, UINT64_MAX, &f.k.expected) != ST_OK)
				return KEEPER_TROUBLE;
			break;
		case GRACE_TIME:
			if (number_duration(optarg, "grace", 0, GRACE_MAX, &f.k.grace) != ST_OK)
				return KEEPER_TROUBLE;
			break;
		case WAIT:
			if (number_duration(optarg, "wait", 0, WAIT_MAX, &wait) != ST_OK)
				return KEEPER_TROUBLE;
			break;
		case WITH_PARENT:
			if (kin_follow(parent, SIGTERM) != ST_OK)
				errx(KEEPER_TROUBLE, "the parent has gone already");
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	if ((f.k.stage = split(argv + optind, argc - optind, &f.k.n)) == NULL)
		usage();
	status = run(&f, lock, wait, report, trust_eof);
	free(f.k.stage);
	return status;
}
