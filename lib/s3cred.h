/*
 * The keys that sign a request to S3, found where botocore and aws(1) find
 * them, in the same order, and kept fresh for as long as an upload lasts.
 *
 *	environment	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
 *			not looked at if the caller names a profile
 *	assume role	the profile's role_arn with source_profile or credential_source
 *	web identity	AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the profile's
 *	credentials	the profile in ~/.aws/credentials
 *	process		the profile's credential_process
 *	config		the profile in ~/.aws/config
 *	container	AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
 *	instance	the EC2 metadata service, version 2
 *
 * The first of these that is configured is the one: if it fails, that is the
 * error, and no other is tried.  Single sign-on is refused by name.
 *
 * Keys that expire are fetched again five minutes before they do.  A fetch that
 * fails while the old keys still hold is a warning, and is tried again.  Files
 * are read anew for every fetch.
 *
 * No secret is printed, ever.  A fetch blocks: seconds at the most, but for a
 * credential_process, which gets half a minute, and a chain of roles.
 */
#ifndef MM_S3CRED_H
#define MM_S3CRED_H

#include "status.h"

/* Strings that live until the next call for the same s3cred. */
struct s3keys {
	const char *access_key;
	const char *secret_key;
	const char *session_token;	/* NULL: none */
	const char *source;		/* where they are from, for messages: "the environment" */
	unsigned serial;		/* which keys these are: grows with every fetch */
};

struct s3cred;

/*
 * profile NULL: AWS_PROFILE, AWS_DEFAULT_PROFILE, else "default".  region, never
 * NULL, makes the address of STS.  ca_file NULL: the system's.  All are copied.
 * NULL if memory is short.
 */
struct s3cred *s3cred_new(const char *profile, const char *region, const char *ca_file);

/* The keys to use now.  ST_TROUBLE: there are none, and it has been said why. */
enum status s3cred_get(struct s3cred *c, struct s3keys *keys);

/*
 * The server answered ExpiredToken to what keys *serial* had signed: have
 * others by the next s3cred_get().  ST_TROUBLE, said: the source has no others.
 * Requests in flight may each report the same serial; only the first fetches.
 */
enum status s3cred_expired(struct s3cred *c, unsigned serial);

void s3cred_free(struct s3cred *c);		/* wipes; NULL is fine */

#endif
