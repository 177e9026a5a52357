#define _DEFAULT_SOURCE		/* timegm is curl_getdate's; getentropy */

#include <sys/random.h>

#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "clock.h"
#include "digest.h"
#include "halt.h"
#include "s3cred.h"
#include "s3error.h"
#include "s3req.h"
#include "s3wire.h"
#include "s3xml.h"
#include "visible.h"

enum {
	CONNECT_MS = 10000,
	SLOW_MS = 300000,		/* how long a server may be silent over what takes it minutes */
	SLOW_TOTAL_MS = 1800000,	/* and how long it may take, whatever it says meanwhile */
	SMALL_TOTAL = 5,		/* times --timeout: all of an exchange without a bulk of data */
	BULK = 64 * 1024,
	CRAWL = 1024,			/* fewer bytes than this in --timeout are a standstill */
	LOOK_MS = 500,			/* how often standstills are looked for */
	NOTE_MS = 30000,		/* how often it is said that we try again */
	UNKNOWN_HOST_MS = 30000,	/* a name that cannot be resolved is more often wrong than late */
	SOON_MS = 8000,			/* after a signal: mm-pipe's patience is 30 s, and there may be more to do */
	KEY_FETCHES = 2,
	MOVES = 3,
	NO_REGION = 64
};

struct s3attempt {
	struct s3attempt *next;		/* in s3->under_way, unless it is over */
	struct s3req *req;
	struct s3wire *wire;		/* NULL while it waits */
	int once;
	int64_t due_ms;
	int64_t first_ms;		/* of the failures; 0: none so far */
	unsigned failures;
	int64_t start_ms, mark_ms, mark_moved;
	struct s3place place;		/* of this request: it may have been sent elsewhere */
	unsigned serial;		/* of the keys that signed it */
	unsigned key_fetches, moves;
	int told_clock, told_region, asks_get;
	int is_said;			/* why it failed has been said */
	CURLcode transport;
};

struct s3 {
	CURLM *multi;
	struct s3cred *cred;
	const struct s3opt *opt;
	const char *bucket;
	char region[NO_REGION];
	struct s3place place;
	int64_t skew_s;			/* to our clock, for signatures */
	int64_t server_skew_s;		/* what the last Date said */
	struct s3attempt *under_way;
	unsigned flying;
	enum s3heed heeds;
	int64_t end_ms;			/* 0: none */
	int64_t turn_ms, note_ms;
};

static uint32_t
dice(void)
{
	uint32_t n;

	return getentropy(&n, sizeof(n)) == 0 ? n : (uint32_t)clock_ms() * 2654435761u;
}

static struct s3place_ask
whereabouts(const struct s3 *s3)
{
	return (struct s3place_ask){ s3->opt->endpoint, s3->region, s3->bucket, s3->opt->style, s3->opt->dualstack, s3->opt->fips };
}

static enum status
open_all(struct s3 *s3)
{
	struct s3place_ask ask;

	snprintf(s3->region, sizeof(s3->region), "%s", s3->opt->region);
	ask = whereabouts(s3);
	if (s3place_find(&s3->place, &ask) != ST_OK)
		return ST_TROUBLE;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0 && (s3->multi = curl_multi_init()) != NULL &&
	    (s3->cred = s3cred_new(s3->opt->profile, s3->region, s3->opt->ca_file)) != NULL)
		return ST_OK;
	warnx("out of memory");
	return ST_TROUBLE;
}

/* TLS writes to sockets that the server may have closed. */
static void
forbid_sigpipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

struct s3 *
s3_open(const struct s3opt *opt, const char *bucket)
{
	struct s3 *s3;

	if ((s3 = calloc(1, sizeof(*s3))) == NULL) {
		warn("s3://%s", bucket);
		return NULL;
	}
	forbid_sigpipe();
	s3->opt = opt;
	s3->bucket = bucket;
	if (open_all(s3) == ST_OK)
		return s3;
	s3_close(s3);
	return NULL;
}

void
s3_close(struct s3 *s3)
{
	if (s3 == NULL)
		return;
	if (s3->multi != NULL)
		curl_multi_cleanup(s3->multi);
	s3cred_free(s3->cred);
	curl_global_cleanup();
	free(s3);
}

