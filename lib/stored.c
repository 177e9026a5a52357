#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agehead.h"
#include "armor.h"
#include "method.h"
#include "relay.h"
#include "seal.h"
#include "stored.h"
#include "stream.h"

enum { HEAD = 20 };			/* bytes that tell a layer; none needs more */

/* One layer: waits for the first bytes, then puts in before *next* what takes it off. */
struct layer {
	struct sink sink;
	struct sink *next;
	const struct key *keys;
	struct quota quota;
	struct stored *found;
	unsigned wants;
	int is_inner;			/* what was sealed; that is not sealed again */
	uint8_t head[HEAD];
	size_t have;
	int decided;
};

/* Sealed: reads the header as it passes.  Without keys it is the end of the chain. */
struct sealed {
	struct sink sink;
	struct sink *next;		/* what opens it; or, shut, what gets nothing and is only to be freed */
	struct agehead head;
	uint64_t payload;
	struct stored *found;
};

/* The outermost: counts the file, and digests it. */
struct file {
	struct sink sink;
	struct sink *next;
	struct digest *digest;
	struct stored *found;
};

static enum status
out_of_memory(void)
{
	warn("backup");
	return ST_TROUBLE;
}

/*
 * What is sealed.
 */

static enum status
sealed_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct sealed *s = (struct sealed *)sink;
	enum status st;
	size_t used = 0;

	if (!s->head.whole && (st = agehead_read(&s->head, buf, len, &used)) != ST_OK)
		return st;
	s->payload += len - used;
	return s->found->is_shut ? ST_OK : sink_update(s->next, buf, len);
}

static uint64_t
recipients(const struct agehead *head)
{
	struct stanza stanza;
	uint64_t n = 0;
	size_t at = 0;

	while (agehead_next(head, &at, &stanza))
		n++;
	return n;
}

static enum status
sealed_finish(struct sink *sink)
{
	struct sealed *s = (struct sealed *)sink;
	enum status st;
	uint64_t content;

	if ((st = agehead_ended(&s->head)) != ST_OK)
		return st;
	s->found->recipients = recipients(&s->head);
	if (!s->found->is_shut)
		return sink_finish(s->next);
	if (!stream_content(s->payload, &content)) {
		warnx("payload: cut short: no age file has %" PRIu64 " bytes after its header", s->payload);
		return ST_BAD;
	}
	return ST_OK;
}

static void
sealed_free(struct sink *sink)
{
	struct sealed *s = (struct sealed *)sink;

	agehead_free(&s->head);
	sink_free(s->next);
	free(s);
}

static struct sink *
sealed_new(struct stored *found, struct sink *next)
{
	struct sealed *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ sealed_update, sealed_finish, sealed_free };
	s->next = next;
	s->found = found;
	return &s->sink;
}

/*
 * A layer.
 */

static struct sink *layer_new(const struct layer *like, int is_inner, struct sink *next);

/* White space may stand before armor, and before nothing else that we know. */
static int
is_sealed(const struct layer *s)
{
	return memcmp(s->head, "age-encryption.org/", 19) == 0 || memcmp(s->head, ARMOR_BEGIN, HEAD) == 0 ||
	    (s->have > 0 && isspace(s->head[0]));
}

/* Decompression takes longer than unsealing; with a processor to spare they run side by side. */
static struct sink *
beside(const struct layer *s, struct sink *next)
{
	return s->quota.threads > 1 ? relay_new(next) : next;
}

static enum status
open_seal(struct layer *s)
{
	s->found->is_shut = s->keys == NULL;
	if (s->found->is_shut && (s->wants & STORED_DUMP) != 0) {
		warnx("the backup is sealed: a key is needed to open it (-i, -p)");
		return ST_TROUBLE;
	}
	if (!s->found->is_shut)
		s->next = unseal_new(s->keys, beside(s, layer_new(s, 1, s->next)));
	s->next = dearmor_new(sealed_new(s->found, s->next));
	return s->next == NULL ? out_of_memory() : ST_OK;
}

static enum status
decompress(struct layer *s)
{
	const struct method *m = method_beginning(s->head);

	if (m != NULL && (s->next = m->decoder(&s->quota, s->next)) == NULL)
		return out_of_memory();
	s->found->method = m == NULL ? "none" : m->name;
	return ST_OK;
}

/* The head is as long as it gets. */
static enum status
decide(struct layer *s)
{
	enum status st;

	s->decided = 1;
	if ((st = !s->is_inner && is_sealed(s) ? open_seal(s) : decompress(s)) != ST_OK)
		return st;
	return s->have == 0 ? ST_OK : sink_update(s->next, s->head, s->have);
}

static enum status
layer_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct layer *s = (struct layer *)sink;
	size_t n = HEAD - s->have < len ? HEAD - s->have : len;
	enum status st;

	if (!s->decided) {
		memcpy(s->head + s->have, buf, n);
		s->have += n;
		buf += n, len -= n;
		if (s->have == HEAD && (st = decide(s)) != ST_OK)
			return st;
	}
	return len == 0 ? ST_OK : sink_update(s->next, buf, len);
}

static enum status
layer_finish(struct sink *sink)
{
	struct layer *s = (struct layer *)sink;
	enum status st;

	if (!s->decided && (st = decide(s)) != ST_OK)
		return st;
	return sink_finish(s->next);
}

static void
layer_free(struct sink *sink)
{
	struct layer *s = (struct layer *)sink;

	sink_free(s->next);
	free(s);
}

/* A layer with the keys, the quota and so on of another. */
static struct sink *
layer_new(const struct layer *like, int is_inner, struct sink *next)
{
	struct layer *s;

	if (next == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ layer_update, layer_finish, layer_free };
	s->next = next;
	s->keys = like->keys;
	s->quota = like->quota;
	s->found = like->found;
	s->wants = like->wants;
	s->is_inner = is_inner;
	return &s->sink;
}

/*
 * The file.
 */

static enum status
file_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct file *s = (struct file *)sink;

	s->found->bytes += len;
	if (s->digest != NULL)
		digest_update(s->digest, buf, len);
	return sink_update(s->next, buf, len);
}

static enum status
file_finish(struct sink *sink)
{
	struct file *s = (struct file *)sink;

	if (s->digest != NULL)
		digest_hex(s->digest, s->found->sha256);
	return sink_finish(s->next);
}

static void
file_free(struct sink *sink)
{
	struct file *s = (struct file *)sink;

	digest_free(s->digest);
	sink_free(s->next);
	free(s);
}

struct sink *
stored_new(const struct key *keys, const struct quota *quota, unsigned wants, struct stored *found,
    struct sink *next)
{
	const struct layer outer = { .keys = keys, .quota = *quota, .found = found, .wants = wants };
	struct file *s;

	*found = (struct stored){ .is_shut = 0 };
	if ((next = layer_new(&outer, 0, next)) == NULL)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    ((wants & STORED_SHA256) != 0 && (s->digest = digest_new()) == NULL)) {
		free(s);
		sink_free(next);
		return NULL;
	}
	s->sink = (struct sink){ file_update, file_finish, file_free };
	s->next = next;
	s->found = found;
	return &s->sink;
}

enum status
stored_report(const struct stored *found, struct report *report)
{
	enum status st;

	if ((st = report_number(report, "stored-bytes", found->bytes)) != ST_OK ||
	    (st = report_number(report, "sealed", found->recipients)) != ST_OK)
		return st;
	if (found->is_shut)
		return report_text(report, "depth", "sealed");
	if ((st = report_text(report, "method", found->method)) != ST_OK)
		return st;
	return report_text(report, "depth", "dump");
}
