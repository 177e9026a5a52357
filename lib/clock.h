/*
 * Milliseconds that only go forward, whatever is done to the time of day; for
 * durations, never for a date.
 */
#ifndef MM_CLOCK_H
#define MM_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);

#endif