const char *
s3_bucket(const struct s3 *s3)
{
	return s3->bucket;
}

const char *
s3_host(const struct s3 *s3)
{
	return s3->place.host;
}

int
s3_is_https(const struct s3 *s3)
{
	return s3->place.is_https;
}

int64_t
s3_now(const struct s3 *s3)
{
	return (int64_t)time(NULL) + s3->server_skew_s;
}

void
s3_heed(struct s3 *s3, enum s3heed how)
{
	s3->heeds = how;
}

void
s3_limit(struct s3 *s3, int64_t ms)
{
	s3->end_ms = ms == 0 ? 0 : clock_ms() + ms;
}

/* Must all that waits end now? */
static int
is_over(struct s3 *s3)
{
	if (s3->heeds != S3HEED_NOT && halt_signal() != 0) {
		if (s3->heeds == S3HEED_NOW)
			return 1;
		if (s3->end_ms == 0)
			s3_limit(s3, SOON_MS);
	}
	return s3->end_ms != 0 && clock_ms() >= s3->end_ms;
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
date_now(const struct s3 *s3, char date[SIGV4_DATE])
{
	time_t now = time(NULL) + (time_t)s3->skew_s;
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
make_wire(struct s3 *s3, struct s3attempt *a, const struct s3keys *keys, const char *path)
{
	struct s3req *r = a->req;
	char date[SIGV4_DATE], hex[DIGEST_HEX];
	struct sigv4_pair header[S3REQ_HEADERS + 1];
	struct sigv4_key key = { keys->access_key, keys->secret_key, keys->session_token, s3->region, "s3" };
	struct sigv4_request signed_one = {
		.method = a->asks_get ? "GET" : r->method, .host = a->place.host, .path = path, .query = r->query, .nquery = r->nquery,
		.header = header, .nheader = r->nheader, .payload = payload_of(a, hex), .date = date
	};
	struct s3wire_ask ask = {
		.is_https = a->place.is_https, .request = &signed_one, .key = &key, .body = r->body, .body_len = r->body_len,
		.ca_file = s3->opt->ca_file, .is_fresh = r->is_fresh, .answer_max = S3REQ_ANSWER, .take = r->take, .ctx = r->ctx,
		.connect_ms = s3->opt->timeout_ms < CONNECT_MS ? s3->opt->timeout_ms : CONNECT_MS
	};

	date_now(s3, date);
	memcpy(header, r->header, r->nheader * sizeof(*header));
	if (a->asks_get)
		header[signed_one.nheader++] = (struct sigv4_pair){ "range", "bytes=0-0" };
	return s3wire_new(&ask);
}

/* All that is under way shares the rate. */
static void
share_rate(struct s3 *s3)
{
	struct s3attempt *a;
	curl_off_t each;

	if (s3->opt->rate == 0 || s3->flying == 0)
		return;
	each = (curl_off_t)(s3->opt->rate / s3->flying) + 1;
	for (a = s3->under_way; a != NULL; a = a->next) {
		if (a->wire == NULL)
			continue;
		curl_easy_setopt(a->wire->easy, CURLOPT_MAX_SEND_SPEED_LARGE, each);
		curl_easy_setopt(a->wire->easy, CURLOPT_MAX_RECV_SPEED_LARGE, each);
	}
}

static int
fly(struct s3 *s3, struct s3attempt *a)
{
	a->start_ms = a->mark_ms = clock_ms();
	a->mark_moved = 0;
	if (curl_multi_add_handle(s3->multi, a->wire->easy) != CURLM_OK)
		return 0;
	s3->flying++;
	share_rate(s3);
	return 1;
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

/* Sign and send.  Zero: it could not even begin, and has ended. */
static int
depart(struct s3 *s3, struct s3attempt *a)
{
	struct s3keys keys;
	char *path = NULL;

	s3wire_free(a->wire);
	a->wire = NULL;
	forget_answer(a->req);
	a->req->end = S3_LOST;
	if (s3cred_get(s3->cred, &keys) != ST_OK) {
		a->is_said = 1;
		return 0;
	}
	a->serial = keys.serial;
	if ((path = path_of(a)) != NULL)
		a->wire = make_wire(s3, a, &keys, path);
	free(path);
	if (a->wire == NULL || !fly(s3, a)) {
		snprintf(a->req->text, sizeof(a->req->text), "out of memory");
		return 0;
	}
	a->req->end = S3_PENDING;
	return 1;
}

/* --- an attempt ends */

static void
land(struct s3 *s3, struct s3attempt *a)
{
	long sent = 0;

	curl_easy_getinfo(a->wire->easy, CURLINFO_REQUEST_SIZE, &sent);
	a->req->was_sent = sent > 0;
	curl_multi_remove_handle(s3->multi, a->wire->easy);
	s3->flying--;
	share_rate(s3);
}

/* Put words from outside into the request's text, unless they hold what they should not. */
static void
keep_words(struct s3 *s3, struct s3req *r, const char *words)
{
	char shown[VISIBLE_SIZE(S3REQ_TEXT)];
	size_t len = strnlen(words, S3REQ_TEXT - 1);
	struct s3keys keys;

	if (s3cred_get(s3->cred, &keys) == ST_OK &&
	    (strstr(words, keys.secret_key) != NULL || (keys.session_token != NULL && strstr(words, keys.session_token) != NULL)))
		return;
	snprintf(r->text, sizeof(r->text), "%s", visible(shown, words, len));
}

/* Read an <Error>, if that is what the answer is. */
static int
is_error(struct s3 *s3, struct s3req *r)
{
	char words[S3REQ_TEXT], region[NO_REGION] = "", code[S3REQ_CODE];
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
	keep_words(s3, r, words);
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
note_date(struct s3 *s3, const struct s3attempt *a)
{
	const char *date = s3wire_header(a->wire, "date");
	time_t then = date == NULL ? -1 : curl_getdate(date, NULL);

	if (then != -1)
		s3->server_skew_s = (int64_t)then - (int64_t)time(NULL);
}

static enum s3end
end_of(struct s3 *s3, struct s3attempt *a, CURLcode code)
{
	struct s3req *r = a->req;
	int answered = code == CURLE_OK || (a->wire->http >= 300 && a->wire->answer != NULL);

	if (!answered && !is_stopped_get(a)) {
		keep_words(s3, r, a->wire->error[0] != '\0' ? a->wire->error : curl_easy_strerror(code));
		return S3_LOST;
	}
	if (is_error(s3, r) || r->http / 100 != 2) {
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

static void
arrive(struct s3 *s3, struct s3attempt *a, CURLcode code)
{
	struct s3req *r = a->req;

	curl_easy_getinfo(a->wire->easy, CURLINFO_RESPONSE_CODE, &a->wire->http);
	land(s3, a);
	a->transport = code;
	r->http = a->wire->http;
	r->answer = a->wire->answer;
	r->answer_len = a->wire->answer_len;
	note_date(s3, a);
	r->end = end_of(s3, a, code);
}

/* --- is it worth another? */

/* Sign by the server's clock from now on. */
static int
set_clock(struct s3 *s3, struct s3attempt *a)
{
	if (a->told_clock || s3wire_header(a->wire, "date") == NULL)
		return 0;
	a->told_clock = 1;
	s3->skew_s = s3->server_skew_s;
	return 1;
}

static int
fetch_keys(struct s3 *s3, struct s3attempt *a)
{
	if (a->key_fetches == KEY_FETCHES)
		return 0;
	a->key_fetches++;
	return s3cred_expired(s3->cred, a->serial) == ST_OK;
}

/* The region that the refusal names, if it is another one: for this request and all that follow. */
static int
change_region(struct s3 *s3, struct s3attempt *a)
{
	char region[NO_REGION] = "";
	const struct s3xml_want want = { "Error/Region", region, sizeof(region) };
	const char *header = s3wire_header(a->wire, "x-amz-bucket-region");
	struct s3place_ask ask;

	if (header != NULL)
		snprintf(region, sizeof(region), "%s", header);
	else if (a->req->answer != NULL)
		s3xml_find(a->req->answer, a->req->answer_len, &want, 1);
	if (a->told_region || !s3place_is_region(region) || strcmp(region, s3->region) == 0)
		return 0;
	a->told_region = 1;
	snprintf(s3->region, sizeof(s3->region), "%s", region);
	ask = whereabouts(s3);
	if (s3->opt->endpoint == NULL && s3place_find(&s3->place, &ask) != ST_OK)
		return 0;
	a->place = s3->place;
	return 1;
}

/* Another host, for this request alone: what is temporary is asked anew the next time. */
static int
follow(struct s3 *s3, struct s3attempt *a)
{
	const char *location = s3wire_header(a->wire, "location");

	if (location == NULL || a->moves == MOVES || !s3place_move(&a->place, location, s3->bucket))
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

/* Failures of libcurl that are the same the next time. */
static int
is_hopeless(CURLcode code)
{
	switch (code) {
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
mend(struct s3 *s3, struct s3attempt *a)
{
	struct s3req *r = a->req;

	if (r->end == S3_LOST)
		return is_hopeless(a->transport) ? 0 : 2;
	if (ask_for_words(a))
		return 1;
	switch (s3error_kind(r->http, r->code)) {
	case S3KIND_AGAIN:
		return 2;
	case S3KIND_CLOCK:
		return set_clock(s3, a);
	case S3KIND_KEYS:
		return fetch_keys(s3, a);
	case S3KIND_ELSEWHERE:
		return change_region(s3, a) || follow(s3, a);
	default:
		if (r->mend != NULL && r->mend(r->ctx, r))
			return 1;
		return r->http == 400 && r->code[0] == '\0' ? change_region(s3, a) : 0;
	}
}

static int64_t
patience(const struct s3 *s3, const struct s3attempt *a)
{
	if (a->transport == CURLE_COULDNT_RESOLVE_HOST && s3->opt->retry_ms > UNKNOWN_HOST_MS)
		return UNKNOWN_HOST_MS;
	return s3->opt->retry_ms;
}

/* Retry-After: seconds, or a date. */
static int64_t
asked_delay(const struct s3 *s3, const struct s3attempt *a)
{
	const char *text = a->wire == NULL ? NULL : s3wire_header(a->wire, "retry-after");
	time_t then;

	if (text == NULL)
		return 0;
	if (text[strspn(text, "0123456789")] == '\0')
		return strlen(text) > 6 ? INT64_MAX / 2 : strtol(text, NULL, 10) * 1000;
	then = curl_getdate(text, NULL);
	return then == -1 || then < s3_now(s3) ? 0 : (then - s3_now(s3)) * 1000;
}

static void
summarize(const struct s3req *r, char *out, size_t size)
{
	if (r->end == S3_REFUSED)
		snprintf(out, size, "%ld%s%s%s%s", r->http, r->code[0] == '\0' ? "" : " ", r->code, r->text[0] == '\0' ? "" : ": ", r->text);
	else
		snprintf(out, size, "%s", r->text);
}

static void
note_trying(struct s3 *s3, const struct s3attempt *a, int64_t now)
{
	char why[S3REQ_TEXT + S3REQ_CODE + 32];

	if (a->failures < 4 || (s3->note_ms != 0 && now - s3->note_ms < NOTE_MS))
		return;
	s3->note_ms = now;
	summarize(a->req, why, sizeof(why));
	warnx("%s: %s; trying again, for %" PRId64 " s at the most", s3->place.host, why,
	    (patience(s3, a) - (now - a->first_ms)) / 1000);
}

/* Set the time of the next attempt; zero if that would be too late. */
static int
postpone(struct s3 *s3, struct s3attempt *a)
{
	int64_t now = clock_ms(), delay, asked = asked_delay(s3, a);

	if (a->failures++ == 0)
		a->first_ms = now;
	delay = s3error_delay_ms(a->failures, dice());
	if (delay < asked)
		delay = asked;
	if (now + delay - a->first_ms > patience(s3, a))
		return 0;
	a->due_ms = now + delay;
	note_trying(s3, a, now);
	return 1;
}

static int
try_again(struct s3 *s3, struct s3attempt *a)
{
	int how = is_over(s3) ? 0 : mend(s3, a);

	if (how == 0 || (how == 2 && !postpone(s3, a)))
		return 0;
	if (how == 1)
		a->due_ms = 0;
	if (a->req->again != NULL)
		a->req->again(a->req->ctx, a->req);
	return 1;
}

/* --- all that is under way */

static void
unlist(struct s3 *s3, struct s3attempt *a)
{
	struct s3attempt **p = &s3->under_way;

	while (*p != NULL && *p != a)
		p = &(*p)->next;
	if (*p == a)
		*p = a->next;
}

/* The attempt is over; another may follow. */
static void
settle(struct s3 *s3, struct s3attempt *a)
{
	struct s3req *r = a->req;
	enum s3end end = r->end;

	if (!a->once && end != S3_DONE && !a->is_said && try_again(s3, a)) {
		r->end = S3_PENDING;
		s3wire_free(a->wire);
		a->wire = NULL;
		forget_answer(r);
		return;
	}
	unlist(s3, a);
}

static void
depart_due(struct s3 *s3)
{
	struct s3attempt *a, *next;
	int64_t now = clock_ms();

	for (a = s3->under_way; a != NULL; a = next) {
		next = a->next;
		if (a->wire == NULL && a->due_ms <= now && !depart(s3, a))
			unlist(s3, a);
	}
}

/* Give up an attempt that flies. */
static void
lose(struct s3 *s3, struct s3attempt *a, const char *why)
{
	snprintf(a->wire->error, sizeof(a->wire->error), "%s", why);
	arrive(s3, a, CURLE_OPERATION_TIMEDOUT);
	settle(s3, a);
}

static int
is_bulk(const struct s3req *r)
{
	return r->take != NULL || r->body_len > BULK;
}

/* Has it stood still for too long, or taken too long altogether? */
static int
stands(const struct s3 *s3, struct s3attempt *a, int64_t now)
{
	const struct s3req *r = a->req;
	int64_t timeout = s3->opt->timeout_ms, total;

	if (a->wire->moved - a->mark_moved >= (is_bulk(r) ? CRAWL : 1)) {
		a->mark_moved = a->wire->moved;
		a->mark_ms = now;
	}
	if (r->is_slow && timeout < SLOW_MS)
		timeout = SLOW_MS;
	total = r->is_slow ? SLOW_TOTAL_MS : timeout * SMALL_TOTAL;
	return now - a->mark_ms > timeout || (!is_bulk(r) && now - a->start_ms > total);
}

/* Time in which the caller did something else does not count. */
static void
look_for_standstill(struct s3 *s3)
{
	struct s3attempt *a, *next;
	int64_t now = clock_ms(), gap = now - s3->turn_ms - LOOK_MS;

	for (a = s3->under_way; a != NULL; a = next) {
		next = a->next;
		if (a->wire == NULL)
			continue;
		if (gap > 0 && s3->turn_ms > a->mark_ms)
			a->mark_ms += gap;
		if (stands(s3, a, now))
			lose(s3, a, "nothing moves");
	}
	s3->turn_ms = now;
}

static struct s3attempt *
owner_of(const struct s3 *s3, const CURL *easy)
{
	struct s3attempt *a = s3->under_way;

	while (a->wire == NULL || a->wire->easy != easy)
		a = a->next;
	return a;
}

/* True if an attempt has ended. */
static int
gather(struct s3 *s3)
{
	struct s3attempt *a;
	int running, left, any = 0;
	CURLMsg *msg;

	curl_multi_perform(s3->multi, &running);
	while ((msg = curl_multi_info_read(s3->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		a = owner_of(s3, msg->easy_handle);
		arrive(s3, a, msg->data.result);
		settle(s3, a);
		any = 1;
	}
	return any;
}

static int
time_to_wait(const struct s3 *s3, int ms)
{
	int64_t now = clock_ms(), least = ms;
	const struct s3attempt *a;

	if (s3->end_ms != 0 && s3->end_ms - now < least)
		least = s3->end_ms - now;
	for (a = s3->under_way; a != NULL; a = a->next)
		if (a->wire == NULL && a->due_ms - now < least)
			least = a->due_ms - now;
	return least < 0 ? 0 : (int)least;
}

static enum s3turn
wait_for(struct s3 *s3, int fd, int ms)
{
	struct curl_waitfd extra[2];
	unsigned n = 0;

	if (fd != -1)
		extra[n++] = (struct curl_waitfd){ .fd = fd, .events = CURL_WAIT_POLLIN };
	if (s3->heeds == S3HEED_NOW && halt_fd() != -1)
		extra[n++] = (struct curl_waitfd){ .fd = halt_fd(), .events = CURL_WAIT_POLLIN };
	curl_multi_poll(s3->multi, extra, n, time_to_wait(s3, ms), NULL);
	return fd != -1 && extra[0].revents != 0 ? S3TURN_READABLE : S3TURN_MOVED;
}

enum s3turn
s3_turn(struct s3 *s3, int fd, int ms)
{
	enum s3turn turn;

	if (is_over(s3))
		return S3TURN_HALT;
	depart_due(s3);
	if (gather(s3))
		return S3TURN_MOVED;
	turn = wait_for(s3, fd, ms < LOOK_MS ? ms : LOOK_MS);
	if (clock_ms() - s3->turn_ms >= LOOK_MS)
		look_for_standstill(s3);
	return turn;
}

/* --- what callers do */

static int
begin(struct s3 *s3, struct s3req *r, int once)
{
	struct s3attempt *a;

	s3req_clear(s3, r);
	r->end = S3_PENDING;
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		snprintf(r->text, sizeof(r->text), "out of memory");
		r->end = S3_LOST;
		return 0;
	}
	a->req = r;
	a->once = once;
	a->place = s3->place;
	r->own = a;
	a->next = s3->under_way;
	s3->under_way = a;
	return 1;
}

void
s3req_start(struct s3 *s3, struct s3req *r)
{
	if (begin(s3, r, 0))
		depart_due(s3);
}

static void
see_out(struct s3 *s3, struct s3req *r)
{
	while (r->end == S3_PENDING)
		if (s3_turn(s3, -1, LOOK_MS) == S3TURN_HALT)
			s3req_cancel(s3, r);
}

void
s3req_run(struct s3 *s3, struct s3req *r)
{
	s3req_start(s3, r);
	see_out(s3, r);
}

void
s3req_once(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL) {
		if (!begin(s3, r, 1))
			return;
	} else {
		r->end = S3_PENDING;
		s3wire_free(a->wire);
		a->wire = NULL;
		a->due_ms = 0;
		a->next = s3->under_way;
		s3->under_way = a;
	}
	depart_due(s3);
	see_out(s3, r);
}

int
s3req_again(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL || a->is_said || !try_again(s3, a))
		return 0;
	while (clock_ms() < a->due_ms)
		if (s3_turn(s3, -1, (int)(a->due_ms - clock_ms() < LOOK_MS ? a->due_ms - clock_ms() : LOOK_MS)) == S3TURN_HALT)
			return 0;
	return 1;
}

void
s3req_cancel(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL || r->end != S3_PENDING)
		return;
	if (a->wire != NULL)
		land(s3, a);
	unlist(s3, a);
	r->end = S3_LOST;
	snprintf(r->text, sizeof(r->text), "given up");
}

const char *
s3req_header(const struct s3req *r, const char *name)
{
	return r->own == NULL || r->own->wire == NULL ? NULL : s3wire_header(r->own->wire, name);
}

void
s3req_complain(const struct s3 *s3, const struct s3req *r, const char *what)
{
	const struct s3attempt *a = r->own;
	char why[S3REQ_TEXT + S3REQ_CODE + 32], key[VISIBLE_SIZE(S3PLACE_KEY)] = "";
	const char *remedy = NULL, *id = s3req_header(r, "x-amz-request-id");

	if ((a != NULL && a->is_said) || (s3->heeds != S3HEED_NOT && halt_signal() != 0))
		return;
	if (r->key != NULL)
		visible(key, r->key, strlen(r->key));
	summarize(r, why, sizeof(why));
	if (r->end == S3_REFUSED)
		remedy = s3error_remedy(r->http, r->code);
	else if (a != NULL && is_hopeless(a->transport) && a->transport != CURLE_OUT_OF_MEMORY)
		remedy = "see --ca-file and --endpoint-url";
	warnx("s3://%s/%s: cannot %s: %s%s%.64s%s%s%s", s3->bucket, key, what, why, id == NULL ? "" : " (request ", id == NULL ? "" : id,
	    id == NULL ? "" : ")", remedy == NULL ? "" : ": ", remedy == NULL ? "" : remedy);
}

void
s3req_clear(struct s3 *s3, struct s3req *r)
{
	if (r->own == NULL)
		return;
	s3req_cancel(s3, r);
	s3wire_free(r->own->wire);
	free(r->own);
	r->own = NULL;
	forget_answer(r);
}
