#include <sys/random.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "s3look.h"
#include "s3probe.h"
#include "s3xml.h"

enum { UPLOAD_ID = 2048, ETAG = 128 };

static const char content[] = "mm-s3put --probe\n";
/* Right of form, and wrong of these bytes. */
static const char wrong_md5[] = "AAAAAAAAAAAAAAAAAAAAAA==";
static const char wrong_crc[] = "AAAAAA==";
static const char wrong_sha[] = "0000000000000000000000000000000000000000000000000000000000000000";

struct probe {
	struct s3 *s3;
	char key[S3PLACE_KEY];		/* the object's */
	char other[S3PLACE_KEY];	/* of what should not come to be */
	char id[UPLOAD_ID];		/* of an upload that is under way; "": none */
	char etag[ETAG];		/* of its part */
	int lacks;			/* something that is needed */
};

static void
tell(const char *what, int is_so, const struct s3req *r)
{
	printf("%s\t%s", what, is_so ? "yes" : "no");
	if (r->end == S3_REFUSED)
		printf("\t%ld%s%s", r->http, r->code[0] == '\0' ? "" : " ", r->code);
	else if (r->end != S3_DONE)
		printf("\t%s", r->text);
	putchar('\n');
}

/* Ask; so it is if the server does it. */
static int
does(struct probe *p, struct s3req *r, const char *what)
{
	s3_run(p->s3, r);
	tell(what, r->end == S3_DONE, r);
	return r->end == S3_DONE;
}

/* Ask for what should be refused for itself, and not for want of rights; so it is if it is refused. */
static int
refuses(struct probe *p, struct s3req *r, const char *what)
{
	int refused;

	s3_run(p->s3, r);
	refused = r->end == S3_REFUSED && (r->http == 400 || r->http == 409 || r->http == 412) &&
	    strcmp(r->code, "NotImplemented") != 0;
	tell(what, refused, r);
	return refused;
}

static struct s3req
a_put(const char *key)
{
	return (struct s3req){ .method = "PUT", .key = key, .body = content, .body_len = sizeof(content) - 1 };
}

static void
add_header(struct s3req *r, const char *name, const char *value)
{
	r->header[r->nheader++] = (struct sigv4_pair){ name, value };
}

static void
add_query(struct s3req *r, const char *name, const char *value)
{
	r->query[r->nquery++] = (struct sigv4_pair){ name, value };
}

static void
delete(struct probe *p, const char *key)
{
	struct s3req r = { .method = "DELETE", .key = key };

	s3_run(p->s3, &r);
	s3_clear(p->s3, &r);
}

/* --- the object */

/* Whether there is such an object or not, both is an answer. */
static void
probe_look(struct probe *p)
{
	struct s3req r = { .method = "HEAD", .key = p->key };

	s3_run(p->s3, &r);
	tell("look", r.end == S3_DONE || (r.http == 404 && strcmp(r.code, "NoSuchBucket") != 0), &r);
	s3_clear(p->s3, &r);
}

static void
probe_list(struct probe *p)
{
	struct s3req r = { .method = "GET", .wants_xml = 1 };

	add_query(&r, "list-type", "2");
	add_query(&r, "prefix", p->key);
	does(p, &r, "list");
	s3_clear(p->s3, &r);
}

static void
probe_write(struct probe *p)
{
	struct s3req r = a_put(p->key);

	p->lacks |= !does(p, &r, "write");
	s3_clear(p->s3, &r);
}

static void
probe_read(struct probe *p)
{
	struct s3req r = { .method = "GET", .key = p->key };
	int good;

	add_header(&r, "range", "bytes=1-2");
	s3_run(p->s3, &r);
	good = r.end == S3_DONE && r.http == 206 && r.answer_len == 2;
	tell("read", good, &r);
	s3_clear(p->s3, &r);
}

static void
probe_guard(struct probe *p)
{
	struct s3req r = a_put(p->key);

	add_header(&r, "if-none-match", "*");
	refuses(p, &r, "guard-put");
	s3_clear(p->s3, &r);
}

/* A digest that is wrong, in a header, or of the payload.  What is damaged is asked for once only: nothing will mend it. */
static void
probe_digest(struct probe *p, const char *what, const char *header, const char *value)
{
	struct s3req r = a_put(p->other);
	int refused;

	if (header != NULL)
		add_header(&r, header, value);
	else
		r.sha256 = value;
	s3_once(p->s3, &r);
	refused = r.end == S3_REFUSED && r.http == 400;
	tell(what, refused, &r);
	s3_clear(p->s3, &r);
	if (!refused)
		delete(p, p->other);
}

static void
probe_tags(struct probe *p)
{
	struct s3req r = a_put(p->other);

	add_header(&r, "x-amz-tagging", "probe=yes");
	if (does(p, &r, "tags"))
		delete(p, p->other);
	s3_clear(p->s3, &r);
}

/* --- an upload */

static int
begin(struct probe *p, struct s3req *r)
{
	const struct s3xml_want want = { "InitiateMultipartUploadResult/UploadId", p->id, sizeof(p->id) };

	*r = (struct s3req){ .method = "POST", .key = p->key, .wants_xml = 1 };
	add_query(r, "uploads", "");
	s3_run(p->s3, r);
	if (r->end == S3_DONE)
		s3xml_find(r->answer, r->answer_len, &want, 1);
	return r->end == S3_DONE && p->id[0] != '\0';
}

static int
send_part(struct probe *p, struct s3req *r, const char *number)
{
	const char *told;

	*r = a_put(p->key);
	add_query(r, "partNumber", number);
	add_query(r, "uploadId", p->id);
	s3_run(p->s3, r);
	if (r->end == S3_DONE && (told = s3req_header(r, "etag")) != NULL)
		s3look_etag(told, p->etag);
	return r->end == S3_DONE;
}

