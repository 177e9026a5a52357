#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "range.h"

/* Seconds in a unit; 0: it is none. */
static double
seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* The number that is all of these len bytes, in *value; zero if they are none. */
static int
number(const char *text, size_t len, enum range_unit unit, double *value)
{
	double factor = len > 0 && unit == RANGE_TIME ? seconds(text[len - 1]) : 0;
	char copy[32], *end;

	if (factor > 0)
		len--;
	/* strtod(3) also knows hexadecimal, infinity and blanks. */
	if (len == 0 || len >= sizeof(copy) || strspn(text, "-.0123456789") < len)
		return 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*value = strtod(copy, &end) * (factor > 0 ? factor : 1);
	return *end == '\0' && strpbrk(copy, "0123456789") != NULL;
}

int
range_parse(struct range *r, const char *text, enum range_unit unit)
{
	struct range new = { 0, INFINITY, *text == '@' };
	const char *colon;

	if (new.alerts_inside)
		text++;
	if ((colon = strchr(text, ':')) != NULL) {
		if (colon == text + 1 && *text == '~')
			new.start = -INFINITY;
		else if (!number(text, (size_t)(colon - text), unit, &new.start))
			return 0;
		text = colon + 1;
	}
	if ((colon == NULL || *text != '\0') && !number(text, strlen(text), unit, &new.end))
		return 0;
	if (new.start > new.end)
		return 0;
	*r = new;
	return 1;
}

int
range_alerts(const struct range *r, double value)
{
	int is_inside = value >= r->start && value <= r->end;

	return is_inside == r->alerts_inside;
}

void
range_print(char out[RANGE_SIZE], const struct range *r)
{
	const char *at = r->alerts_inside ? "@" : "";

	if (r->start == 0 && r->end < INFINITY)
		snprintf(out, RANGE_SIZE, "%s%.12g", at, r->end);
	else if (r->start > -INFINITY && r->end < INFINITY)
		snprintf(out, RANGE_SIZE, "%s%.12g:%.12g", at, r->start, r->end);
	else if (r->start > -INFINITY)
		snprintf(out, RANGE_SIZE, "%s%.12g:", at, r->start);
	else if (r->end < INFINITY)
		snprintf(out, RANGE_SIZE, "%s~:%.12g", at, r->end);
	else
		snprintf(out, RANGE_SIZE, "%s~:", at);
}
