#include <stdint.h>
#include <string.h>

#include "visible.h"

/* The smallest character that needs so many bytes: shorter spellings only. */
static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

size_t
visible_utf8(const char *in, size_t len)
{
	const uint8_t *p = (const uint8_t *)in;
	uint32_t rune;
	size_t n, i;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	rune = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (p[i] & 0x3f);
	}
	if (rune < smallest[n] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return 0;
	return n;
}

/* C1 controls, U+0080 to U+009F, steer a terminal as ESC does. */
static int
is_plain(const char *in, size_t n)
{
	const uint8_t *p = (const uint8_t *)in;

	if (n == 1)
		return p[0] >= ' ' && p[0] != 0x7f && p[0] != '\\';
	return n != 0 && !(p[0] == 0xc2 && p[1] < 0xa0);
}

char *
visible(char *out, const char *in, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	char *to = out;
	size_t n;

	while (len > 0) {
		n = visible_utf8(in, len);
		if (is_plain(in, n)) {
			memcpy(to, in, n);
			to += n;
		} else {
			n = 1;
			*to++ = '\\';
			*to++ = 'x';
			*to++ = hex[(uint8_t)*in >> 4];
			*to++ = hex[(uint8_t)*in & 15];
		}
		in += n;
		len -= n;
	}
	*to = '\0';
	return out;
}
