#define _DEFAULT_SOURCE			/* explicit_bzero */

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "awssts.h"
#include "digest.h"
#include "halt.h"
#include "http.h"
#include "s3xml.h"
#include "sigv4.h"
#include "visible.h"

enum {
	CONNECT_MS = 5000,
	TOTAL_MS = 10000,
	NAP_MS = 1000,
	TRIES = 2,
	PAIRS = 8
};

#define FORM	"Content-Type: application/x-www-form-urlencoded; charset=utf-8"
#define SESSION	"matric-memory"

/* What there is in an answer, under the name of its action. */
struct credentials {
	char access_key[256];
	char secret_key[256];
	char token[S3XML_TEXT];
	char expiration[64];
};

static enum status
out_of_memory(void)
{
	warnx("out of memory");
	return ST_TROUBLE;
}

static void
wipe(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

/* A form is spelled as a query is; one block, so that it can be wiped. */
static char *
spell(const struct sigv4_pair *pairs, size_t n)
{
	struct sigv4_request form = { .path = "/", .query = pairs, .nquery = n };
	char *target = sigv4_target(&form);

	if (target != NULL)
		memmove(target, target + strlen("/?"), strlen(target) - 1);
	return target;
}

/* The service's own words, if it has any: AWS wraps them in a response, Ceph does not. */
static enum status
refused(const char *what, const struct http_answer *a)
{
	char code[2][128], message[2][512], c[VISIBLE_SIZE(128)], m[VISIBLE_SIZE(512)];
	const struct s3xml_want want[] = {
		{ "ErrorResponse/Error/Code", code[0], sizeof(code[0]) },
		{ "ErrorResponse/Error/Message", message[0], sizeof(message[0]) },
		{ "Error/Code", code[1], sizeof(code[1]) },
		{ "Error/Message", message[1], sizeof(message[1]) }
	};
	int bare;

	if (s3xml_find(a->body, a->len, want, 4) != ST_OK || (*code[0] == '\0' && *code[1] == '\0')) {
		warnx("%s: answer %ld", what, a->code);
		return ST_TROUBLE;
	}
	bare = *code[0] == '\0';
	warnx("%s: %s%s%s", what, visible(c, code[bare], strlen(code[bare])), *message[bare] == '\0' ? "" : ": ",
	    visible(m, message[bare], strlen(message[bare])));
	return ST_TROUBLE;
}

static enum status
take(const char *what, const char *action, const struct http_answer *a, struct awskeys *k)
{
	char path[4][160], *fields[4];
	static const char *const names[] = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration" };
	struct credentials c;
	struct s3xml_want want[] = {
		{ path[0], c.access_key, sizeof(c.access_key) },
		{ path[1], c.secret_key, sizeof(c.secret_key) },
		{ path[2], c.token, sizeof(c.token) },
		{ path[3], c.expiration, sizeof(c.expiration) }
	};
	enum status st;
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(path[i], sizeof(path[i]), "%sResponse/%sResult/Credentials/%s", action, action, names[i]);
		fields[i] = want[i].text;
	}
	if (s3xml_find(a->body, a->len, want, 4) != ST_OK) {
		warnx("%s: the answer is not XML", what);
		st = ST_TROUBLE;
	} else if (*fields[0] == '\0' || *fields[1] == '\0' || *fields[2] == '\0') {
		warnx("%s: there are no keys in the answer", what);
		st = ST_TROUBLE;
	} else if ((st = awskeys_set(k, what, c.access_key, c.secret_key, c.token)) == ST_OK) {
		k->expires = awskeys_time(c.expiration);
	}
	explicit_bzero(&c, sizeof(c));
	return st;
}

/* One POST, and once more if it is not our fault that it failed. */
static enum status
ask(const struct http_request *q, const char *what, const char *action, struct awskeys *k)
{
	struct http_answer a;
	enum status st;
	int try = 1;

	while (((st = http_ask(q, &a)) != ST_OK || a.code >= 500 || a.code == 429) && halt_signal() == 0 && try++ < TRIES) {
		http_forget(&a);
		poll(NULL, 0, NAP_MS);
	}
	if (st != ST_OK)
		warnx("%s: %s", what, a.error);
	else if (a.code == 200)
		st = take(what, action, &a, k);
	else
		st = refused(what, &a);
	http_forget(&a);
	return st;
}

