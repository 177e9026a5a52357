#define _DEFAULT_SOURCE		/* getentropy */

#include <sys/random.h>

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "digest.h"
#include "s3error.h"
#include "s3req.h"
#include "s3xml.h"
#include "visible.h"

enum {
	CONNECT_MS = 10000,
	NOTE_MS = 30000,		/* how often it is said that we try again */
	NOTE_FAILURES = 4,		/* and after how many */
	UNKNOWN_HOST_MS = 30000,	/* a name that cannot be resolved is more often wrong than late */
	BULK = 64 * 1024,		/* what an attempt must have moved to have been at work */
	BULK_ATTEMPTS = 10,		/* so many may take their time */
	KEY_FETCHES = 2,
	MOVES = 3
};

static uint32_t
dice(void)
{
	uint32_t n;

	return getentropy(&n, sizeof(n)) == 0 ? n : (uint32_t)clock_ms() * 2654435761u;
}

static struct s3place_ask
whereabouts(const struct s3site *site)
{
	const struct s3opt *opt = site->opt;

	return (struct s3place_ask){ opt->endpoint, site->region, site->bucket, opt->style, opt->dualstack, opt->fips };
}

enum status
s3req_site(struct s3site *site, const struct s3opt *opt, const char *bucket)
{
	struct s3place_ask ask;

	*site = (struct s3site){ .opt = opt, .bucket = bucket };
	snprintf(site->region, sizeof(site->region), "%s", opt->region);
	ask = whereabouts(site);
	if (s3place_find(&site->place, &ask) != ST_OK)
		return ST_TROUBLE;
	if ((site->cred = s3cred_new(opt->profile, site->region, opt->ca_file)) != NULL)
		return ST_OK;
	warnx("out of memory");
	return ST_TROUBLE;
}

/* --- an attempt begins */

/* /base/key: what is signed and asked for. */
static char *
path_of(const struct s3attempt *a)
{
	const char *key = a->req->key;
	size_t size = strlen(a->place.base) + (key == NULL ? 0 : strlen(key)) + 2;
	char *path;

	if ((path = malloc(size)) == NULL)
		return NULL;
	/* The bucket itself, where its name stands in the path, is asked for without a slash behind it. */
	if (key == NULL && a->place.base[0] != '\0')
		snprintf(path, size, "%s", a->place.base);
	else
		snprintf(path, size, "%s/%s", a->place.base, key == NULL ? "" : key);
	return path;
}

static void
date_now(const struct s3site *site, char date[SIGV4_DATE])
{
	time_t now = time(NULL) + (time_t)site->skew_s;
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, SIGV4_DATE, "%Y%m%dT%H%M%SZ", &tm);
}

/* What the signature says of the body: on http its digest, on https nothing. */
static const char *
payload_of(const struct s3attempt *a, char hex[DIGEST_HEX])
{
	const struct s3req *r = a->req;
	uint8_t raw[DIGEST_SHA256];

	if (a->place.is_https && r->body_len > 0)
		return SIGV4_UNSIGNED;
	if (r->sha256 != NULL)
		return r->sha256;
	digest_sha256(r->body_len > 0 ? r->body : "", r->body_len, raw);
	digest_print(raw, sizeof(raw), hex);
	return hex;
}

static struct s3wire *
make_wire(struct s3site *site, struct s3attempt *a, const struct s3keys *keys, const char *path)
{
	struct s3req *r = a->req;
	char date[SIGV4_DATE], hex[DIGEST_HEX];
	struct sigv4_pair header[S3REQ_HEADERS + 1];
	struct sigv4_key key = { keys->access_key, keys->secret_key, keys->session_token, site->region, "s3" };
	struct sigv4_request signed_one = {
		.method = a->asks_get ? "GET" : r->method, .host = a->place.host, .path = path, .query = r->query, .nquery = r->nquery,
		.header = header, .nheader = r->nheader, .payload = payload_of(a, hex), .date = date
	};
	struct s3wire_ask ask = {
		.is_https = a->place.is_https, .request = &signed_one, .key = &key, .body = r->body, .body_len = r->body_len,
		.ca_file = site->opt->ca_file, .is_fresh = r->is_fresh, .answer_max = S3REQ_ANSWER, .take = r->take, .ctx = r->ctx,
		.connect_ms = site->opt->timeout_ms < CONNECT_MS ? site->opt->timeout_ms : CONNECT_MS
	};

	date_now(site, date);
	memcpy(header, r->header, r->nheader * sizeof(*header));
	if (a->asks_get)
		header[signed_one.nheader++] = (struct sigv4_pair){ "range", "bytes=0-0" };
	return s3wire_new(&ask);
}

