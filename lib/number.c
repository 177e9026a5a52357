#include <err.h>
#include <inttypes.h>
#include <string.h>

#include "number.h"

struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit none[] = { { '\0', 1 } };
static const struct unit sizes[] = {
	{ 'K', UINT64_C(1) << 10 }, { 'M', UINT64_C(1) << 20 },
	{ 'G', UINT64_C(1) << 30 }, { 'T', UINT64_C(1) << 40 }, { '\0', 1 }
};
static const struct unit times[] = {
	{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { '\0', 1 }
};

/* The digits at the start of *text, which is moved past them.  Zero if there are none or too many. */
static int
digits(const char **text, uint64_t *n)
{
	const char *p = *text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (value > (UINT64_MAX - 9) / 10)
			return 0;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (p == *text)
		return 0;
	*text = p;
	*n = value;
	return 1;
}

static int
scaled(const char *text, const struct unit *unit, uint64_t *n)
{
	uint64_t value;

	if (!digits(&text, &value))
		return 0;
	while (unit->letter != '\0' && unit->letter != *text)
		unit++;
	if (unit->letter != '\0')
		text++;
	if (*text != '\0' || value > UINT64_MAX / unit->factor)
		return 0;
	*n = value * unit->factor;
	return 1;
}

static enum status
parse(const char *text, const char *what, const char *kind, const struct unit *unit, uint64_t min, uint64_t max,
    uint64_t *n)
{
	uint64_t value;

	if (!scaled(text, unit, &value) || value < min || value > max) {
		warnx("%s: '%s' is not %s from %" PRIu64 " to %" PRIu64, what, text, kind, min, max);
		return ST_TROUBLE;
	}
	*n = value;
	return ST_OK;
}

enum status
number_count(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n)
{
	return parse(text, what, "a whole number", none, min, max, n);
}

enum status
number_size(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n)
{
	return parse(text, what, "a size in bytes (K, M, G, T)", sizes, min, max, n);
}

enum status
number_duration(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *n)
{
	return parse(text, what, "a time in seconds (s, m, h, d)", times, min, max, n);
}
