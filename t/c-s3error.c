/* What a refusal means. */
#include <string.h>

#include "s3error.h"
#include "tap.h"

static void
kinds(void)
{
	static const long again[] = { 408, 429, 499, 500, 502, 503, 504, 509, 520, 522, 524 };
	static const long final[] = { 400, 401, 403, 404, 405, 409, 411, 412, 413, 416, 501, 505, 507 };
	size_t i, wrong = 0;

	for (i = 0; i < sizeof(again) / sizeof(again[0]); i++)
		wrong += s3error_kind(again[i], "") != S3KIND_AGAIN;
	for (i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		wrong += s3error_kind(final[i], "") != S3KIND_FINAL;
	ok(wrong == 0, "a status without a code");
	ok(s3error_kind(400, "RequestTimeout") == S3KIND_AGAIN && s3error_kind(200, "InternalError") == S3KIND_AGAIN,
	    "a code counts more than the status");
	ok(s3error_kind(503, "NotImplemented") == S3KIND_FINAL, "... both ways");
	ok(s3error_kind(400, "BadDigest") == S3KIND_AGAIN && s3error_kind(400, "XAmzContentSHA256Mismatch") == S3KIND_AGAIN,
	    "damage on the way is sent again");
	ok(s3error_kind(403, "AccessDenied") == S3KIND_FINAL && s3error_kind(404, "NoSuchBucket") == S3KIND_FINAL &&
	    s3error_kind(403, "SignatureDoesNotMatch") == S3KIND_FINAL && s3error_kind(400, "Made.Up") == S3KIND_FINAL,
	    "what stays as it is fails at once");
	ok(s3error_kind(403, "RequestTimeTooSkewed") == S3KIND_CLOCK && s3error_kind(400, "ExpiredToken") == S3KIND_KEYS &&
	    s3error_kind(307, "") == S3KIND_ELSEWHERE && s3error_kind(301, "PermanentRedirect") == S3KIND_ELSEWHERE &&
	    s3error_kind(400, "AuthorizationHeaderMalformed") == S3KIND_ELSEWHERE, "what can be mended");
}

static void
remedies(void)
{
	ok(strstr(s3error_remedy(403, "AccessDenied"), "policy") != NULL, "a denial has a remedy");
	ok(strcmp(s3error_remedy(403, ""), s3error_remedy(403, "AccessDenied")) == 0, "... without a code too");
	ok(s3error_remedy(400, "KMS.DisabledException") != NULL && s3error_remedy(507, "") != NULL && s3error_remedy(501, "") != NULL,
	    "others by their kind");
	ok(s3error_remedy(418, "Teapot") == NULL, "what is unknown has none");
}

static void
delays(void)
{
	unsigned n, wrong = 0;

	for (n = 1; n < 100; n++)
		wrong += s3error_delay_ms(n, 0) != 0 || s3error_delay_ms(n, UINT32_MAX) < s3error_delay_ms(n, UINT32_MAX / 2) ||
		    s3error_delay_ms(n, UINT32_MAX) > S3ERROR_DELAY_MAX;
	ok(wrong == 0, "a delay is some of its span");
	ok(s3error_delay_ms(1, UINT32_MAX) == 100 && s3error_delay_ms(2, UINT32_MAX) == 200 && s3error_delay_ms(8, UINT32_MAX) == 12800,
	    "which doubles");
	ok(s3error_delay_ms(9, UINT32_MAX) == S3ERROR_DELAY_MAX && s3error_delay_ms(4000000000u, UINT32_MAX) == S3ERROR_DELAY_MAX,
	    "... to its end");
}

int
main(void)
{
	kinds();
	remedies();
	delays();
	return done_testing();
}
