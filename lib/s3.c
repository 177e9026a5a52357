#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "clock.h"
#include "halt.h"
#include "s3.h"
#include "s3error.h"
#include "visible.h"

enum {
	SLOW_MS = 300000,		/* how long a server may be silent over what takes it minutes */
	SLOW_TOTAL_MS = 1800000,	/* and how long it may take, whatever it says meanwhile */
	SMALL_TOTAL = 5,		/* times --timeout: all of an exchange without a bulk of data */
	BULK = 64 * 1024,
	CRAWL = 1024,			/* fewer bytes than this in --timeout are a standstill */
	LOOK_MS = 500,			/* how often standstills are looked for */
	SOON_MS = 8000			/* after a signal: mm-pipe's patience is 30 s, and there may be more to do */
};

struct s3 {
	struct s3site site;
	CURLM *multi;
	struct s3attempt *under_way;
	unsigned flying;
	enum s3heed heeds;
	int64_t end_ms;			/* 0: none */
	int64_t turn_ms;
};

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

	forbid_sigpipe();
	if ((s3 = calloc(1, sizeof(*s3))) == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (s3->multi = curl_multi_init()) == NULL) {
		warnx("out of memory");
		s3_close(s3);
		return NULL;
	}
	if (s3req_site(&s3->site, opt, bucket) == ST_OK)
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
	s3cred_free(s3->site.cred);
	curl_global_cleanup();
	free(s3);
}

const char *
s3_bucket(const struct s3 *s3)
{
	return s3->site.bucket;
}

const char *
s3_host(const struct s3 *s3)
{
	return s3->site.place.host;
}

int
s3_is_https(const struct s3 *s3)
{
	return s3->site.place.is_https;
}

int
s3_is_amazon(const struct s3 *s3)
{
	return s3->site.place.is_amazon;
}

int64_t
s3_now(const struct s3 *s3)
{
	return s3req_now(&s3->site);
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

/* All that is under way shares the rate. */
static void
share_rate(struct s3 *s3)
{
	struct s3attempt *a;
	curl_off_t each;

	if (s3->site.opt->rate == 0 || s3->flying == 0)
		return;
	each = (curl_off_t)(s3->site.opt->rate / s3->flying) + 1;
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

/* Zero: it could not even begin, and has ended. */
static int
depart(struct s3 *s3, struct s3attempt *a)
{
	if (!s3req_depart(&s3->site, a))
		return 0;
	if (fly(s3, a))
		return 1;
	snprintf(a->req->text, sizeof(a->req->text), "out of memory");
	a->req->end = S3_LOST;
	return 0;
}

static void
land(struct s3 *s3, struct s3attempt *a)
{
	curl_multi_remove_handle(s3->multi, a->wire->easy);
	s3->flying--;
	share_rate(s3);
}

static void
arrive(struct s3 *s3, struct s3attempt *a, CURLcode code)
{
	land(s3, a);
	s3req_arrive(&s3->site, a, code);
}

static int
is_worth(struct s3 *s3, struct s3attempt *a)
{
	return !is_over(s3) && s3req_is_worth(&s3->site, a);
}

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

	if (!a->once && r->end != S3_DONE && is_worth(s3, a)) {
		r->end = S3_PENDING;
		s3req_forget(a);
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
	int64_t timeout = s3->site.opt->timeout_ms, total;

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

static int
begin(struct s3 *s3, struct s3req *r, int once)
{
	struct s3attempt *a;

	s3_clear(s3, r);
	r->end = S3_PENDING;
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		snprintf(r->text, sizeof(r->text), "out of memory");
		r->end = S3_LOST;
		return 0;
	}
	a->req = r;
	a->once = once;
	a->place = s3->site.place;
	r->own = a;
	a->next = s3->under_way;
	s3->under_way = a;
	return 1;
}

void
s3_start(struct s3 *s3, struct s3req *r)
{
	if (begin(s3, r, 0))
		depart_due(s3);
}

static void
see_out(struct s3 *s3, struct s3req *r)
{
	while (r->end == S3_PENDING)
		if (s3_turn(s3, -1, LOOK_MS) == S3TURN_HALT)
			s3_cancel(s3, r);
}

void
s3_run(struct s3 *s3, struct s3req *r)
{
	s3_start(s3, r);
	see_out(s3, r);
}

void
s3_once(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL) {
		if (!begin(s3, r, 1))
			return;
	} else {
		r->end = S3_PENDING;
		s3req_forget(a);
		a->due_ms = 0;
		a->next = s3->under_way;
		s3->under_way = a;
	}
	depart_due(s3);
	see_out(s3, r);
}

int
s3_again(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL || !is_worth(s3, a))
		return 0;
	while (clock_ms() < a->due_ms)
		if (s3_turn(s3, -1, (int)(a->due_ms - clock_ms() < LOOK_MS ? a->due_ms - clock_ms() : LOOK_MS)) == S3TURN_HALT)
			return 0;
	return 1;
}

void
s3_cancel(struct s3 *s3, struct s3req *r)
{
	struct s3attempt *a = r->own;

	if (a == NULL || r->end != S3_PENDING)
		return;
	if (a->wire != NULL)
		arrive(s3, a, CURLE_ABORTED_BY_CALLBACK);
	unlist(s3, a);
	r->end = S3_LOST;
	snprintf(r->text, sizeof(r->text), "given up");
}

void
s3_complain(const struct s3 *s3, const struct s3req *r, const char *what)
{
	const struct s3attempt *a = r->own;
	char why[S3REQ_WHY], key[VISIBLE_SIZE(S3PLACE_KEY)] = "";
	const char *remedy = NULL, *id = s3req_header(r, "x-amz-request-id");

	if ((a != NULL && a->is_said) || (s3->heeds != S3HEED_NOT && halt_signal() != 0))
		return;
	if (r->key != NULL)
		visible(key, r->key, strlen(r->key));
	if (r->end == S3_REFUSED)
		remedy = s3error_remedy(r->http, r->code);
	else if (a != NULL && s3req_is_hopeless(a) && a->transport != CURLE_OUT_OF_MEMORY)
		remedy = "see --ca-file and --endpoint-url";
	warnx("s3://%s/%s: cannot %s: %s%s%.64s%s%s%s", s3->site.bucket, key, what, s3req_why(r, why), id == NULL ? "" : " (request ", id == NULL ? "" : id,
	    id == NULL ? "" : ")", remedy == NULL ? "" : ": ", remedy == NULL ? "" : remedy);
}

void
s3_clear(struct s3 *s3, struct s3req *r)
{
	if (r->own == NULL)
		return;
	s3_cancel(s3, r);
	s3req_forget(r->own);
	free(r->own);
	r->own = NULL;
}
