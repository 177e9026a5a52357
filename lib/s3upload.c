#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "clock.h"
#include "digest.h"
#include "s3list.h"
#include "s3upload.h"
#include "s3xml.h"
#include "visible.h"

enum {
	ABORTS = 5,			/* parts in flight may land after an abort */
	EARLIER = 5,			/* seconds that an upload of ours may seem older than it is */
	FRESH_MS = 1000,		/* for so long, what a look has shown is taken to be so */
	PATIENCE = 3,			/* times that an odd answer to a Complete is not believed */
	UPLOAD_ID = 2048
};

/* What became of a request whose answer is not enough. */
enum fate {
	FATE_DONE,
	FATE_NOT,			/* there is nothing */
	FATE_OTHERS,			/* there is an object, and it is not ours */
	FATE_WRONG,			/* it is ours, and not what was sent */
	FATE_UNKNOWN,			/* it fits, and does not say whose it is */
	FATE_HIDDEN,			/* these keys may not look */
	FATE_FAILED			/* to look; it has been said why */
};

/* --- the object that is there, and the one that should be */

static int
is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdefABCDEF") >= len;
}

int
s3upload_is_md5(const char *etag)
{
	return strlen(etag) == 2 * DIGEST_MD5 && is_hex(etag, 2 * DIGEST_MD5);
}

/* Are they of one form, so that they should be the same? */
static int
comparable(const char *etag, const char *expected)
{
	size_t hex = 2 * DIGEST_MD5;

	return expected[0] != '\0' && strlen(etag) == strlen(expected) && is_hex(etag, hex) && strcmp(etag + hex, expected + hex) == 0;
}

static int
differs(const char *etag, const char *expected)
{
	return comparable(etag, expected) && strcasecmp(etag, expected) != 0;
}

static int
hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The ETag that the parts make: MD5 of their MD5s, and their number.  "" where the parts have no such ETags. */
static void
expect_etag(const struct s3upload *u, char expected[S3LOOK_ETAG])
{
	uint8_t raw[DIGEST_MD5];
	struct digest *d;
	size_t i, k;

	expected[0] = '\0';
	if (u->has_own_etags || (d = digest_md5_new()) == NULL)
		return;
	for (i = 0; i < u->n && s3upload_is_md5(u->part[i].etag); i++) {
		for (k = 0; k < DIGEST_MD5; k++)
			raw[k] = (uint8_t)(hex_value(u->part[i].etag[2 * k]) << 4 | hex_value(u->part[i].etag[2 * k + 1]));
		digest_update(d, raw, sizeof(raw));
	}
	digest_raw(d, raw);
	digest_free(d);
	if (i < u->n)
		return;
	digest_print(raw, sizeof(raw), expected);
	snprintf(expected + 2 * DIGEST_MD5, S3LOOK_ETAG - 2 * DIGEST_MD5, "-%zu", u->n);
}

static enum fate
look(struct s3upload *u, uint64_t size, const char *expected)
{
	struct s3look at;
	int fits;

	s3look_at(u->s3, u->key, &at);
	u->look_ms = clock_ms();
	if (at.there == S3LOOK_NOTHING)
		return FATE_NOT;
	if (at.there != S3LOOK_OBJECT)
		return at.there == S3LOOK_FORBIDDEN ? FATE_HIDDEN : FATE_FAILED;
	fits = at.size == size && (at.has_own_etags || !differs(at.etag, expected));
	/* Some servers lose the token. */
	if (at.token[0] == '\0')
		return fits && u->may_be_there ? FATE_UNKNOWN : FATE_OTHERS;
	if (strcmp(at.token, u->token) != 0)
		return FATE_OTHERS;
	return fits ? FATE_DONE : FATE_WRONG;
}

/* For what is said to be done: some servers need a moment to see it themselves. */
static enum fate
look_patiently(struct s3upload *u, uint64_t size, const char *expected)
{
	static const struct timespec moment = { .tv_sec = 1 };
	enum fate fate = look(u, size, expected);
	int i;

	for (i = 0; i < PATIENCE && (fate == FATE_NOT || fate == FATE_OTHERS); i++) {
		nanosleep(&moment, NULL);
		fate = look(u, size, expected);
	}
	return fate;
}

static enum status
complain_of_fate(const struct s3upload *u, enum fate fate)
{
	char key[VISIBLE_SIZE(S3PLACE_KEY)];

	visible(key, u->key, strlen(u->key));
	if (fate == FATE_OTHERS)
		warnx("s3://%s/%s is there now, and is not replaced", s3_bucket(u->s3), key);
	else
		warnx("s3://%s/%s: what the server has is not what was sent", s3_bucket(u->s3), key);
	return ST_TROUBLE;
}

