#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "visible.h"

/* One character, n bytes of it; n is 0 for a byte that is no character. */
static void
print_character(FILE *f, const char *p, size_t n)
{
	if (n == 0)
		fputs("\\ufffd", f);
	else if (*p == '"' || *p == '\\')
		fprintf(f, "\\%c", *p);
	else if ((unsigned char)*p < ' ' || *p == 0x7f)
		fprintf(f, "\\u%04x", (unsigned)*p);
	else
		fwrite(p, 1, n, f);
}

static void
print_string(FILE *f, const char *s)
{
	size_t len, n;

	putc('"', f);
	for (len = strlen(s); len > 0; s += n, len -= n) {
		n = visible_utf8(s, len);
		print_character(f, s, n);
		if (n == 0)
			n = 1;
	}
	putc('"', f);
}

static void
begin_value(struct json *j, const char *key)
{
	assert((key == NULL) == (j->closer[j->depth - 1] == ']'));
	if (!j->is_first)
		putc(',', j->f);
	j->is_first = 0;
	if (key == NULL)
		return;
	print_string(j->f, key);
	putc(':', j->f);
}

static void
open_with(struct json *j, char opener, char closer)
{
	assert(j->depth < JSON_DEPTH);
	putc(opener, j->f);
	j->closer[j->depth++] = closer;
	j->is_first = 1;
}

void
json_begin(struct json *j, FILE *f)
{
	*j = (struct json){ .f = f };
	open_with(j, '{', '}');
}

void
json_object(struct json *j, const char *key)
{
	begin_value(j, key);
	open_with(j, '{', '}');
}

void
json_array(struct json *j, const char *key)
{
	begin_value(j, key);
	open_with(j, '[', ']');
}

void
json_close(struct json *j)
{
	assert(j->depth > 0);
	putc(j->closer[--j->depth], j->f);
	j->is_first = 0;
	if (j->depth == 0)
		putc('\n', j->f);
}

void
json_string(struct json *j, const char *key, const char *value)
{
	begin_value(j, key);
	print_string(j->f, value);
}

void
json_number(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	fprintf(j->f, "%" PRIu64, value);
}

void
json_bool(struct json *j, const char *key, int value)
{
	begin_value(j, key);
	fputs(value ? "true" : "false", j->f);
}
