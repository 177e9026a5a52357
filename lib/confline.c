#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "confkey.h"
#include "confline.h"
#include "visible.h"

enum { PATH_ROOM = 4096 };

static enum status
broken(const struct confline *l, const char *what)
{
	if (l->key == NULL)
		warnx("%sline %lu: %s", l->prefix, l->number, what);
	else
		warnx("%sline %lu: %s: %s", l->prefix, l->number, l->key, what);
	return ST_BAD;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static int
begins(const char *at, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

/* Of a line that has no key before its =: what it is, since it cannot be shown. */
static enum status
no_setting(const struct confline *l)
{
	const char *at = l->at + confkey_span(l->at, (size_t)(l->end - l->at));

	if (at > l->at && at < l->end && is_blank(*at) && begins(skip_blanks(at, l->end), l->end, "="))
		return broken(l, "a blank before the =; write KEY=VALUE");
	if (memchr(l->at, '=', (size_t)(l->end - l->at)) != NULL)
		return broken(l, "not KEY=VALUE: a key is made of letters, digits and _");
	return broken(l, "not KEY=VALUE: there is no =");
}

enum status
confline_key(struct confline *l, char *text, size_t len)
{
	const char *word;
	size_t span;

	l->key = NULL;
	l->at = text;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	l->end = text + len;
	if (len > CONFLINE_MAX)
		return broken(l, "longer than 64 KiB");
	if (memchr(text, '\0', len) != NULL)
		return broken(l, "a NUL byte");
	l->at = skip_blanks(l->at, l->end);
	if (l->at == l->end || *l->at == '#')
		return ST_OK;
	if (begins(l->at, l->end, "export ") || begins(l->at, l->end, "export\t")) {
		word = skip_blanks(l->at + strlen("export "), l->end);
		l->at = word < l->end && *word == '=' ? l->at : word;
	}
	span = confkey_span(l->at, (size_t)(l->end - l->at));
	if (span == 0 || !begins(l->at + span, l->end, "="))
		return no_setting(l);
	l->key = l->at;
	text[l->at - text + (ptrdiff_t)span] = '\0';
	l->at += span + 1;
	return ST_OK;
}

static enum status
put(struct confline *l, char c)
{
	if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
		return broken(l, "a control byte in the value");
	if (l->len == CONFLINE_MAX)
		return broken(l, "the value is longer than 64 KiB");
	l->value[l->len++] = c;
	return ST_OK;
}

static enum status
put_literal(struct confline *l, char c)
{
	l->is_literal = 1;
	return put(l, c);
}

static enum status
broken_file(const struct confline *l, const char *path, const char *what)
{
	char seen[VISIBLE_SIZE(PATH_ROOM)];

	warnx("%sline %lu: %s: %s: %s", l->prefix, l->number, l->key, visible(seen, path, strlen(path)), what);
	return ST_BAD;
}

/* All of the file, but no more than room; -1 with errno. */
static ssize_t
read_up_to(int fd, char *buf, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while (len < room && (n = read(fd, buf + len, room - len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Put what an open file holds. */
static enum status
put_content(struct confline *l, int fd, const char *path)
{
	char buf[CONFLINE_MAX + 1];
	enum status st = ST_OK;
	struct stat sb;
	ssize_t len, i;

	if (fstat(fd, &sb) == -1)
		return broken_file(l, path, strerror(errno));
	if (!S_ISREG(sb.st_mode))
		return broken_file(l, path, "not a regular file");
	if ((sb.st_mode & S_IWOTH) != 0)
		return broken_file(l, path, "everybody may write to it; chmod o-w it");
	if ((sb.st_mode & S_IROTH) != 0)
		l->is_exposed = 1;
	if ((len = read_up_to(fd, buf, sizeof(buf))) == -1)
		return broken_file(l, path, strerror(errno));
	if (len > CONFLINE_MAX)
		return broken_file(l, path, "longer than 64 KiB");
	while (len > 0 && buf[len - 1] == '\n')
		len--;
	if (memchr(buf, '\0', (size_t)len) != NULL)
		return broken_file(l, path, "a NUL byte in it");
	if (memchr(buf, '\n', (size_t)len) != NULL)
		return broken_file(l, path, "more than one line in it");
	for (i = 0; i < len && st == ST_OK; i++)
		st = put(l, buf[i]);
	return st;
}

/* O_NONBLOCK: a FIFO that nobody writes to must not hold us up before we know what it is. */
static enum status
put_file(struct confline *l, const char *path)
{
	enum status st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) == -1)
		return broken_file(l, path, strerror(errno));
	st = put_content(l, fd, path);
	close(fd);
	return st;
}

/* The length of the path that stands here, as sh would take it for one word; 0 if none does that we understand. */
static size_t
path_span(const char *at, const char *end)
{
	const char *start = at;

	if (at == end || *at != '/')
		return 0;
	while (at < end && (unsigned char)*at > ' ' && strchr("\x7f'\"\\$`*?[{#!;&|<>()", *at) == NULL)
		at++;
	return at - start < PATH_ROOM ? (size_t)(at - start) : 0;
}

/* At a $: the one idiom. */
static enum status
put_expansion(struct confline *l, int wanted)
{
	static const char only[] = "only $(cat /absolute/file) is understood; "
	    "where a $ or ` stands for itself, put the value in single quotes";
	char path[PATH_ROOM];
	const char *at = l->at;
	size_t span;

	if (!begins(at, l->end, "$("))
		return broken(l, only);
	at = skip_blanks(at + strlen("$("), l->end);
	if (!begins(at, l->end, "cat ") && !begins(at, l->end, "cat\t"))
		return broken(l, only);
	at = skip_blanks(at + strlen("cat "), l->end);
	span = path_span(at, l->end);
	memcpy(path, at, span);
	path[span] = '\0';
	at = skip_blanks(at + span, l->end);
	if (span == 0 || !begins(at, l->end, ")"))
		return broken(l, only);
	l->at = at + 1;
	return wanted ? put_file(l, path) : ST_OK;
}

static enum status
put_single_quoted(struct confline *l)
{
	enum status st = ST_OK;

	for (l->at++; st == ST_OK && l->at < l->end; l->at++) {
		if (*l->at == '\'') {
			l->at++;
			return ST_OK;
		}
		st = put_literal(l, *l->at);
	}
	return st != ST_OK ? st : broken(l, "a single quote is not closed");
}

static enum status
put_double_quoted(struct confline *l, int wanted)
{
	enum status st = ST_OK;

	for (l->at++; st == ST_OK && l->at < l->end; ) {
		if (*l->at == '"') {
			l->at++;
			return ST_OK;
		}
		if (*l->at == '$' || *l->at == '`') {
			st = put_expansion(l, wanted);
			continue;
		}
		if (*l->at == '\\' && l->at + 1 < l->end && strchr("\"\\$`", l->at[1]) != NULL)
			l->at++;
		st = put_literal(l, *l->at++);
	}
	return st != ST_OK ? st : broken(l, "a double quote is not closed");
}

/* What stands here up to the next piece: one byte, or all that is between quotes. */
static enum status
put_piece(struct confline *l, int wanted)
{
	switch (*l->at) {
	case '\'':
		return put_single_quoted(l);
	case '"':
		return put_double_quoted(l, wanted);
	case '$':
	case '`':
		return put_expansion(l, wanted);
	case ';':
	case '&':
	case '|':
	case '<':
	case '>':
	case '(':
	case ')':
		return broken(l, "one of ; & | < > ( ) outside quotes; put the value in single quotes");
	case '~':
		/* sh puts a home directory there, and behind a colon as well. */
		if (l->at[-1] == '\0' || l->at[-1] == ':')
			return broken(l, "a ~ is not expanded here; write the whole path, or quote it");
		break;
	case '\\':
		if (++l->at == l->end)
			return broken(l, "a backslash at the end; a setting is one line");
		break;
	}
	return put_literal(l, *l->at++);
}

/* Unquoted blanks: those of the value, or the end of it. */
static enum status
put_blanks(struct confline *l)
{
	const char *word = skip_blanks(l->at, l->end);
	size_t span = confkey_span(word, (size_t)(l->end - word));
	enum status st = ST_OK;

	if (span > 0 && begins(word + span, l->end, "="))
		return broken(l, "a second KEY= on the line; if it belongs to the value, put that in single quotes");
	if (word == l->end || *word == '#') {
		l->at = l->end;
		return ST_OK;
	}
	while (l->at < word && st == ST_OK)
		st = put(l, *l->at++);
	return st;
}

enum status
confline_value(struct confline *l, int wanted)
{
	enum status st = ST_OK;
	const char *word = skip_blanks(l->at, l->end);

	l->len = 0;
	l->is_literal = l->is_exposed = 0;
	if (word > l->at && word < l->end && *word != '#')
		return broken(l, "a blank after the =; write KEY=VALUE");
	while (st == ST_OK && l->at < l->end)
		st = is_blank(*l->at) ? put_blanks(l) : put_piece(l, wanted);
	return st;
}
