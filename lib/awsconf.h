/*
 * The files that every S3 client shares: what a profile says.
 *
 *	~/.aws/credentials	AWS_SHARED_CREDENTIALS_FILE	[name]
 *	~/.aws/config		AWS_CONFIG_FILE			[profile name], [default],
 *								[services name]
 *
 *	# comment
 *	[profile backup]
 *	region = eu-central-1
 *	services = here
 *	s3 =
 *	    addressing_style = path
 *
 *	[services here]
 *	s3 =
 *	    endpoint_url = https://s3.example.com
 *
 * Lines may end in CR LF, the file may begin with a byte order mark.  '#' and
 * ';' begin a comment in the first column; behind a value, after a blank.  Keys are
 * in any case, values as they stand, without quotes.  An indented line under a
 * key without a value is a key of its own, "s3.addressing_style"; a later
 * value replaces an earlier one, a later section of the same name adds to it.
 *
 * A file that is not there is an empty one.  One that cannot be read, is longer
 * than AWSCONF_MAX, or has a line that is none of these is ST_TROUBLE, and the message has
 * the line's number, not the line, which may be a secret.
 */
#ifndef MM_AWSCONF_H
#define MM_AWSCONF_H

#include "status.h"

enum { AWSCONF_MAX = 1 << 20 };

enum awsconf_file {
	AWSCONF_CREDENTIALS,
	AWSCONF_CONFIG
};

struct awsconf;

enum status awsconf_read(struct awsconf **conf);
void awsconf_free(struct awsconf *conf);	/* wipes; NULL is fine */

/* The file's path, for messages; the file is there or not. */
const char *awsconf_path(const struct awsconf *conf, enum awsconf_file file);

/* The profile to use: *asked* if not NULL, else AWS_PROFILE, else "default". */
const char *awsconf_profile(const char *asked);

/* Is there such a profile, in either file? */
int awsconf_has(const struct awsconf *conf, const char *profile);

/*
 * What a profile says; NULL if it does not.  Strings live as long as conf.  get
 * asks both files, credentials before config.
 */
const char *awsconf_get(const struct awsconf *conf, const char *profile, const char *key);
const char *awsconf_get_from(const struct awsconf *conf, enum awsconf_file file, const char *profile, const char *key);

/* A key of a service, "s3" or "sts", in the services section that the profile names. */
const char *awsconf_service(const struct awsconf *conf, const char *profile, const char *service, const char *key);

#endif
