#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "s3wire.h"

enum { HEAD_MAX = 64 * 1024, BULK = 64 * 1024, UPLOAD_BUFFER = 512 * 1024, DOWNLOAD_BUFFER = 256 * 1024 };

/* What a buffer that holds n bytes has room for. */
static size_t
capacity(size_t n)
{
	size_t cap = 1024;

	while (cap < n)
		cap *= 2;
	return cap;
}

/* Append to a buffer that keeps a NUL behind it; 0 if it would grow over max, or memory is short. */
static int
append(char **buf, size_t *len, size_t max, const char *from, size_t n)
{
	size_t need = *len + n + 1;
	char *more;

	if (n > max - *len)
		return 0;
	if (*buf == NULL || capacity(need) > capacity(*len + 1)) {
		if ((more = realloc(*buf, capacity(need))) == NULL)
			return 0;
		*buf = more;
	}
	memcpy(*buf + *len, from, n);
	*len += n;
	(*buf)[*len] = '\0';
	return 1;
}

static size_t
give_body(char *buf, size_t size, size_t n, void *arg)
{
	struct s3wire *w = arg;
	size_t len = size * n < w->body_len - w->sent ? size * n : w->body_len - w->sent;

	if (len > 0)
		memcpy(buf, w->body + w->sent, len);
	w->sent += len;
	return len;
}

static int
rewind_body(void *arg, curl_off_t offset, int origin)
{
	struct s3wire *w = arg;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > w->body_len)
		return CURL_SEEKFUNC_FAIL;
	w->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t
take_body(char *buf, size_t size, size_t n, void *arg)
{
	struct s3wire *w = arg;
	size_t len = size * n;

	curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &w->http);
	if (w->take != NULL && w->http / 100 == 2)
		return w->take(w->ctx, (const uint8_t *)buf, len) ? len : 0;
	return append(&w->answer, &w->answer_len, w->answer_max, buf, len) ? len : 0;
}

/* One line, its end included.  A status line begins anew: 100 Continue has headers too. */
static size_t
take_header(char *buf, size_t size, size_t n, void *arg)
{
	struct s3wire *w = arg;
	size_t len = size * n, keep = len;

	if (len >= 5 && strncmp(buf, "HTTP/", 5) == 0)
		w->head_len = 0;
	while (keep > 0 && strchr(" \t\r\n", buf[keep - 1]) != NULL)
		keep--;
	if (keep == 0)
		return len;
	return append(&w->head, &w->head_len, HEAD_MAX, buf, keep) && append(&w->head, &w->head_len, HEAD_MAX, "", 1) ? len : 0;
}

static int
note_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct s3wire *w = arg;

	(void)down_all;
	(void)up_all;
	w->moved = down + up;
	return 0;
}

const char *
s3wire_header(const struct s3wire *w, const char *name)
{
	size_t len = strlen(name), at;
	const char *line;

	for (at = 0; at < w->head_len; at += strlen(line) + 1) {
		line = w->head + at;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
	}
	return NULL;
}

/* Add `name: value` to the headers that are sent; 0 if memory is short.  Some values are secrets: no copy is left. */
static int
add_header(struct s3wire *w, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	struct curl_slist *longer;
	char *line;

	if ((line = malloc(size)) == NULL)
		return 0;
	/* To libcurl, a name with nothing behind its colon is a header that is not sent; one with a semicolon is empty. */
	snprintf(line, size, *value == '\0' ? "%s;" : "%s: %s", name, value);
	if ((longer = curl_slist_append(w->headers, line)) != NULL)
		w->headers = longer;
	OPENSSL_cleanse(line, size);
	free(line);
	return longer != NULL;
}

static int
add_signature(struct s3wire *w, const struct sigv4_request *r, const struct sigv4_key *key)
{
	char *line;
	int good;

	if ((line = sigv4_authorization(r, key)) == NULL)
		return 0;
	good = add_header(w, "Authorization", line);
	free(line);
	return good;
}

static int
add_headers(struct s3wire *w, const struct sigv4_request *r, const struct sigv4_key *key)
{
	size_t i;

	if (!add_header(w, "Host", r->host) || !add_header(w, "x-amz-date", r->date) ||
	    !add_header(w, "x-amz-content-sha256", r->payload))
		return 0;
	if (key->token != NULL && !add_header(w, "x-amz-security-token", key->token))
		return 0;
	for (i = 0; i < r->nheader; i++)
		if (!add_header(w, r->header[i].name, r->header[i].value))
			return 0;
	return add_signature(w, r, key);
}

