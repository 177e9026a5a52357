#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "listing.h"

/* A line for a name of ours, if it is a plain file's.  ENOENT: it went while we looked. */
static int
print_entry(FILE *f, int dir, const char *name)
{
	struct stat sb;
	struct name parsed;

	if (!names_parse(name, strlen(name), NULL, &parsed))
		return 0;
	if (fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return !S_ISREG(sb.st_mode) || fprintf(f, "%jd\t%s\n", (intmax_t)sb.st_size, name) > 0 ? 0 : -1;
}

static int
print_entries(FILE *f, DIR *dir)
{
	const struct dirent *e;
	int st = 0;

	errno = 0;
	while (st == 0 && (e = readdir(dir)) != NULL) {
		st = print_entry(f, dirfd(dir), e->d_name);
		errno = st == 0 ? 0 : errno;
	}
	return st == 0 && errno == 0 ? 0 : -1;
}

/* The listing that a directory is, in the form of a list.  -1, and errno. */
static int
load_directory(struct names *l, const char *path)
{
	DIR *dir;
	FILE *f;
	int st, because;

	*l = (struct names){ .end = '\n' };
	if ((dir = opendir(path)) == NULL)
		return -1;
	if ((f = open_memstream(&l->text, &l->len)) == NULL) {
		closedir(dir);
		return -1;
	}
	st = print_entries(f, dir);
	because = errno;
	if (fclose(f) != 0 && st == 0) {
		because = errno;
		st = -1;
	}
	closedir(dir);
	errno = because;
	return st;
}

/* The number that is all of these len bytes; -1 if they are none. */
static int64_t
whole_number(const char *text, size_t len)
{
	int64_t n = 0;

	if (len == 0 || len > 18)
		return -1;
	for (; len > 0; len--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
	}
	return n;
}

/* Is it a backup or a manifest?  These are not there when they are empty. */
static int
has_content(const char *name, size_t len)
{
	struct name parsed;

	return names_parse(name, len, NULL, &parsed) && (parsed.part == NAMES_FILE || parsed.part == NAMES_MANIFEST);
}

static enum status
take_line(struct names *l, const char *line, size_t len)
{
	const char *name = line + len, *size;
	int64_t bytes = -1;

	while (name > line && name[-1] != '\t')
		name--;
	if (name > line) {
		for (size = name - 1; size > line && size[-1] != '\t'; size--)
			;
		bytes = whole_number(size, (size_t)(name - 1 - size));
	}
	len = (size_t)(line + len - name);
	return bytes == 0 && has_content(name, len) ? ST_OK : names_add(l, name, len, NULL, bytes);
}

/* Of the text that was loaded, the names. */
static const char *
take_lines(struct names *l)
{
	const char *line = NULL;
	size_t len;

	while (names_next(l, &line, &len)) {
		if (take_line(l, line, len) != ST_OK)
			return "out of memory";
	}
	names_sort(l);
	return NULL;
}

const char *
listing_directory(struct names *l, const char *path)
{
	return load_directory(l, path) == -1 ? strerror(errno) : take_lines(l);
}

const char *
listing_fd(struct names *l, int fd, const char *what, char end)
{
	return names_load(l, fd, what, end) != ST_OK ? "the listing cannot be read" : take_lines(l);
}

const char *
listing_file(struct names *l, const char *path, char end)
{
	const char *why;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return strerror(errno);
	why = listing_fd(l, fd, path, end);
	close(fd);
	return why;
}
