#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "awsmeta.h"
#include "halt.h"
#include "http.h"
#include "oneline.h"

enum {
	CONTAINER_MS = 2000,
	CONTAINER_TRIES = 3,
	CONTAINER_NAP_MS = 1000,
	INSTANCE_MS = 1000,
	URL_MAX = 4096,
	WHAT_MAX = HTTP_ORIGIN_MAX + 64
};

#define ROLES	"latest/meta-data/iam/security-credentials/"

/* A variable that is set and not empty, or NULL. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static int
is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* May a token go there in the clear? */
static int
is_near(const char *host)
{
	static const char *const near[] = { "localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
	size_t i;

	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (strcasecmp(host, near[i]) == 0)
			return 1;
	return is_loopback(host);
}

/* scheme://host:port, as http_origin() writes it. */
static int
is_allowed(const char *origin)
{
	char host[HTTP_ORIGIN_MAX];
	const char *p;

	if (strncmp(origin, "https://", 8) == 0)
		return 1;
	if (strncmp(origin, "http://", 7) != 0)
		return 0;
	p = origin + 7;
	if (*p == '[')
		snprintf(host, sizeof(host), "%.*s", (int)strcspn(p + 1, "]"), p + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)strcspn(p, ":"), p);
	return is_near(host);
}

/* "Authorization: ..." if there is a token; the caller frees it. */
static enum status
read_token(char **header)
{
	const char *path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	char *line = NULL;
	enum status st;
	size_t size;

	*header = NULL;
	if (path == NULL && token == NULL)
		return ST_OK;
	if (path != NULL && (st = oneline_read(path, "container credentials: the token", &line)) != ST_OK)
		return st;
	if (path != NULL)
		token = line;
	size = sizeof("Authorization: ") + strlen(token);
	if ((*header = malloc(size)) == NULL)
		warnx("out of memory");
	else
		snprintf(*header, size, "Authorization: %s", token);
	oneline_free(line);
	return *header == NULL ? ST_TROUBLE : ST_OK;
}

/* Ask up to three times; what there is no answer to, and any answer but 200, may be of the moment. */
static enum status
ask_container(const struct http_request *q, const char *what, struct awskeys *k)
{
	struct http_answer a;
	enum status st;
	int try;

	for (try = 1; (st = http_ask(q, &a)) != ST_OK || a.code != 200; try++) {
		if (try == CONTAINER_TRIES || halt_signal() != 0) {
			if (st == ST_OK)
				warnx("%s: answer %ld", what, a.code);
			else
				warnx("%s: %s", what, a.error);
			http_forget(&a);
			return ST_TROUBLE;
		}
		http_forget(&a);
		poll(NULL, 0, CONTAINER_NAP_MS);
	}
	st = awskeys_set_json(k, what, a.body, a.len, AWSKEYS_SERVICE);
	http_forget(&a);
	return st;
}

static enum status
ask_with_token(const char *url, const char *what, const char *ca_file, struct awskeys *k)
{
	const char *headers[] = { "Accept: application/json", NULL, NULL };
	struct http_request q = {
		.method = "GET", .url = url, .headers = headers, .connect_ms = CONTAINER_MS, .total_ms = CONTAINER_MS,
		.ca_file = ca_file, .direct = 1
	};
	char *header;
	enum status st;

	if ((st = read_token(&header)) != ST_OK)
		return st;
	headers[1] = header;
	st = ask_container(&q, what, k);
	oneline_free(header);
	return st;
}

enum status
awsmeta_container(const char *ca_file, struct awskeys *k)
{
	const char *path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char url[URL_MAX], origin[HTTP_ORIGIN_MAX], what[WHAT_MAX];
	int n;

	if (path == NULL && full == NULL)
		return ST_OK;
	/* Without the slash, "@elsewhere" would be another host. */
	if (path != NULL && *path != '/') {
		warnx("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash");
		return ST_TROUBLE;
	}
	n = snprintf(url, sizeof(url), "%s%s", path != NULL ? "http://169.254.170.2" : "", path != NULL ? path : full);
	snprintf(what, sizeof(what), "container credentials at %s", http_origin(url, origin));
	if (n >= 0 && (size_t)n < sizeof(url) && is_allowed(origin))
		return ask_with_token(url, what, ca_file, k);
	warnx("%s: keys are not asked for there: it is neither https nor this machine nor a service of ECS or EKS",
	    what);
	return ST_TROUBLE;
}

