#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agesource.h"
#include "listing.h"

static const char no_memory[] = "out of memory";

/* One more, with copies of what is given. */
static const char *
add(struct agesources *all, enum agesource_kind kind, const char *place, const char *from, const char *why)
{
	struct agesource *s;
	size_t room = 2 * all->n + 1;

	if (all->n == all->room) {
		if ((s = realloc(all->of, room * sizeof(*s))) == NULL)
			return no_memory;
		all->of = s;
		all->room = room;
	}
	s = &all->of[all->n++];
	*s = (struct agesource){ .kind = kind, .place = strdup(place) };
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (from != NULL)
		s->from = strdup(from);
	return s->place == NULL || (from != NULL && s->from == NULL) ? no_memory : NULL;
}

const char *
agesource_one(struct agesources *all, const char *from, const char *place)
{
	return add(all, strcmp(from, "-") == 0 ? AGESOURCE_STDIN : AGESOURCE_DIRECTORY, place != NULL ? place : from, from, "");
}

/* A line of the index; it is cut into its fields. */
static const char *
take_line(struct agesources *all, char *place)
{
	char *from = strchr(place, '\t'), *why;

	if (from == NULL || from == place)
		return "a line is no place, tab, and file";
	*from++ = '\0';
	why = strchr(from, '\t');
	if (why == NULL && *from != '\0')
		return add(all, AGESOURCE_FILE, place, from, "");
	if (why != from || why[1] == '\0')
		return "a line is no place, two tabs, and reason";
	return add(all, AGESOURCE_FILE, place, NULL, why + 1);
}

const char *
agesource_index(struct agesources *all, const char *path)
{
	FILE *f = fopen(path, "re");
	const char *bad = NULL;
	char *line = NULL;
	size_t room = 0;

	if (f == NULL)
		return strerror(errno);
	while (bad == NULL && getline(&line, &room, f) != -1) {
		line[strcspn(line, "\n")] = '\0';
		bad = take_line(all, line);
	}
	if (bad == NULL && ferror(f))
		bad = strerror(errno);
	if (bad == NULL && all->n == 0)
		bad = "it has no place";
	free(line);
	fclose(f);
	return bad;
}

void
agesource_look(struct agesource *s, char end)
{
	const char *why = NULL;

	if (s->from == NULL)
		return;
	switch (s->kind) {
	case AGESOURCE_DIRECTORY:
		why = listing_directory(&s->listing, s->from);
		break;
	case AGESOURCE_FILE:
		why = listing_file(&s->listing, s->from, end);
		break;
	case AGESOURCE_STDIN:
		if ((why = listing_fd(&s->listing, STDIN_FILENO, "stdin", end)) != NULL)
			snprintf(s->why, sizeof(s->why), "%s", why);
		return;
	}
	if (why != NULL)
		snprintf(s->why, sizeof(s->why), "%s: %s", s->from, why);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort the words, and let each stand once. */
static void
unite(const char **words, size_t *n)
{
	size_t i, to = 0;

	if (*n > 0)
		qsort(words, *n, sizeof(*words), by_text);
	for (i = 0; i < *n; i++) {
		if (to > 0 && strcmp(words[to - 1], words[i]) == 0)
			free((void *)words[i]);
		else
			words[to++] = words[i];
	}
	*n = to;
}

enum status
agesource_words(const struct agesources *all, const char ***words, size_t *n)
{
	const struct agesource *s;
	const struct backup *b, *before;
	size_t most = 1;

	for (s = all->of; s < all->of + all->n; s++)
		most += s->listing.n;
	*n = 0;
	if ((*words = malloc(most * sizeof(**words))) == NULL)
		goto out;
	for (s = all->of; s < all->of + all->n; s++) {
		for (before = NULL, b = s->listing.backups; b < s->listing.backups + s->listing.n; before = b++) {
			/* Most are of the same name as the one before. */
			if (before != NULL && before->word == b->word && memcmp(before->name, b->name, b->word) == 0)
				continue;
			if (((*words)[*n] = strndup(b->name, b->word)) == NULL)
				goto out;
			(*n)++;
		}
	}
	unite(*words, n);
	return ST_OK;
out:
	warn("%zu backups", most);
	return ST_TROUBLE;
}

void
agesource_free(struct agesources *all)
{
	struct agesource *s;

	for (s = all->of; s < all->of + all->n; s++) {
		free(s->place);
		free(s->from);
		names_free(&s->listing);
	}
	free(all->of);
	*all = (struct agesources){ 0 };
}
