#define _DEFAULT_SOURCE			/* explicit_bzero, timegm */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "awskeys.h"
#include "visible.h"

/* Goes into a header: one word of ASCII. */
static int
is_word(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return 0;
	return p != s;
}

/* Is only computed with, so blanks in it are fine; a CR at its end was never part of it. */
static int
is_secret(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return 0;
	return p != s;
}

enum status
awskeys_set(struct awskeys *k, const char *what, const char *access_key, const char *secret_key,
    const char *session_token)
{
	const char *fault = NULL;

	memset(k, 0, sizeof(*k));
	if (session_token != NULL && *session_token == '\0')
		session_token = NULL;
	if (!is_word(access_key))
		fault = "the access key is not one word of ASCII";
	else if (!is_secret(secret_key))
		fault = "the secret key is empty, or has control bytes in it";
	else if (session_token != NULL && !is_word(session_token))
		fault = "the session token is not one word of ASCII";
	else if ((k->access_key = strdup(access_key)) == NULL || (k->secret_key = strdup(secret_key)) == NULL ||
	    (session_token != NULL && (k->session_token = strdup(session_token)) == NULL))
		fault = "out of memory";
	if (fault == NULL)
		return ST_OK;
	warnx("%s: %s", what, fault);
	awskeys_wipe(k);
	return ST_TROUBLE;
}

time_t
awskeys_time(const char *text)
{
	struct tm tm = { 0 };
	char sign = '+';
	int hours = 0, minutes = 0, n = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	    &tm.tm_sec, &n) != 6)
		return 0;
	if (text[n] == '.')
		n += 1 + (int)strspn(text + n + 1, "0123456789");
	if (strcmp(text + n, "Z") != 0 && sscanf(text + n, "%c%2d:%2d", &sign, &hours, &minutes) != 3 &&
	    sscanf(text + n, "%c%2d%2d", &sign, &hours, &minutes) != 3)
		return 0;
	if (sign != '+' && sign != '-')
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm) - (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

static const char *
string_of(const json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static enum status
complain(const char *what, const char *fault)
{
	warnx("%s: %s", what, fault);
	return ST_TROUBLE;
}

/* A service that refuses says so by a code, in an answer that is otherwise good. */
static enum status
check_form(const json_t *root, const char *what, enum awskeys_form form)
{
	char buf[VISIBLE_SIZE(128)];
	const char *code;

	if (!json_is_object(root))
		return complain(what, "the answer is JSON, but no object");
	if (form == AWSKEYS_PROCESS && json_integer_value(json_object_get(root, "Version")) != 1)
		return complain(what, "the answer's Version is not 1");
	code = form == AWSKEYS_SERVICE ? string_of(root, "Code") : NULL;
	if (code == NULL || strcmp(code, "Success") == 0)
		return ST_OK;
	warnx("%s: %s", what, visible(buf, code, strnlen(code, 128)));
	return ST_TROUBLE;
}

static enum status
take_keys(struct awskeys *k, const char *what, const json_t *root, enum awskeys_form form)
{
	const char *access_key = string_of(root, "AccessKeyId"), *secret_key = string_of(root, "SecretAccessKey");
	const char *token = string_of(root, form == AWSKEYS_PROCESS ? "SessionToken" : "Token");
	const json_t *expiration = json_object_get(root, "Expiration");
	time_t expires = 0;
	enum status st;

	if ((st = check_form(root, what, form)) != ST_OK)
		return st;
	if (access_key == NULL || secret_key == NULL)
		return complain(what, "the answer lacks AccessKeyId or SecretAccessKey");
	if (expiration != NULL && !json_is_null(expiration) &&
	    (!json_is_string(expiration) || (expires = awskeys_time(json_string_value(expiration))) <= 0))
		return complain(what, "the answer's Expiration is no time of RFC 3339");
	if ((st = awskeys_set(k, what, access_key, secret_key, token)) == ST_OK)
		k->expires = expires;
	return st;
}

/* jansson does not wipe what it frees. */
static void
wipe_json(json_t *root)
{
	const char *key, *value;
	json_t *j;

	json_object_foreach(root, key, j)
		if ((value = json_string_value(j)) != NULL)
			explicit_bzero((void *)(uintptr_t)value, json_string_length(j));
	json_decref(root);
}

enum status
awskeys_set_json(struct awskeys *k, const char *what, const char *text, size_t len, enum awskeys_form form)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, 0, &error);
	enum status st;

	memset(k, 0, sizeof(*k));
	if (root == NULL) {
		/* error.text quotes what it met. */
		warnx("%s: the answer is not JSON (line %d, column %d)", what, error.line, error.column);
		return ST_TROUBLE;
	}
	st = take_keys(k, what, root, form);
	wipe_json(root);
	return st;
}

static int
same_string(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
awskeys_same(const struct awskeys *a, const struct awskeys *b)
{
	return same_string(a->access_key, b->access_key) && same_string(a->secret_key, b->secret_key) &&
	    same_string(a->session_token, b->session_token);
}

static void
wipe(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

void
awskeys_wipe(struct awskeys *k)
{
	wipe(k->access_key);
	wipe(k->secret_key);
	wipe(k->session_token);
	memset(k, 0, sizeof(*k));
}
