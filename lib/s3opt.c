#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "awsconf.h"
#include "number.h"
#include "s3opt.h"

enum { RETRY_MS = 600000, TIMEOUT_MS = 60000, DAY = 86400 };

/* What a profile says, and which profile. */
struct profile {
	struct awsconf *conf;
	const char *name;
};

void
s3opt_init(struct s3opt *opt)
{
	*opt = (struct s3opt){ .retry_ms = RETRY_MS, .timeout_ms = TIMEOUT_MS };
}

int
s3opt_is(int c)
{
	return c >= S3OPT_ENDPOINT_URL && c < S3OPT_END;
}

static enum status
keep(char **field, const char *text)
{
	free(*field);
	if ((*field = strdup(text)) != NULL)
		return ST_OK;
	warn("options");
	return ST_TROUBLE;
}

static enum status
take_style(enum s3style *style, const char *text, const char *what)
{
	if (strcmp(text, "path") == 0)
		*style = S3STYLE_PATH;
	else if (strcmp(text, "virtual") == 0)
		*style = S3STYLE_VIRTUAL;
	else if (strcmp(text, "auto") == 0)
		*style = S3STYLE_AUTO;
	else {
		warnx("%s: '%s' is not path, virtual or auto", what, text);
		return ST_TROUBLE;
	}
	return ST_OK;
}

static enum status
take_time(int64_t *ms, const char *text, const char *what)
{
	enum status st;
	uint64_t n = 0;

	if ((st = number_duration(text, what, 1, DAY, &n)) == ST_OK)
		*ms = (int64_t)n * 1000;
	return st;
}

enum status
s3opt_take(struct s3opt *opt, int c, const char *arg)
{
	switch (c) {
	case S3OPT_ENDPOINT_URL:
		return keep(&opt->endpoint, arg);
	case S3OPT_REGION:
		return keep(&opt->region, arg);
	case S3OPT_PROFILE:
		return keep(&opt->profile, arg);
	case S3OPT_ADDRESSING:
		return take_style(&opt->style, arg, "--addressing");
	case S3OPT_CA_FILE:
		return keep(&opt->ca_file, arg);
	case S3OPT_RETRY_TIME:
		return take_time(&opt->retry_ms, arg, "--retry-time");
	case S3OPT_TIMEOUT:
		return take_time(&opt->timeout_ms, arg, "--timeout");
	default:
		return number_size(arg, "--limit-rate", 1024, UINT64_C(1) << 40, &opt->rate);
	}
}

static const char *
profile_says(const struct profile *p, const char *key)
{
	return awsconf_get(p->conf, p->name, key);
}

/* An environment's variable that is set and not empty. */
static const char *
env(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? text : NULL;
}

static int
is_yes(const char *text)
{
	return text != NULL && strcasecmp(text, "true") == 0;
}

/* In the environment if it is there, else in the profile. */
static int
is_set(const struct profile *p, const char *variable, const char *key)
{
	const char *text = env(variable);

	return is_yes(text != NULL ? text : profile_says(p, key));
}

static const char *
first_of(const char *a, const char *b)
{
	return a != NULL ? a : b;
}

static const char *
configured_endpoint(const struct profile *p)
{
	const char *url;

	if (is_set(p, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
		return NULL;
	if ((url = first_of(env("AWS_ENDPOINT_URL_S3"), env("AWS_ENDPOINT_URL"))) != NULL)
		return url;
	return first_of(awsconf_service(p->conf, p->name, "s3", "endpoint_url"), profile_says(p, "endpoint_url"));
}

static const char *
configured_region(const struct s3opt *opt, const struct profile *p)
{
	const char *region;

	if ((region = first_of(env("AWS_REGION"), env("AWS_DEFAULT_REGION"))) != NULL)
		return region;
	if ((region = profile_says(p, "region")) != NULL)
		return region;
	return opt->endpoint != NULL && strstr(opt->endpoint, ".r2.cloudflarestorage.com") != NULL ? "auto" : "us-east-1";
}

static const char *
configured_ca(const struct profile *p)
{
	const char *file = first_of(env("AWS_CA_BUNDLE"), profile_says(p, "ca_bundle"));

	return first_of(file, env("CURL_CA_BUNDLE"));
}

static enum status
settle(char **field, const char *text)
{
	return *field != NULL || text == NULL ? ST_OK : keep(field, text);
}

static enum status
settle_all(struct s3opt *opt, const struct profile *p)
{
	const char *style = profile_says(p, "s3.addressing_style");
	enum status st;

	if ((st = settle(&opt->endpoint, configured_endpoint(p))) != ST_OK ||
	    (st = settle(&opt->region, configured_region(opt, p))) != ST_OK ||
	    (st = settle(&opt->ca_file, configured_ca(p))) != ST_OK)
		return st;
	if (!s3place_is_region(opt->region)) {
		warnx("the name of the region is no word of letters, digits, '-', '_' and '.'");
		return ST_TROUBLE;
	}
	opt->dualstack = is_set(p, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
	opt->fips = is_set(p, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
	if (opt->style == S3STYLE_AUTO && style != NULL)
		return take_style(&opt->style, style, "addressing_style");
	return ST_OK;
}

enum status
s3opt_settle(struct s3opt *opt)
{
	struct profile p;
	enum status st;

	if ((st = awsconf_read(&p.conf)) != ST_OK)
		return st;
	p.name = awsconf_profile(opt->profile);
	st = settle_all(opt, &p);
	awsconf_free(p.conf);
	return st;
}

void
s3opt_free(struct s3opt *opt)
{
	free(opt->endpoint);
	free(opt->region);
	free(opt->profile);
	free(opt->ca_file);
}
