#define _GNU_SOURCE		/* MAP_ANONYMOUS */

#include <sys/mman.h>
#include <sys/random.h>

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "clock.h"
#include "digest.h"
#include "halt.h"
#include "meter.h"
#include "receipt.h"
#include "s3confirm.h"
#include "s3list.h"
#include "s3look.h"
#include "s3part.h"
#include "s3upload.h"
#include "visible.h"

enum {
	RESENDS = 3,			/* of a part whose answer had a wrong ETag, or none */
	TURN_MS = 1000,
	ABORT_MS = 12000,		/* after a signal: mm-pipe's patience is 30 s */
	ABORT_LONG_MS = 60000,
	MD5_BASE64 = 25
};

struct slot {
	uint8_t *buf;			/* mapped; cap bytes */
	size_t cap;
	size_t size;			/* of the part when it is full */
	size_t len;
	unsigned number;
	int is_sent;			/* its request is under way, or has ended and not been looked at */
	unsigned resends;
	char etag[S3LOOK_ETAG];		/* the wrong one that came last */
	char number_text[12];
	char sha256[DIGEST_HEX];
	char md5[DIGEST_HEX];		/* hex; "": not computed */
	char md5_base64[MD5_BASE64];
	char sum[S3SUM_TEXT];
	struct s3req req;
	struct s3part *part;
};

struct s3part {
	struct sink sink;
	struct s3 *s3;
	const struct s3part_ask *ask;
	const char *base;		/* of the key: what the receipt names */
	struct s3plan plan;
	struct s3upload upload;
	struct slot slot[S3PART_PARALLEL + 1];
	struct slot *filling;
	unsigned parts;			/* begun */
	uint64_t sent;			/* bytes in full parts */
	int wants_md5;			/* for parts that are begun from now on */
	int keeps_md5;			/* the one that is being filled has it kept up */
	int distrusts_etags;		/* the server's are no MD5s, though they look so */
	int is_published;
	struct digest *whole, *sha256, *md5;
	struct s3summing part_sum, whole_sum;
	struct s3upload_part *had;	/* what the server has of an upload that is resumed */
	size_t nhad;
};

/* --- digests of a part */

static void
set_md5(struct slot *slot, const uint8_t raw[DIGEST_MD5])
{
	digest_print(raw, DIGEST_MD5, slot->md5);
	EVP_EncodeBlock((unsigned char *)slot->md5_base64, raw, DIGEST_MD5);
}

/* For a part whose MD5 was not kept up while it was filled. */
static void
compute_md5(struct slot *slot)
{
	uint8_t raw[DIGEST_MD5];

	if (slot->md5[0] != '\0')
		return;
	digest_md5(slot->buf, slot->len, raw);
	set_md5(slot, raw);
}

static void
digest_piece(struct s3part *p, const uint8_t *buf, size_t len)
{
	digest_update(p->whole, buf, len);
	if (!s3_is_https(p->s3))
		digest_update(p->sha256, buf, len);
	if (p->keeps_md5)
		digest_update(p->md5, buf, len);
	s3sum_update(&p->part_sum, buf, len);
	s3sum_update(&p->whole_sum, buf, len);
}

static void
end_digests(struct s3part *p, struct slot *slot)
{
	uint8_t raw[DIGEST_MD5];

	slot->sha256[0] = slot->md5[0] = '\0';
	if (!s3_is_https(p->s3)) {
		digest_hex(p->sha256, slot->sha256);
		digest_again(p->sha256);
	}
	if (p->keeps_md5) {
		digest_raw(p->md5, raw);
		digest_again(p->md5);
		set_md5(slot, raw);
	}
	s3sum_end(&p->part_sum, slot->sum);
}

/* The headers that prove the body, whether it is a part or all. */
static size_t
proof_headers(const struct s3part *p, const struct slot *slot, struct sigv4_pair *header)
{
	size_t n = 0;

	if (slot->md5[0] != '\0')
		header[n++] = (struct sigv4_pair){ "content-md5", slot->md5_base64 };
	if (p->ask->sum != S3SUM_NONE)
		header[n++] = (struct sigv4_pair){ s3sum_header(p->ask->sum), slot->sum };
	return n;
}

/* --- parts under way */

/* A refusal that wants the MD5: now it gets it. */
static int
add_md5(void *ctx, struct s3req *r)
{
	struct slot *slot = ctx;

	if (r->http != 400 || slot->md5[0] != '\0' || (strstr(r->text, "MD5") == NULL && strstr(r->code, "MD5") == NULL))
		return 0;
	compute_md5(slot);
	slot->part->wants_md5 = 1;
	r->header[r->nheader++] = (struct sigv4_pair){ "content-md5", slot->md5_base64 };
	return 1;
}

