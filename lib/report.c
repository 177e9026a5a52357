#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "newfile.h"
#include "report.h"
#include "visible.h"

/* One line, "key: value" or "rows.table: value"; number says which of the two values it has. */
struct fact {
	char *key;
	char *text;
	uint64_t number;
	int is_row;
};

struct report {
	struct fact *fact;
	size_t n;
	size_t room;
};

struct report *
report_new(void)
{
	struct report *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		warn("report");
	return r;
}

void
report_free(struct report *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++) {
		free(r->fact[i].key);
		free(r->fact[i].text);
	}
	free(r->fact);
	free(r);
}

static char *
seen(const char *text)
{
	size_t len = strlen(text);
	char *out;

	if ((out = malloc(VISIBLE_SIZE(len))) == NULL)
		return NULL;
	return visible(out, text, len);
}

static enum status
make_room(struct report *r)
{
	size_t room = r->room == 0 ? 16 : 2 * r->room;
	struct fact *fact;

	if (r->n < r->room)
		return ST_OK;
	if ((fact = realloc(r->fact, room * sizeof(*fact))) == NULL) {
		warn("report");
		return ST_TROUBLE;
	}
	r->fact = fact;
	r->room = room;
	return ST_OK;
}

static enum status
add(struct report *r, const char *key, const char *text, uint64_t number, int is_row)
{
	struct fact *f;
	enum status st;

	if ((st = make_room(r)) != ST_OK)
		return st;
	f = &r->fact[r->n++];
	f->number = number;
	f->is_row = is_row;
	f->text = text == NULL ? NULL : seen(text);
	f->key = seen(key);
	if (f->key == NULL || (text != NULL && f->text == NULL)) {
		warn("report");
		return ST_TROUBLE;
	}
	return ST_OK;
}

enum status
report_text(struct report *r, const char *key, const char *value)
{
	return add(r, key, value, 0, 0);
}

enum status
report_number(struct report *r, const char *key, uint64_t value)
{
	return add(r, key, NULL, value, 0);
}

enum status
report_rows(struct report *r, const char *table, uint64_t rows)
{
	return add(r, table, NULL, rows, 1);
}

const char *
report_find(const struct report *r, const char *key, char *room)
{
	const struct fact *fact;
	size_t i;

	for (i = 0; i < r->n; i++) {
		fact = &r->fact[i];
		if (fact->is_row || strcmp(fact->key, key) != 0)
			continue;
		if (fact->text != NULL)
			return fact->text;
		snprintf(room, 21, "%" PRIu64, fact->number);
		return room;
	}
	return NULL;
}

static void
print_line(const struct fact *fact, FILE *f)
{
	fprintf(f, "# %s%s: ", fact->is_row ? "rows." : "", fact->key);
	if (fact->text != NULL)
		fprintf(f, "%s\n", fact->text);
	else
		fprintf(f, "%" PRIu64 "\n", fact->number);
}

static void
print_lines(const struct report *r, FILE *f)
{
	int rows;
	size_t i;

	for (rows = 0; rows <= 1; rows++) {
		for (i = 0; i < r->n; i++) {
			if (r->fact[i].is_row == rows)
				print_line(&r->fact[i], f);
		}
	}
}

static void
print_json(const struct report *r, FILE *f)
{
	const struct fact *fact;
	struct json j;
	size_t i;

	json_begin(&j, f);
	for (i = 0; i < r->n; i++) {
		fact = &r->fact[i];
		if (fact->text != NULL)
			json_string(&j, fact->key, fact->text);
		else if (!fact->is_row)
			json_number(&j, fact->key, fact->number);
	}
	json_object(&j, "rows-of");
	for (i = 0; i < r->n; i++) {
		if (r->fact[i].is_row)
			json_number(&j, r->fact[i].key, r->fact[i].number);
	}
	json_close(&j);
	json_close(&j);
}

static void
print(const struct report *r, FILE *f, int as_json)
{
	if (as_json)
		print_json(r, f);
	else
		print_lines(r, f);
}

static enum status
print_to_stdout(const struct report *r, int as_json)
{
	print(r, stdout, as_json);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("write stdout");
		return ST_TROUBLE;
	}
	return ST_OK;
}

enum status
report_save(const struct report *r, const char *path, int as_json)
{
	struct newfile n;
	enum status st;

	if (path == NULL)
		return print_to_stdout(r, as_json);
	if ((st = newfile_open(&n, path)) != ST_OK)
		return st;
	print(r, n.file, as_json);
	return newfile_keep(&n);
}
