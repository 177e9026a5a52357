#include "b64.h"

static const char alphabet[64] = {
	'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
	'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
	'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
	'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'
};

/* The value of a character and VALID, or 0: one AND over many characters tells if all were good. */
enum { VALID = 64 };

#define V(c, n) [c] = VALID | (n)
static const uint8_t values[256] = {
	V('A', 0), V('B', 1), V('C', 2), V('D', 3), V('E', 4), V('F', 5), V('G', 6), V('H', 7),
	V('I', 8), V('J', 9), V('K', 10), V('L', 11), V('M', 12), V('N', 13), V('O', 14), V('P', 15),
	V('Q', 16), V('R', 17), V('S', 18), V('T', 19), V('U', 20), V('V', 21), V('W', 22), V('X', 23),
	V('Y', 24), V('Z', 25), V('a', 26), V('b', 27), V('c', 28), V('d', 29), V('e', 30), V('f', 31),
	V('g', 32), V('h', 33), V('i', 34), V('j', 35), V('k', 36), V('l', 37), V('m', 38), V('n', 39),
	V('o', 40), V('p', 41), V('q', 42), V('r', 43), V('s', 44), V('t', 45), V('u', 46), V('v', 47),
	V('w', 48), V('x', 49), V('y', 50), V('z', 51), V('0', 52), V('1', 53), V('2', 54), V('3', 55),
	V('4', 56), V('5', 57), V('6', 58), V('7', 59), V('8', 60), V('9', 61), V('+', 62), V('/', 63)
};
#undef V

size_t
b64_encode(const uint8_t *buf, size_t len, char *text)
{
	char *p = text;
	uint32_t w;

	for (; len >= 3; buf += 3, len -= 3, p += 4) {
		w = (uint32_t)buf[0] << 16 | (uint32_t)buf[1] << 8 | buf[2];
		p[0] = alphabet[w >> 18];
		p[1] = alphabet[w >> 12 & 63];
		p[2] = alphabet[w >> 6 & 63];
		p[3] = alphabet[w & 63];
	}
	if (len > 0) {
		w = (uint32_t)buf[0] << 16 | (len == 2 ? (uint32_t)buf[1] << 8 : 0);
		*p++ = alphabet[w >> 18];
		*p++ = alphabet[w >> 12 & 63];
		if (len == 2)
			*p++ = alphabet[w >> 6 & 63];
	}
	return (size_t)(p - text);
}

/* The last two or three characters; the bits they have over must be zero. */
static int
decode_rest(const uint8_t *p, size_t n, uint8_t *buf)
{
	uint8_t a = values[p[0]], b = values[p[1]], c = n == 3 ? values[p[2]] : VALID;
	uint32_t w = (uint32_t)(a & 63) << 18 | (uint32_t)(b & 63) << 12 | (uint32_t)(c & 63) << 6;

	buf[0] = (uint8_t)(w >> 16);
	if (n == 3)
		buf[1] = (uint8_t)(w >> 8);
	return (a & b & c & VALID) != 0 && (w & (n == 3 ? 0xff : 0xffff)) == 0;
}

int
b64_decode(const char *text, size_t n, uint8_t *buf)
{
	const uint8_t *p = (const uint8_t *)text;
	uint8_t good = VALID;
	uint32_t w;

	for (; n >= 4; p += 4, n -= 4, buf += 3) {
		good &= values[p[0]] & values[p[1]] & values[p[2]] & values[p[3]];
		w = (uint32_t)(values[p[0]] & 63) << 18 | (uint32_t)(values[p[1]] & 63) << 12 |
		    (uint32_t)(values[p[2]] & 63) << 6 | (values[p[3]] & 63);
		buf[0] = (uint8_t)(w >> 16);
		buf[1] = (uint8_t)(w >> 8);
		buf[2] = (uint8_t)w;
	}
	if (n == 1 || !good)
		return 0;
	return n == 0 || decode_rest(p, n, buf);
}