static void
send_part(struct s3part *p, struct slot *slot)
{
	struct s3req *r = &slot->req;

	snprintf(slot->number_text, sizeof(slot->number_text), "%u", slot->number);
	*r = (struct s3req){
		.method = "PUT", .key = p->upload.key, .body = slot->buf, .body_len = slot->len,
		.sha256 = slot->sha256[0] == '\0' ? NULL : slot->sha256,
		.query = { { "partNumber", slot->number_text }, { "uploadId", p->upload.id } }, .nquery = 2,
		.mend = add_md5, .ctx = slot
	};
	r->nheader = proof_headers(p, slot, r->header);
	slot->is_sent = 1;
	s3_start(p->s3, r);
}

static void
complain_of_part(const struct s3part *p, const struct slot *slot)
{
	char what[40];

	snprintf(what, sizeof(what), "send part %u", slot->number);
	s3_complain(p->s3, &slot->req, what);
}

/* The server has taken it: is what it says of it right?  If not, once more; false if that does not help. */
static enum status
take_part(struct s3part *p, struct slot *slot)
{
	const char *told = s3req_header(&slot->req, "etag");
	char etag[S3LOOK_ETAG];

	s3look_etag(told, etag);
	if (s3look_own_etags(&slot->req))
		p->upload.has_own_etags = 1;
	if (etag[0] != '\0' && (slot->md5[0] == '\0' || p->upload.has_own_etags || p->distrusts_etags ||
	    !s3upload_is_md5(etag) || strcasecmp(etag, slot->md5) == 0)) {
		slot->is_sent = 0;
		meter_gave(slot->len);
		return s3upload_keep(&p->upload, slot->number, etag, slot->len, slot->sum);
	}
	/* The same wrong one for the same bytes, of which the server has checked the MD5: it makes its ETags otherwise. */
	if (etag[0] != '\0' && strcmp(etag, slot->etag) == 0)
		p->distrusts_etags = 1;
	if (slot->resends++ == RESENDS) {
		warnx("s3://%s/%s: part %u: the server's ETag is not that of what was sent", s3_bucket(p->s3), p->upload.key, slot->number);
		return ST_TROUBLE;
	}
	memcpy(slot->etag, etag, sizeof(etag));
	s3_clear(p->s3, &slot->req);
	send_part(p, slot);
	return ST_OK;
}

/* Look at the parts whose requests have ended. */
static enum status
reap(struct s3part *p)
{
	enum status st = ST_OK;
	struct slot *slot;

	for (slot = p->slot; slot <= p->slot + S3PART_PARALLEL && st == ST_OK; slot++) {
		if (!slot->is_sent || slot->req.end == S3_PENDING)
			continue;
		if (slot->req.end == S3_DONE) {
			st = take_part(p, slot);
		} else {
			complain_of_part(p, slot);
			st = ST_TROUBLE;
		}
		if (!slot->is_sent)
			s3_clear(p->s3, &slot->req);
	}
	return st;
}

static unsigned
in_flight(const struct s3part *p)
{
	const struct slot *slot;
	unsigned n = 0;

	for (slot = p->slot; slot <= p->slot + S3PART_PARALLEL; slot++)
		n += slot->is_sent != 0;
	return n;
}

/* Go on sending until no more than *most* are in flight. */
static enum status
drain(struct s3part *p, unsigned most)
{
	enum status st;

	while ((st = reap(p)) == ST_OK && in_flight(p) > most)
		if (s3_turn(p->s3, -1, TURN_MS) == S3TURN_HALT)
			return ST_TROUBLE;
	return st;
}

enum status
s3part_wait(void *part, int fd)
{
	struct s3part *p = (struct s3part *)part;
	enum s3turn turn;
	enum status st;

	do {
		turn = s3_turn(p->s3, fd, TURN_MS);
		if (turn == S3TURN_HALT)
			return ST_TROUBLE;
		if ((st = reap(p)) != ST_OK)
			return st;
	} while (turn != S3TURN_READABLE);
	return ST_OK;
}

/* --- filling */

