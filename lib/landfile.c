#define _GNU_SOURCE		/* O_TMPFILE, renameat2, sync_file_range */

#include <sys/file.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "fdsink.h"
#include "landfile.h"
#include "meter.h"
#include "receipt.h"

enum { FLUSH = 16 * 1024 * 1024 };	/* bytes after which the disk is set to work */

struct landfile {
	struct sink sink;
	struct digest *digest;
	const char *path;	/* as the user gave it, for messages */
	const char *base;	/* its last component */
	char partial[48];	/* the hidden name, or empty: the file has none */
	int dir;
	int fd;
	int receipt;
	off_t written;
	off_t flushed;
};

/* The hidden file that a signal must take away: a handler has no argument. */
static volatile sig_atomic_t hidden_dir = -1;
static char hidden_name[48];
static const int fatal[] = { SIGTERM, SIGINT, SIGHUP };

static void
remove_hidden(int signo)
{
	unlinkat(hidden_dir, hidden_name, 0);
	raise(signo);		/* SA_RESETHAND: as if we had never caught it */
}

static void
guard_hidden(const struct landfile *s)
{
	struct sigaction act = { .sa_handler = remove_hidden, .sa_flags = (int)SA_RESETHAND }, old;
	size_t i;

	memcpy(hidden_name, s->partial, sizeof(hidden_name));
	hidden_dir = s->dir;
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &act, NULL);
}

