#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgtoc.h"
#include "visible.h"

enum {
	INT_SIZE = 5,			/* the sign and four bytes */
	MOST_PROMISES = 1 << 20,
	MOST_NAMES = 64 << 20		/* bytes, of all promises together */
};

enum shape { RAW, BYTE, INT, STR, OFFSET };

/* What comes in which order: once down to COUNT, then from ID on for each entry. */
enum item {
	MAGIC, LEVEL, ALGORITHM, SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, DST, DATABASE, SERVER, PG_DUMP, COUNT,
	ID, HAS_DATA, TABLE_OID, OBJECT_OID, TAG, DESCRIPTION, SECTION, DEFINITION, DROP, COPY, SCHEMA, TABLESPACE,
	ACCESS_METHOD, RELKIND, OWNER, WITH_OIDS, DEPENDENCY, PLACE, MEMBER, ITEMS
};

static const struct {
	enum shape shape;
	unsigned since, until;		/* minor versions of the archive */
	const char *what;
} items[ITEMS] = {
	[MAGIC] = { RAW, 0, 255, "head" },
	[LEVEL] = { INT, 14, 14, "compression" },
	[ALGORITHM] = { BYTE, 15, 16, "compression" },
	[SECOND] = { INT, 14, 16, "date" },
	[MINUTE] = { INT, 14, 16, "date" },
	[HOUR] = { INT, 14, 16, "date" },
	[DAY] = { INT, 14, 16, "date" },
	[MONTH] = { INT, 14, 16, "date" },
	[YEAR] = { INT, 14, 16, "date" },
	[DST] = { INT, 14, 16, "date" },
	[DATABASE] = { STR, 14, 16, "database" },
	[SERVER] = { STR, 14, 16, "server version" },
	[PG_DUMP] = { STR, 14, 16, "pg_dump version" },
	[COUNT] = { INT, 14, 16, "number of entries" },
	[ID] = { INT, 14, 16, "id" },
	[HAS_DATA] = { INT, 14, 16, "data flag" },
	[TABLE_OID] = { STR, 14, 16, "catalog" },
	[OBJECT_OID] = { STR, 14, 16, "oid" },
	[TAG] = { STR, 14, 16, "name" },
	[DESCRIPTION] = { STR, 14, 16, "kind" },
	[SECTION] = { INT, 14, 16, "section" },
	[DEFINITION] = { STR, 14, 16, "definition" },
	[DROP] = { STR, 14, 16, "drop command" },
	[COPY] = { STR, 14, 16, "copy command" },
	[SCHEMA] = { STR, 14, 16, "schema" },
	[TABLESPACE] = { STR, 14, 16, "tablespace" },
	[ACCESS_METHOD] = { STR, 14, 16, "access method" },
	[RELKIND] = { INT, 16, 16, "relation kind" },
	[OWNER] = { STR, 14, 16, "owner" },
	[WITH_OIDS] = { STR, 14, 16, "oids flag" },
	[DEPENDENCY] = { STR, 14, 16, "dependency" },
	[PLACE] = { OFFSET, 14, 16, "offset" },
	[MEMBER] = { STR, 14, 16, "file" },
};

/* A string, as far as it is kept. */
struct text {
	int is_null;
	size_t len;			/* all of it */
	char kept[PGTOC_NAME + 1];	/* its beginning, with a NUL after it */
};

struct pgtoc_reader {
	enum item item;
	uint64_t at;			/* offset of what comes next, for messages */
	uint8_t small[16];		/* a number, or what has come of it */
	size_t have;
	size_t left;			/* bytes of the string that are still to come */
	int in_string;
	struct text text;		/* the item that is being read, if a string */
	int64_t number;			/* ... if a number */
	unsigned flag;			/* ... if an offset */
	size_t offset_size;
	int64_t entries;		/* in the table of contents */
	int64_t entry;			/* the one that is being read, from 0 */
	int again;
	struct text database, server, pg_dump;
	struct {
		int64_t id;
		int has_data;
		int is_table, is_objects, is_copy;
		struct text tag, schema;
	} now;
	size_t names;			/* bytes */
	struct promise **by_id;
	size_t next;			/* the promise that is probably asked for next */
};