/* Room for a part of that size; what is there already is kept if it serves. */
static enum status
make_room(struct slot *slot, size_t size)
{
	void *buf;

	if (slot->cap != size && slot->buf != NULL) {
		munmap(slot->buf, slot->cap);
		slot->buf = NULL;
		slot->cap = 0;
	}
	if (slot->buf == NULL) {
		if ((buf = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED) {
			warn("a part of %zu bytes", size);
			return ST_TROUBLE;
		}
		slot->buf = buf;
		slot->cap = size;
	}
	slot->size = size;
	slot->len = 0;
	return ST_OK;
}

/* What no part needs for now goes back: parts that grow are fewer. */
static void
trim(struct s3part *p, size_t size)
{
	struct slot *slot;

	for (slot = p->slot; slot <= p->slot + S3PART_PARALLEL; slot++) {
		if (slot->is_sent || slot->buf == NULL || slot->cap == size)
			continue;
		munmap(slot->buf, slot->cap);
		slot->buf = NULL;
		slot->cap = 0;
	}
}

static struct slot *
unused(struct s3part *p)
{
	struct slot *slot, *empty = NULL;

	for (slot = p->slot; slot <= p->slot + S3PART_PARALLEL; slot++) {
		if (slot->is_sent)
			continue;
		if (slot->buf != NULL)
			return slot;
		if (empty == NULL)
			empty = slot;
	}
	return empty;
}

/* A slot for the next part, when so few are in flight that it may be filled. */
static enum status
begin_part(struct s3part *p)
{
	uint64_t size = s3plan_next(&p->plan, p->parts, p->sent);
	enum status st;

	if (size == 0) {
		warnx("the stream is longer than %" PRIu64 " parts hold, which is %" PRIu64 " bytes: say --expected-size, or -M",
		    p->plan.ask.max_parts, p->sent);
		return ST_TROUBLE;
	}
	if ((st = drain(p, s3plan_parallel(&p->plan, size))) != ST_OK)
		return st;
	trim(p, size);
	p->filling = unused(p);
	p->filling->number = ++p->parts;
	p->filling->resends = 0;
	p->filling->etag[0] = '\0';
	p->keeps_md5 = p->wants_md5;
	return make_room(p->filling, size);
}

/* --- an upload that goes on */

struct candidate {
	const struct s3part *part;
	char *id;
	int64_t time;
};

static enum status
choose_latest(void *ctx, const struct s3entry *entry)
{
	struct candidate *c = ctx;

	if (strcmp(entry->key, c->part->upload.key) != 0 || (c->id != NULL && entry->time < c->time))
		return ST_OK;
	free(c->id);
	c->time = entry->time;
	return (c->id = strdup(entry->id)) == NULL ? ST_TROUBLE : ST_OK;
}

/* Is that a part as we would make it, but for its bytes? */
static int
fits_plan(const struct s3part *p, const struct s3entry *entry)
{
	uint64_t size = p->plan.part, all = (uint64_t)p->ask->file->st_size, before = (entry->number - UINT64_C(1)) * size;

	if (entry->number == 0 || before >= all || !s3upload_is_md5(entry->etag))
		return 0;
	return entry->size == (all - before < size ? all - before : size);
}

static enum status
note_had(void *ctx, const struct s3entry *entry)
{
	struct s3part *p = ctx;
	struct s3upload_part *part;

	if (!fits_plan(p, entry))
		return ST_BAD;
	part = &p->had[entry->number - 1];
	free(part->etag);
	part->size = entry->size;
	return (part->etag = strdup(entry->etag)) == NULL ? ST_TROUBLE : ST_OK;
}

static void
forget_had(struct s3part *p)
{
	size_t i;

	for (i = 0; i < p->nhad; i++)
		free(p->had[i].etag);
	free(p->had);
	p->had = NULL;
	p->nhad = 0;
}

/* Does the server have exactly this part already? */
static int
had_it(struct s3part *p, struct slot *slot)
{
	const struct s3upload_part *had;

	if (slot->number > p->nhad || (had = &p->had[slot->number - 1])->etag == NULL || had->size != slot->len)
		return 0;
	compute_md5(slot);
	return strcasecmp(had->etag, slot->md5) == 0;
}

/* Take up that upload if what the server has of it suits, and the first part is the one that we have. */
static int
take_up(struct s3part *p, struct slot *slot, char *id)
{
	size_t n = (size_t)((uint64_t)p->ask->file->st_size / p->plan.part) + 1;

	if ((p->had = calloc(n, sizeof(*p->had))) == NULL)
		return 0;
	p->nhad = n;
	if (s3list_parts(p->s3, p->upload.key, id, NULL, note_had, p) == ST_OK && had_it(p, slot)) {
		p->upload.id = id;
		p->upload.is_resumed = 1;
		return 1;
	}
	forget_had(p);
	return 0;
}

static int
resume(struct s3part *p, struct slot *first)
{
	struct candidate c = { .part = p };

	if (p->ask->file == NULL || !p->upload.may_look || p->plan.grows)
		return 0;
	if (s3list_uploads(p->s3, p->upload.key, NULL, choose_latest, &c) == ST_OK && c.id != NULL && take_up(p, first, c.id))
		return 1;
	free(c.id);
	return 0;
}

/* --- the sink */

static enum status
part_is_full(struct s3part *p)
{
	struct slot *slot = p->filling;
	enum status st;

	end_digests(p, slot);
	if (p->upload.id == NULL && !resume(p, slot) && (st = s3upload_begin(&p->upload)) != ST_OK)
		return st;
	p->filling = NULL;
	p->sent += slot->len;
	if (had_it(p, slot))
		return s3upload_keep(&p->upload, slot->number, p->had[slot->number - 1].etag, slot->len, slot->sum);
	send_part(p, slot);
	return ST_OK;
}

/* A full part waits until we know that it is not all: then it would be sent otherwise. */
static enum status
next_slot(struct s3part *p)
{
	enum status st;

	if (p->filling != NULL && p->filling->len == p->filling->size && (st = part_is_full(p)) != ST_OK)
		return st;
	return p->filling == NULL ? begin_part(p) : ST_OK;
}

static enum status
update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct s3part *p = (struct s3part *)sink;
	struct slot *slot;
	enum status st;
	size_t n;

	for (; len > 0; buf += n, len -= n) {
		if ((st = next_slot(p)) != ST_OK)
			return st;
		slot = p->filling;
		n = slot->size - slot->len < len ? slot->size - slot->len : len;
		memcpy(slot->buf + slot->len, buf, n);
		digest_piece(p, buf, n);
		slot->len += n;
	}
	return ST_OK;
}

