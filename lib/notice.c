#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "notice.h"
#include "visible.h"

#define CUT	"[...]"

static const struct {
	const char *name;
	size_t most;			/* characters, of a message to people */
} formats[] = {
	[NOTICE_SLACK] = { "slack", 4000 },
	[NOTICE_DISCORD] = { "discord", 2000 },
	[NOTICE_JSON] = { "json", 0 },
	[NOTICE_PING] = { "ping", 0 }
};

int
notice_format_named(const char *name, enum notice_format *format)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(name, formats[i].name) == 0) {
			*format = (enum notice_format)i;
			return 1;
		}
	}
	return 0;
}

/* Is the host of an address this one, or a name below it? */
static int
is_at(const char *url, const char *domain)
{
	const char *host = strstr(url, "://"), *at;
	size_t len, n = strlen(domain);

	if (host == NULL)
		return 0;
	host += 3;
	len = strcspn(host, "/?#");
	if ((at = memchr(host, '@', len)) != NULL) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	len = strcspn(host, ":/?#") < len ? strcspn(host, ":/?#") : len;
	return len >= n && strncasecmp(host + len - n, domain, n) == 0 && (len == n || host[len - n - 1] == '.');
}

enum notice_format
notice_format_of(const char *url)
{
	if (is_at(url, "slack.com"))
		return NOTICE_SLACK;
	if (is_at(url, "discord.com") || is_at(url, "discordapp.com"))
		return NOTICE_DISCORD;
	if (is_at(url, "hc-ping.com"))
		return NOTICE_PING;
	return NOTICE_JSON;
}

int
notice_is_status(const char *word)
{
	static const char *const words[] = { "start", "success", "fail", "log" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return 1;
	i = strspn(word, "0123456789");
	return i >= 1 && i <= 3 && word[i] == '\0' && atoi(word) <= 255;
}

int
notice_is_id(const char *rid)
{
	size_t len = strlen(rid);

	return len >= 1 && len <= 64 &&
	    strspn(rid, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == len;
}

const char *
notice_type(enum notice_format format)
{
	return format == NOTICE_PING ? "text/plain; charset=utf-8" : "application/json";
}

/* What has been written to a memory stream; NULL if memory was short on the way. */
static char *
close_text(FILE *f, char **text)
{
	int bad = ferror(f);

	if (fclose(f) != 0 || bad) {
		free(*text);
		*text = NULL;
	}
	return *text;
}

/* Slack's own entities; there are no others. */
static const char *
entity(char c)
{
	return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

/* How much a character of n bytes takes: what is beyond U+FFFF counts twice with those who count in UTF-16. */
static size_t
width(enum notice_format format, const char *p, size_t n)
{
	if (format == NOTICE_SLACK && entity(*p) != NULL)
		return strlen(entity(*p));
	return n == 4 ? 2 : 1;
}

static size_t
step(const char *p, size_t len)
{
	size_t n = visible_utf8(p, len);

	return n == 0 ? 1 : n;
}

static size_t
measure(enum notice_format format, const char *p, size_t len)
{
	size_t total = 0, n;

	for (; len > 0; p += n, len -= n) {
		n = step(p, len);
		total += width(format, p, n);
	}
	return total;
}

/* The end of a text that takes no more than most; moves *p and *len there. */
static void
keep_end(enum notice_format format, const char **p, size_t *len, size_t most)
{
	size_t total = measure(format, *p, *len), n;

	while (total > most) {
		n = step(*p, *len);
		total -= width(format, *p, n);
		*p += n;
		*len -= n;
	}
}

/* The end of the text, by bytes, at the edge of a character. */
static void
keep_bytes(struct notice *n)
{
	size_t over;

	if (n->len <= NOTICE_TEXT_MAX)
		return;
	over = n->len - NOTICE_TEXT_MAX;
	while (over < n->len && ((uint8_t)n->text[over] & 0xc0) == 0x80)
		over++;
	n->text += over;
	n->len -= over;
}

/* Bytes of a message; within the text, what would end its frame is defused. */
static void
write_text(FILE *f, enum notice_format format, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (len - i >= 3 && strncmp(p + i, "```", 3) == 0) {
			fputs("'''", f);
			i += 2;
		} else if (format == NOTICE_SLACK && entity(p[i]) != NULL) {
			fputs(entity(p[i]), f);
		} else {
			putc(p[i], f);
		}
	}
}

/* HOST: STATUS: TITLE, of at most a quarter of the room. */
static char *
heading(const struct notice *n, enum notice_format format)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return NULL;
	fprintf(f, "%s", n->host);
	if (n->status != NULL)
		fprintf(f, ": %s", n->status);
	if (n->title != NULL)
		fprintf(f, ": %s", n->title);
	if (close_text(f, &text) == NULL)
		return NULL;
	while (measure(format, text, len) > formats[format].most / 4)
		text[--len] = '\0';
	return text;
}

/* What people are to read, with its text in a frame. */
static char *
message(const struct notice *n, enum notice_format format)
{
	char *head = heading(n, format), *text = NULL;
	const char *p = n->text;
	size_t len = n->len, size, room;
	FILE *f;

	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	if (head == NULL || (f = open_memstream(&text, &size)) == NULL) {
		free(head);
		return NULL;
	}
	room = formats[format].most - measure(format, head, strlen(head)) - strlen("\n```\n" CUT "\n\n```");
	keep_end(format, &p, &len, room);
	write_text(f, format, head, strlen(head));
	if (len > 0) {
		fprintf(f, "\n```\n%s", p == n->text ? "" : CUT "\n");
		write_text(f, format, p, len);
		fputs("\n```", f);
	}
	free(head);
	return close_text(f, &text);
}

/* The text as a string. */
static char *
as_string(const struct notice *n)
{
	char *text = malloc(n->len + 1);

	if (text == NULL)
		return NULL;
	memcpy(text, n->text, n->len);
	text[n->len] = '\0';
	return text;
}

static void
write_object(struct json *j, const struct notice *n, enum notice_format format, const char *text)
{
	char now[32];

	if (format == NOTICE_SLACK) {
		json_string(j, "text", text);
	} else if (format == NOTICE_DISCORD) {
		json_string(j, "content", text);
		json_object(j, "allowed_mentions");
		json_array(j, "parse");
		json_close(j);
		json_close(j);
	} else {
		strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&n->when));
		if (n->status != NULL)
			json_string(j, "status", n->status);
		if (n->title != NULL)
			json_string(j, "title", n->title);
		json_string(j, "text", text);
		json_string(j, "host", n->host);
		json_string(j, "time", now);
	}
}