static void
delete(struct s3upload *u)
{
	struct s3req r = { .method = "DELETE", .key = u->key };

	s3_run(u->s3, &r);
	if (r.end != S3_DONE)
		s3_complain(u->s3, &r, "take it back");
	s3_clear(u->s3, &r);
}

/* The upload that was taken up was begun for something else: with other attributes, or by another program. */
static enum status
refuse_resumed(struct s3upload *u)
{
	warnx("s3://%s/%s: the unfinished upload that was there had been begun with other options; try again", s3_bucket(u->s3),
	    u->key);
	delete(u);
	return ST_TROUBLE;
}

/* It said that it is done, and these keys may not look: there is only the ETag that it told. */
static enum status
take_its_word(const struct s3upload *u, const char *told, const char *expected)
{
	return differs(told, expected) ? complain_of_fate(u, FATE_WRONG) : ST_OK;
}

/* The server said that it is done: is that so? */
static enum status
verify(struct s3upload *u, const char *told, uint64_t size, const char *expected)
{
	enum fate fate;

	u->may_be_there = u->is_said_done = 1;
	if (!u->is_resumed && expected[0] != '\0' && strcasecmp(told, expected) == 0)
		return ST_OK;
	if (expected[0] == '\0' && told[0] != '\0' && u->n == 0)
		return ST_OK;	/* a PUT whose digest the server has checked */
	fate = look_patiently(u, size, expected);
	if (fate == FATE_DONE && comparable(told, expected))
		warnx("the server told a wrong ETag, %s; the object has the right one", told);
	if (u->is_resumed && fate != FATE_DONE && fate != FATE_WRONG && fate != FATE_FAILED)
		return refuse_resumed(u);
	if (fate == FATE_DONE || fate == FATE_UNKNOWN)
		return ST_OK;
	if (fate == FATE_HIDDEN)
		return take_its_word(u, told, expected);
	return fate == FATE_FAILED ? ST_TROUBLE : complain_of_fate(u, fate);
}

/* --- requests that make the object */

/* Directly before one: whose object is there by now?  Not every server looks itself. */
static enum status
look_again(struct s3upload *u, uint64_t size, const char *expected)
{
	enum fate fate;

	if (!u->spares || !u->may_look)
		return ST_OK;
	fate = look(u, size, expected);
	if (fate == FATE_FAILED)
		return ST_TROUBLE;
	/* What is ours is there by an attempt of which we do not know; the next one tells. */
	if (fate == FATE_OTHERS || (fate != FATE_NOT && fate != FATE_HIDDEN && !u->may_be_there))
		return complain_of_fate(u, FATE_OTHERS);
	return ST_OK;
}

static int
was_refused_for_condition(const struct s3req *r)
{
	static const char *const codes[] = { "NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedHeader" };
	size_t i;

	if (r->http == 501)
		return 1;
	for (i = 0; r->http == 400 && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(r->code, codes[i]) == 0)
			return 1;
	return 0;
}

static void
add_header(struct s3req *r, const char *name, const char *value)
{
	r->header[r->nheader++] = (struct sigv4_pair){ name, value };
}

static void
add_condition(const struct s3upload *u, struct s3req *r)
{
	if (u->spares)
		add_header(r, "if-none-match", "*");
}

/* Where among the headers the condition stands; NULL if it does not. */
static struct sigv4_pair *
condition(struct s3req *r)
{
	size_t i;

	for (i = 0; i < r->nheader; i++)
		if (strcmp(r->header[i].name, "if-none-match") == 0)
			return &r->header[i];
	return NULL;
}

/* This server does not know If-None-Match.  Zero: and we could not look either. */
static int
drop_condition(const struct s3upload *u, struct s3req *r)
{
	struct sigv4_pair *header = condition(r);

	if (!u->may_look) {
		warnx("s3://%s/%s: whether it is there cannot be told: these keys may not look, and the server knows no If-None-Match; "
		    "-f replaces it", s3_bucket(u->s3), u->key);
		return 0;
	}
	*header = r->header[--r->nheader];
	return 1;
}

/* Did somebody else's object get in the way? */
static int
is_in_the_way(const struct s3upload *u, const struct s3req *r)
{
	return u->spares && (r->http == 412 || strcmp(r->code, "PreconditionFailed") == 0);
}