static void
forget_answer(struct s3req *r)
{
	r->http = 0;
	r->was_sent = 0;
	r->answer = NULL;
	r->answer_len = 0;
	r->code[0] = r->text[0] = '\0';
}

int
s3req_depart(struct s3site *site, struct s3attempt *a)
{
	struct s3keys keys;
	char *path;

	s3req_forget(a);
	a->req->end = S3_LOST;
	if (s3cred_get(site->cred, &keys) != ST_OK) {
		a->is_said = 1;
		return 0;
	}
	a->serial = keys.serial;
	if ((path = path_of(a)) != NULL)
		a->wire = make_wire(site, a, &keys, path);
	free(path);
	if (a->wire == NULL) {
		snprintf(a->req->text, sizeof(a->req->text), "out of memory");
		return 0;
	}
	a->req->end = S3_PENDING;
	return 1;
}

/* --- an attempt ends */

/* Put words from outside into the request's text, unless they hold what they should not. */
static void
keep_words(struct s3site *site, struct s3req *r, const char *words)
{
	char shown[VISIBLE_SIZE(S3REQ_TEXT)];
	size_t len = strnlen(words, S3REQ_TEXT - 1);
	struct s3keys keys;

	if (s3cred_get(site->cred, &keys) == ST_OK &&
	    (strstr(words, keys.secret_key) != NULL || (keys.session_token != NULL && strstr(words, keys.session_token) != NULL)))
		return;
	snprintf(r->text, sizeof(r->text), "%s", visible(shown, words, len));
}

/* Read an <Error>, if that is what the answer is. */
static int
is_error(struct s3site *site, struct s3req *r)
{
	char words[S3REQ_TEXT], region[S3REQ_REGION] = "", code[S3REQ_CODE];
	const struct s3xml_want want[] = {
		{ "Error/Code", code, sizeof(code) }, { "Error/Message", words, sizeof(words) }, { "Error/Region", region, sizeof(region) }
	};
	size_t i;

	if (r->answer == NULL || s3xml_find(r->answer, r->answer_len, want, 3) != ST_OK || code[0] == '\0')
		return 0;
	/* A code is a word; what is none is not printed. */
	for (i = 0; code[i] != '\0'; i++)
		if (code[i] <= ' ' || code[i] >= 0x7f)
			code[i] = '?';
	memcpy(r->code, code, sizeof(code));
	keep_words(site, r, words);
	return 1;
}

static int
is_xml(const struct s3req *r)
{
	return r->answer != NULL && s3xml_find(r->answer, r->answer_len, NULL, 0) == ST_OK;
}

/* What the answer to a HEAD told without a body, its repetition as a GET of one byte tells with one. */
static int
is_stopped_get(const struct s3attempt *a)
{
	return a->asks_get && a->wire->http / 100 == 2;
}

static void
note_date(struct s3site *site, const struct s3attempt *a)
{
	const char *date = s3wire_header(a->wire, "date");
	time_t then = date == NULL ? -1 : curl_getdate(date, NULL);

	if (then != -1)
		site->server_skew_s = (int64_t)then - (int64_t)time(NULL);
}