struct pgtoc *
pgtoc_new(void)
{
	struct pgtoc *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	if ((t->reader = calloc(1, sizeof(*t->reader))) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
pgtoc_free(struct pgtoc *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++) {
		free(t->promise[i].name);
		free(t->promise[i].file);
	}
	free(t->promise);
	free(t->reader->by_id);
	free(t->reader);
	free(t);
}

__attribute__((format(printf, 2, 3))) static enum status
damaged(const struct pgtoc *t, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	warnx("the dump is damaged at byte %" PRIu64 ", in its table of contents: %s", t->reader->at, why);
	return ST_BAD;
}

static void
give_up(struct pgtoc *t, const char *why)
{
	t->state = PGTOC_UNKNOWN;
	t->unknown = why;
}

static enum status
out_of_memory(void)
{
	warn("table of contents");
	return ST_TROUBLE;
}

static enum status
read_magic(struct pgtoc *t)
{
	const uint8_t *p = t->reader->small;

	t->major = p[5];
	t->minor = p[6];
	t->format = p[10];
	t->reader->offset_size = p[9];
	if (t->major != 1 || t->minor < 14 || t->minor > 16)
		give_up(t, "its version is not known");
	else if (t->format != PGTOC_CUSTOM && t->format != PGTOC_TAR)
		give_up(t, "its format is not known");
	else if (p[8] != INT_SIZE - 1 || p[9] < 1 || p[9] > 8)
		return damaged(t, "integers of %u bytes, offsets of %u", p[8], p[9]);
	return ST_OK;
}

static int
is_number(const struct text *s)
{
	return !s->is_null && s->len > 0 && s->len < 11 && strspn(s->kept, "0123456789") == s->len;
}

/* The quoted length of a name, its quotes included. */
static size_t
quoted_size(const char *name)
{
	size_t n = 2;

	for (; *name != '\0'; name++)
		n += *name == '"' ? 2 : 1;
	return n;
}

static char *
quote(char *to, const char *name)
{
	*to++ = '"';
	for (; *name != '\0'; name++) {
		if (*name == '"')
			*to++ = '"';
		*to++ = *name;
	}
	*to++ = '"';
	return to;
}

/* "schema"."table", or of what is no table the kind and the name. */
static char *
full_name(const char *schema, const char *table)
{
	size_t size = quoted_size(schema) + quoted_size(table) + 2;
	char *name, *to;

	if ((name = malloc(size)) == NULL)
		return NULL;
	to = name;
	if (*schema != '\0') {
		to = quote(to, schema);
		*to++ = '.';
	}
	*quote(to, table) = '\0';
	return name;
}

static char *
promise_name(const struct pgtoc_reader *r)
{
	return r->now.is_objects ? strdup("large objects") : full_name(r->now.schema.kept, r->now.tag.kept);
}

static enum pgtoc_kind
promise_kind(const struct pgtoc_reader *r)
{
	if (r->now.is_objects)
		return PGTOC_OBJECTS;
	if (!r->now.is_table)
		return PGTOC_OTHER;
	return r->now.is_copy ? PGTOC_ROWS : PGTOC_TABLE;
}

/* Room for one more; the array doubles. */
static enum status
make_room(struct pgtoc *t)
{
	struct promise *more;

	if (t->n != 0 && (t->n & (t->n - 1)) != 0)
		return ST_OK;
	if ((more = realloc(t->promise, 2 * (t->n + 1) * sizeof(*more))) == NULL)
		return out_of_memory();
	t->promise = more;
	return ST_OK;
}

static enum status
make_promise(struct pgtoc *t, uint64_t offset, const char *file)
{
	struct pgtoc_reader *r = t->reader;
	struct promise *p;

	if (make_room(t) != ST_OK)
		return ST_TROUBLE;
	p = &t->promise[t->n++];
	*p = (struct promise){ .id = r->now.id, .kind = promise_kind(r), .offset = offset };
	p->name = promise_name(r);
	p->file = file == NULL ? NULL : strdup(file);
	if (p->name == NULL || (file != NULL && p->file == NULL))
		return out_of_memory();
	r->names += strlen(p->name) + (file == NULL ? 0 : strlen(file));
	if (t->n == MOST_PROMISES || r->names > MOST_NAMES)
		give_up(t, "it has more tables than are followed");
	return ST_OK;
}

/* A second table of contents promises what the first did, and knows where it came. */
static enum status
repeat_promise(struct pgtoc *t, uint64_t offset)
{
	const struct promise *p = pgtoc_find(t, t->reader->now.id);

	if (p == NULL)
		return damaged(t, "its second copy has other entries than the first");
	if (offset != 0 && offset != p->start)
		return damaged(t, "%s is said to be at byte %" PRIu64 ", but was at %" PRIu64, p->name, offset, p->start);
	return ST_OK;
}

static enum status
end_entry(struct pgtoc *t, uint64_t offset, const char *file)
{
	struct pgtoc_reader *r = t->reader;

	if (!r->now.has_data)
		return ST_OK;
	if (r->now.tag.len > PGTOC_NAME || r->now.schema.len > PGTOC_NAME)
		return damaged(t, "a name of %zu bytes", r->now.tag.len + r->now.schema.len);
	return r->again ? repeat_promise(t, offset) : make_promise(t, offset, file);
}

static enum status
read_offset(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	uint64_t offset = 0;
	size_t i;

	for (i = r->offset_size; i > 0; i--)
		offset = offset << 8 | r->small[i];
	if (r->flag < 1 || r->flag > 3 || (r->flag == 3) != !r->now.has_data)
		return damaged(t, "an offset of kind %u for an entry with%s data", r->flag, r->now.has_data ? "" : "out");
	return end_entry(t, r->flag == 2 ? offset : 0, NULL);
}

static enum status
read_member(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	char list[32];

	if (r->text.len > PGTOC_NAME || (r->text.len == 0) != !r->now.has_data)
		return damaged(t, "a file name of %zu bytes for an entry with%s data", r->text.len,
		    r->now.has_data ? "" : "out");
	if (!r->now.is_objects)
		return end_entry(t, 0, r->text.kept);
	/* The name that stands here is none that pg_dump then uses. */
	if (t->minor < 16)
		snprintf(list, sizeof(list), "blobs.toc");
	else
		snprintf(list, sizeof(list), "blobs_%" PRId64 ".toc", r->now.id);
	return end_entry(t, 0, list);
}

static enum status
read_count(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;

	if (r->number < 0 || (r->again && r->number != r->entries))
		return damaged(t, "%" PRId64 " entries", r->number);
	r->entries = r->number;
	r->entry = 0;
	return ST_OK;
}

/* What the item that is now whole says. */
static enum status
take_item(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;

	switch (r->item) {
	case MAGIC:
		return read_magic(t);
	case LEVEL:
	case ALGORITHM:
		t->compression = r->number;
		break;
	case DATABASE:
		r->database = r->text;
		break;
	case SERVER:
		r->server = r->text;
		break;
	case PG_DUMP:
		r->pg_dump = r->text;
		break;
	case COUNT:
		return read_count(t);
	case ID:
		if (r->number < 1)
			return damaged(t, "an entry with the id %" PRId64, r->number);
		r->now.id = r->number;
		break;
	case HAS_DATA:
		if (r->number != 0 && r->number != 1)
			return damaged(t, "a data flag of %" PRId64, r->number);
		r->now.has_data = (int)r->number;
		break;
	case TABLE_OID:
	case OBJECT_OID:
		if (!is_number(&r->text))
			return damaged(t, "an oid that is no number");
		break;
	case TAG:
		r->now.tag = r->text;
		break;
	case DESCRIPTION:
		r->now.is_table = strcmp(r->text.kept, "TABLE DATA") == 0;
		r->now.is_objects = strcmp(r->text.kept, "BLOBS") == 0;
		break;
	case COPY:
		r->now.is_copy = strncmp(r->text.kept, "COPY ", 5) == 0;
		break;
	case SCHEMA:
		r->now.schema = r->text;
		break;
	case DEPENDENCY:
		if (!r->text.is_null && !is_number(&r->text))
			return damaged(t, "a dependency that is no number");
		break;
	case PLACE:
		return read_offset(t);
	case MEMBER:
		return read_member(t);
	default:
		break;
	}
	return ST_OK;
}

static int
comes(const struct pgtoc *t, enum item item)
{
	if (item == (t->format == PGTOC_TAR ? PLACE : MEMBER))
		return 0;
	return t->minor >= items[item].since && t->minor <= items[item].until;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct promise *const *p = a, *const *q = b;

	return ((*p)->id > (*q)->id) - ((*p)->id < (*q)->id);
}

static enum status
end_toc(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	size_t i;

	t->state = PGTOC_DONE;
	if (r->again)
		return ST_OK;
	if ((r->by_id = calloc(t->n + 1, sizeof(*r->by_id))) == NULL)
		return out_of_memory();
	for (i = 0; i < t->n; i++)
		r->by_id[i] = &t->promise[i];
	qsort(r->by_id, t->n, sizeof(*r->by_id), compare_ids);
	for (i = 1; i < t->n; i++) {
		if (r->by_id[i]->id == r->by_id[i - 1]->id)
			return damaged(t, "two entries with the id %" PRId64, r->by_id[i]->id);
	}
	return ST_OK;
}

/* The item after this one, or the end. */
static enum status
next_item(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;

	if (r->item == DEPENDENCY && !r->text.is_null)
		return ST_OK;
	if (r->item == COUNT && r->entries == 0)
		return end_toc(t);
	do {
		if (++r->item < ITEMS)
			continue;
		if (++r->entry == r->entries)
			return end_toc(t);
		r->item = ID;
	} while (!comes(t, r->item));
	return ST_OK;
}

static enum status
end_item(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	enum status st;

	r->have = 0;
	r->in_string = 0;
	if ((st = take_item(t)) != ST_OK || t->state != PGTOC_READING)
		return st;
	return next_item(t);
}

static size_t
size_of(const struct pgtoc_reader *r)
{
	switch (items[r->item].shape) {
	case RAW:
		return 11;
	case BYTE:
		return 1;
	case OFFSET:
		return 1 + r->offset_size;
	default:
		return INT_SIZE;
	}
}

static enum status
read_int(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	const uint8_t *p = r->small;

	r->number = (int64_t)p[1] | (int64_t)p[2] << 8 | (int64_t)p[3] << 16 | (int64_t)p[4] << 24;
	if (p[0] > 1 || (p[0] == 1 && r->number == 0))
		return damaged(t, "the %s is no integer", items[r->item].what);
	if (p[0] == 1)
		r->number = -r->number;
	return ST_OK;
}

static enum status
begin_string(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;

	if (r->number < -1 || r->number > PGTOC_LONGEST)
		return damaged(t, "a %s of %" PRId64 " bytes", items[r->item].what, r->number);
	r->text.is_null = r->number == -1;
	r->text.len = 0;
	r->text.kept[0] = '\0';
	r->left = r->number == -1 ? 0 : (size_t)r->number;
	r->in_string = 1;
	return r->left == 0 ? end_item(t) : ST_OK;
}

/* All bytes of a number are there. */
static enum status
end_small(struct pgtoc *t)
{
	struct pgtoc_reader *r = t->reader;
	enum status st;

	switch (items[r->item].shape) {
	case BYTE:
		r->number = r->small[0];
		return end_item(t);
	case OFFSET:
		r->flag = r->small[0];
		return end_item(t);
	case INT:
		return (st = read_int(t)) != ST_OK ? st : end_item(t);
	case STR:
		return (st = read_int(t)) != ST_OK ? st : begin_string(t);
	default:
		return end_item(t);
	}
}

static size_t
take_small(struct pgtoc_reader *r, const uint8_t *buf, size_t len, size_t want)
{
	size_t n = want - r->have < len ? want - r->have : len;

	memcpy(r->small + r->have, buf, n);
	r->have += n;
	return n;
}

static size_t
take_string(struct pgtoc_reader *r, const uint8_t *buf, size_t len)
{
	size_t n = r->left < len ? r->left : len;
	size_t room = r->text.len < PGTOC_NAME ? PGTOC_NAME - r->text.len : 0;
	size_t keep = n < room ? n : room;

	if (keep > 0) {
		memcpy(r->text.kept + r->text.len, buf, keep);
		r->text.kept[r->text.len + keep] = '\0';
	}
	r->text.len += n;
	r->left -= n;
	return n;
}

enum status
pgtoc_update(struct pgtoc *t, const uint8_t **buf, size_t *len, uint64_t at)
{
	struct pgtoc_reader *r = t->reader;
	enum status st = ST_OK;
	size_t n, want;

	for (r->at = at; st == ST_OK && t->state == PGTOC_READING && *len > 0; r->at += n) {
		want = size_of(r);
		n = r->in_string ? take_string(r, *buf, *len) : take_small(r, *buf, *len, want);
		*buf += n;
		*len -= n;
		if (r->in_string && r->left == 0)
			st = end_item(t);
		else if (!r->in_string && r->have == want)
			st = end_small(t);
	}
	return st;
}

void
pgtoc_again(struct pgtoc *t)
{
	t->state = PGTOC_READING;
	t->reader->again = 1;
	t->reader->item = COUNT;
}

struct promise *
pgtoc_find(struct pgtoc *t, int64_t id)
{
	struct pgtoc_reader *r = t->reader;
	struct promise key = { .id = id }, *k = &key, **found;

	if (r->next < t->n && t->promise[r->next].id == id)
		return &t->promise[r->next++];
	found = bsearch(&k, r->by_id, t->n, sizeof(*r->by_id), compare_ids);
	if (found == NULL)
		return NULL;
	r->next = (size_t)(*found - t->promise) + 1;
	return *found;
}

struct promise *
pgtoc_find_file(struct pgtoc *t, const char *file)
{
	struct pgtoc_reader *r = t->reader;
	size_t i;

	for (i = 0; i < t->n; i++, r->next++) {
		if (r->next >= t->n)
			r->next = 0;
		if (strcmp(t->promise[r->next].file, file) == 0)
			return &t->promise[r->next];
	}
	return NULL;
}

enum status
pgtoc_all_kept(const struct pgtoc *t)
{
	char name[VISIBLE_SIZE(4 * PGTOC_NAME + 6)];
	const struct promise *first = NULL;
	size_t i, lacking = 0;

	for (i = 0; i < t->n; i++) {
		if (t->promise[i].is_kept)
			continue;
		if (lacking++ == 0)
			first = &t->promise[i];
	}
	if (lacking == 0)
		return ST_OK;
	warnx("the dump is cut: %zu of %zu blocks of data are missing, that of %s the first", lacking, t->n,
	    visible(name, first->name, strlen(first->name)));
	return ST_BAD;
}

static enum status
report_head(const struct pgtoc *t, const char *format, struct report *report)
{
	const struct pgtoc_reader *r = t->reader;
	char archive[64];
	enum status st;

	snprintf(archive, sizeof(archive), "%s %u.%u%s%s", format, t->major, t->minor,
	    t->state == PGTOC_UNKNOWN ? ", not checked: " : "", t->state == PGTOC_UNKNOWN ? t->unknown : "");
	if ((st = report_text(report, "archive", archive)) != ST_OK || t->state == PGTOC_UNKNOWN)
		return st;
	if ((st = report_text(report, "pg_dump", r->pg_dump.kept)) != ST_OK ||
	    (st = report_text(report, "server", r->server.kept)) != ST_OK)
		return st;
	return report_text(report, "database", r->database.kept);
}

enum status
pgtoc_report(const struct pgtoc *t, const char *format, struct report *report)
{
	uint64_t tables = 0, rows = 0;
	size_t i, uncounted = 0;
	enum status st;

	if ((st = report_head(t, format, report)) != ST_OK || t->state == PGTOC_UNKNOWN)
		return st;
	for (i = 0; i < t->n; i++) {
		if (t->promise[i].kind != PGTOC_ROWS && t->promise[i].kind != PGTOC_TABLE)
			continue;
		tables++;
		rows += t->promise[i].rows;
		uncounted += !t->promise[i].is_counted;
	}
	if ((st = report_number(report, "tables", tables)) != ST_OK)
		return st;
	st = uncounted > 0 ? report_text(report, "rows", "not checked") : report_number(report, "rows", rows);
	for (i = 0; i < t->n && st == ST_OK; i++) {
		if (t->promise[i].is_counted)
			st = report_rows(report, t->promise[i].name, t->promise[i].rows);
	}
	return st;
}
