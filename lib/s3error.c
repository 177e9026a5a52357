#include <stddef.h>
#include <string.h>

#include "s3error.h"

struct meaning {
	const char *code;
	enum s3kind kind;
	const char *remedy;
};

static const char busy[] = "the server is overloaded or out of order; try again later";
static const char not_allowed[] = "these keys may not do that: see their policy, and the bucket's";
static const char unknown_keys[] = "the server does not know these keys: check AWS_ACCESS_KEY_ID or --profile, and --endpoint-url";
static const char stale_keys[] = "the session of these keys is over: get new ones";
static const char wrong_clock[] = "set this machine's clock";
static const char other_region[] = "the bucket is in another region: say --region, or --endpoint-url";
static const char not_offered[] = "this server does not offer that: leave out the option that asks for it";
static const char no_room[] = "the server has no room left, or this account's quota is used up";
static const char damaged[] = "what arrives is not what was sent: something on the way damages it";

static const struct meaning meanings[] = {
	{ "AccessDenied", S3KIND_FINAL, not_allowed },
	{ "AccountProblem", S3KIND_FINAL, "the account is blocked: ask the provider" },
	{ "AllAccessDisabled", S3KIND_FINAL, "the account is blocked: ask the provider" },
	{ "AuthorizationHeaderMalformed", S3KIND_ELSEWHERE, other_region },
	{ "BadDigest", S3KIND_AGAIN, damaged },
	{ "BandwidthLimitExceeded", S3KIND_AGAIN, busy },
	{ "ConditionalRequestConflict", S3KIND_AGAIN, "something else writes this object at the same time" },
	{ "EntityTooLarge", S3KIND_FINAL, "the server takes no such large pieces: say --part-size" },
	{ "EntityTooSmall", S3KIND_FINAL, "the server wants larger pieces: say --part-size" },
	{ "ExpiredToken", S3KIND_KEYS, stale_keys },
	{ "ExpiredTokenException", S3KIND_KEYS, stale_keys },
	{ "IllegalLocationConstraintException", S3KIND_FINAL, other_region },
	{ "IncompleteBody", S3KIND_AGAIN, damaged },
	{ "InternalError", S3KIND_AGAIN, busy },
	{ "InternalErrors", S3KIND_AGAIN, busy },
	{ "InvalidAccessKeyId", S3KIND_FINAL, unknown_keys },
	{ "InvalidObjectState", S3KIND_FINAL, "the object is archived: have it restored first" },
	{ "InvalidSecurity", S3KIND_FINAL, unknown_keys },
	{ "InvalidStorageClass", S3KIND_FINAL, "this server has no such storage class: see --storage-class" },
	{ "InvalidToken", S3KIND_FINAL, "the session token is not of these keys" },
	{ "InvalidTokenId", S3KIND_FINAL, "the session token is not of these keys" },
	{ "KeyTooLongError", S3KIND_FINAL, "a key has 1024 bytes at the most" },
	{ "MethodNotAllowed", S3KIND_FINAL, "is --endpoint-url the address of an S3 server?" },
	{ "NoSuchBucket", S3KIND_FINAL, "make the bucket first, or check its name and --endpoint-url" },
	{ "NoSuchUpload", S3KIND_FINAL, "the upload is gone: something swept it, or its time ran out" },
	{ "NotImplemented", S3KIND_FINAL, not_offered },
	{ "ObjectLockConfigurationNotFoundError", S3KIND_FINAL, "--lock-mode needs a bucket with object lock" },
	{ "OperationAborted", S3KIND_AGAIN, busy },
	{ "PermanentRedirect", S3KIND_ELSEWHERE, other_region },
	{ "PriorRequestNotComplete", S3KIND_AGAIN, busy },
	{ "QuotaExceeded", S3KIND_FINAL, no_room },
	{ "RequestExpired", S3KIND_CLOCK, wrong_clock },
	{ "RequestLimitExceeded", S3KIND_AGAIN, busy },
	{ "RequestThrottled", S3KIND_AGAIN, busy },
	{ "RequestTimeTooSkewed", S3KIND_CLOCK, wrong_clock },
	{ "RequestTimeout", S3KIND_AGAIN, "the connection is too slow for the server's patience: say -j 1" },
	{ "ServiceUnavailable", S3KIND_AGAIN, busy },
	{ "SignatureDoesNotMatch", S3KIND_FINAL, "the secret key is wrong, or something on the way rewrites requests" },
	{ "SlowDown", S3KIND_AGAIN, busy },
	{ "SlowDownRead", S3KIND_AGAIN, busy },
	{ "SlowDownWrite", S3KIND_AGAIN, busy },
	{ "TemporaryRedirect", S3KIND_ELSEWHERE, other_region },
	{ "Throttling", S3KIND_AGAIN, busy },
	{ "ThrottlingException", S3KIND_AGAIN, busy },
	{ "TokenRefreshRequired", S3KIND_KEYS, stale_keys },
	{ "TooManyRequests", S3KIND_AGAIN, busy },
	{ "UserSuspended", S3KIND_FINAL, "the account is blocked: ask the provider" },
	{ "XAmzContentSHA256Mismatch", S3KIND_AGAIN, damaged },
	{ "XMinioStorageFull", S3KIND_FINAL, no_room },
};

/* Answers of what stands before the server, which know no codes: 499, 509, 520 to 524 are not in any RFC. */
static const long again[] = { 408, 429, 499, 500, 502, 503, 504, 509, 520, 522, 524 };

static const struct meaning *
look_up(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(code, meanings[i].code) == 0)
			return &meanings[i];
	return NULL;
}

enum s3kind
s3error_kind(long http, const char *code)
{
	const struct meaning *m = look_up(code);
	size_t i;

	if (m != NULL)
		return m->kind;
	for (i = 0; i < sizeof(again) / sizeof(again[0]); i++)
		if (http == again[i])
			return S3KIND_AGAIN;
	return http == 301 || http == 302 || http == 307 || http == 308 ? S3KIND_ELSEWHERE : S3KIND_FINAL;
}

const char *
s3error_remedy(long http, const char *code)
{
	const struct meaning *m = look_up(code);

	if (m != NULL)
		return m->remedy;
	if (strncmp(code, "KMS.", 4) == 0)
		return "the key service refuses: see --sse-kms-key, and the key's policy";
	switch (http) {
	case 401:
	case 403:
		return not_allowed;
	case 501:
		return not_offered;
	case 507:
		return no_room;
	default:
		return s3error_kind(http, code) == S3KIND_AGAIN ? busy : NULL;
	}
}

int64_t
s3error_delay_ms(unsigned failures, uint32_t dice)
{
	int64_t span = failures > 8 ? S3ERROR_DELAY_MAX : INT64_C(100) << (failures - 1);

	if (span > S3ERROR_DELAY_MAX)
		span = S3ERROR_DELAY_MAX;
	return span * dice / UINT32_MAX;
}
