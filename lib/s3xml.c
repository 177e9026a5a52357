#define _DEFAULT_SOURCE			/* explicit_bzero */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "s3xml.h"

struct parse {
	XML_Parser parser;
	const struct s3xml_reader *reader;
	void *ctx;
	enum status st;
	int depth;
	int is_leaf;			/* the innermost open element has had no child so far */
	size_t start[S3XML_DEPTH];	/* where each open element's name starts in path */
	size_t path_len;
	char path[S3XML_PATH];
	size_t text_len;
	char text[S3XML_TEXT + 1];
};

static void
give_up(struct parse *p, enum status st)
{
	p->st = st;
	XML_StopParser(p->parser, XML_FALSE);
}

static void
opened(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	const char *colon = strrchr(name, ':'), *local = colon == NULL ? name : colon + 1;
	struct parse *p = arg;
	size_t len = strlen(local);

	(void)attributes;
	if (p->depth == S3XML_DEPTH || p->path_len + len + 2 > sizeof(p->path)) {
		give_up(p, ST_BAD);
		return;
	}
	p->start[p->depth++] = p->path_len;
	if (p->path_len > 0)
		p->path[p->path_len++] = '/';
	memcpy(p->path + p->path_len, local, len + 1);
	p->path_len += len;
	p->text_len = 0;
	p->is_leaf = 1;
}

static void
took_text(void *arg, const XML_Char *text, int len)
{
	struct parse *p = arg;

	if (!p->is_leaf)
		return;			/* the white space between elements */
	if ((size_t)len > S3XML_TEXT - p->text_len) {
		give_up(p, ST_BAD);
		return;
	}
	memcpy(p->text + p->text_len, text, (size_t)len);
	p->text_len += (size_t)len;
}

static void
closed(void *arg, const XML_Char *name)
{
	struct parse *p = arg;
	enum status st = ST_OK;

	(void)name;
	if (p->st != ST_OK)
		return;			/* <x/> is opened and closed at one go, whatever opened() said */
	p->text[p->text_len] = '\0';
	if (p->is_leaf)
		st = p->reader->leaf(p->ctx, p->path, p->text);
	else if (p->reader->closed != NULL)
		st = p->reader->closed(p->ctx, p->path);
	p->path_len = p->start[--p->depth];
	p->path[p->path_len] = '\0';
	p->is_leaf = 0;
	if (st != ST_OK)
		give_up(p, st);
}

static void
met_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	give_up(arg, ST_BAD);
}

static enum status
run(struct parse *p, const char *buf, size_t len)
{
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, opened, closed);
	XML_SetCharacterDataHandler(p->parser, took_text);
	XML_SetStartDoctypeDeclHandler(p->parser, met_doctype);
	if (XML_Parse(p->parser, buf, (int)len, 1) == XML_STATUS_OK)
		return ST_OK;
	return p->st != ST_OK ? p->st : ST_BAD;
}

enum status
s3xml_read(const char *buf, size_t len, const struct s3xml_reader *reader, void *ctx)
{
	enum status st = ST_BAD;
	struct parse *p;

	while (len > 0 && strchr(" \t\r\n", *buf) != NULL && *buf != '\0') {
		buf++;
		len--;
	}
	if (len == 0 || len > INT_MAX)
		return ST_BAD;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ST_TROUBLE;
	p->reader = reader;
	p->ctx = ctx;
	if ((p->parser = XML_ParserCreate(NULL)) == NULL) {
		free(p);
		return ST_TROUBLE;
	}
	st = run(p, buf, len);
	XML_ParserFree(p->parser);
	/* The keys of a role come this way. */
	explicit_bzero(p->text, sizeof(p->text));
	free(p);
	return st;
}

struct search {
	const struct s3xml_want *want;
	size_t n;
};

static enum status
found(void *ctx, const char *path, const char *text)
{
	const struct search *s = ctx;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(path, s->want[i].path) == 0 && s->want[i].text[0] == '\0')
			snprintf(s->want[i].text, s->want[i].size, "%s", text);
	return ST_OK;
}

static void
clear(const struct s3xml_want *want, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		want[i].text[0] = '\0';
}

enum status
s3xml_find(const char *buf, size_t len, const struct s3xml_want *want, size_t n)
{
	static const struct s3xml_reader reader = { .leaf = found };
	struct search s = { want, n };
	enum status st;

	clear(want, n);
	if ((st = s3xml_read(buf, len, &reader, &s)) != ST_OK)
		clear(want, n);
	return st;
}
