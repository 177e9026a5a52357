#include <inttypes.h>
#include <string.h>

#include "agemetrics.h"
#include "visible.h"

#define CHECK	"mm_backup_check_"

static void
family(FILE *f, const char *name, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value.  What is not fit for a line has been made visible; the backslashes of that are plain ones here. */
static void
label(FILE *f, const char *key, const char *value)
{
	char seen[VISIBLE_SIZE(4096)], *p;

	fprintf(f, "%s=\"", key);
	for (p = visible(seen, value, strnlen(value, 4096)); *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	putc('"', f);
}

/* "name{destination=...,name=..." */
static void
sample(FILE *f, const char *name, const char *place, const struct series *s)
{
	fprintf(f, "%s{", name);
	label(f, "destination", place);
	if (s != NULL)
		fprintf(f, ",name=\"%.*s\"", (int)s->len, s->word);
}

static void
check(FILE *f, const char *place, int64_t now, int success)
{
	family(f, CHECK "success", "Whether the place could be looked at; if not, what is said of its backups is old.");
	sample(f, CHECK "success", place, NULL);
	fprintf(f, "} %d\n", success);
	family(f, CHECK "timestamp_seconds", "When the place was looked at.");
	sample(f, CHECK "timestamp_seconds", place, NULL);
	fprintf(f, "} %" PRId64 "\n", now);
}

static void
files(FILE *f, const char *place, const struct series *s, const char *state, uint64_t n)
{
	sample(f, "mm_backup_files", place, s);
	fprintf(f, ",state=\"%s\"} %" PRIu64 "\n", state, n);
}

void
agemetrics_print(FILE *f, const char *place, int64_t now, const struct series *series, size_t n)
{
	static const char newest[] = "mm_backup_last_success_timestamp_seconds", size[] = "mm_backup_size_bytes";
	const struct series *s;

	check(f, place, now, 1);
	family(f, CHECK "state", "What the check of a series of backups found: 0 ok, 1 warning, 2 critical, 3 unknown.");
	for (s = series; s < series + n; s++) {
		sample(f, CHECK "state", place, s);
		fprintf(f, "} %d\n", (int)s->state);
	}
	family(f, newest, "When the newest good backup was begun.");
	for (s = series; s < series + n; s++) {
		if (s->newest == NULL)
			continue;
		sample(f, newest, place, s);
		fprintf(f, "} %" PRId64 "\n", s->newest->when);
	}
	family(f, size, "Size of the newest good backup.");
	for (s = series; s < series + n; s++) {
		if (s->newest == NULL || s->newest->size == -1)
			continue;
		sample(f, size, place, s);
		fprintf(f, "} %" PRId64 "\n", s->newest->size);
	}
	family(f, "mm_backup_files", "How many backups there are in each state.");
	for (s = series; s < series + n; s++) {
		files(f, place, s, "good", s->good);
		files(f, place, s, "suspect", s->suspect);
		files(f, place, s, "unfinished", s->unfinished);
	}
}

/* Is it a line that speaks of backups, and not of the check? */
static int
is_kept(const char *line, size_t len)
{
	static const char *const heads[] = { "# HELP ", "# TYPE ", "" };
	const char *name;
	size_t i, n;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		n = strlen(heads[i]);
		name = line + n;
		if (len > n + strlen(CHECK) && memcmp(line, heads[i], n) == 0 && memcmp(name, "mm_backup_", 10) == 0)
			return memcmp(name, CHECK, strlen(CHECK)) != 0;
	}
	return 0;
}

void
agemetrics_failed(FILE *f, const char *place, int64_t now, const char *old, size_t len)
{
	const char *end;
	size_t n;

	check(f, place, now, 0);
	while (len > 0 && (end = memchr(old, '\n', len)) != NULL) {
		n = (size_t)(end - old) + 1;
		if (is_kept(old, n))
			fwrite(old, 1, n, f);
		old += n;
		len -= n;
	}
}
