/*
 * The threshold ranges of Monitoring Plugins: when a value raises an alert.
 *
 *	10	below 0 or above 10
 *	10:	below 10
 *	~:10	above 10
 *	10:20	below 10 or above 20
 *	@10:20	from 10 to 20
 *
 * Numbers are decimal, perhaps with a fraction and a sign.  Of a range of
 * time, a number may end in s, m, h or d; it is seconds all the same.
 * Spec: Monitoring Plugins Development Guidelines, "Threshold and Ranges".
 */
#ifndef MM_RANGE_H
#define MM_RANGE_H

struct range {
	double start, end;		/* -INFINITY and INFINITY where there is none */
	int alerts_inside;
};

enum range_unit { RANGE_PLAIN, RANGE_TIME };

enum { RANGE_SIZE = 64 };		/* bytes of one that is printed */

/* Zero, and *r untouched, if text is no range. */
int range_parse(struct range *r, const char *text, enum range_unit unit);

int range_alerts(const struct range *r, double value);

/* As a plugin prints its thresholds: without units, and without what need not be said. */
void range_print(char out[RANGE_SIZE], const struct range *r);

#endif