static enum status
put_all(struct s3part *p)
{
	struct slot *slot = p->filling;
	struct s3upload_body body = { .buf = slot->buf, .len = slot->len, .mend = add_md5, .ctx = slot };

	end_digests(p, slot);
	body.sha256 = slot->sha256[0] == '\0' ? NULL : slot->sha256;
	body.md5 = slot->md5[0] == '\0' ? NULL : slot->md5;
	body.nheader = proof_headers(p, slot, body.header);
	s3_heed(p->s3, S3HEED_SOON);
	meter_gave(slot->len);
	return s3upload_put(&p->upload, &body);
}

static enum status
complete(struct s3part *p)
{
	enum status st;

	if (p->filling != NULL && p->filling->len > 0 && (st = part_is_full(p)) != ST_OK)
		return st;
	if ((st = drain(p, 0)) != ST_OK)
		return st;
	s3_heed(p->s3, S3HEED_SOON);
	s3sum_end(&p->whole_sum, p->upload.whole_sum);
	return s3upload_complete(&p->upload);
}

static enum status
finish(struct sink *sink)
{
	struct s3part *p = (struct s3part *)sink;
	char hex[DIGEST_HEX];
	enum status st;

	if (p->filling == NULL && p->parts == 0 && (st = begin_part(p)) != ST_OK)
		return st;
	st = p->upload.id == NULL ? put_all(p) : complete(p);
	if (st != ST_OK || (st = s3confirm(p->s3, p->upload.key, p->ask->attr)) != ST_OK)
		return st;
	digest_hex(p->whole, hex);
	if ((st = receipt_write(p->ask->receipt, hex, p->base)) == ST_OK)
		p->is_published = 1;
	return st;
}

static void
cancel_all(struct s3part *p)
{
	struct slot *slot;

	for (slot = p->slot; slot <= p->slot + S3PART_PARALLEL; slot++) {
		s3_clear(p->s3, &slot->req);
		if (slot->buf != NULL)
			munmap(slot->buf, slot->cap);
	}
}

static void
let_go(struct sink *sink)
{
	struct s3part *p = (struct s3part *)sink;

	cancel_all(p);
	if (!p->is_published) {
		s3_heed(p->s3, S3HEED_NOT);
		s3_limit(p->s3, halt_signal() != 0 ? ABORT_MS : ABORT_LONG_MS);
		s3upload_abort(&p->upload);
	}
	s3upload_free(&p->upload);
	forget_had(p);
	s3sum_free(&p->part_sum);
	s3sum_free(&p->whole_sum);
	digest_free(p->whole);
	digest_free(p->sha256);
	digest_free(p->md5);
	free(p);
}

