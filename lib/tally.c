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
}
