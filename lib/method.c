#include <string.h>

#include "gunz.h"
#include "gz.h"
#include "method.h"
#include "suffix.h"
#include "xz.h"
#include "zst.h"

static uint64_t
no_memory(int level)
{
	(void)level;
	return 0;
}

static struct sink *
same_out(int level, const struct quota *q, struct sink *next)
{
	(void)level;
	(void)q;
	return next;
}

static struct sink *
same_in(const struct quota *q, struct sink *next)
{
	(void)q;
	return next;
}

const struct method methods[] = {
	{ "gzip", SUFFIX_GZIP, GZ_LOWEST, GZ_USUAL, GZ_HIGHEST, gz_begins, gz_needs, gz_new, gunz_new },
	{ "zstd", SUFFIX_ZSTD, ZST_LOWEST, ZST_USUAL, ZST_HIGHEST, zst_begins, zst_needs, zst_encoder, zst_decoder },
	{ "xz", SUFFIX_XZ, XZ_LOWEST, XZ_USUAL, XZ_HIGHEST, xz_begins, xz_needs, xz_encoder, xz_decoder },
	{ "none", "", 0, 0, 0, NULL, no_memory, same_out, same_in },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL }
};

const struct method *
method_named(const char *name)
{
	const struct method *m;

	for (m = methods; m->name != NULL; m++) {
		if (strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}

const struct method *
method_beginning(const uint8_t head[METHOD_HEAD])
{
	const struct method *m;

	for (m = methods; m->name != NULL; m++) {
		if (m->begins != NULL && m->begins(head))
			return m;
	}
	return NULL;
}
