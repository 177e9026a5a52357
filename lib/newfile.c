#include <sys/stat.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "newfile.h"

static enum status
open_in_place(struct newfile *n, const char *path)
{
	*n = (struct newfile){ .path = path, .file = fopen(path, "w") };
	if (n->file != NULL)
		return ST_OK;
	warn("open %s", path);
	return ST_TROUBLE;
}

enum status
newfile_open(struct newfile *n, const char *path)
{
	static const char tail[] = ".XXXXXX";
	size_t size = strlen(path) + sizeof(tail);
	struct stat sb;
	int fd;

	if (stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
		return open_in_place(n, path);
	*n = (struct newfile){ .path = path, .temporary = malloc(size) };
	if (n->temporary == NULL) {
		warn("%s", path);
		return ST_TROUBLE;
	}
	snprintf(n->temporary, size, "%s%s", path, tail);
	if ((fd = mkstemp(n->temporary)) != -1 && (n->file = fdopen(fd, "w")) != NULL)
		return ST_OK;
	warn("create %s", n->temporary);
	if (fd != -1) {
		close(fd);
		unlink(n->temporary);
	}
	free(n->temporary);
	n->temporary = NULL;
	return ST_TROUBLE;
}

/* Zero when not all was written; errno says why. */
static int
shut(FILE *f)
{
	int whole = fflush(f) == 0 && !ferror(f);

	return fclose(f) == 0 && whole;
}

enum status
newfile_keep(struct newfile *n)
{
	enum status st = ST_OK;

	if (!shut(n->file)) {
		warn("write %s", n->path);
		st = ST_TROUBLE;
	} else if (n->temporary != NULL && rename(n->temporary, n->path) == -1) {
		warn("rename %s to %s", n->temporary, n->path);
		st = ST_TROUBLE;
	}
	n->file = NULL;
	if (st != ST_OK && n->temporary != NULL)
		unlink(n->temporary);
	free(n->temporary);
	n->temporary = NULL;
	return st;
}

void
newfile_drop(struct newfile *n)
{
	if (n->file == NULL)
		return;
	fclose(n->file);
	if (n->temporary != NULL)
		unlink(n->temporary);
	free(n->temporary);
	n->file = NULL;
	n->temporary = NULL;
}