static enum s3end
end_of(struct s3site *site, struct s3attempt *a, CURLcode code)
{
	struct s3req *r = a->req;
	int answered = code == CURLE_OK || (a->wire->http >= 300 && a->wire->answer != NULL);

	if (!answered && !is_stopped_get(a)) {
		keep_words(site, r, a->wire->error[0] != '\0' ? a->wire->error : curl_easy_strerror(code));
		return S3_LOST;
	}
	if (is_error(site, r) || r->http / 100 != 2) {
		/* Of an empty object there is no first byte to give. */
		if (a->asks_get && r->http == 416)
			return S3_DONE;
		return S3_REFUSED;
	}
	if (!r->wants_xml || is_xml(r))
		return S3_DONE;
	snprintf(r->text, sizeof(r->text), "the answer is cut short");
	return S3_LOST;
}

void
s3req_arrive(struct s3site *site, struct s3attempt *a, CURLcode code)
{
	struct s3req *r = a->req;
	long sent = 0;

	curl_easy_getinfo(a->wire->easy, CURLINFO_RESPONSE_CODE, &a->wire->http);
	curl_easy_getinfo(a->wire->easy, CURLINFO_REQUEST_SIZE, &sent);
	a->transport = code;
	r->was_sent = sent > 0;
	r->http = a->wire->http;
	r->answer = a->wire->answer;
	r->answer_len = a->wire->answer_len;
	note_date(site, a);
	r->end = end_of(site, a, code);
}

/* --- is it worth another? */

/* Sign by the server's clock from now on. */
static int
set_clock(struct s3site *site, struct s3attempt *a)
{
	if (a->told_clock || s3wire_header(a->wire, "date") == NULL)
		return 0;
	a->told_clock = 1;
	site->skew_s = site->server_skew_s;
	return 1;
}

static int
fetch_keys(struct s3site *site, struct s3attempt *a)
{
	if (a->key_fetches == KEY_FETCHES)
		return 0;
	a->key_fetches++;
	return s3cred_expired(site->cred, a->serial) == ST_OK;
}

/* The region that the refusal names, if it is another one: for this request and all that follow. */
static int
change_region(struct s3site *site, struct s3attempt *a)
{
	char region[S3REQ_REGION] = "";
	const struct s3xml_want want = { "Error/Region", region, sizeof(region) };
	const char *header = s3wire_header(a->wire, "x-amz-bucket-region");
	struct s3place_ask ask;

	if (header != NULL)
		snprintf(region, sizeof(region), "%s", header);
	else if (a->req->answer != NULL)
		s3xml_find(a->req->answer, a->req->answer_len, &want, 1);
	if (a->told_region || !s3place_is_region(region) || strcmp(region, site->region) == 0)
		return 0;
	a->told_region = 1;
	snprintf(site->region, sizeof(site->region), "%s", region);
	ask = whereabouts(site);
	if (site->opt->endpoint == NULL && s3place_find(&site->place, &ask) != ST_OK)
		return 0;
	a->place = site->place;
	return 1;
}

/* Another host, for this request alone: what is temporary is asked anew the next time. */
static int
follow(struct s3site *site, struct s3attempt *a)
{
	const char *location = s3wire_header(a->wire, "location");

	if (location == NULL || a->moves == MOVES || !s3place_move(&a->place, location, site->bucket))
		return 0;
	a->moves++;
	return 1;
}

/* A refusal without a body says little; the same as a GET says more. */
static int
ask_for_words(struct s3attempt *a)
{
	const struct s3req *r = a->req;

	if (a->asks_get || strcmp(r->method, "HEAD") != 0 || (r->http != 400 && r->http != 403 && r->http != 404 && r->http / 100 != 3))
		return 0;
	return a->asks_get = 1;
}

int
s3req_is_hopeless(const struct s3attempt *a)
{
	switch (a->transport) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		return 1;
	default:
		return 0;
	}
}

/* Something could be mended, so that there is no need to wait: 1; it may work later: 2; neither: 0. */
static int
mend(struct s3site *site, struct s3attempt *a)
{
	struct s3req *r = a->req;

	if (r->end == S3_LOST)
		return s3req_is_hopeless(a) ? 0 : 2;
	if (ask_for_words(a))
		return 1;
	switch (s3error_kind(r->http, r->code)) {
	case S3KIND_AGAIN:
		return 2;
	case S3KIND_CLOCK:
		return set_clock(site, a);
	case S3KIND_KEYS:
		return fetch_keys(site, a);
	case S3KIND_ELSEWHERE:
		return change_region(site, a) || follow(site, a);
	default:
		if (r->mend != NULL && r->mend(r->ctx, r))
			return 1;
		return r->http == 400 && r->code[0] == '\0' ? change_region(site, a) : 0;
	}
}

