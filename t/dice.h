/*
 * Random numbers that are the same in every run: xorshift64*, Vigna 2014.
 */
#ifndef MM_DICE_H
#define MM_DICE_H

#include <stdint.h>

/* One from 0 to below n. */
static int64_t
dice(int64_t n)
{
	static uint64_t x = 20260228;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return (int64_t)((x * UINT64_C(2685821657736338717) >> 1) % (uint64_t)n);
}

#endif
