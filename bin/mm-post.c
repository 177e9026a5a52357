/*
 * mm-post - one notification: standard input to a webhook or a ping service
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "coredump.h"
#include "http.h"
#include "notice.h"
#include "number.h"
#include "oneline.h"
#include "stdfds.h"

enum {
	URL_FILE = 256,
	URL_ENV,
	FORMAT,
	TITLE,
	STATUS,
	RID,
	RETRY,
	CA_FILE
};

/* What the command line says. */
struct request {
	const char *url_file, *url_env;
	int has_format;
	enum notice_format format;
	const char *title, *status, *rid, *ca_file;
	uint64_t retry, seconds;
	int only_say;
};

static void
usage(void)
{
	fputs("usage: mm-post [-n] [-t time] [--retry n] [--format auto|slack|discord|json|ping]\n"
	    "               [--title text] [--status start|success|fail|log|n] [--rid id] [--ca-file file]\n"
	    "               [--url-file file | --url-env name]\n", stderr);
	exit(ST_TROUBLE);
}

static void
take_format(struct request *req, const char *name)
{
	req->has_format = strcmp(name, "auto") != 0;
	if (req->has_format && !notice_format_named(name, &req->format))
		errx(ST_TROUBLE, "--format is one of auto, slack, discord, json, ping");
}

static enum status
take_option(struct request *req, int c)
{
	switch (c) {
	case 'n':
		req->only_say = 1;
		return ST_OK;
	case 't':
		return number_duration(optarg, "-t", 1, 3600, &req->seconds);
	case RETRY:
		return number_count(optarg, "--retry", 0, 10, &req->retry);
	case FORMAT:
		take_format(req, optarg);
		return ST_OK;
	case TITLE:
		req->title = optarg;
		return ST_OK;
	case STATUS:
		req->status = optarg;
		return ST_OK;
	case RID:
		req->rid = optarg;
		return ST_OK;
	case CA_FILE:
		req->ca_file = optarg;
		return ST_OK;
	case URL_FILE:
		req->url_file = optarg;
		return ST_OK;
	case URL_ENV:
		req->url_env = optarg;
		return ST_OK;
	default:
		usage();
		return ST_TROUBLE;
	}
}

static enum status
read_options(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "time", required_argument, NULL, 't' },
		{ "retry", required_argument, NULL, RETRY },
		{ "format", required_argument, NULL, FORMAT },
		{ "title", required_argument, NULL, TITLE },
		{ "status", required_argument, NULL, STATUS },
		{ "rid", required_argument, NULL, RID },
		{ "ca-file", required_argument, NULL, CA_FILE },
		{ "url-file", required_argument, NULL, URL_FILE },
		{ "url-env", required_argument, NULL, URL_ENV },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "nt:", options, NULL)) != -1)
		st = take_option(req, c);
	if (st == ST_OK && (optind < argc || (req->url_file != NULL && req->url_env != NULL)))
		usage();
	if (st == ST_OK && req->status != NULL && !notice_is_status(req->status))
		errx(ST_TROUBLE, "--status is start, success, fail, log, or a number from 0 to 255");
	if (st == ST_OK && req->rid != NULL && !notice_is_id(req->rid))
		errx(ST_TROUBLE, "--rid is up to 64 letters, digits and dashes");
	return st;
}

/* The address, from where it may be; NULL in *url if it is not needed. */
static enum status
find_url(const struct request *req, char **url)
{
	const char *name = req->url_env, *value;

	*url = NULL;
	if (req->url_file != NULL)
		return oneline_read(req->url_file, "the address", url);
	if (name == NULL)
		name = req->has_format && req->format == NOTICE_PING ? "NOTIFY_PING" : "NOTIFY_WEBHOOK";
	if ((value = getenv(name)) == NULL || *value == '\0') {
		if (req->only_say)
			return ST_OK;
		warnx("%s is not set: where should it go?", name);
		return ST_TROUBLE;
	}
	if ((*url = strdup(value)) != NULL)
		return ST_OK;
	warnx("out of memory");
	return ST_TROUBLE;
}

