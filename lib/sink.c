#include "sink.h"

enum status
sink_update(struct sink *s, const uint8_t *buf, size_t len)
{
	return s->update(s, buf, len);
}

enum status
sink_finish(struct sink *s)
{
	return s->finish(s);
}

void
sink_free(struct sink *s)
{
	if (s != NULL)
		s->free(s);
}
