#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "meter.h"
#include "pipesize.h"
#include "pump.h"

enum {
	PIECE = 256 * 1024,		/* within a core's cache, and few system calls */
	CRUMB = PIECE / 2,
	BULK = 1024 * 1024,		/* bytes after which a stream is a long one */
	NAP = 1000 * 1000		/* ns; much less than a wide pipe takes to fill */
};

/*
 * pg_dump writes 4 KiB at a time, and a reader that is woken for each costs
 * more in switches than in work.  So in a long stream, a reader that got a
 * crumb lets a wide pipe fill a little before it looks again.
 */
static void
let_fill(size_t pipe_bytes, uint64_t total, ssize_t got)
{
	static const struct timespec nap = { .tv_nsec = NAP };

	if (pipe_bytes >= 2 * PIECE && total > BULK && got < CRUMB)
		nanosleep(&nap, NULL);
}

/* As read(2), but waits where a peer has set O_NONBLOCK. */
static ssize_t
read_some(int fd, uint8_t *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while ((n = read(fd, buf, len)) == -1) {
		if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return n;
}

/* What is pumped, and who waits for it: NULL is read(2) itself. */
struct source {
	int fd;
	const char *what;
	enum status (*wait)(void *ctx, int fd);
	void *ctx;
};

/* A regular file, before the first read. */
struct origin {
	int is_file;
	struct stat file;
	off_t from;
};

static void
note_origin(int fd, struct origin *o)
{
	o->is_file = fstat(fd, &o->file) == 0 && S_ISREG(o->file.st_mode) && (o->from = lseek(fd, 0, SEEK_CUR)) != -1;
}

/* Is a file what it was, and has all of it been read?  Those of /proc have a size of 0, whatever they hold. */
static enum status
compare_origin(const struct source *from, const struct origin *o, uint64_t total)
{
	struct stat now;

	if (!o->is_file)
		return ST_OK;
	if (fstat(from->fd, &now) == -1) {
		warn("%s", from->what);
		return ST_TROUBLE;
	}
	if (now.st_size == o->file.st_size && now.st_mtim.tv_sec == o->file.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == o->file.st_mtim.tv_nsec &&
	    (now.st_size == 0 || now.st_size < o->from || (uint64_t)(now.st_size - o->from) == total))
		return ST_OK;
	warnx("%s: the file changed while it was read", from->what);
	return ST_BAD;
}

static enum status
await(const struct source *from, int fd)
{
	return from->wait == NULL ? ST_OK : from->wait(from->ctx, fd);
}

static enum status
push_all(const struct source *from, struct sink *chain, uint8_t *buf)
{
	enum status st;
	size_t pipe_bytes = pipesize_widen(from->fd);
	struct origin origin;
	uint64_t total = 0;
	ssize_t n = 0;

	note_origin(from->fd, &origin);
	while ((st = await(from, from->fd)) == ST_OK && (n = read_some(from->fd, buf, PIECE)) > 0) {
		total += (uint64_t)n;
		meter_took((size_t)n);
		if ((st = sink_update(chain, buf, (size_t)n)) != ST_OK)
			return st;
		let_fill(pipe_bytes, total, n);
	}
	if (n == -1) {
		warn("read %s", from->what);
		return ST_TROUBLE;
	}
	return st != ST_OK ? st : compare_origin(from, &origin, total);
}

static enum status
take_word(const struct source *from, int gate)
{
	enum status st = gate == GATE_NONE ? ST_OK : await(from, gate);

	return st != ST_OK ? st : gate_wait(gate);
}

static enum status
run(const struct source *from, struct sink *chain)
{
	enum status st;
	uint8_t *buf;
	int gate;

	meter_attach();
	if ((st = gate_take(&gate)) != ST_OK)
		return st;
	if ((buf = malloc(PIECE)) == NULL) {
		warn("pump");
		return ST_TROUBLE;
	}
	if ((st = push_all(from, chain, buf)) == ST_OK && (st = take_word(from, gate)) == ST_OK)
		st = sink_finish(chain);
	free(buf);
	return st;
}

enum status
pump(int fd, const char *what, struct sink *chain)
{
	const struct source from = { .fd = fd, .what = what };

	return run(&from, chain);
}

enum status
pump_waiting(int fd, const char *what, struct sink *chain, enum status (*wait)(void *ctx, int fd), void *ctx)
{
	const struct source from = { fd, what, wait, ctx };

	return run(&from, chain);
}
