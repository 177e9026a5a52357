/*
 * A set of AWS keys, owned and wiped, and the JSON in which services and
 * credential processes hand them out:
 *
 *	AWSKEYS_PROCESS	{"Version": 1, "AccessKeyId": "...", "SecretAccessKey": "...",
 *			 "SessionToken": "...", "Expiration": "2026-11-24T20:11:20Z"}
 *			the last two may be missing
 *	AWSKEYS_SERVICE	the same with "Token", without "Version", and with
 *			"Code": "Success" or no code at all
 *
 * *what* names the source in messages, in which nothing of the text is shown
 * but a service's error code.
 */
#ifndef MM_AWSKEYS_H
#define MM_AWSKEYS_H

#include <stddef.h>
#include <time.h>

#include "status.h"

/* Starts as all zero. */
struct awskeys {
	char *access_key;		/* NULL: there are none */
	char *secret_key;
	char *session_token;		/* NULL: none */
	time_t expires;			/* 0: nobody says that they do */
};

enum awskeys_form {
	AWSKEYS_PROCESS,
	AWSKEYS_SERVICE
};

/*
 * Copies; an empty session token is none.  ST_TROUBLE, and nothing set: no
 * memory, or keys that cannot be any, having blanks or control bytes in them.
 */
enum status awskeys_set(struct awskeys *k, const char *what, const char *access_key, const char *secret_key,
    const char *session_token);

enum status awskeys_set_json(struct awskeys *k, const char *what, const char *text, size_t len,
    enum awskeys_form form);

int awskeys_same(const struct awskeys *a, const struct awskeys *b);
void awskeys_wipe(struct awskeys *k);

/* RFC 3339, with a fraction or without, Z or an offset; 0 if it is none. */
time_t awskeys_time(const char *text);

#endif
