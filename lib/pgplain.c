#define _GNU_SOURCE	/* memmem */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgplain.h"

enum { HEAD = 1024, TAIL = 512 };

struct pgplain {
	struct sink sink;
	struct report *report;
	char head[HEAD + 1];
	size_t head_len;
	char tail[TAIL + 1];		/* the last bytes so far, with a NUL after them */
	size_t tail_len;
	uint64_t bytes;
};

static void
keep_head(struct pgplain *s, const uint8_t *buf, size_t len)
{
	size_t n = HEAD - s->head_len < len ? HEAD - s->head_len : len;

	memcpy(s->head + s->head_len, buf, n);
	s->head_len += n;
}

static void
keep_tail(struct pgplain *s, const uint8_t *buf, size_t len)
{
	size_t stay;

	if (len > TAIL) {
		buf += len - TAIL;
		len = TAIL;
	}
	stay = s->tail_len + len > TAIL ? TAIL - len : s->tail_len;
	memmove(s->tail, s->tail + s->tail_len - stay, stay);
	memcpy(s->tail + stay, buf, len);
	s->tail_len = stay + len;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pgplain *s = (struct pgplain *)sink;

	keep_head(s, buf, len);
	keep_tail(s, buf, len);
	s->bytes += len;
	return ST_OK;
}

/* Take *end*, a whole line or more, off the end of the text; zero if something else is there. */
static int
take_off(char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	if (len < n || strcmp(text + len - n, end) != 0 || (len > n && text[len - n - 1] != '\n'))
		return 0;
	text[len - n] = '\0';
	return 1;
}

static void
take_off_newlines(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
}

/* What follows *word* in the head, up to the end of its line; NULL if it is not there. */
static const char *
head_value(const struct pgplain *s, const char *word, char *out, size_t size)
{
	const char *at = memmem(s->head, s->head_len, word, strlen(word));
	const char *end;
	size_t len;

	if (at == NULL)
		return NULL;
	at += strlen(word);
	end = memchr(at, '\n', s->head_len - (size_t)(at - s->head));
	len = end == NULL ? size : (size_t)(end - at);
	if (len >= size)
		return NULL;
	memcpy(out, at, len);
	out[len] = '\0';
	return out;
}

static int
is_complete(struct pgplain *s, int cluster)
{
	static const char mark[] = "--\n-- PostgreSQL database dump complete\n--";
	static const char cluster_mark[] = "--\n-- PostgreSQL database cluster dump complete\n--";
	char token[128], line[160];

	s->tail[s->tail_len] = '\0';
	take_off_newlines(s->tail);
	if (cluster)
		return take_off(s->tail, cluster_mark);
	if (head_value(s, "\n\\restrict ", token, sizeof(token)) != NULL) {
		snprintf(line, sizeof(line), "\\unrestrict %s", token);
		if (!take_off(s->tail, line))
			return 0;
		take_off_newlines(s->tail);
	}
	return take_off(s->tail, mark);
}

static enum status
report_value(const struct pgplain *s, const char *key, const char *word)
{
	char value[128];

	if (head_value(s, word, value, sizeof(value)) == NULL)
		return ST_OK;
	return report_text(s->report, key, value);
}

static enum status
finish(struct sink *sink)
{
	static const char cluster_head[] = "--\n-- PostgreSQL database cluster dump\n";
	struct pgplain *s = (struct pgplain *)sink;
	int cluster = strncmp(s->head, cluster_head, strlen(cluster_head)) == 0;
	enum status st;

	if (!is_complete(s, cluster)) {
		warnx("the dump is cut: it ends at byte %" PRIu64 ", without its 'dump complete'", s->bytes);
		return ST_BAD;
	}
	if ((st = report_text(s->report, "archive", cluster ? "plain, of a cluster" : "plain")) != ST_OK)
		return st;
	if (!cluster && ((st = report_value(s, "pg_dump", "\n-- Dumped by pg_dump version ")) != ST_OK ||
	    (st = report_value(s, "server", "\n-- Dumped from database version ")) != ST_OK))
		return st;
	return report_text(s->report, "rows", "not checked");
}

static void
let_go(struct sink *sink)
{
	free(sink);
}

struct sink *
pgplain_new(struct report *report)
{
	struct pgplain *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->sink = (struct sink){ update, finish, let_go };
	s->report = report;
	return &s->sink;
}
