/* Sets of AWS keys: what their JSON may say, when they expire, what can be none, and that none is ever shown. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awskeys.h"
#include "tap.h"

#define KEYS	"\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"canary\""

/* What was written to stderr since the last call, without its line break. */
static const char *
said(void)
{
	static char text[4096];
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);

	text[n > 0 ? n - 1 : 0] = '\0';
	if (ftruncate(STDERR_FILENO, 0) == -1)
		exit(2);
	return text;
}

static void
accepts(enum awskeys_form form, const char *json, const char *token, time_t expires, const char *what)
{
	struct awskeys k;
	enum status st = awskeys_set_json(&k, "it", json, strlen(json), form);

	ok(st == ST_OK && strcmp(k.access_key, "AK") == 0 && strcmp(k.secret_key, "canary") == 0 &&
	    (token == NULL ? k.session_token == NULL : strcmp(k.session_token, token) == 0) && k.expires == expires &&
	    *said() == '\0', "%s", what);
	awskeys_wipe(&k);
}

static void
refuses(enum awskeys_form form, const char *json, const char *complaint, const char *what)
{
	struct awskeys k;
	enum status st = awskeys_set_json(&k, "it", json, strlen(json), form);
	const char *heard = said();

	ok(st == ST_TROUBLE && k.access_key == NULL && strncmp(heard, "c-awskeys: it: ", 15) == 0 &&
	    strstr(heard, complaint) != NULL, "%s: %s", what, heard);
	ok(strstr(heard, "canary") == NULL, "... and what it holds is not shown");
}

static void
good(void)
{
	accepts(AWSKEYS_PROCESS, "{\"Version\":1," KEYS "}", NULL, 0, "a process's keys");
	accepts(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"SessionToken\":\"T\",\"Expiration\":\"2001-09-09T01:46:40Z\"}",
	    "T", 1000000000, "with a token and a time");
	accepts(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"SessionToken\":null,\"Expiration\":null}", NULL, 0,
	    "or null for both");
	accepts(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"SessionToken\":\"\",\"Other\":[{}]}", NULL, 0,
	    "an empty token is none; more than we ask for is no matter");
	accepts(AWSKEYS_SERVICE, "{\"Code\":\"Success\"," KEYS ",\"Token\":\"T\",\"Expiration\":\"2001-09-09T01:46:40Z\"}",
	    "T", 1000000000, "a service's keys");
	accepts(AWSKEYS_SERVICE, "{" KEYS ",\"Token\":\"T\"}", "T", 0, "without a code");
}

static void
bad(void)
{
	refuses(AWSKEYS_PROCESS, "", "not JSON", "nothing");
	refuses(AWSKEYS_PROCESS, "canary", "not JSON", "no JSON");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1," KEYS, "not JSON", "JSON cut short");
	refuses(AWSKEYS_PROCESS, "[\"canary\"]", "no object", "an array");
	refuses(AWSKEYS_PROCESS, "{" KEYS "}", "Version is not 1", "no version");
	refuses(AWSKEYS_PROCESS, "{\"Version\":2," KEYS "}", "Version is not 1", "another version");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1,\"SecretAccessKey\":\"canary\"}", "lacks", "no access key");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"canary\",\"SecretAccessKey\":7}", "lacks",
	    "a secret that is a number");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"Expiration\":\"canary\"}", "no time", "a time that is none");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"Expiration\":12}", "no time", "a time that is a number");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"a b\",\"SecretAccessKey\":\"canary\"}", "one word",
	    "a blank in the access key");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"canary\\r\"}", "control",
	    "a control byte in the secret");
	refuses(AWSKEYS_PROCESS, "{\"Version\":1," KEYS ",\"SessionToken\":\"canary\\nHost: x\"}", "one word",
	    "a line break in the token");
	refuses(AWSKEYS_SERVICE, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"canary\"}",
	    "AssumeRoleUnauthorizedAccess", "a service that refuses");
}

static void
times(void)
{
	ok(awskeys_time("2026-11-24T20:11:20Z") == 1795551080, "a time in UTC");
	ok(awskeys_time("2026-11-24T20:11:20.123456Z") == 1795551080, "with a fraction");
	ok(awskeys_time("2026-11-24T22:11:20+02:00") == 1795551080, "with an offset");
	ok(awskeys_time("2026-11-24T15:41:20-0430") == 1795551080, "with one to the west, without a colon");
	ok(awskeys_time("2038-01-19T03:14:08Z") == 2147483648, "after 2038");
	ok(awskeys_time("2026-11-24 20:11:20") == 0, "no zone is no time");
	ok(awskeys_time("2026-11-24T20:11:20X00:00") == 0, "nor is another letter");
	ok(awskeys_time("") == 0, "nor is nothing");
}

static void
compared(void)
{
	struct awskeys a, b, c;

	if (awskeys_set(&a, "it", "AK", "s", NULL) != ST_OK || awskeys_set(&b, "it", "AK", "s", "t") != ST_OK ||
	    awskeys_set(&c, "it", "AK", "s", "") != ST_OK)
		exit(2);
	ok(!awskeys_same(&a, &b) && awskeys_same(&a, &c), "keys are the same if all three are");
	awskeys_wipe(&a);
	ok(a.access_key == NULL && a.secret_key == NULL, "wiped, they are none");
	awskeys_wipe(&b);
	awskeys_wipe(&c);
}

int
main(void)
{
	char name[] = "/tmp/mm-test.XXXXXX";
	int fd = mkstemp(name);

	if (fd == -1 || unlink(name) == -1 || fcntl(fd, F_SETFL, O_APPEND) == -1 || dup2(fd, STDERR_FILENO) == -1)
		return 2;
	good();
	bad();
	times();
	compared();
	return done_testing();
}
