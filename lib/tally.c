#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tally.h"

uint64_t
tally_taken(const struct tally *t, size_t i)
{
	if (t->meter == NULL)
		return TALLY_UNKNOWN;
	if (atomic_load(&t->meter[i].attached))
		return atomic_load(&t->meter[i].taken);
	if (i > 0 && atomic_load(&t->meter[i - 1].attached))
		return atomic_load(&t->meter[i - 1].given);
	return TALLY_UNKNOWN;
}

uint64_t
tally_given(const struct tally *t, size_t i)
{
	if (t->meter == NULL)
		return TALLY_UNKNOWN;
	if (atomic_load(&t->meter[i].attached))
		return atomic_load(&t->meter[i].given);
	if (i + 1 < t->n && atomic_load(&t->meter[i + 1].attached))
		return atomic_load(&t->meter[i + 1].taken);
	return TALLY_UNKNOWN;
}

uint64_t
tally_head(const struct tally *t)
{
	uint64_t bytes;
	size_t i;

	for (i = 0; i < t->n; i++)
		if ((bytes = tally_given(t, i)) != TALLY_UNKNOWN)
			return bytes;
	return 0;
}

/* Three digits and a unit, as people say sizes. */
static void
human(uint64_t bytes, char buf[16])
{
	static const char unit[] = "BKMGTP";
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 999.5 && i < sizeof(unit) - 2; i++)
		value /= 1024;
	snprintf(buf, 16, value < 9.95 && i > 0 ? "%.1f%c" : "%.0f%c", value, unit[i]);
}

/* Append to a line that holds *width* bytes at the most. */
__attribute__((format(printf, 4, 5))) static void
add(char *buf, size_t width, size_t *used, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (*used >= width)
		return;
	va_start(ap, fmt);
	n = vsnprintf(buf + *used, width - *used, fmt, ap);
	va_end(ap);
	*used += n > 0 ? (size_t)n : 0;
}

/* The last figure that is known, where the data is by now. */
static uint64_t
tally_tail(const struct tally *t)
{
	uint64_t bytes;
	size_t i;

	for (i = t->n; i-- > 0;)
		if ((bytes = tally_given(t, i)) != TALLY_UNKNOWN)
			return bytes;
	return 0;
}

/* How much of what is expected is done, and when all will be if it goes on like this. */
static void
add_share(const struct tally *t, double seconds, char *buf, size_t width, size_t *used)
{
	uint64_t done = tally_tail(t);
	unsigned long left;
	double share;

	if (t->expected == 0 || done == 0)
		return;
	share = done < t->expected ? (double)done / (double)t->expected : 1;
	left = (unsigned long)(seconds / share - seconds);
	add(buf, width, used, "  %.0f%%, %lu:%02lu:%02lu left", 100 * share, left / 3600, left / 60 % 60, left % 60);
}

void
tally_line(const struct tally *t, double seconds, uint64_t per_second, char *buf, size_t width)
{
	unsigned long s = (unsigned long)seconds;
	char size[16];
	size_t i, used = 0;
	uint64_t bytes;

	add(buf, width, &used, "%lu:%02lu:%02lu ", s / 3600, s / 60 % 60, s % 60);
	for (i = 0; i < t->n; i++) {
		add(buf, width, &used, "%s %s", i == 0 ? "" : " >", t->stage[i].name);
		if ((bytes = tally_given(t, i)) == TALLY_UNKNOWN)
			continue;
		human(bytes, size);
		add(buf, width, &used, " %s", size);
	}
	human(per_second, size);
	add(buf, width, &used, "  %s/s", size);
	add_share(t, seconds, buf, width, &used);
}

static void
report_bytes(FILE *f, uint64_t bytes)
{
	if (bytes == TALLY_UNKNOWN)
		fputs("\t-", f);
	else
		fprintf(f, "\t%" PRIu64, bytes);
}

static void
report_stage(FILE *f, const struct tally *t, size_t i)
{
	const struct stage *s = &t->stage[i];
	const struct timeval *user = &s->usage.ru_utime, *sys = &s->usage.ru_stime;
	char code[32];

	stage_code(s, code, sizeof(code));
	fprintf(f, "%zu\t%s\t%s\t%.3f\t%ld.%03ld\t%ld.%03ld\t%ld", s->number, s->name, code,
	    (double)s->wall_ms / 1000, (long)user->tv_sec, (long)user->tv_usec / 1000, (long)sys->tv_sec,
	    (long)sys->tv_usec / 1000, s->usage.ru_maxrss);
	report_bytes(f, tally_taken(t, i));
	report_bytes(f, tally_given(t, i));
	fputc('\n', f);
}

enum status
tally_report(const struct tally *t, int fd, int status, const char *cause)
{
	FILE *f;
	size_t i;
	int bad;

	if ((f = fdopen(fd, "w")) == NULL) {
		warn("report");
		return ST_TROUBLE;
	}
	for (i = 0; i < t->n; i++)
		report_stage(f, t, i);
	fprintf(f, "end\t%d\t%s\n", status, cause);
	bad = ferror(f);
	if (fclose(f) == 0 && !bad)
		return ST_OK;
	warn("report");
	return ST_TROUBLE;
}