/* Might the server have done it, whatever it says, or says no more? */
static int
is_ambiguous(const struct s3req *r)
{
	if (r->end == S3_LOST)
		return r->was_sent;
	return r->http >= 500 || r->http / 100 == 2 || strcmp(r->code, "NoSuchUpload") == 0;
}

/* What to do after an attempt that did not simply succeed. */
enum next {
	NEXT_DONE,
	NEXT_AGAIN,
	NEXT_FAIL			/* it has been said why */
};

/* A failed attempt at making the object. */
static enum next
judge(struct s3upload *u, struct s3req *r, uint64_t size, const char *expected, const char *what)
{
	enum fate fate = FATE_NOT;

	u->may_be_there |= is_ambiguous(r);
	if (u->may_be_there && (is_ambiguous(r) || is_in_the_way(u, r)))
		fate = look(u, size, expected);
	if (fate == FATE_DONE)
		return NEXT_DONE;
	if (fate == FATE_WRONG || (fate == FATE_OTHERS && u->spares))
		return complain_of_fate(u, fate), NEXT_FAIL;
	if (condition(r) != NULL && r->end == S3_REFUSED && was_refused_for_condition(r))
		return drop_condition(u, r) ? NEXT_AGAIN : NEXT_FAIL;
	if (is_in_the_way(u, r))
		return complain_of_fate(u, FATE_OTHERS), NEXT_FAIL;
	/* Of an upload, this cannot be asked again: all of it would have to be sent anew. */
	if (u->id != NULL && strcmp(r->code, "ConditionalRequestConflict") == 0)
		return s3_complain(u->s3, r, what), NEXT_FAIL;
	if (s3_again(u->s3, r))
		return NEXT_AGAIN;
	s3_complain(u->s3, r, what);
	return NEXT_FAIL;
}

enum status
s3upload_put(struct s3upload *u, const struct s3upload_body *body)
{
	struct s3req r = {
		.method = "PUT", .key = u->key, .body = body->buf, .body_len = body->len, .sha256 = body->sha256, .is_fresh = 1,
		.header = { { S3LOOK_TOKEN_HEADER, u->token } }, .nheader = 1, .mend = body->mend, .ctx = body->ctx
	};
	const char *expected = body->md5 == NULL ? "" : body->md5;
	char etag[S3LOOK_ETAG];
	enum status st = ST_TROUBLE;
	enum next next;

	s3attr_apply(u->attr, &r);
	memcpy(r.header + r.nheader, body->header, body->nheader * sizeof(body->header[0]));
	r.nheader += body->nheader;
	if (u->large_class != NULL && body->len >= S3UPLOAD_LARGE)
		add_header(&r, S3ATTR_CLASS, u->large_class);
	add_condition(u, &r);
	do {
		if (clock_ms() - u->look_ms > FRESH_MS && look_again(u, body->len, expected) != ST_OK)
			break;
		s3_once(u->s3, &r);
		if (r.end == S3_DONE) {
			s3look_etag(s3req_header(&r, "etag"), etag);
			st = verify(u, etag, body->len, s3look_own_etags(&r) ? "" : expected);
			break;
		}
		if ((next = judge(u, &r, body->len, expected, "store it")) == NEXT_DONE)
			st = ST_OK;
	} while (next == NEXT_AGAIN);
	s3_clear(u->s3, &r);
	return st;
}

/* --- nothing is left */

/* The object of an upload that does not count: it is ours by its token, or by the server's word where we cannot look. */
static void
take_back(struct s3upload *u)
{
	struct s3look at;

	s3look_at(u->s3, u->key, &at);
	if (at.there == S3LOOK_OBJECT ? strcmp(at.token, u->token) == 0 : at.there != S3LOOK_NOTHING && u->is_said_done)
		delete(u);
	u->may_be_there = 0;
}

/* True when it is gone, or as good as. */
static int
abort_once(struct s3upload *u, const char *id, int *may)
{
	struct s3req r = { .method = "DELETE", .key = u->key, .query = { { "uploadId", id } }, .nquery = 1 };
	int gone;

	s3_run(u->s3, &r);
	gone = r.end == S3_DONE || (r.end == S3_REFUSED && r.http == 404);
	if (!gone) {
		s3_complain(u->s3, &r, "abort the upload, whose parts stay until mm-s3rm --uploads sweeps them");
		*may = 0;
	}
	s3_clear(u->s3, &r);
	return gone;
}

static enum status
count_part(void *ctx, const struct s3entry *entry)
{
	(void)ctx;
	(void)entry;
	return ST_BAD;
}

