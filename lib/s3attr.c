#include <ctype.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "s3attr.h"
#include "s3look.h"

static const char kms_key[] = "x-amz-server-side-encryption-aws-kms-key-id";
static const char meta[] = "x-amz-meta-";

const char *
s3attr_value(const struct s3attr *attr, const char *name)
{
	size_t i;

	for (i = 0; i < attr->n; i++)
		if (strcmp(attr->pair[i].name, name) == 0)
			return attr->pair[i].value;
	return NULL;
}

/* Takes both strings, which are NULL if memory is short. */
static enum status
own(struct s3attr *attr, char *name, char *value)
{
	if (name != NULL && value != NULL && attr->n < S3ATTR_MAX && s3attr_value(attr, name) == NULL) {
		attr->pair[attr->n++] = (struct sigv4_pair){ name, value };
		return ST_OK;
	}
	if (name == NULL || value == NULL)
		warnx("out of memory");
	else
		warnx(attr->n == S3ATTR_MAX ? "too many attributes: %s" : "%s is said twice", name);
	free(name);
	free(value);
	return ST_TROUBLE;
}

static enum status
set(struct s3attr *attr, const char *name, const char *value)
{
	return own(attr, strdup(name), strdup(value));
}

/* Printable ASCII, and no blank at either end: what a header keeps as it is. */
static int
suits_header(const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return 0;
	return len > 0 && text[0] != ' ' && text[len - 1] != ' ';
}

enum status
s3attr_check_class(const char *text, const char *option)
{
	if (*text != '\0' && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text))
		return ST_OK;
	warnx("%s: '%s' is no name of a class", option, text);
	return ST_TROUBLE;
}

enum status
s3attr_class(struct s3attr *attr, const char *text)
{
	enum status st = s3attr_check_class(text, "--storage-class");

	return st == ST_OK ? set(attr, S3ATTR_CLASS, text) : st;
}

enum status
s3attr_sse(struct s3attr *attr, const char *text)
{
	if (strcmp(text, "AES256") == 0 || strcmp(text, "aws:kms") == 0)
		return set(attr, S3ATTR_SSE, text);
	warnx("--sse: '%s' is neither AES256 nor aws:kms", text);
	return ST_TROUBLE;
}

enum status
s3attr_kms_key(struct s3attr *attr, const char *text)
{
	if (suits_header(text))
		return set(attr, kms_key, text);
	warnx("--sse-kms-key: '%s' is no name of a key", text);
	return ST_TROUBLE;
}

/* The '=' that ends the name in NAME=VALUE; NULL, with the reason said, if there is no name. */
static const char *
name_end(const char *text, const char *option)
{
	const char *equals = strchr(text, '=');

	if (equals != NULL && equals != text)
		return equals;
	warnx("%s: '%s' is not name=value", option, text);
	return NULL;
}

enum status
s3attr_metadata(struct s3attr *attr, const char *text)
{
	const char *equals = name_end(text, "--metadata");
	size_t len, i;
	char *name;

	if (equals == NULL)
		return ST_TROUBLE;
	len = (size_t)(equals - text);
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && strchr("-_.", text[i]) == NULL) {
			warnx("--metadata: a name has letters, digits, '-', '_' and '.': '%s'", text);
			return ST_TROUBLE;
		}
	}
	if (!suits_header(equals + 1)) {
		warnx("--metadata: a value is printable ASCII, without blanks at its ends: '%.*s'", (int)len, text);
		return ST_TROUBLE;
	}
	if ((name = malloc(sizeof(meta) + len)) != NULL) {
		snprintf(name, sizeof(meta) + len, "%s%s", meta, text);
		for (i = 0; name[i] != '\0'; i++)
			name[i] = (char)tolower((unsigned char)name[i]);
	}
	if (name != NULL && strcmp(name, S3LOOK_TOKEN_HEADER) == 0) {
		warnx("--metadata: that name is mm-s3put's own: '%s'", text);
		free(name);
		return ST_TROUBLE;
	}
	return own(attr, name, strdup(equals + 1));
}

static void
encode(FILE *f, const char *text, size_t len)
{
	for (; len > 0; text++, len--) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text) != NULL)
			putc(*text, f);
		else
			fprintf(f, "%%%02X", (unsigned)(uint8_t)*text);
	}
}

enum status
s3attr_tag(struct s3attr *attr, const char *text)
{
	const char *equals = name_end(text, "--tag");
	char *tags = NULL;
	size_t len;
	FILE *f;

	if (equals == NULL)
		return ST_TROUBLE;
	if ((f = open_memstream(&tags, &len)) == NULL) {
		warn("--tag");
		return ST_TROUBLE;
	}
	if (attr->tags != NULL)
		fprintf(f, "%s&", attr->tags);
	encode(f, text, (size_t)(equals - text));
	putc('=', f);
	encode(f, equals + 1, strlen(equals + 1));
	if (fclose(f) != 0) {
		warn("--tag");
		free(tags);
		return ST_TROUBLE;
	}
	free(attr->tags);
	attr->tags = tags;
	return ST_OK;
}

enum status
s3attr_lock_mode(struct s3attr *attr, const char *text)
{
	if (strcasecmp(text, "governance") == 0)
		return set(attr, S3ATTR_LOCK_MODE, "GOVERNANCE");
	if (strcasecmp(text, "compliance") == 0)
		return set(attr, S3ATTR_LOCK_MODE, "COMPLIANCE");
	warnx("--lock-mode: '%s' is neither governance nor compliance", text);
	return ST_TROUBLE;
}

/* Does it have a digit for each 0 of the pattern, and else the same characters? */
static int
fits(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; text++, pattern++)
		if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
			return 0;
	return *text == '\0';
}

enum status
s3attr_lock_until(struct s3attr *attr, const char *text)
{
	char full[sizeof("0000-00-00T00:00:00Z")];

	if (fits(text, "0000-00-00T00:00:00Z"))
		return set(attr, S3ATTR_LOCK_UNTIL, text);
	if (fits(text, "0000-00-00")) {
		snprintf(full, sizeof(full), "%sT00:00:00Z", text);
		return set(attr, S3ATTR_LOCK_UNTIL, full);
	}
	warnx("--lock-until: '%s' is not written YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", text);
	return ST_TROUBLE;
}

enum status
s3attr_settle(struct s3attr *attr)
{
	const char *kind = s3attr_value(attr, S3ATTR_SSE);

	if ((s3attr_value(attr, S3ATTR_LOCK_MODE) == NULL) != (s3attr_value(attr, S3ATTR_LOCK_UNTIL) == NULL)) {
		warnx("--lock-mode and --lock-until go together");
		return ST_TROUBLE;
	}
	if (s3attr_value(attr, kms_key) != NULL && (kind == NULL || strcmp(kind, "aws:kms") != 0)) {
		warnx("--sse-kms-key goes with --sse aws:kms");
		return ST_TROUBLE;
	}
	attr->is_locked = s3attr_value(attr, S3ATTR_LOCK_MODE) != NULL;
	return attr->tags == NULL ? ST_OK : set(attr, S3ATTR_TAGS, attr->tags);
}

void
s3attr_apply(const struct s3attr *attr, struct s3req *r)
{
	memcpy(r->header + r->nheader, attr->pair, attr->n * sizeof(attr->pair[0]));
	r->nheader += attr->n;
}

void
s3attr_free(struct s3attr *attr)
{
	size_t i;

	for (i = 0; i < attr->n; i++) {
		free((char *)attr->pair[i].name);
		free((char *)attr->pair[i].value);
	}
	free(attr->tags);
}