/* The end of stdin, as much as may be of use; what has come by then is better than nothing. */
static enum status
read_text(struct notice *n, int64_t end)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t cap = 2 * NOTICE_TEXT_MAX;
	ssize_t got = 1;
	int64_t left;

	if ((n->text = malloc(cap)) == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	while (got != 0) {
		left = end - clock_ms();
		if (left <= 0 || poll(&pfd, 1, (int)left) == 0) {
			warnx("warning: standard input has not ended; what came so far is posted");
			return ST_OK;
		}
		if (n->len == cap) {
			memmove(n->text, n->text + cap / 2, cap / 2);
			n->len = cap / 2;
		}
		got = read(STDIN_FILENO, n->text + n->len, cap - n->len);
		if (got == -1 && errno != EINTR && errno != EAGAIN) {
			warn("read stdin");
			return ST_TROUBLE;
		}
		if (got > 0)
			n->len += (size_t)got;
	}
	return ST_OK;
}

/* May another try help? */
static int
is_passing(enum status st, const struct http_answer *a)
{
	return st != ST_OK || a->code == 408 || a->code == 429 || a->code >= 500;
}

/* How long to wait before the next try: what the other side asks for, else 1, 2, 4 ... seconds. */
static int64_t
pause_ms(const struct http_answer *a, uint64_t tries)
{
	double asked = strtod(a->header, NULL);

	if (asked > 0 && asked < 3600)
		return (int64_t)(asked * 1000) + 1;
	return (int64_t)1000 << (tries < 6 ? tries : 6);
}

static enum status
judge(const char *origin, enum status st, const struct http_answer *a)
{
	if (st != ST_OK) {
		warnx("%s: %s", origin, a->error);
		return ST_TROUBLE;
	}
	if (a->code >= 200 && a->code < 300)
		return ST_OK;
	warnx("%s: answer %ld", origin, a->code);
	return is_passing(st, a) ? ST_TROUBLE : ST_BAD;
}

/* As often as there is time for. */
static enum status
post(struct http_request *q, uint64_t retry, int64_t end)
{
	char origin[HTTP_ORIGIN_MAX];
	struct http_answer a;
	int64_t left, rest;
	uint64_t tries;
	enum status st;

	http_origin(q->url, origin);
	for (tries = 0; ; tries++) {
		left = end - clock_ms();
		/* One that hangs does not take the time of all. */
		q->total_ms = (long)(tries < retry ? left / 2 : left);
		if (q->total_ms < 1)
			q->total_ms = 1;
		st = http_ask(q, &a);
		http_forget(&a);
		rest = pause_ms(&a, tries);
		if (!is_passing(st, &a) || tries == retry || clock_ms() + rest >= end)
			return judge(origin, st, &a);
		poll(NULL, 0, (int)rest);
	}
}

/* Shape it, and post it or print it. */
static enum status
deliver(const struct request *req, struct notice *n, enum notice_format format, const char *url, int64_t end)
{
	char type[80];
	const char *headers[] = { type, NULL };
	struct http_request q = { .method = "POST", .headers = headers, .ca_file = req->ca_file, .want = "Retry-After" };
	char *address = url == NULL ? NULL : notice_address(url, format, req->status, req->rid);
	char *body = notice_body(n, format, &q.len);
	enum status st = ST_OK;

	snprintf(type, sizeof(type), "Content-Type: %s", notice_type(format));
	q.url = address;
	q.body = body;
	if (body == NULL || (url != NULL && address == NULL)) {
		warnx("out of memory");
		st = ST_TROUBLE;
	} else if (req->only_say) {
		fwrite(body, 1, q.len, stdout);
	} else {
		st = post(&q, req->retry, end);
	}
	free(body);
	oneline_free(address);
	return st;
}

int
main(int argc, char **argv)
{
	struct request req = { .format = NOTICE_JSON, .retry = 3, .seconds = 10 };
	enum notice_format format;
	struct notice n = { 0 };
	char host[256] = "", *url, *text;
	enum status st;
	int64_t begun;

	stdfds_hold();
	coredump_forbid();
	begun = clock_ms();
	if ((st = read_options(argc, argv, &req)) != ST_OK || (st = find_url(&req, &url)) != ST_OK)
		return st;
	format = req.has_format || url == NULL ? req.format : notice_format_of(url);
	if (format == NOTICE_PING && req.status == NULL)
		errx(ST_TROUBLE, "a ping says what happened: --status is missing");
	gethostname(host, sizeof(host) - 1);
	n.host = host;
	n.status = req.status;
	n.title = req.title;
	n.when = time(NULL);
	st = read_text(&n, begun + (int64_t)req.seconds * 500);
	text = n.text;
	if (st == ST_OK)
		st = deliver(&req, &n, format, url, begun + (int64_t)req.seconds * 1000);
	free(text);
	oneline_free(url);
	if (fflush(stdout) == EOF)
		err(ST_TROUBLE, "write stdout");
	return (int)st;
}