static int
set_url(struct s3wire *w, const struct s3wire_ask *ask)
{
	CURLcode code = CURLE_OUT_OF_MEMORY;
	char *target, *url = NULL;
	size_t len;
	FILE *f;

	if ((target = sigv4_target(ask->request)) == NULL)
		return 0;
	if ((f = open_memstream(&url, &len)) != NULL) {
		fprintf(f, "%s://%s%s", ask->is_https ? "https" : "http", ask->request->host, target);
		if (fclose(f) == 0)
			code = curl_easy_setopt(w->easy, CURLOPT_URL, url);
	}
	free(url);
	free(target);
	return code == CURLE_OK;
}

static void
set_connection(struct s3wire *w, const struct s3wire_ask *ask)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(w->easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(w->easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(w->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(w->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(w->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(w->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(w->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(w->easy, CURLOPT_USERAGENT, "matric-memory");
	curl_easy_setopt(w->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)ask->connect_ms);
	curl_easy_setopt(w->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(w->easy, CURLOPT_TCP_KEEPIDLE, 60L);
	curl_easy_setopt(w->easy, CURLOPT_TCP_KEEPINTVL, 30L);
	if (ask->is_fresh)
		curl_easy_setopt(w->easy, CURLOPT_FRESH_CONNECT, 1L);
	if (ask->ca_file != NULL)
		curl_easy_setopt(w->easy, CURLOPT_CAINFO, ask->ca_file);
}

static void
set_answer(struct s3wire *w, const struct s3wire_ask *ask)
{
	curl_easy_setopt(w->easy, CURLOPT_ERRORBUFFER, w->error);
	curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(w->easy, CURLOPT_WRITEDATA, w);
	curl_easy_setopt(w->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(w->easy, CURLOPT_HEADERDATA, w);
	curl_easy_setopt(w->easy, CURLOPT_XFERINFOFUNCTION, note_progress);
	curl_easy_setopt(w->easy, CURLOPT_XFERINFODATA, w);
	curl_easy_setopt(w->easy, CURLOPT_NOPROGRESS, 0L);
	if (ask->take != NULL)
		curl_easy_setopt(w->easy, CURLOPT_BUFFERSIZE, (long)DOWNLOAD_BUFFER);
}

static void
set_request(struct s3wire *w, const struct s3wire_ask *ask)
{
	const char *method = ask->request->method;

	curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, w->headers);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(w->easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0) {
		curl_easy_setopt(w->easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(w->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ask->body_len);
		curl_easy_setopt(w->easy, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(w->easy, CURLOPT_READDATA, w);
		curl_easy_setopt(w->easy, CURLOPT_SEEKFUNCTION, rewind_body);
		curl_easy_setopt(w->easy, CURLOPT_SEEKDATA, w);
		if (ask->body_len > BULK)
			curl_easy_setopt(w->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	}
	curl_easy_setopt(w->easy, CURLOPT_CUSTOMREQUEST, strcmp(method, "HEAD") == 0 ? NULL : method);
}

struct s3wire *
s3wire_new(const struct s3wire_ask *ask)
{
	struct s3wire *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->body = ask->body;
	w->body_len = ask->body_len;
	w->take = ask->take;
	w->ctx = ask->ctx;
	w->answer_max = ask->answer_max;
	if ((w->easy = curl_easy_init()) == NULL || !set_url(w, ask) || !add_headers(w, ask->request, ask->key)) {
		s3wire_free(w);
		return NULL;
	}
	set_connection(w, ask);
	set_answer(w, ask);
	set_request(w, ask);
	return w;
}

void
s3wire_free(struct s3wire *w)
{
	struct curl_slist *l;

	if (w == NULL)
		return;
	curl_easy_cleanup(w->easy);
	for (l = w->headers; l != NULL; l = l->next)
		OPENSSL_cleanse(l->data, strlen(l->data));
	curl_slist_free_all(w->headers);
	free(w->answer);
	free(w->head);
	free(w);
}
