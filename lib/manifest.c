#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "visible.h"

enum { HEX = MANIFEST_SHA256 - 1 };

/* The file, with a NUL after it. */
static enum status
load(struct manifest *m, const char *path)
{
	enum status st = ST_TROUBLE;
	size_t len;
	FILE *f;

	if ((m->text = calloc(1, MANIFEST_MAX + 2)) == NULL || (f = fopen(path, "r")) == NULL) {
		warn("open %s", path);
		return ST_TROUBLE;
	}
	len = fread(m->text, 1, MANIFEST_MAX + 1, f);
	if (ferror(f)) {
		warn("read %s", path);
	} else if (len > MANIFEST_MAX || memchr(m->text, '\0', len) != NULL) {
		warnx("%s: this is no manifest", path);
	} else {
		m->len = len;
		st = ST_OK;
	}
	fclose(f);
	return st;
}

/* A line of sha256sum: 64 digits, a blank, a blank or an asterisk, a name. */
static int
is_digest(const char *line)
{
	return strspn(line, "0123456789abcdefABCDEF") == HEX && line[HEX] == ' ' &&
	    (line[HEX + 1] == ' ' || line[HEX + 1] == '*') && line[HEX + 2] != '\0';
}

static enum status
take_digest(struct manifest *m, const char *line, const char *path)
{
	int i;

	if (m->sha256[0] != '\0') {
		warnx("%s: more than one SHA-256", path);
		return ST_TROUBLE;
	}
	for (i = 0; i < HEX; i++)
		m->sha256[i] = (char)tolower((unsigned char)line[i]);
	return ST_OK;
}

static enum status
take_line(struct manifest *m, const char *line, const char *path)
{
	char shown[VISIBLE_SIZE(60)];

	if (is_digest(line))
		return take_digest(m, line, path);
	if (*line == '\0' || *line == '#')
		return ST_OK;
	warnx("%s: this is no manifest: '%s'", path, visible(shown, line, strnlen(line, 60)));
	return ST_TROUBLE;
}

/* End each line with a NUL, and look at it. */
static enum status
split(struct manifest *m, const char *path)
{
	char *line, *end;
	enum status st;

	for (line = m->text; line < m->text + m->len; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		if ((st = take_line(m, line, path)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
check(const struct manifest *m, const char *path)
{
	const char *version = manifest_value(m, "manifest");
	char shown[VISIBLE_SIZE(20)];

	if (version != NULL && strcmp(version, "1") != 0) {
		warnx("%s: a manifest of version %s, which is not known here", path,
		    visible(shown, version, strnlen(version, 20)));
		return ST_TROUBLE;
	}
	if (m->sha256[0] == '\0') {
		warnx("%s: this manifest has no SHA-256", path);
		return ST_TROUBLE;
	}
	return ST_OK;
}

enum status
manifest_read(struct manifest *m, const char *path)
{
	enum status st;

	if ((st = load(m, path)) != ST_OK || (st = split(m, path)) != ST_OK)
		return st;
	return check(m, path);
}

void
manifest_free(struct manifest *m)
{
	free(m->text);
	m->text = NULL;
}

const char *
manifest_value(const struct manifest *m, const char *key)
{
	size_t len = strlen(key);
	const char *line;

	for (line = m->text; line < m->text + m->len; line += strlen(line) + 1) {
		if (strncmp(line, "# ", 2) == 0 && strncmp(line + 2, key, len) == 0 &&
		    strncmp(line + 2 + len, ": ", 2) == 0)
			return line + 2 + len + 2;
	}
	return NULL;
}
