#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "awsconf.h"
#include "awskeys.h"
#include "awsmeta.h"
#include "awssts.h"
#include "credproc.h"
#include "oneline.h"
#include "s3cred.h"

enum {
	AHEAD = 300,			/* seconds before keys expire, others are fetched */
	AGAIN = 60,			/* and after a fetch that failed */
	PROCESS_MS = 30000,
	ROLES_MAX = 5,			/* roles assumed one through another */
	WORDS = 1024
};

struct s3cred {
	char *profile;			/* NULL: the caller named none */
	char *region, *ca_file;
	struct awskeys keys;
	char source[WORDS];
	unsigned serial;
	time_t refresh;			/* when others are to be fetched; 0: never */
	int warned[2];			/* of a file's readers, once */
};

/* A walk through the places where keys may be. */
struct search {
	struct s3cred *c;
	const struct awsconf *conf;
	const char *asked;		/* the profile it is all about */
	const char *profile;		/* the one that is looked at: asked, or one that it names */
	int has_env;			/* does the environment speak for it? */
	int roles;			/* that led here */
	char why[AWSMETA_WHY];		/* there are no keys at the last place */
	char source[WORDS];
};

/*
 * One place.  ST_OK with k->access_key NULL: it is not configured.  ST_TROUBLE:
 * it is, and fails, and has said so.  Keys come with s->source.
 */
typedef enum status place(struct search *, struct awskeys *);

/* A variable that is set and not empty, or NULL. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* A value of the profile that is not empty, or NULL. */
static const char *
setting(const struct search *s, const char *key)
{
	const char *value = awsconf_get(s->conf, s->profile, key);

	return value == NULL || *value == '\0' ? NULL : value;
}

