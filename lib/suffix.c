#include <string.h>

#include "suffix.h"

static size_t
begins(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && memcmp(text, suffix, n) == 0 ? n : 0;
}

size_t
suffix_layers(const char *text, size_t len)
{
	static const char *const methods[] = { SUFFIX_GZIP, SUFFIX_ZSTD, SUFFIX_XZ };
	size_t i, n = 0;

	for (i = 0; n == 0 && i < sizeof(methods) / sizeof(methods[0]); i++)
		n = begins(text, len, methods[i]);
	return n + begins(text + n, len - n, SUFFIX_SEALED);
}