/* An upload with one part; the request that failed is in *r. */
static int
begin_whole(struct probe *p, struct s3req *r)
{
	if (!begin(p, r))
		return 0;
	s3_clear(p->s3, r);
	return send_part(p, r, "1");
}

static int
complete(struct probe *p, struct s3req *r, char *body, size_t size)
{
	*r = (struct s3req){ .method = "POST", .key = p->key, .wants_xml = 1, .is_slow = 1 };
	snprintf(body, size, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part>"
	    "<PartNumber>1</PartNumber><ETag>\"%s\"</ETag></Part></CompleteMultipartUpload>", p->etag);
	r->body = body;
	r->body_len = strlen(body);
	add_query(r, "uploadId", p->id);
	add_header(r, "content-type", "application/xml");
	return 1;
}

static int
abort_it(struct probe *p, struct s3req *r)
{
	*r = (struct s3req){ .method = "DELETE", .key = p->key };
	add_query(r, "uploadId", p->id);
	s3_run(p->s3, r);
	return r->end == S3_DONE;
}

static void
probe_part_numbers(struct probe *p)
{
	struct s3req r;

	tell("part-10000", send_part(p, &r, "10000"), &r);
	s3_clear(p->s3, &r);
}

static void
probe_lists(struct probe *p)
{
	struct s3req parts = { .method = "GET", .key = p->key, .wants_xml = 1 }, uploads = { .method = "GET", .wants_xml = 1 };

	add_query(&parts, "uploadId", p->id);
	does(p, &parts, "list-parts");
	s3_clear(p->s3, &parts);
	add_query(&uploads, "uploads", "");
	add_query(&uploads, "prefix", p->key);
	does(p, &uploads, "list-uploads");
	s3_clear(p->s3, &uploads);
}

/* One that is begun and given up, after what can be asked of one that is under way. */
static void
probe_upload(struct probe *p)
{
	struct s3req r;
	int begun = begin_whole(p, &r);

	tell("upload", begun, &r);
	s3_clear(p->s3, &r);
	p->lacks |= !begun;
	if (!begun)
		return;
	probe_lists(p);
	probe_part_numbers(p);
	tell("abort", abort_it(p, &r), &r);
	s3_clear(p->s3, &r);
}

/* Two that are completed: over what is there, which the guard may forbid, and without a guard. */
static void
probe_complete(struct probe *p)
{
	char body[512];
	struct s3req r;
	int guards;

	if (!begin_whole(p, &r)) {
		s3_clear(p->s3, &r);
		return;
	}
	s3_clear(p->s3, &r);
	complete(p, &r, body, sizeof(body));
	add_header(&r, "if-none-match", "*");
	guards = refuses(p, &r, "guard-complete");
	s3_clear(p->s3, &r);
	if (guards || r.end != S3_DONE) {
		complete(p, &r, body, sizeof(body));
		p->lacks |= !does(p, &r, "complete");
		s3_clear(p->s3, &r);
	} else {
		puts("complete\tyes");
	}
	abort_it(p, &r);
	s3_clear(p->s3, &r);
}

static void
probe_delete(struct probe *p)
{
	struct s3req r = { .method = "DELETE", .key = p->key };

	does(p, &r, "delete");
	s3_clear(p->s3, &r);
}

/* --- the bucket */

/* Whether its configuration says so: *text* stands in what the subresource answers. */
static void
probe_bucket(struct probe *p, const char *what, const char *subresource, const char *text)
{
	struct s3req r = { .method = "GET" };

	add_query(&r, subresource, "");
	s3_run(p->s3, &r);
	tell(what, r.end == S3_DONE && r.answer != NULL && strstr(r.answer, text) != NULL, &r);
	s3_clear(p->s3, &r);
}

static enum status
name_keys(struct probe *p, const char *key)
{
	uint8_t raw[8];
	char hex[2 * sizeof(raw) + 1];

	if (strlen(key) + sizeof(hex) + 8 > sizeof(p->key)) {
		warnx("'%s' is too long for a probe", key);
		return ST_TROUBLE;
	}
	if (getentropy(raw, sizeof(raw)) == -1) {
		warn("getentropy");
		return ST_TROUBLE;
	}
	digest_print(raw, sizeof(raw), hex);
	snprintf(p->key, sizeof(p->key), "%s.%s", key, hex);
	snprintf(p->other, sizeof(p->other), "%s.%s.not", key, hex);
	return ST_OK;
}

enum status
s3probe(struct s3 *s3, const char *key)
{
	struct probe p = { .s3 = s3 };
	enum status st;

	if ((st = name_keys(&p, key)) != ST_OK)
		return st;
	probe_look(&p);
	probe_list(&p);
	probe_write(&p);
	probe_read(&p);
	probe_guard(&p);
	probe_digest(&p, "md5", "content-md5", wrong_md5);
	if (!s3_is_https(s3))
		probe_digest(&p, "sha256", NULL, wrong_sha);
	probe_digest(&p, "crc32c", "x-amz-checksum-crc32c", wrong_crc);
	probe_tags(&p);
	probe_upload(&p);
	probe_complete(&p);
	probe_delete(&p);
	probe_bucket(&p, "versions", "versioning", ">Enabled<");
	probe_bucket(&p, "lock", "object-lock", ">Enabled<");
	probe_bucket(&p, "sweep", "lifecycle", "AbortIncompleteMultipartUpload");
	if (fflush(stdout) == 0 && !ferror(stdout))
		return p.lacks ? ST_TROUBLE : ST_OK;
	warn("stdout");
	return ST_TROUBLE;
}
