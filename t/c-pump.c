/* The pump: a file that is not at its end what it was at the beginning has not been read whole. */
#define _XOPEN_SOURCE 700		/* mkstemp */

#include <sys/stat.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pump.h"
#include "tap.h"

enum { SIZE = 1000000 };

/* The end of a chain that does something to the file when the first bytes come. */
struct meddler {
	struct sink sink;
	int fd;
	void (*meddle)(int fd);
	size_t got;
	int is_finished;
};

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct meddler *m = (struct meddler *)sink;

	(void)buf;
	if (m->got == 0 && m->meddle != NULL)
		m->meddle(m->fd);
	m->got += len;
	return ST_OK;
}

static enum status
finish(struct sink *sink)
{
	((struct meddler *)sink)->is_finished = 1;
	return ST_OK;
}

static void
let_go(struct sink *sink)
{
	(void)sink;
}

static void
shorten(int fd)
{
	if (ftruncate(fd, SIZE * 3 / 4) == -1)
		err(2, "ftruncate");
}

static void
lengthen(int fd)
{
	if (pwrite(fd, "x", 1, SIZE) != 1)
		err(2, "pwrite");
}

/* And back again: only the time tells. */
static void
rewrite(int fd)
{
	static const struct timespec old[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1 } };

	if (pwrite(fd, "x", 1, 0) != 1 || futimens(fd, old) == -1)
		err(2, "pwrite");
}

static void
pumped(void (*meddle)(int), off_t from, enum status want, const char *what)
{
	struct meddler m = { .sink = { update, finish, let_go }, .meddle = meddle };
	char path[] = "pump.XXXXXX";
	enum status st;

	if ((m.fd = mkstemp(path)) == -1 || unlink(path) == -1 || ftruncate(m.fd, SIZE) == -1 || lseek(m.fd, from, SEEK_SET) == -1)
		err(2, "%s", path);
	st = pump(m.fd, "the file", &m.sink);
	ok(st == want && m.is_finished == (want == ST_OK) && (want != ST_OK || (off_t)m.got == (from < SIZE ? SIZE - from : 0)), "%s", what);
	close(m.fd);
}

int
main(void)
{
	struct meddler m = { .sink = { update, finish, let_go }, .fd = -1 };

	unsetenv("MM_GATE");
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	pumped(NULL, 0, ST_OK, "a file");
	pumped(NULL, SIZE / 2, ST_OK, "half a file");
	pumped(NULL, SIZE, ST_OK, "nothing of a file");
	pumped(NULL, SIZE + 1, ST_OK, "from behind its end");
	pumped(shorten, 0, ST_BAD, "one that is cut short");
	pumped(shorten, SIZE / 2, ST_BAD, "... of which half is read");
	pumped(lengthen, 0, ST_BAD, "one that grows");
	pumped(rewrite, 0, ST_BAD, "one that is written to");
	if (freopen("/proc/self/status", "r", stdin) == NULL)
		err(2, "/proc/self/status");
	ok(pump(STDIN_FILENO, "/proc", &m.sink) == ST_OK && m.got > 0, "a file of /proc has no size");
	return done_testing();
}