/* From the link to the receipt nothing may end us.  SIGPIPE: the receipt's reader may be gone. */
static void
hold_signals(sigset_t *old)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaddset(&set, fatal[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

static void
proc_name(int fd, char *buf, size_t len)
{
	snprintf(buf, len, "/proc/self/fd/%d", fd);
}

/* A file without a name that can be given one later; -1 where that cannot be. */
static int
open_nameless(const struct landfile *s)
{
#ifdef O_TMPFILE
	char link[40];
	int fd;

	if ((fd = openat(s->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)) == -1)
		return -1;
	proc_name(fd, link, sizeof(link));
	if (access(link, F_OK) == 0)
		return fd;
	close(fd);		/* no /proc: it could never be linked */
#else
	(void)s;
#endif
	return -1;
}

static int
open_partial(struct landfile *s)
{
	uint64_t number;
	int fd, random;

	if ((random = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) == -1 ||
	    read(random, &number, sizeof(number)) != (ssize_t)sizeof(number)) {
		warn("/dev/urandom");
		if (random != -1)
			close(random);
		return -1;
	}
	close(random);
	snprintf(s->partial, sizeof(s->partial), ".mm-land.%016" PRIx64 ".partial", number);
	guard_hidden(s);
	if ((fd = openat(s->dir, s->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1) {
		warn("create %s beside %s", s->partial, s->path);
		s->partial[0] = '\0';
		return -1;
	}
	flock(fd, LOCK_EX | LOCK_NB);	/* for who sweeps: it is in use.  Nobody else knows of it yet */
	return fd;
}

static enum status
write_out(struct landfile *s, const uint8_t *buf, size_t len)
{
	enum status st;

	if ((st = fdsink_write(s->fd, s->path, buf, len)) != ST_OK)
		return st;
	meter_gave(len);
	s->written += (off_t)len;
#ifdef SYNC_FILE_RANGE_WRITE
	/* Start the disk early, so that fsync at the end finds little left to do. */
	if (s->written - s->flushed >= FLUSH) {
		sync_file_range(s->fd, s->flushed, s->written - s->flushed, SYNC_FILE_RANGE_WRITE);
		s->flushed = s->written;
	}
#endif
	return ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct landfile *s = (struct landfile *)sink;

	digest_update(s->digest, buf, len);
	return write_out(s, buf, len);
}

/* Give the hidden name's file its final name where there are no hard links. */
static int
rename_partial(const struct landfile *s)
{
#ifdef RENAME_NOREPLACE
	return renameat2(s->dir, s->partial, s->dir, s->base, RENAME_NOREPLACE);
#else
	(void)s;
	return -1;
#endif
}

static int
publish(struct landfile *s)
{
	char link[40];

	if (s->partial[0] == '\0') {
		proc_name(s->fd, link, sizeof(link));
		return linkat(AT_FDCWD, link, s->dir, s->base, AT_SYMLINK_FOLLOW);
	}
	if (linkat(s->dir, s->partial, s->dir, s->base, 0) == 0) {
		unlinkat(s->dir, s->partial, 0);
	} else if (errno == EEXIST || rename_partial(s) == -1) {
		return -1;
	}
	s->partial[0] = '\0';
	return 0;
}

/* Some file systems know no fsync of a directory; that is not a failure of this file. */
static int
sync_dir(const struct landfile *s)
{
	if (fsync(s->dir) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	warn("fsync the directory of %s", s->path);
	return -1;
}

static enum status
write_receipt(struct landfile *s)
{
	char hex[DIGEST_HEX];

	digest_hex(s->digest, hex);
	return receipt_write(s->receipt, hex, s->base);
}

static enum status
land(struct landfile *s)
{
	if (publish(s) == -1) {
		if (errno == EEXIST)
			warnx("%s is there now, and is not replaced", s->path);
		else
			warn("give %s its name", s->path);
		return ST_TROUBLE;
	}
	if (sync_dir(s) == 0 && write_receipt(s) == ST_OK)
		return ST_OK;
	warnx("%s: taken back", s->path);
	unlinkat(s->dir, s->base, 0);
	sync_dir(s);
	return ST_TROUBLE;
}

static enum status
finish(struct sink *sink)
{
	struct landfile *s = (struct landfile *)sink;
	enum status st;
	sigset_t old;

	if (fsync(s->fd) == -1) {
		warn("fsync %s", s->path);
		return ST_TROUBLE;
	}
	/* Who reads it next reads the disk, not this memory; and the database keeps its cache. */
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	hold_signals(&old);
	st = land(s);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return st;
}

static void
let_go(struct sink *sink)
{
	struct landfile *s = (struct landfile *)sink;

	if (s->partial[0] != '\0')
		unlinkat(s->dir, s->partial, 0);
	if (s->fd != -1)
		close(s->fd);
	if (s->dir != -1)
		close(s->dir);
	digest_free(s->digest);
	free(s);
}

/* The directory of a path, opened; the path's last component in *base. */
static int
open_dir_of(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd;

	*base = slash == NULL ? path : slash + 1;
	if (**base == '\0' || strcmp(*base, ".") == 0 || strcmp(*base, "..") == 0 || strlen(*base) > NAME_MAX) {
		warnx("'%s' does not end in the name of a file", path);
		return -1;
	}
	dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	if (dir == NULL) {
		warn("%s", path);
		return -1;
	}
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		warn("directory %s", dir);
	free(dir);
	return fd;
}

static enum status
prepare(struct landfile *s)
{
	struct stat sb;

	if ((s->dir = open_dir_of(s->path, &s->base)) == -1)
		return ST_TROUBLE;
	if (fstatat(s->dir, s->base, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		warnx("%s exists already, and is not replaced", s->path);
		return ST_TROUBLE;
	}
	if (errno != ENOENT) {
		warn("%s", s->path);
		return ST_TROUBLE;
	}
	if ((s->fd = open_nameless(s)) == -1 && (s->fd = open_partial(s)) == -1)
		return ST_TROUBLE;
	signal(SIGXFSZ, SIG_IGN);	/* past ulimit -f, write() says EFBIG and we can say so too */
	if (fchmod(s->fd, 0600) == -1) {
		warn("chmod %s", s->path);
		return ST_TROUBLE;
	}
	return ST_OK;
}

struct sink *
landfile_new(const char *path, int receipt)
{
	struct landfile *s;

	if ((s = calloc(1, sizeof(*s))) == NULL || (s->digest = digest_new()) == NULL) {
		warn("%s", path);
		free(s);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->path = path;
	s->receipt = receipt;
	s->dir = s->fd = -1;
	if (prepare(s) != ST_OK) {
		let_go(&s->sink);
		return NULL;
	}
	return &s->sink;
}
