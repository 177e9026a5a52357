#define _DEFAULT_SOURCE			/* explicit_bzero */

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "awsconf.h"

#define BLANKS	" \t\r\n\f\v"

enum kind {
	PROFILE,
	SERVICES,
	OTHER
};

/* One key; the strings stand in the file's text. */
struct entry {
	enum kind kind;
	const char *section;
	const char *under;		/* the key it is nested in, or NULL */
	const char *key;
	char *value;
};

struct file {
	char *path;
	mode_t mode;
	char *text;
	size_t len;
	struct entry *entries;
	size_t n;
};

struct awsconf {
	struct file file[2];
};

/* Where the reader of a file is. */
struct place {
	enum awsconf_file which;
	unsigned long line;
	enum kind kind;
	const char *section;		/* NULL before the first */
	struct entry *key;		/* the last one that is not nested */
	size_t indent;			/* its */
};

static enum status
complain(const struct file *f, const struct place *at, const char *what)
{
	warnx("%s: line %lu: %s", f->path, at->line, what);
	return ST_TROUBLE;
}

static void
chop(char *s)
{
	size_t len = strlen(s);

	while (len > 0 && strchr(BLANKS, s[len - 1]) != NULL)
		s[--len] = '\0';
}

/* Quotes around a name are not part of it. */
static char *
unquote(char *s)
{
	size_t len;

	s += strspn(s, BLANKS);
	len = strlen(s);
	if (len >= 2 && (*s == '"' || *s == '\'') && s[len - 1] == *s) {
		s[len - 1] = '\0';
		s++;
	}
	return s;
}

/* The name behind a word: [profile NAME], [services NAME]. */
static char *
name_behind(char *header, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(header, word, len) != 0 || header[len] == '\0' || strchr(BLANKS, header[len]) == NULL)
		return NULL;
	return unquote(header + len);
}

/* What a section of the configuration is about. */
static void
take_header(struct place *at, char *header)
{
	char *name;

	at->kind = PROFILE;
	at->section = header;
	if (at->which == AWSCONF_CREDENTIALS || strcmp(header, "default") == 0)
		return;
	if ((name = name_behind(header, "profile")) == NULL) {
		at->kind = SERVICES;
		name = name_behind(header, "services");
	}
	if (name == NULL)
		at->kind = OTHER;
	else
		at->section = name;
}

/* A section leaves an entry without a key, so that an empty profile is one too. */
static enum status
read_header(struct file *f, struct place *at, char *p)
{
	char *end = strchr(p, ']');

	if (end == NULL)
		return complain(f, at, "a section without ']'");
	*end = '\0';
	p += 1 + strspn(p + 1, BLANKS);
	chop(p);
	take_header(at, p);
	at->key = NULL;
	f->entries[f->n++] = (struct entry){ at->kind, at->section, NULL, "", end };
	return ST_OK;
}

/* "key = value", cut in two. */
static enum status
read_key(struct file *f, struct place *at, char *p, const char *delimiters, const char *under)
{
	struct entry *e = &f->entries[f->n];
	char *delimiter = strpbrk(p, delimiters);

	if (at->section == NULL || delimiter == NULL || delimiter == p)
		return complain(f, at, "neither [section] nor key = value");
	*delimiter = '\0';
	chop(p);
	e->kind = at->kind;
	e->section = at->section;
	e->under = under;
	e->key = p;
	e->value = delimiter + 1 + strspn(delimiter + 1, BLANKS);
	f->n++;
	return ST_OK;
}

/* A line, without the blanks at its end. */
static enum status
read_line(struct file *f, struct place *at, char *p)
{
	size_t indent = strspn(p, BLANKS);
	enum status st;

	p += indent;
	if (*p == '\0' || *p == '#' || *p == ';')
		return ST_OK;
	if (at->key != NULL && indent > at->indent) {
		if (*at->key->value == '\0')
			return read_key(f, at, p, "=", at->key->key);
		/* The value goes on: the line breaks between its lines were taken out. */
		memset(at->key->value + strlen(at->key->value), ' ', (size_t)(p - at->key->value) -
		    strlen(at->key->value));
		return ST_OK;
	}
	if (*p == '[')
		return read_header(f, at, p);
	if ((st = read_key(f, at, p, "=:", NULL)) != ST_OK)
		return st;
	at->key = &f->entries[f->n - 1];
	at->indent = indent;
	return ST_OK;
}

static enum status
read_lines(struct file *f, enum awsconf_file which)
{
	struct place at = { .which = which };
	char *p = f->text, *end;
	enum status st = ST_OK;

	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; st == ST_OK && p != NULL; p = end) {
		if ((end = strchr(p, '\n')) != NULL)
			*end++ = '\0';
		at.line++;
		chop(p);
		st = read_line(f, &at, p);
	}
	return st;
}

/* A line has one key at the most. */
static enum status
parse(struct file *f, enum awsconf_file which)
{
	size_t lines = 1, i;

	for (i = 0; i < f->len; i++)
		lines += f->text[i] == '\n';
	if (strlen(f->text) != f->len) {
		warnx("%s: has a NUL byte in it: not a text file", f->path);
		return ST_TROUBLE;
	}
	if ((f->entries = calloc(lines, sizeof(*f->entries))) == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	return read_lines(f, which);
}

/* All of an open file, with a NUL behind it. */
static enum status
slurp(struct file *f, int fd)
{
	ssize_t n = 1;

	if ((f->text = calloc(1, AWSCONF_MAX + 2)) == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	while (n != 0 && f->len <= AWSCONF_MAX) {
		n = read(fd, f->text + f->len, AWSCONF_MAX + 1 - f->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			warn("read %s", f->path);
			return ST_TROUBLE;
		}
		f->len += (size_t)n;
	}
	if (f->len <= AWSCONF_MAX)
		return ST_OK;
	warnx("%s: longer than %d bytes", f->path, AWSCONF_MAX);
	return ST_TROUBLE;
}

static enum status
read_file(struct file *f, enum awsconf_file which)
{
	enum status st = ST_OK;
	struct stat sb;
	int fd;

	/* O_NONBLOCK: a FIFO is not waited for. */
	if ((fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno == ENOENT || errno == ENOTDIR || errno == ENXIO)
			return ST_OK;
		warn("open %s", f->path);
		return ST_TROUBLE;
	}
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode)) {
		f->mode = sb.st_mode;
		if ((st = slurp(f, fd)) == ST_OK)
			st = parse(f, which);
	}
	close(fd);
	return st;
}