__attribute__((format(printf, 2, 3))) static enum status
complain(const struct search *s, const char *fmt, ...)
{
	char words[WORDS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	warnx("profile %s: %s", s->profile, words);
	return ST_TROUBLE;
}

/* Places in their order, until one has keys or fails. */
static enum status
walk(struct search *s, place *const *places, struct awskeys *k)
{
	enum status st = ST_OK;

	for (; *places != NULL && st == ST_OK && k->access_key == NULL; places++)
		st = (*places)(s, k);
	return st;
}

static enum status
from_environment(struct search *s, struct awskeys *k)
{
	const char *access_key = variable("AWS_ACCESS_KEY_ID"), *secret_key = variable("AWS_SECRET_ACCESS_KEY");
	const char *token = variable("AWS_SESSION_TOKEN");

	if (access_key == NULL)
		return ST_OK;
	if (secret_key == NULL) {
		warnx("AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
		return ST_TROUBLE;
	}
	snprintf(s->source, sizeof(s->source), "the environment");
	return awskeys_set(k, s->source, access_key, secret_key, token != NULL ? token : variable("AWS_SECURITY_TOKEN"));
}

/* No place, but where a profile that is nowhere is noticed. */
static enum status
demand_profile(struct search *s, struct awskeys *k)
{
	(void)k;
	if (awsconf_has(s->conf, s->profile) || strcmp(s->profile, "default") == 0)
		return ST_OK;
	return complain(s, "neither in %s nor in %s", awsconf_path(s->conf, AWSCONF_CREDENTIALS),
	    awsconf_path(s->conf, AWSCONF_CONFIG));
}

/* The address of STS, as any service's: the variables first, then the profile, then AWS's own. */
static const char *
sts_endpoint(const struct search *s, char own[WORDS])
{
	const char *ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *region = s->c->region, *url = NULL;

	if (ignored == NULL || strcasecmp(ignored, "true") != 0) {
		if ((url = variable("AWS_ENDPOINT_URL_STS")) == NULL && (url = variable("AWS_ENDPOINT_URL")) == NULL &&
		    (url = awsconf_service(s->conf, s->asked, "sts", "endpoint_url")) == NULL)
			url = awsconf_get(s->conf, s->asked, "endpoint_url");
	}
	if (url != NULL)
		return url;
	snprintf(own, WORDS, "https://sts.%s.amazonaws.com%s", region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
	return own;
}

static struct awssts
sts_of(const struct search *s, char own[WORDS])
{
	return (struct awssts){ .endpoint = sts_endpoint(s, own), .region = s->c->region, .ca_file = s->c->ca_file };
}

static enum status
from_web_identity(struct search *s, struct awskeys *k)
{
	const char *path = s->has_env ? variable("AWS_WEB_IDENTITY_TOKEN_FILE") : NULL;
	const char *arn = s->has_env ? variable("AWS_ROLE_ARN") : NULL;
	const char *session = s->has_env ? variable("AWS_ROLE_SESSION_NAME") : NULL;
	struct awssts_role role = { 0 };
	char own[WORDS], *token;
	struct awssts sts;
	enum status st;

	if (path == NULL && (path = setting(s, "web_identity_token_file")) == NULL)
		return ST_OK;
	if ((role.arn = arn != NULL ? arn : setting(s, "role_arn")) == NULL)
		return complain(s, "there is a web identity token, but no role: set AWS_ROLE_ARN or role_arn");
	role.session = session != NULL ? session : setting(s, "role_session_name");
	if ((st = oneline_read(path, "the web identity token", &token)) != ST_OK)
		return st;
	sts = sts_of(s, own);
	snprintf(s->source, sizeof(s->source), "role %s, by web identity", role.arn);
	st = awssts_web_identity(&sts, &role, token, k);
	oneline_free(token);
	return st;
}

/* A browser is needed there. */
static enum status
refuse_sign_on(struct search *s, struct awskeys *k)
{
	(void)k;
	if (setting(s, "sso_account_id") == NULL && setting(s, "sso_role_name") == NULL)
		return ST_OK;
	return complain(s, "single sign-on is not done here; another profile can have it, with "
	    "credential_process = aws configure export-credentials --profile %s", s->profile);
}

static enum status
from_file(struct search *s, enum awsconf_file file, struct awskeys *k)
{
	const char *path = awsconf_path(s->conf, file);
	const char *access_key = awsconf_get_from(s->conf, file, s->profile, "aws_access_key_id");
	const char *secret_key = awsconf_get_from(s->conf, file, s->profile, "aws_secret_access_key");
	const char *token = awsconf_get_from(s->conf, file, s->profile, "aws_session_token");

	if (access_key == NULL)
		return ST_OK;
	if (secret_key == NULL)
		return complain(s, "aws_access_key_id without aws_secret_access_key in %s", path);
	if (token == NULL)
		token = awsconf_get_from(s->conf, file, s->profile, "aws_security_token");
	if (!s->c->warned[file])
		awsconf_warn_of_readers(s->conf, file);
	s->c->warned[file] = 1;
	snprintf(s->source, sizeof(s->source), "profile %s in %s", s->profile, path);
	return awskeys_set(k, s->source, access_key, secret_key, token);
}

static enum status
from_credentials(struct search *s, struct awskeys *k)
{
	return from_file(s, AWSCONF_CREDENTIALS, k);
}

static enum status
from_config(struct search *s, struct awskeys *k)
{
	return from_file(s, AWSCONF_CONFIG, k);
}

static enum status
from_process(struct search *s, struct awskeys *k)
{
	const char *command = setting(s, "credential_process");
	struct credproc *p;
	enum status st;

	if (command == NULL)
		return ST_OK;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return complain(s, "out of memory");
	snprintf(s->source, sizeof(s->source), "credential_process of profile %s", s->profile);
	st = credproc_run(p, s->source, command, PROCESS_MS);
	if (st == ST_OK)
		st = awskeys_set_json(k, s->source, p->out, p->len, AWSKEYS_PROCESS);
	credproc_wipe(p);
	free(p);
	if (st != ST_OK || k->expires == 0 || k->expires > time(NULL))
		return st;
	warnx("%s: the keys that it gives have expired", s->source);
	awskeys_wipe(k);
	return ST_TROUBLE;
}

static enum status
from_container(struct search *s, struct awskeys *k)
{
	snprintf(s->source, sizeof(s->source), "the container's credentials");
	return awsmeta_container(s->c->ca_file, k);
}

static enum status
from_instance(struct search *s, struct awskeys *k)
{
	snprintf(s->source, sizeof(s->source), "the instance's role");
	return awsmeta_instance(setting(s, "ec2_metadata_service_endpoint"),
	    setting(s, "ec2_metadata_service_endpoint_mode"), k, s->why);
}

static place from_role;

/* What a profile has of its own: keys, and what makes them. */
static place *const in_profile[] = {
	from_web_identity, refuse_sign_on, from_credentials, from_process, from_config, NULL
};

/* What signs for a role: another profile's keys, or this one's, or another role. */
static enum status
from_source_profile(struct search *s, const char *name, struct awskeys *k)
{
	static place *const role[] = { from_role, NULL };
	struct search other = *s;
	enum status st = ST_OK;

	if (!awsconf_has(s->conf, name))
		return complain(s, "there is no profile %s, its source_profile", name);
	if (++other.roles > ROLES_MAX)
		return complain(s, "its source_profile leads in a circle, or through more than %d roles", ROLES_MAX);
	other.profile = name;
	other.has_env = 0;
	if (strcmp(name, s->profile) != 0 && setting(&other, "aws_access_key_id") == NULL)
		st = walk(&other, role, k);
	if (st == ST_OK && k->access_key == NULL)
		st = walk(&other, in_profile, k);
	if (st == ST_OK && k->access_key == NULL)
		return complain(s, "its source_profile %s has no keys", name);
	return st;
}

static enum status
from_named_source(struct search *s, const char *name, struct awskeys *k)
{
	static const struct {
		const char *name;
		place *look;
	} sources[] = {
		{ "Environment", from_environment },
		{ "Ec2InstanceMetadata", from_instance },
		{ "EcsContainer", from_container }
	};
	enum status st;
	size_t i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcasecmp(name, sources[i].name) != 0)
			continue;
		st = sources[i].look(s, k);
		if (st == ST_OK && k->access_key == NULL)
			return complain(s, "its credential_source %s has no keys%s%s", name, *s->why == '\0' ? "" : ": ",
			    s->why);
		return st;
	}
	return complain(s, "credential_source is none of Environment, Ec2InstanceMetadata, EcsContainer");
}

static enum status
from_role(struct search *s, struct awskeys *k)
{
	const char *profile = setting(s, "source_profile"), *named = setting(s, "credential_source");
	struct awssts_role role = {
		setting(s, "role_arn"), setting(s, "role_session_name"), setting(s, "external_id"),
		setting(s, "duration_seconds")
	};
	struct awskeys signer = { 0 };
	char own[WORDS];
	struct awssts sts;
	enum status st;

	if (role.arn == NULL || setting(s, "web_identity_token_file") != NULL)
		return ST_OK;
	if (setting(s, "mfa_serial") != NULL)
		return complain(s, "its role wants the code of a device (mfa_serial), which nobody is there to type");
	if ((profile == NULL) == (named == NULL))
		return complain(s, "role_arn wants source_profile or credential_source beside it, and one of them");
	st = profile != NULL ? from_source_profile(s, profile, &signer) : from_named_source(s, named, &signer);
	if (st == ST_OK) {
		sts = sts_of(s, own);
		snprintf(s->source, sizeof(s->source), "role %s", role.arn);
		st = awssts_assume(&sts, &role, &signer, k);
	}
	awskeys_wipe(&signer);
	return st;
}

/* All places, in their order. */
static enum status
search(struct search *s, struct awskeys *k)
{
	static place *const first[] = { from_environment, NULL };
	static place *const then[] = { demand_profile, from_role, NULL };
	static place *const last[] = { from_container, from_instance, NULL };
	enum status st = ST_OK;

	if (s->has_env)
		st = walk(s, first, k);
	if (st == ST_OK && k->access_key == NULL)
		st = walk(s, then, k);
	if (st == ST_OK && k->access_key == NULL)
		st = walk(s, in_profile, k);
	if (st == ST_OK && k->access_key == NULL)
		st = walk(s, last, k);
	if (st != ST_OK || k->access_key != NULL)
		return st;
	warnx("no keys for S3: not in %sprofile %s of %s or %s, no web identity, no container, no instance metadata (%s)",
	    s->has_env ? "AWS_ACCESS_KEY_ID, " : "", s->profile, awsconf_path(s->conf, AWSCONF_CREDENTIALS),
	    awsconf_path(s->conf, AWSCONF_CONFIG), s->why);
	return ST_TROUBLE;
}

/* When to look for others: in good time, and soon if these are short-lived, but not at once. */
static time_t
refresh_time(time_t expires)
{
	time_t now = time(NULL);

	if (expires == 0)
		return 0;
	if (expires - AHEAD > now)
		return expires - AHEAD;
	return now < expires && expires < now + AGAIN ? expires : now + AGAIN;
}

static enum status
fetch(struct s3cred *c, struct awskeys *k)
{
	const char *profile = awsconf_profile(c->profile);
	struct search s = { .c = c, .asked = profile, .profile = profile, .has_env = c->profile == NULL };
	struct awsconf *conf;
	enum status st;

	memset(k, 0, sizeof(*k));
	if ((st = awsconf_read(&conf)) != ST_OK)
		return st;
	s.conf = conf;
	if ((st = search(&s, k)) == ST_OK)
		memcpy(c->source, s.source, sizeof(c->source));
	awsconf_free(conf);
	return st;
}

static void
replace(struct s3cred *c, const struct awskeys *k)
{
	awskeys_wipe(&c->keys);
	c->keys = *k;
	c->serial++;
	c->refresh = refresh_time(k->expires);
}

struct s3cred *
s3cred_new(const char *profile, const char *region, const char *ca_file)
{
	struct s3cred *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if ((profile == NULL || (c->profile = strdup(profile)) != NULL) &&
	    (c->region = strdup(region)) != NULL &&
	    (ca_file == NULL || (c->ca_file = strdup(ca_file)) != NULL))
		return c;
	s3cred_free(c);
	return NULL;
}

/* It is time for others.  Those that are there serve on while they hold. */
static enum status
refresh(struct s3cred *c)
{
	time_t now = time(NULL);
	struct awskeys k;
	enum status st;

	if ((st = fetch(c, &k)) == ST_OK) {
		replace(c, &k);
		return ST_OK;
	}
	if (c->keys.access_key == NULL || now >= c->keys.expires)
		return st;
	warnx("warning: the keys from %s, good for another %lld seconds, could not be renewed", c->source,
	    (long long)(c->keys.expires - now));
	c->refresh = refresh_time(c->keys.expires);
	return ST_OK;
}

enum status
s3cred_get(struct s3cred *c, struct s3keys *keys)
{
	enum status st = ST_OK;

	if (c->keys.access_key == NULL || (c->refresh != 0 && time(NULL) >= c->refresh))
		st = refresh(c);
	if (st != ST_OK)
		return st;
	keys->access_key = c->keys.access_key;
	keys->secret_key = c->keys.secret_key;
	keys->session_token = c->keys.session_token;
	keys->source = c->source;
	keys->serial = c->serial;
	return ST_OK;
}

enum status
s3cred_expired(struct s3cred *c, unsigned serial)
{
	struct awskeys k;
	enum status st;

	if (serial != c->serial)
		return ST_OK;
	if ((st = fetch(c, &k)) != ST_OK)
		return st;
	if (!awskeys_same(&k, &c->keys)) {
		replace(c, &k);
		return ST_OK;
	}
	awskeys_wipe(&k);
	warnx("the keys from %s have expired, and there are no others to be had", c->source);
	return ST_TROUBLE;
}

void
s3cred_free(struct s3cred *c)
{
	if (c == NULL)
		return;
	awskeys_wipe(&c->keys);
	free(c->profile);
	free(c->region);
	free(c->ca_file);
	free(c);
}
