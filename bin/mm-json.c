/* mm-json - facts on stdin, a line each; an object of JSON on stdout */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdsink.h"
#include "json.h"
#include "pump.h"
#include "stdfds.h"

/* The fields of a line, and where it stands. */
struct fact {
	const char *kind;
	const char *key;		/* NULL: there is none */
	const char *value;
	unsigned long line;
};

static enum status
bad(const struct fact *fact, const char *what)
{
	warnx("line %lu: %s", fact->line, what);
	return ST_BAD;
}

static enum status
write_number(struct json *j, const struct fact *fact)
{
	uint64_t n;

	errno = 0;
	n = strtoumax(fact->value, NULL, 10);
	if (*fact->value == '\0' || strspn(fact->value, "0123456789") != strlen(fact->value) || errno != 0)
		return bad(fact, "this is no whole number");
	json_number(j, fact->key, n);
	return ST_OK;
}

static enum status
write_bool(struct json *j, const struct fact *fact)
{
	int is_true = strcmp(fact->value, "true") == 0;

	if (!is_true && strcmp(fact->value, "false") != 0)
		return bad(fact, "this is neither true nor false");
	json_bool(j, fact->key, is_true);
	return ST_OK;
}

static enum status
write_end(struct json *j, const struct fact *fact)
{
	if (j->depth == 1 || fact->key != NULL)
		return bad(fact, "there is nothing to end here");
	json_close(j);
	return ST_OK;
}

static enum status
write_open(struct json *j, const struct fact *fact, void (*open)(struct json *, const char *))
{
	if (j->depth == JSON_DEPTH)
		return bad(fact, "one in the other so often, that is too deep");
	open(j, fact->key);
	return ST_OK;
}

static enum status
write_fact(struct json *j, const struct fact *fact)
{
	int in_array = j->closer[j->depth - 1] == ']', opens = strcmp(fact->kind, "object") == 0 || strcmp(fact->kind, "array") == 0;

	if (strcmp(fact->kind, "end") == 0)
		return write_end(j, fact);
	if ((fact->key == NULL) != in_array)
		return bad(fact, in_array ? "a key, within an array" : "no key");
	if ((fact->value == NULL) != opens)
		return bad(fact, opens ? "a value too many" : "no value");
	if (opens)
		return write_open(j, fact, *fact->kind == 'o' ? json_object : json_array);
	if (strcmp(fact->kind, "number") == 0)
		return write_number(j, fact);
	if (strcmp(fact->kind, "bool") == 0)
		return write_bool(j, fact);
	if (strcmp(fact->kind, "string") != 0)
		return bad(fact, "it begins with none of string, number, bool, object, array, end");
	json_string(j, fact->key, fact->value);
	return ST_OK;
}

/* Cut a line at its first two tabs. */
static void
take_fields(char *line, struct fact *fact)
{
	char *key, *value;

	fact->kind = line;
	fact->key = fact->value = NULL;
	if ((key = strchr(line, '\t')) == NULL)
		return;
	*key++ = '\0';
	if ((value = strchr(key, '\t')) != NULL)
		*value++ = '\0';
	fact->key = *key != '\0' ? key : NULL;
	fact->value = value;
}

/* Write what the lines say; they are cut up on the way.  *text* has a zero byte behind its end. */
static enum status
write_facts(struct json *j, char *text, size_t len)
{
	struct fact fact = { .line = 0 };
	enum status st = ST_OK;
	char *line, *end;

	for (line = text; st == ST_OK && line < text + len; line = end + 1) {
		fact.line++;
		if ((end = memchr(line, '\n', (size_t)(text + len - line))) == NULL)
			end = text + len;
		*end = '\0';
		if (strlen(line) < (size_t)(end - line))
			return bad(&fact, "a zero byte");
		take_fields(line, &fact);
		st = write_fact(j, &fact);
	}
	fact.line++;
	return st == ST_OK && j->depth > 1 ? bad(&fact, "an object or array has no end") : st;
}

/* Keeps the facts until all have come, and gives what they make in one piece. */
struct facts {
	struct sink sink;
	struct sink *next;
	FILE *f;			/* text, len */
	char *text;
	size_t len;
};

static enum status
out_of_memory(void)
{
	warnx("out of memory");
	return ST_TROUBLE;
}

static enum status
keep(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct facts *facts = (struct facts *)sink;

	return len > 0 && fwrite(buf, len, 1, facts->f) != 1 ? out_of_memory() : ST_OK;
}

static enum status
translate(struct sink *sink)
{
	struct facts *facts = (struct facts *)sink;
	char *text = NULL;
	size_t len = 0;
	enum status st;
	struct json j;
	FILE *f;

	if (fflush(facts->f) != 0 || (f = open_memstream(&text, &len)) == NULL)
		return out_of_memory();
	json_begin(&j, f);
	st = write_facts(&j, facts->text, facts->len);
	while (j.depth > 0)
		json_close(&j);
	if ((ferror(f) != 0) + (fclose(f) != 0) > 0)
		st = out_of_memory();
	if (st == ST_OK)
		st = sink_update(facts->next, (const uint8_t *)text, len);
	free(text);
	return st == ST_OK ? sink_finish(facts->next) : st;
}

static void
facts_free(struct sink *sink)
{
	struct facts *facts = (struct facts *)sink;

	fclose(facts->f);
	free(facts->text);
	sink_free(facts->next);
	free(facts);
}

static struct sink *
facts_new(struct sink *next)
{
	struct facts *facts;

	if (next == NULL)
		return NULL;
	facts = calloc(1, sizeof(*facts));
	if (facts == NULL || (facts->f = open_memstream(&facts->text, &facts->len)) == NULL) {
		free(facts);
		sink_free(next);
		return NULL;
	}
	facts->sink = (struct sink){ keep, translate, facts_free };
	facts->next = next;
	return &facts->sink;
}

int
main(int argc, char *argv[])
{
	struct sink *chain;
	enum status st;

	(void)argv;
	stdfds_hold();
	if (argc != 1) {
		fputs("usage: mm-json < facts\n", stderr);
		return ST_TROUBLE;
	}
	if ((chain = facts_new(fdsink_new(STDOUT_FILENO, "stdout"))) == NULL)
		return (int)out_of_memory();
	st = pump(STDIN_FILENO, "stdin", chain);
	sink_free(chain);
	return (int)st;
}