static const char *
home(void)
{
	const char *dir = getenv("HOME");
	struct passwd *pw;

	if (dir != NULL && *dir != '\0')
		return dir;
	pw = getpwuid(getuid());
	return pw == NULL ? "/" : pw->pw_dir;
}

/* The path that a variable names, or the usual one. */
static char *
find(const char *variable, const char *usual)
{
	const char *path = getenv(variable), *dir = "";
	size_t size;
	char *found;

	if (path == NULL || *path == '\0')
		path = usual;
	if (strncmp(path, "~/", 2) == 0) {
		dir = home();
		path++;
	}
	size = strlen(dir) + strlen(path) + 1;
	if ((found = malloc(size)) != NULL)
		snprintf(found, size, "%s%s", dir, path);
	return found;
}

enum status
awsconf_read(struct awsconf **conf)
{
	struct awsconf *c;
	enum status st;

	*conf = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->file[AWSCONF_CREDENTIALS].path = find("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")) == NULL ||
	    (c->file[AWSCONF_CONFIG].path = find("AWS_CONFIG_FILE", "~/.aws/config")) == NULL) {
		warnx("out of memory");
		awsconf_free(c);
		return ST_TROUBLE;
	}
	if ((st = read_file(&c->file[AWSCONF_CREDENTIALS], AWSCONF_CREDENTIALS)) == ST_OK)
		st = read_file(&c->file[AWSCONF_CONFIG], AWSCONF_CONFIG);
	if (st == ST_OK)
		*conf = c;
	else
		awsconf_free(c);
	return st;
}

void
awsconf_free(struct awsconf *conf)
{
	size_t i;

	if (conf == NULL)
		return;
	for (i = 0; i < 2; i++) {
		struct file *f = &conf->file[i];

		if (f->text != NULL)
			explicit_bzero(f->text, f->len);
		free(f->text);
		free(f->path);
		free(f->entries);
	}
	free(conf);
}

const char *
awsconf_path(const struct awsconf *conf, enum awsconf_file file)
{
	return conf->file[file].path;
}

void
awsconf_warn_of_readers(const struct awsconf *conf, enum awsconf_file file)
{
	const struct file *f = &conf->file[file];

	if ((f->mode & S_IRWXO) != 0)
		warnx("warning: %s: others may read or change the keys in it (mode %03o); chmod 600 it", f->path,
		    (unsigned)(f->mode & 0777));
}

const char *
awsconf_profile(const char *asked)
{
	const char *name;

	if (asked != NULL)
		return asked;
	if ((name = getenv("AWS_PROFILE")) != NULL && *name != '\0')
		return name;
	if ((name = getenv("AWS_DEFAULT_PROFILE")) != NULL && *name != '\0')
		return name;
	return "default";
}

/* The last entry wins.  A key "s3.addressing_style" is nested in "s3". */
static const char *
look_up(const struct file *f, enum kind kind, const char *section, const char *key)
{
	const char *dot = strchr(key, '.');
	const struct entry *e;
	size_t i, len = dot == NULL ? 0 : (size_t)(dot - key);

	for (i = f->n; i > 0; i--) {
		e = &f->entries[i - 1];
		if (e->kind != kind || strcmp(e->section, section) != 0 || (e->under == NULL) != (dot == NULL))
			continue;
		if (strcasecmp(e->key, dot == NULL ? key : dot + 1) != 0)
			continue;
		if (dot == NULL || (strncasecmp(e->under, key, len) == 0 && e->under[len] == '\0'))
			return e->value;
	}
	return NULL;
}

int
awsconf_has(const struct awsconf *conf, const char *profile)
{
	const struct file *f;
	size_t i;

	for (f = conf->file; f < conf->file + 2; f++)
		for (i = 0; i < f->n; i++)
			if (f->entries[i].kind == PROFILE && strcmp(f->entries[i].section, profile) == 0)
				return 1;
	return 0;
}

const char *
awsconf_get_from(const struct awsconf *conf, enum awsconf_file file, const char *profile, const char *key)
{
	return look_up(&conf->file[file], PROFILE, profile, key);
}

const char *
awsconf_get(const struct awsconf *conf, const char *profile, const char *key)
{
	const char *value = awsconf_get_from(conf, AWSCONF_CREDENTIALS, profile, key);

	return value != NULL ? value : awsconf_get_from(conf, AWSCONF_CONFIG, profile, key);
}

const char *
awsconf_service(const struct awsconf *conf, const char *profile, const char *service, const char *key)
{
	const char *section = awsconf_get(conf, profile, "services");
	char nested[128];
	int n;

	if (section == NULL)
		return NULL;
	n = snprintf(nested, sizeof(nested), "%s.%s", service, key);
	if (n < 0 || (size_t)n >= sizeof(nested))
		return NULL;
	return look_up(&conf->file[AWSCONF_CONFIG], SERVICES, section, nested);
}