static int64_t
patience(const struct s3site *site, const struct s3attempt *a)
{
	if (a->transport == CURLE_COULDNT_RESOLVE_HOST && site->opt->retry_ms > UNKNOWN_HOST_MS)
		return UNKNOWN_HOST_MS;
	return site->opt->retry_ms;
}

int64_t
s3req_now(const struct s3site *site)
{
	return (int64_t)time(NULL) + site->server_skew_s;
}

/* Retry-After: seconds, or a date. */
static int64_t
asked_delay(const struct s3site *site, const struct s3attempt *a)
{
	const char *text = a->wire == NULL ? NULL : s3wire_header(a->wire, "retry-after");
	time_t then;

	if (text == NULL)
		return 0;
	if (text[strspn(text, "0123456789")] == '\0')
		return strlen(text) > 6 ? INT64_MAX / 2 : strtol(text, NULL, 10) * 1000;
	then = curl_getdate(text, NULL);
	return then == -1 || then < s3req_now(site) ? 0 : (then - s3req_now(site)) * 1000;
}

char *
s3req_why(const struct s3req *r, char out[S3REQ_WHY])
{
	if (r->end == S3_REFUSED)
		snprintf(out, S3REQ_WHY, "%ld%s%s%s%s", r->http, r->code[0] == '\0' ? "" : " ", r->code, r->text[0] == '\0' ? "" : ": ",
		    r->text);
	else
		snprintf(out, S3REQ_WHY, "%s", r->text);
	return out;
}

static void
note_trying(struct s3site *site, const struct s3attempt *a, int64_t now)
{
	char why[S3REQ_WHY];

	if (a->failures < NOTE_FAILURES || (site->note_ms != 0 && now - site->note_ms < NOTE_MS))
		return;
	site->note_ms = now;
	warnx("%s: %s; trying again, for %" PRId64 " s at the most", site->place.host, s3req_why(a->req, why),
	    (patience(site, a) - (now - a->first_ms)) / 1000);
}

/* Time in which an attempt sent or received in bulk was not lost by trying; but it may not go on so for ever. */
static int64_t
time_at_work(struct s3attempt *a)
{
	if (a->wire == NULL || a->wire->moved < BULK || a->mark_ms <= a->start_ms || a->bulk_attempts++ >= BULK_ATTEMPTS)
		return 0;
	return a->mark_ms - a->start_ms;
}

/* Set the time of the next attempt; zero if that would be too late. */
static int
postpone(struct s3site *site, struct s3attempt *a)
{
	int64_t now = clock_ms(), delay, asked = asked_delay(site, a), at_work = time_at_work(a);

	if (a->failures++ == 0)
		a->first_ms = now;
	else
		a->first_ms += at_work;
	delay = s3error_delay_ms(a->failures, dice());
	if (delay < asked)
		delay = asked;
	if (now + delay - a->first_ms > patience(site, a))
		return 0;
	a->due_ms = now + delay;
	note_trying(site, a, now);
	return 1;
}

int
s3req_is_worth(struct s3site *site, struct s3attempt *a)
{
	int how = a->is_said ? 0 : mend(site, a);

	if (how == 0 || (how == 2 && !postpone(site, a)))
		return 0;
	if (how == 1)
		a->due_ms = 0;
	if (a->req->again != NULL)
		a->req->again(a->req->ctx, a->req);
	return 1;
}

void
s3req_forget(struct s3attempt *a)
{
	s3wire_free(a->wire);
	a->wire = NULL;
	forget_answer(a->req);
}

const char *
s3req_header(const struct s3req *r, const char *name)
{
	return r->own == NULL || r->own->wire == NULL ? NULL : s3wire_header(r->own->wire, name);
}