/* A part that was under way may arrive after the abort, and stay: so look, and abort again. */
static void
abort_upload(struct s3upload *u, const char *id)
{
	int i, may = 1;

	for (i = 0; i < ABORTS; i++)
		if (!abort_once(u, id, &may) || s3list_parts(u->s3, u->key, id, NULL, count_part, NULL) != ST_BAD)
			return;
}

static enum status
abort_twin(void *ctx, const struct s3entry *entry)
{
	struct s3upload *u = ctx;

	if (strcmp(entry->key, u->key) == 0 && (u->id == NULL || strcmp(entry->id, u->id) != 0) && entry->time >= u->begin_time)
		abort_upload(u, entry->id);
	return ST_OK;
}

/* Uploads of this key that were begun since we did, and are not the one we know: our Creates whose answers were lost. */
static void
abort_twins(struct s3upload *u)
{
	if (!u->lost_begin)
		return;
	s3list_uploads(u->s3, u->key, "look for an upload whose beginning was not answered", abort_twin, u);
	u->lost_begin = 0;
}

/* --- an upload of many parts */

static enum status
read_id(struct s3upload *u, const struct s3req *r)
{
	char id[UPLOAD_ID];
	const struct s3xml_want want = { "InitiateMultipartUploadResult/UploadId", id, sizeof(id) };

	if (s3xml_find(r->answer, r->answer_len, &want, 1) != ST_OK || id[0] == '\0' || strlen(id) == sizeof(id) - 1) {
		warnx("s3://%s/%s: the server began an upload, and did not say which", s3_bucket(u->s3), u->key);
		u->lost_begin = 1;
		return ST_TROUBLE;
	}
	if ((u->id = strdup(id)) == NULL) {
		warn("upload");
		return ST_TROUBLE;
	}
	return ST_OK;
}

enum status
s3upload_begin(struct s3upload *u)
{
	struct s3req r = {
		.method = "POST", .key = u->key, .query = { { "uploads", "" } }, .nquery = 1, .is_fresh = 1, .wants_xml = 1,
		.header = { { S3LOOK_TOKEN_HEADER, u->token } }, .nheader = 1
	};
	enum status st = ST_TROUBLE;

	s3attr_apply(u->attr, &r);
	if (u->large_class != NULL)
		add_header(&r, S3ATTR_CLASS, u->large_class);
	if (u->sum != S3SUM_NONE) {
		add_header(&r, "x-amz-checksum-algorithm", s3sum_name(u->sum));
		add_header(&r, "x-amz-checksum-type", s3sum_is_whole(u->sum) ? "FULL_OBJECT" : "COMPOSITE");
	}
	u->begin_time = s3_now(u->s3) - EARLIER;
	do {
		s3_once(u->s3, &r);
		if (r.end != S3_DONE && is_ambiguous(&r))
			u->lost_begin = 1;
	} while (r.end != S3_DONE && s3_again(u->s3, &r));
	if (r.end == S3_DONE)
		st = read_id(u, &r);
	else
		s3_complain(u->s3, &r, "begin an upload");
	u->has_own_etags = s3look_own_etags(&r);
	s3_clear(u->s3, &r);
	return st;
}

enum status
s3upload_keep(struct s3upload *u, unsigned number, const char *etag, uint64_t size, const char sum[S3SUM_TEXT])
{
	size_t cap = u->cap == 0 ? 64 : u->cap;
	struct s3upload_part *more, *part;

	while (cap < number)
		cap *= 2;
	if (cap > u->cap) {
		if ((more = realloc(u->part, cap * sizeof(*more))) == NULL) {
			warn("upload");
			return ST_TROUBLE;
		}
		memset(more + u->cap, 0, (cap - u->cap) * sizeof(*more));
		u->part = more;
		u->cap = cap;
	}
	if (u->n < number)
		u->n = number;
	part = &u->part[number - 1];
	free(part->etag);
	part->size = size;
	memmove(part->sum, sum, S3SUM_TEXT);
	if ((part->etag = strdup(etag)) != NULL)
		return ST_OK;
	warn("upload");
	return ST_TROUBLE;
}

static void
write_escaped(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("&<>\"'", *text) != NULL)
			fprintf(f, "&#%d;", *text);
		else
			putc(*text, f);
	}
}

