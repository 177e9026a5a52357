#include <inttypes.h>
#include <string.h>

#include "agemetrics.h"
#include "visible.h"

enum { PLACE = 4096, HEAD = 2 * VISIBLE_SIZE(PLACE) + 128 };

/* A family of metrics, as it is printed. */
struct family {
	FILE *f;
	const char *name, *help;
	int is_begun;			/* a sample has come, and so who we are */
	char head[HEAD];		/* of each sample of the place at hand: name{destination="..." */
};

/* A place's name as a label.  What is not fit for a line has been made visible; the backslashes of that are plain ones here. */
static void
go_to(struct family *family, const char *place)
{
	char seen[VISIBLE_SIZE(PLACE)], *p;
	char *to = family->head + snprintf(family->head, 96, "%s{destination=\"", family->name);

	for (p = visible(seen, place, strnlen(place, PLACE)); *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			*to++ = '\\';
		*to++ = *p;
	}
	*to++ = '"';
	*to = '\0';
}

static void
begin(struct family *family)
{
	if (!family->is_begun)
		fprintf(family->f, "# HELP %s %s\n# TYPE %s gauge\n", family->name, family->help, family->name);
	family->is_begun = 1;
}

/* *s* and *state* are NULL where there is no such label. */
static void
sample(struct family *family, const struct series *s, const char *state, int64_t value)
{
	begin(family);
	fputs(family->head, family->f);
	if (s != NULL)
		fprintf(family->f, ",name=\"%.*s\"", (int)s->len, s->word);
	if (state != NULL)
		fprintf(family->f, ",state=\"%s\"", state);
	fprintf(family->f, "} %" PRId64 "\n", value);
}

static void
sample_state(struct family *family, const struct series *s)
{
	sample(family, s, NULL, s->state);
}

static void
sample_newest(struct family *family, const struct series *s)
{
	if (s->newest != NULL)
		sample(family, s, NULL, s->newest->when);
}

static void
sample_size(struct family *family, const struct series *s)
{
	if (s->newest != NULL && s->newest->size != -1)
		sample(family, s, NULL, s->newest->size);
}

static void
sample_files(struct family *family, const struct series *s)
{
	sample(family, s, "good", (int64_t)s->good);
	sample(family, s, "suspect", (int64_t)s->suspect);
	sample(family, s, "unfinished", (int64_t)s->unfinished);
}

/* What an older file said of the place at hand. */
static void
repeat(struct family *family, const char *old, size_t len)
{
	size_t n, head = strlen(family->head);
	const char *end;

	for (; len > 0 && (end = memchr(old, '\n', len)) != NULL; old += n, len -= n) {
		n = (size_t)(end - old) + 1;
		if (n <= head || memcmp(old, family->head, head) != 0 || old[head] != ',')
			continue;
		begin(family);
		fwrite(old, 1, n, family->f);
	}
}

/* What is said of the places themselves. */
static void
print_checks(FILE *f, int64_t now, const struct freshness_place *places, size_t n)
{
	struct family success = { .f = f, .name = "mm_backup_check_success",
	    .help = "Whether the place could be looked at; if not, what is said of its backups is old." };
	struct family when = { .f = f, .name = "mm_backup_check_timestamp_seconds", .help = "When the place was looked at." };
	const struct freshness_place *p;

	for (p = places; p < places + n; p++) {
		go_to(&success, p->name);
		sample(&success, NULL, NULL, p->why == NULL);
	}
	for (p = places; p < places + n; p++) {
		go_to(&when, p->name);
		sample(&when, NULL, NULL, now);
	}
}

void
agemetrics_print(FILE *f, int64_t now, const struct freshness_place *places, size_t n, const char *old, size_t len)
{
	static const struct {
		const char *name, *help;
		void (*sample)(struct family *, const struct series *);
		int outlives_trouble;
	} families[] = {
		{ "mm_backup_check_state", "What the check of a series of backups found: 0 ok, 1 warning, 2 critical, 3 unknown.",
		    sample_state, 0 },
		{ "mm_backup_last_success_timestamp_seconds", "When the newest good backup was begun.", sample_newest, 1 },
		{ "mm_backup_size_bytes", "Size of the newest good backup.", sample_size, 1 },
		{ "mm_backup_files", "How many backups there are in each state.", sample_files, 1 }
	};
	const struct freshness_place *p;
	const struct series *s;
	size_t i;

	print_checks(f, now, places, n);
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct family family = { .f = f, .name = families[i].name, .help = families[i].help };

		for (p = places; p < places + n; p++) {
			go_to(&family, p->name);
			if (p->why != NULL && families[i].outlives_trouble)
				repeat(&family, old, len);
			for (s = p->series; p->why == NULL && s < p->series + p->n; s++)
				families[i].sample(&family, s);
		}
	}
}
