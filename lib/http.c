#define _DEFAULT_SOURCE			/* explicit_bzero */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "halt.h"
#include "http.h"
#include "visible.h"

enum { TOTAL_MS = 10000 };

/* What the callbacks of libcurl fill. */
struct arrival {
	struct http_answer *answer;
	const char *want;
	size_t cap;
	int is_too_long;
};

/* A bigger block without a copy of the old one left behind. */
static int
grow(struct arrival *to, size_t need)
{
	struct http_answer *a = to->answer;
	size_t cap = to->cap == 0 ? 4096 : to->cap;
	char *body;

	while (cap < need)
		cap *= 2;
	if (cap == to->cap)
		return 1;
	if ((body = calloc(1, cap)) == NULL)
		return 0;
	if (a->body != NULL) {
		memcpy(body, a->body, a->len);
		explicit_bzero(a->body, a->len);
		free(a->body);
	}
	a->body = body;
	to->cap = cap;
	return 1;
}

static size_t
take_body(char *buf, size_t size, size_t n, void *arg)
{
	struct arrival *to = arg;
	struct http_answer *a = to->answer;
	size_t len = size * n;

	if (len > HTTP_BODY_MAX - a->len) {
		to->is_too_long = 1;
		return 0;
	}
	if (len == 0 || !grow(to, a->len + len + 1))
		return 0;
	memcpy(a->body + a->len, buf, len);
	a->len += len;
	return len;
}

static size_t
take_header(char *buf, size_t size, size_t n, void *arg)
{
	struct arrival *to = arg;
	size_t len = size * n, name = strlen(to->want), from = name + 1;

	if (len <= name || strncasecmp(buf, to->want, name) != 0 || buf[name] != ':')
		return len;
	while (from < len && (buf[from] == ' ' || buf[from] == '\t'))
		from++;
	for (n = len; n > from && strchr(" \t\r\n", buf[n - 1]) != NULL; n--)
		continue;
	snprintf(to->answer->header, sizeof(to->answer->header), "%.*s", (int)(n - from), buf + from);
	return len;
}

/* A line break in a header would be the end of it, and what follows a header of its own. */
static int
is_one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return 0;
	return 1;
}

/* The caller's headers, in libcurl's shape.  NULL, or what is wrong. */
static const char *
list_headers(const char *const *headers, struct curl_slist **list)
{
	struct curl_slist *longer;

	for (; headers != NULL && *headers != NULL; headers++) {
		if (!is_one_line(*headers))
			return "a header of the request has control bytes in it";
		if ((longer = curl_slist_append(*list, *headers)) == NULL)
			return "out of memory";
		*list = longer;
	}
	return NULL;
}

static void
wipe_headers(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static void
set_limits(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
}

static void
set_request(CURL *curl, const struct http_request *q, const struct curl_slist *headers)
{
	curl_easy_setopt(curl, CURLOPT_URL, q->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "matric-memory");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)halt_limit_ms(q->total_ms == 0 ? TOTAL_MS : q->total_ms));
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, q->connect_ms == 0 ? TOTAL_MS : q->connect_ms);
	if (q->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q->body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, q->method);
	if (q->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, q->ca_file);
	if (q->direct)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

/* libcurl's own words, in which a server's may stand. */
static void
explain(struct http_answer *a, const char *words)
{
	char buf[VISIBLE_SIZE(CURL_ERROR_SIZE)];

	snprintf(a->error, sizeof(a->error), "%s", visible(buf, words, strlen(words)));
}

/* libcurl asks this once a second at the least: is there a signal by now that was not there when we began? */
static int
stops(void *known, curl_off_t down, curl_off_t downloaded, curl_off_t up, curl_off_t uploaded)
{
	(void)down;
	(void)downloaded;
	(void)up;
	(void)uploaded;
	return halt_signal() != *(int *)known;
}

static enum status
perform(CURL *curl, struct arrival *to)
{
	struct http_answer *a = to->answer;
	char words[CURL_ERROR_SIZE] = "";
	int known = halt_signal();
	CURLcode rc;

	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stops);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &known);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	if (to->want != NULL) {
		curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
		curl_easy_setopt(curl, CURLOPT_HEADERDATA, to);
	}
	rc = grow(to, 1) ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
	if (rc == CURLE_OK && curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->code) == CURLE_OK && a->code != 0)
		return ST_OK;
	if (to->is_too_long)
		snprintf(a->error, sizeof(a->error), "the answer is longer than %d bytes", HTTP_BODY_MAX);
	else if (rc == CURLE_ABORTED_BY_CALLBACK)
		snprintf(a->error, sizeof(a->error), "ended by a signal");
	else
		explain(a, words[0] != '\0' ? words : curl_easy_strerror(rc));
	a->code = 0;
	return ST_TROUBLE;
}

/* To an address without a scheme libcurl would talk in the clear. */
static int
has_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

enum status
http_ask(const struct http_request *q, struct http_answer *a)
{
	struct arrival to = { .answer = a, .want = q->want };
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	const char *fault = has_scheme(q->url) ? list_headers(q->headers, &headers) :
	    "its address begins with neither https:// nor http://";
	enum status st = ST_TROUBLE;

	memset(a, 0, sizeof(*a));
	if (curl == NULL || fault != NULL) {
		explain(a, fault != NULL ? fault : "out of memory");
	} else {
		set_limits(curl);
		set_request(curl, q, headers);
		st = perform(curl, &to);
	}
	curl_easy_cleanup(curl);
	wipe_headers(headers);
	return st;
}

void
http_forget(struct http_answer *a)
{
	if (a->body != NULL)
		explicit_bzero(a->body, a->len);
	free(a->body);
	a->body = NULL;
	a->len = 0;
}

char *
http_origin(const char *url, char out[HTTP_ORIGIN_MAX])
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	CURLU *u = curl_url();

	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		snprintf(out, HTTP_ORIGIN_MAX, "an address that is none");
	else if (curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_OK)
		snprintf(out, HTTP_ORIGIN_MAX, "%s://%s:%s", scheme, host, port);
	else
		snprintf(out, HTTP_ORIGIN_MAX, "%s://%s", scheme, host);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return out;
}