static enum status
post(const struct awssts *s, const char *action, const char *const *headers, const char *form, struct awskeys *k)
{
	char origin[HTTP_ORIGIN_MAX], what[HTTP_ORIGIN_MAX + 64];
	struct http_request q = {
		.method = "POST", .url = s->endpoint, .headers = headers, .body = form, .len = strlen(form),
		.connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .ca_file = s->ca_file
	};

	snprintf(what, sizeof(what), "%s at %s", action, http_origin(s->endpoint, origin));
	return ask(&q, what, action, k);
}

/* "Name: value" in a block of its own; NULL if memory is short. */
static char *
header(const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + sizeof(": ");
	char *h = malloc(size);

	if (h != NULL)
		snprintf(h, size, "%s: %s", name, value);
	return h;
}

/* The Authorization header; NULL if memory is short. */
static char *
sign(const struct awssts *s, const struct awskeys *signer, const char *host, const char *form, const char *date)
{
	const struct sigv4_key key = {
		signer->access_key, signer->secret_key, signer->session_token, s->region, "sts"
	};
	const char *slash = strchr(strstr(s->endpoint, "://") + 3, '/');
	struct sigv4_request r = {
		.method = "POST", .host = host, .path = slash == NULL ? "/" : slash, .date = date
	};
	uint8_t raw[DIGEST_SHA256];
	char hex[DIGEST_HEX], *authorization, *line = NULL;

	digest_sha256(form, strlen(form), raw);
	digest_print(raw, sizeof(raw), hex);
	r.payload = hex;
	if ((authorization = sigv4_authorization(&r, &key)) != NULL)
		line = header("Authorization", authorization);
	free(authorization);
	return line;
}

static enum status
post_signed(const struct awssts *s, const struct awskeys *signer, const char *action, const char *form,
    struct awskeys *k)
{
	char origin[HTTP_ORIGIN_MAX], date[SIGV4_DATE], date_line[64], host_line[HTTP_ORIGIN_MAX + 16];
	const char *host = strstr(http_origin(s->endpoint, origin), "://");
	const char *headers[] = { FORM, host_line, date_line, NULL, NULL, NULL };
	char *authorization, *token = NULL;
	enum status st = ST_TROUBLE;
	time_t now = time(NULL);

	if (host == NULL) {
		warnx("%s: its address is none", action);
		return ST_TROUBLE;
	}
	host += strlen("://");
	strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", gmtime(&now));
	snprintf(host_line, sizeof(host_line), "Host: %s", host);
	snprintf(date_line, sizeof(date_line), "X-Amz-Date: %s", date);
	authorization = sign(s, signer, host, form, date);
	if (signer->session_token != NULL)
		token = header("X-Amz-Security-Token", signer->session_token);
	headers[3] = authorization;
	headers[4] = token;
	if (authorization == NULL || (signer->session_token != NULL && token == NULL))
		out_of_memory();
	else
		st = post(s, action, headers, form, k);
	wipe(token);
	free(authorization);
	return st;
}

enum status
awssts_assume(const struct awssts *s, const struct awssts_role *role, const struct awskeys *signer,
    struct awskeys *k)
{
	struct sigv4_pair pairs[PAIRS] = {
		{ "Action", "AssumeRole" },
		{ "Version", "2011-06-15" },
		{ "RoleArn", role->arn },
		{ "RoleSessionName", role->session != NULL ? role->session : SESSION }
	};
	enum status st;
	size_t n = 4;
	char *form;

	if (role->external_id != NULL)
		pairs[n++] = (struct sigv4_pair){ "ExternalId", role->external_id };
	if (role->seconds != NULL)
		pairs[n++] = (struct sigv4_pair){ "DurationSeconds", role->seconds };
	if ((form = spell(pairs, n)) == NULL)
		return out_of_memory();
	st = post_signed(s, signer, "AssumeRole", form, k);
	wipe(form);
	return st;
}

enum status
awssts_web_identity(const struct awssts *s, const struct awssts_role *role, const char *token, struct awskeys *k)
{
	static const char *const headers[] = { FORM, NULL };
	const struct sigv4_pair pairs[] = {
		{ "Action", "AssumeRoleWithWebIdentity" },
		{ "Version", "2011-06-15" },
		{ "RoleArn", role->arn },
		{ "RoleSessionName", role->session != NULL ? role->session : SESSION },
		{ "WebIdentityToken", token }
	};
	char *form = spell(pairs, sizeof(pairs) / sizeof(pairs[0]));
	enum status st;

	if (form == NULL)
		return out_of_memory();
	st = post(s, "AssumeRoleWithWebIdentity", headers, form, k);
	wipe(form);
	return st;
}
