#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "watch.h"
#include "work.h"

enum {
	REDRAW = 500,			/* ms */
	LOOK_MAX = 5000,		/* ms between looks for a stall */
	LOOKS = 10,			/* ... and so many at least within the time allowed */
	SILENT_DUMP = 3600 * 1000,	/* ms */
	COLUMNS = 80
};

struct watch {
	const struct tally *tally;
	int on_terminal;
	int64_t stall_ms;
	int64_t begun, moved, drawn, looked;
	uint64_t drawn_bytes;
	uint64_t *sum, *last;		/* a figure a stage */
	pid_t *group;
};

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
interval(const struct watch *w)
{
	int64_t look = smaller(LOOK_MAX, w->stall_ms / LOOKS + 1);

	if (!w->on_terminal)
		return look;
	return w->stall_ms == 0 ? REDRAW : smaller(look, REDRAW);
}

static int
waiting(const struct stage *s)
{
	int n;

	return s->in != -1 && ioctl(s->in, FIONREAD, &n) == 0 ? n : 0;
}

/* A figure for each stage that changes when it does anything. */
static void
measure(struct watch *w)
{
	const struct stage *s = w->tally->stage;
	size_t i, n = w->tally->n;

	for (i = 0; i < n; i++)
		w->group[i] = s[i].state == STAGE_RUNS || s[i].state == STAGE_LEFT ? s[i].pid : -1;
	work_look(w->group, w->sum, n);
	for (i = 0; i < n; i++)
		w->sum[i] += tally_taken(w->tally, i) + tally_given(w->tally, i) + (uint64_t)waiting(&s[i]);
}

static const struct stage *
blame(const struct watch *w)
{
	const struct stage *s = w->tally->stage;
	size_t i;

	for (i = w->tally->n; i-- > 0;)
		if (s[i].state != STAGE_GONE && waiting(&s[i]) > 0)
			return &s[i];
	for (i = 0; i + 1 < w->tally->n && s[i].state == STAGE_GONE; i++)
		continue;
	return &s[i];
}

static int64_t
allowed(const struct watch *w)
{
	if (strcmp(w->tally->stage[0].name, "pg_dump") == 0 && tally_given(w->tally, 0) == 0 &&
	    w->stall_ms < SILENT_DUMP)
		return SILENT_DUMP;
	return w->stall_ms;
}

static const struct stage *
look(struct watch *w, int64_t now)
{
	uint64_t *old = w->last;
	size_t bytes = w->tally->n * sizeof(*w->sum);

	measure(w);
	w->looked = now;
	if (memcmp(w->sum, w->last, bytes) != 0)
		w->moved = now;
	w->last = w->sum;
	w->sum = old;
	return now - w->moved >= allowed(w) ? blame(w) : NULL;
}

static void
draw(struct watch *w, int64_t now)
{
	struct winsize size;
	uint64_t head = tally_head(w->tally);
	int64_t since = now - w->drawn;
	char line[512];
	size_t width = COLUMNS;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		width = size.ws_col;
	if (width > sizeof(line))
		width = sizeof(line);
	tally_line(w->tally, (double)(now - w->begun) / 1000,
	    since > 0 ? (head - w->drawn_bytes) * 1000 / (uint64_t)since : 0, line, width);
	fprintf(stderr, "\r%s\033[K", line);
	w->drawn = now;
	w->drawn_bytes = head;
}

int
watch_due(const struct watch *w)
{
	int64_t last = w->on_terminal ? w->drawn : w->looked, left;

	if (!w->on_terminal && w->stall_ms == 0)
		return -1;
	left = last + interval(w) - clock_ms();
	return left < 0 ? 0 : (int)left;
}

const struct stage *
watch_look(struct watch *w)
{
	int64_t now = clock_ms();

	if (watch_due(w) != 0)
		return NULL;
	if (w->on_terminal)
		draw(w, now);
	return w->stall_ms == 0 ? NULL : look(w, now);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->on_terminal)
		fputs("\r\033[K", stderr);
	free(w->sum);
	free(w->last);
	free(w->group);
	free(w);
}

struct watch *
watch_new(const struct tally *t, int on_terminal, int64_t stall_ms)
{
	struct watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->tally = t;
	w->on_terminal = on_terminal;
	w->stall_ms = stall_ms;
	w->begun = w->moved = w->drawn = w->looked = clock_ms();
	w->sum = calloc(t->n, sizeof(*w->sum));
	w->last = calloc(t->n, sizeof(*w->last));
	w->group = calloc(t->n, sizeof(*w->group));
	if (w->sum != NULL && w->last != NULL && w->group != NULL)
		return w;
	w->on_terminal = 0;
	watch_free(w);
	return NULL;
}