char *
notice_body(struct notice *n, enum notice_format format, size_t *len)
{
	char *text, *body = NULL, *nul;
	struct json j;
	FILE *f;

	keep_bytes(n);
	*len = n->len;
	if (format == NOTICE_PING)
		return as_string(n);
	/* A NUL would end the string; this is no UTF-8 and comes out as U+FFFD. */
	while ((nul = memchr(n->text, '\0', n->len)) != NULL)
		*nul = '\xff';
	if ((text = format == NOTICE_JSON ? as_string(n) : message(n, format)) == NULL)
		return NULL;
	if ((f = open_memstream(&body, len)) != NULL) {
		json_begin(&j, f);
		write_object(&j, n, format, text);
		json_close(&j);
		close_text(f, &body);
	}
	free(text);
	return body;
}

char *
notice_address(const char *url, enum notice_format format, const char *status, const char *rid)
{
	size_t path = strcspn(url, "?#"), size = strlen(url) + 128;
	const char *query = url + path;
	char *out = malloc(size);

	if (out == NULL)
		return NULL;
	if (format != NOTICE_PING) {
		snprintf(out, size, "%s", url);
		return out;
	}
	while (path > 0 && url[path - 1] == '/')
		path--;
	if (status == NULL || strcmp(status, "success") == 0)
		snprintf(out, size, "%.*s%s", (int)path, url, query);
	else
		snprintf(out, size, "%.*s/%s%s", (int)path, url, status, query);
	if (rid != NULL)
		snprintf(out + strlen(out), size - strlen(out), "%srid=%s", *query == '?' ? "&" : "?", rid);
	return out;
}