/* --- the beginning */

/* A file's own token, so that an upload of it can go on; all that makes the object another one is in it. */
static void
token_of_file(const struct s3part *p, const struct stat *file, char token[S3LOOK_TOKEN])
{
	struct digest *d = p->whole;	/* nothing is in it yet */
	char text[200], hex[DIGEST_HEX];
	size_t i;

	snprintf(text, sizeof(text), "%ju %ju %jd %jd.%09ld %d", (uintmax_t)file->st_dev, (uintmax_t)file->st_ino,
	    (intmax_t)file->st_size, (intmax_t)file->st_mtim.tv_sec, file->st_mtim.tv_nsec, (int)p->ask->sum);
	digest_update(d, (const uint8_t *)text, strlen(text));
	digest_update(d, (const uint8_t *)p->upload.key, strlen(p->upload.key));
	if (p->ask->large_class != NULL)
		digest_update(d, (const uint8_t *)p->ask->large_class, strlen(p->ask->large_class) + 1);
	for (i = 0; i < p->ask->attr->n; i++) {
		digest_update(d, (const uint8_t *)p->ask->attr->pair[i].name, strlen(p->ask->attr->pair[i].name) + 1);
		digest_update(d, (const uint8_t *)p->ask->attr->pair[i].value, strlen(p->ask->attr->pair[i].value) + 1);
	}
	digest_hex(d, hex);
	digest_again(d);
	snprintf(token, S3LOOK_TOKEN, "%.32s", hex);
}

static enum status
make_token(struct s3part *p, char token[S3LOOK_TOKEN])
{
	uint8_t raw[(S3LOOK_TOKEN - 1) / 2];

	if (p->ask->file != NULL) {
		token_of_file(p, p->ask->file, token);
		return ST_OK;
	}
	if (getentropy(raw, sizeof(raw)) == -1) {
		warn("getentropy");
		return ST_TROUBLE;
	}
	digest_print(raw, sizeof(raw), token);
	return ST_OK;
}

/* What is there already is not replaced, and that is found out before anything is read. */
static enum status
look_first(struct s3part *p)
{
	char key[VISIBLE_SIZE(S3PLACE_KEY)];
	struct s3look at;

	s3look_at(p->s3, p->upload.key, &at);
	p->upload.look_ms = clock_ms();
	p->upload.may_look = at.there != S3LOOK_FORBIDDEN;
	if (at.there == S3LOOK_OBJECT && !p->ask->replaces) {
		visible(key, p->upload.key, strlen(p->upload.key));
		warnx("s3://%s/%s exists already, and is not replaced", s3_bucket(p->s3), key);
		return ST_TROUBLE;
	}
	return at.there == S3LOOK_FAILED ? ST_TROUBLE : ST_OK;
}

static enum status
prepare(struct s3part *p)
{
	enum status st;
	size_t i;

	if ((p->whole = digest_new()) == NULL || (p->sha256 = digest_new()) == NULL || (p->md5 = digest_md5_new()) == NULL) {
		warnx("no SHA-256 or no MD5, by lack of memory or by the system's policy");
		return ST_TROUBLE;
	}
	if ((st = s3sum_begin(&p->part_sum, p->ask->sum)) != ST_OK ||
	    (st = s3sum_begin(&p->whole_sum, s3sum_is_whole(p->ask->sum) ? p->ask->sum : S3SUM_NONE)) != ST_OK ||
	    (st = s3plan_make(&p->plan, &p->ask->plan)) != ST_OK || (st = make_token(p, p->upload.token)) != ST_OK)
		return st;
	for (i = 0; i <= S3PART_PARALLEL; i++)
		p->slot[i].part = p;
	p->wants_md5 = s3_is_https(p->s3) || p->ask->attr->is_locked;
	s3_heed(p->s3, S3HEED_NOW);
	return look_first(p);
}

struct sink *
s3part_new(struct s3 *s3, const char *key, const struct s3part_ask *ask)
{
	const char *slash = strrchr(key, '/');
	struct s3part *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		warn("%s", key);
		return NULL;
	}
	p->sink = (struct sink){ update, finish, let_go };
	p->s3 = s3;
	p->ask = ask;
	p->base = slash == NULL ? key : slash + 1;
	p->upload = (struct s3upload){
		.s3 = s3, .key = key, .attr = ask->attr, .large_class = ask->large_class, .sum = ask->sum, .spares = !ask->replaces
	};
	if (prepare(p) == ST_OK)
		return &p->sink;
	let_go(&p->sink);
	return NULL;
}