/* The list of the parts; the caller's to free. */
static char *
part_list(const struct s3upload *u, size_t *len)
{
	char *text = NULL;
	size_t i;
	FILE *f;

	if ((f = open_memstream(&text, len)) == NULL)
		return NULL;
	fputs("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">", f);
	for (i = 0; i < u->n; i++) {
		fprintf(f, "<Part><PartNumber>%zu</PartNumber><ETag>\"", i + 1);
		write_escaped(f, u->part[i].etag);
		fputs("\"</ETag>", f);
		if (u->sum != S3SUM_NONE)
			fprintf(f, "<Checksum%s>%s</Checksum%s>", s3sum_name(u->sum), u->part[i].sum, s3sum_name(u->sum));
		fputs("</Part>", f);
	}
	fputs("</CompleteMultipartUpload>", f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static enum status
take_etag(void *ctx, const struct s3entry *entry)
{
	struct s3upload *u = ctx;
	struct s3upload_part *part;

	if (entry->number == 0 || entry->number > u->n)
		return ST_OK;
	part = &u->part[entry->number - 1];
	if (part->size != entry->size || entry->etag[0] == '\0')
		return ST_BAD;
	return s3upload_keep(u, entry->number, entry->etag, entry->size, part->sum);
}

/* The server does not know a part by the ETag that it gave.  Its own list has them, and the sizes. */
static int
relearn_parts(struct s3upload *u, const struct s3req *r)
{
	return strcmp(r->code, "InvalidPart") == 0 && s3list_parts(u->s3, u->key, u->id, NULL, take_etag, u) == ST_OK;
}

static uint64_t
total(const struct s3upload *u)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < u->n; i++)
		sum += u->part[i].size;
	return sum;
}

static enum status
verify_complete(struct s3upload *u, const struct s3req *r, const char *expected)
{
	char text[S3LOOK_ETAG] = "", etag[S3LOOK_ETAG];
	const struct s3xml_want want = { "CompleteMultipartUploadResult/ETag", text, sizeof(text) };

	s3xml_find(r->answer, r->answer_len, &want, 1);
	s3look_etag(text, etag);
	return verify(u, etag, total(u), s3look_own_etags(r) ? "" : expected);
}

/* Some servers forget a part or the upload for a moment. */
static int
is_odd(const struct s3req *r)
{
	return strcmp(r->code, "InvalidPart") == 0 || strcmp(r->code, "NoSuchKey") == 0;
}

static enum status
ask_to_complete(struct s3upload *u, struct s3req *r, const char *list, size_t len)
{
	char expected[S3LOOK_ETAG];
	enum next next = NEXT_AGAIN;

	expect_etag(u, expected);
	r->body = list;
	r->body_len = len;
	while (next == NEXT_AGAIN) {
		if (look_again(u, total(u), expected) != ST_OK)
			return ST_TROUBLE;
		s3_once(u->s3, r);
		if (r->end == S3_DONE)
			return verify_complete(u, r, expected);
		if (is_odd(r))
			return ST_BAD;
		next = judge(u, r, total(u), expected, "complete the upload");
	}
	return next == NEXT_DONE ? ST_OK : ST_TROUBLE;
}

enum status
s3upload_complete(struct s3upload *u)
{
	struct s3req r = {
		.method = "POST", .key = u->key, .query = { { "uploadId", u->id } }, .nquery = 1, .is_fresh = 1, .wants_xml = 1, .is_slow = 1,
		.header = { { "content-type", "application/xml" } }, .nheader = 1
	};
	static const struct timespec moment = { .tv_sec = 1 };
	enum status st;
	unsigned odd = 0;
	char *list;
	size_t len;

	add_condition(u, &r);
	if (u->whole_sum[0] != '\0') {
		add_header(&r, s3sum_header(u->sum), u->whole_sum);
		add_header(&r, "x-amz-checksum-type", "FULL_OBJECT");
	}
	do {
		if (odd > 0 && !relearn_parts(u, &r))
			nanosleep(&moment, NULL);
		if ((list = part_list(u, &len)) == NULL) {
			warn("upload");
			return ST_TROUBLE;
		}
		st = ask_to_complete(u, &r, list, len);
		free(list);
	} while (st == ST_BAD && odd++ < PATIENCE);
	if (st == ST_BAD) {
		s3_complain(u->s3, &r, "complete the upload");
		st = ST_TROUBLE;
	}
	s3_clear(u->s3, &r);
	if (st == ST_OK)
		abort_twins(u);
	return st;
}

void
s3upload_abort(struct s3upload *u)
{
	if (u->id != NULL)
		abort_upload(u, u->id);
	abort_twins(u);
	if (u->may_be_there)
		take_back(u);
	free(u->id);
	u->id = NULL;
}

void
s3upload_free(struct s3upload *u)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		free(u->part[i].etag);
	free(u->part);
	free(u->id);
}
