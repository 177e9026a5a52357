#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate.h"
#include "meter.h"
#include "pump.h"

enum { PIECE = 256 * 1024 };	/* within a core's cache, and few system calls */

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
	ssize_t n = 0;

	while (st == ST_OK && (n = read_some(fd, buf, PIECE)) > 0) {
		meter_took((size_t)n);
		st = sink_update(chain, buf, (size_t)n);
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
