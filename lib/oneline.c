#define _DEFAULT_SOURCE			/* explicit_bzero */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oneline.h"

/* Up to cap bytes; -1 with errno. */
static ssize_t
slurp(int fd, char *buf, size_t cap)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n != 0 && len < cap) {
		n = read(fd, buf + len, cap - len);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			len += (size_t)n;
	}
	return (ssize_t)len;
}

/* What is wrong with the line, or NULL; its line break is taken off. */
static const char *
fault(char *line, size_t len)
{
	size_t i;

	if (len > ONELINE_MAX)
		return "too long";
	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (len == 0)
		return "empty";
	for (i = 0; i < len; i++) {
		if (line[i] == '\n')
			return "more than one line";
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return "control bytes in it";
	}
	return NULL;
}

enum status
oneline_read(const char *path, const char *what, char **line)
{
	enum status st = ST_TROUBLE;
	const char *wrong;
	ssize_t len;
	int fd;

	if ((*line = calloc(1, ONELINE_MAX + 2)) == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		warn("%s: open %s", what, path);
	else if ((len = slurp(fd, *line, ONELINE_MAX + 1)) == -1)
		warn("%s: read %s", what, path);
	else if ((wrong = fault(*line, (size_t)len)) != NULL)
		warnx("%s: %s: %s", what, path, wrong);
	else
		st = ST_OK;
	if (fd != -1)
		close(fd);
	if (st != ST_OK) {
		explicit_bzero(*line, ONELINE_MAX + 1);
		oneline_free(*line);
		*line = NULL;
	}
	return st;
}

void
oneline_free(char *line)
{
	if (line != NULL)
		explicit_bzero(line, strlen(line));
	free(line);
}
