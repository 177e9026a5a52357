/*
 * Keys that AWS's security token service, or a server that plays it, hands out
 * for a role, to be used until they expire.
 *
 * Each is one POST, tried a second time if nobody answered or the service is
 * at fault; ten seconds each.  Errors are the service's own code and message.
 * Spec: "AWS Security Token Service API Reference", version 2011-06-15.
 */
#ifndef MM_AWSSTS_H
#define MM_AWSSTS_H

#include "awskeys.h"
#include "status.h"

struct awssts {
	const char *endpoint;		/* https://sts.eu-central-1.amazonaws.com */
	const char *region;		/* for the signature */
	const char *ca_file;		/* NULL: the system's */
};

struct awssts_role {
	const char *arn;
	const char *session;		/* NULL: "matric-memory" */
	const char *external_id;	/* NULL: none; so below */
	const char *seconds;
};

/* AssumeRole, signed with other keys. */
enum status awssts_assume(const struct awssts *s, const struct awssts_role *role, const struct awskeys *signer,
    struct awskeys *k);

/* AssumeRoleWithWebIdentity, which the token itself vouches for; arn and session alone of the role. */
enum status awssts_web_identity(const struct awssts *s, const struct awssts_role *role, const char *token,
    struct awskeys *k);

#endif