/* The service's address, with a slash at the end. */
static void
find_instance(const char *endpoint, const char *mode, char url[URL_MAX])
{
	const char *set = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *set_mode = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	if (set != NULL)
		endpoint = set;
	if (set_mode != NULL)
		mode = set_mode;
	if (endpoint == NULL || *endpoint == '\0')
		endpoint = mode != NULL && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" :
		    "http://169.254.169.254";
	snprintf(url, URL_MAX, "%s%s", endpoint, endpoint[strlen(endpoint) - 1] == '/' ? "" : "/");
}

/* One question to the instance's service. */
static enum status
ask_instance(const char *method, const char *base, const char *path, const char *header, struct http_answer *a)
{
	const char *headers[] = { header, NULL };
	char url[URL_MAX + 512];
	struct http_request q = {
		.method = method, .url = url, .headers = headers, .connect_ms = INSTANCE_MS, .total_ms = INSTANCE_MS,
		.direct = 1
	};

	snprintf(url, sizeof(url), "%s%s", base, path);
	return http_ask(&q, a);
}

/* The characters of a role's name, and of a token. */
static int
is_name(const char *s, size_t most)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-/");

	return len > 0 && len <= most && s[len] == '\0';
}

/* A word out of an answer; 0, and why, if there is none. */
static int
take_word(struct http_answer *a, enum status st, const char *none, size_t most, char why[AWSMETA_WHY])
{
	if (st != ST_OK)
		snprintf(why, AWSMETA_WHY, "%s", a->error);
	else if (a->code != 200)
		snprintf(why, AWSMETA_WHY, "answer %ld: %s", a->code, none);
	else
		a->body[strcspn(a->body, "\r\n")] = '\0';
	if (st != ST_OK || a->code != 200)
		return 0;
	if (is_name(a->body, most))
		return 1;
	snprintf(why, AWSMETA_WHY, "an answer that makes no sense");
	return 0;
}

static enum status
ask_keys(const char *base, const char *what, const char *role, const char *token, struct awskeys *k)
{
	char path[512];
	struct http_answer a;
	enum status st;

	snprintf(path, sizeof(path), ROLES "%s", role);
	if ((st = ask_instance("GET", base, path, token, &a)) != ST_OK) {
		warnx("%s: %s", what, a.error);
	} else if (a.code != 200) {
		warnx("%s: answer %ld for the keys of role %s", what, a.code, role);
		st = ST_TROUBLE;
	} else {
		st = awskeys_set_json(k, what, a.body, a.len, AWSKEYS_SERVICE);
	}
	http_forget(&a);
	return st;
}

enum status
awsmeta_instance(const char *endpoint, const char *mode, struct awskeys *k, char why[AWSMETA_WHY])
{
	const char *disabled = variable("AWS_EC2_METADATA_DISABLED");
	char base[URL_MAX], origin[HTTP_ORIGIN_MAX], what[WHAT_MAX], header[1100], role[256];
	struct http_answer a;
	enum status st;

	if (disabled != NULL && strcasecmp(disabled, "true") == 0) {
		snprintf(why, AWSMETA_WHY, "disabled");
		return ST_OK;
	}
	find_instance(endpoint, mode, base);
	snprintf(what, sizeof(what), "instance metadata at %s", http_origin(base, origin));
	st = ask_instance("PUT", base, "latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600", &a);
	if (!take_word(&a, st, "no service of version 2", 1024, why))
		goto none;
	snprintf(header, sizeof(header), "X-aws-ec2-metadata-token: %s", a.body);
	http_forget(&a);
	st = ask_instance("GET", base, ROLES, header, &a);
	if (!take_word(&a, st, "the instance has no role", sizeof(role) - 1, why))
		goto none;
	snprintf(role, sizeof(role), "%s", a.body);
	http_forget(&a);
	return ask_keys(base, what, role, header, k);
none:
	http_forget(&a);
	return ST_OK;
}
