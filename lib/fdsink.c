#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "fdsink.h"
#include "meter.h"
#include "pipesize.h"

struct fdsink {
	struct sink sink;
	int fd;
	const char *what;
	int drains;			/* a reader that has gone is no error */
	int is_gone;
};

/* As write(2), but waits where a peer has set O_NONBLOCK. */
static ssize_t
write_some(int fd, const uint8_t *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	while ((n = write(fd, buf, len)) == -1) {
		if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return n;
}

/* Zero when not all was written; errno says why.  *count*, if any, is told of each write. */
static int
write_all(int fd, const void *buf, size_t len, void (*count)(size_t))
{
	const uint8_t *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if ((n = write_some(fd, p, len)) == -1)
			return 0;
		if (count != NULL)
			count((size_t)n);
	}
	return 1;
}

enum status
fdsink_write(int fd, const char *what, const void *buf, size_t len)
{
	if (write_all(fd, buf, len, NULL))
		return ST_OK;
	warn("write %s", what);
	return ST_TROUBLE;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct fdsink *s = (struct fdsink *)sink;

	if (s->is_gone || write_all(s->fd, buf, len, meter_gave))
		return ST_OK;
	if (s->drains && errno == EPIPE) {
		s->is_gone = 1;
		return ST_OK;
	}
	warn("write %s", s->what);
	return ST_TROUBLE;
}

static enum status
finish(struct sink *sink)
{
	struct fdsink *s = (struct fdsink *)sink;
	int copy;

	if ((copy = dup(s->fd)) == -1 || close(copy) == -1) {
		warn("close %s", s->what);
		return ST_TROUBLE;
	}
	return ST_OK;
}

static void
let_go(struct sink *sink)
{
	free(sink);
}

struct sink *
fdsink_new(int fd, const char *what)
{
	struct fdsink *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->sink = (struct sink){ update, finish, let_go };
	s->fd = fd;
	s->what = what;
	pipesize_widen(fd);
	return &s->sink;
}

struct sink *
fdsink_drain_new(int fd, const char *what)
{
	struct sink *s = fdsink_new(fd, what);

	if (s != NULL)
		((struct fdsink *)s)->drains = 1;
	return s;
}
