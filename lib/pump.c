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

static enum status
push_all(int fd, const char *what, struct sink *chain, uint8_t *buf)
{
	enum status st = ST_OK;
	size_t pipe_bytes = pipesize_widen(fd);
	uint64_t total = 0;
	ssize_t n = 0;

	while (st == ST_OK && (n = read_some(fd, buf, PIECE)) > 0) {
		total += (uint64_t)n;
		meter_took((size_t)n);
		st = sink_update(chain, buf, (size_t)n);
		let_fill(pipe_bytes, total, n);
	}
	if (n == -1) {
		warn("read %s", what);
		return ST_TROUBLE;
	}
	return st;
}

enum status
pump(int fd, const char *what, struct sink *chain)
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
	if ((st = push_all(fd, what, chain, buf)) == ST_OK && (st = gate_wait(gate)) == ST_OK)
		st = sink_finish(chain);
	free(buf);
	return st;
}
