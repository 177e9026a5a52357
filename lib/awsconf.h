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
 * Read as botocore reads them.  Lines may end in CR LF, the file may begin with
 * a byte order mark; a line that begins with '#' or ';' is a comment, and no
 * other is.  A key is in any case, its value is what stands behind '=' or ':',
 * without the blanks around it.  A line indented deeper than its key goes on
 * with the value; under a key without one it is a key of its own,
 * "s3.addressing_style".  What comes later replaces what came before, and a
 * section may come twice.
 *
 * A file that is not there, or is no regular one, is empty.  One that cannot be
 * read, is longer than AWSCONF_MAX, or has a line that is none of these is
 * ST_TROUBLE; the message has the line's number and not the line, which may be
 * a secret.
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

/* For messages: the path, whether or not there is such a file. */
const char *awsconf_path(const struct awsconf *conf, enum awsconf_file file);

/* Keys were found in this file: if others may read it too, warn. */
void awsconf_warn_of_readers(const struct awsconf *conf, enum awsconf_file file);

/* The profile to use: *asked* if not NULL, else AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
const char *awsconf_profile(const char *asked);

/* Is there such a profile, in either file? */
int awsconf_has(const struct awsconf *conf, const char *profile);

/*
 * What a profile says; NULL if it does not.  The strings live as long as conf.
 * awsconf_get() asks both files, the credentials before the configuration.
 */
const char *awsconf_get(const struct awsconf *conf, const char *profile, const char *key);
const char *awsconf_get_from(const struct awsconf *conf, enum awsconf_file file, const char *profile, const char *key);

/*
 * The same for a service, from the services section that the profile names:
 * awsconf_service(conf, "backup", "s3", "endpoint_url").
 */
const char *awsconf_service(const struct awsconf *conf, const char *profile, const char *service, const char *key);

#endif
