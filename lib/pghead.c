#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "newfile.h"
#include "pghead.h"
#include "pgtoc.h"

static const char magic[] = "PGDMP";

enum { MAGIC = sizeof(magic) - 1 };

struct pghead {
	struct sink sink;
	struct sink *next;
	const char *path;
	struct newfile file;
	struct pgtoc *toc;
	uint64_t at;			/* offset of what comes next */
	int kept;
};

/* What is no custom archive is told from one by its first bytes. */
static enum status
look_at_magic(const struct pghead *s, const uint8_t *buf, size_t len)
{
	size_t n = s->at >= MAGIC ? 0 : MAGIC - (size_t)s->at;

	if (n > len)
		n = len;
	if (n == 0 || memcmp(buf, magic + s->at, n) == 0)
		return ST_OK;
	warnx("%s: only an archive in custom format has a head to keep", s->path);
	return ST_TROUBLE;
}

/* The head has ended, or never will. */
static enum status
end_head(struct pghead *s)
{
	if (s->toc->state == PGTOC_DONE && s->toc->format == PGTOC_CUSTOM) {
		s->kept = 1;
		return newfile_keep(&s->file);
	}
	warnx("%s: where the head of this archive ends is not known here", s->path);
	return ST_TROUBLE;
}

static enum status
take(struct pghead *s, const uint8_t *buf, size_t len)
{
	const uint8_t *end = buf;
	enum status st;

	if (s->file.file == NULL && (st = newfile_open(&s->file, s->path)) != ST_OK)
		return st;
	if ((st = look_at_magic(s, buf, len)) != ST_OK || (st = pgtoc_update(s->toc, &end, &len, s->at)) != ST_OK)
		return st;
	s->at += (uint64_t)(end - buf);
	/* A disk that is full shows itself when the file is kept. */
	fwrite(buf, 1, (size_t)(end - buf), s->file.file);
	return s->toc->state == PGTOC_READING ? ST_OK : end_head(s);
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct pghead *s = (struct pghead *)sink;
	enum status st;

	if (!s->kept && (st = take(s, buf, len)) != ST_OK)
		return st;
	return sink_update(s->next, buf, len);
}

static enum status
finish(struct sink *sink)
{
	struct pghead *s = (struct pghead *)sink;

	return s->kept ? sink_finish(s->next) : end_head(s);
}

static void
let_go(struct sink *sink)
{
	struct pghead *s = (struct pghead *)sink;

	newfile_drop(&s->file);
	pgtoc_free(s->toc);
	sink_free(s->next);
	free(s);
}

struct sink *
pghead_new(const char *path, struct sink *next)
{
	struct pghead *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ update, finish, let_go };
	s->next = next;
	s->path = path;
	if ((s->toc = pgtoc_new()) != NULL)
		return &s->sink;
	let_go(&s->sink);
	return NULL;
}
