#include <string.h>

#include "pgrows.h"

static uint64_t
newlines(const uint8_t *buf, size_t len)
{
	const uint8_t *end = buf + len;
	uint64_t n = 0;

	while ((buf = memchr(buf, '\n', (size_t)(end - buf))) != NULL) {
		n++;
		if (++buf == end)
			break;
	}
	return n;
}

void
pgrows_update(struct pgrows *r, const uint8_t *buf, size_t len)
{
	const size_t size = sizeof(r->last);
	size_t stay;

	if (len == 0)
		return;
	r->lines += newlines(buf, len);
	if (len >= size) {
		memcpy(r->last, buf + len - size, size);
		r->have = size;
		return;
	}
	stay = r->have + len > size ? size - len : r->have;
	memmove(r->last, r->last + r->have - stay, stay);
	memcpy(r->last + stay, buf, len);
	r->have = stay + len;
}

int64_t
pgrows_end(const struct pgrows *r)
{
	size_t n = r->have, after = 0;

	for (; n > 0 && r->last[n - 1] == '\n'; n--)
		after++;
	if (after == 0 || n < 2 || memcmp(r->last + n - 2, "\\.", 2) != 0)
		return -1;
	/* The mark is the whole line: before it is a newline, or nothing. */
	if (n > 2 ? r->last[n - 3] != '\n' : r->lines != after)
		return -1;
	return (int64_t)(r->lines - after);
}
