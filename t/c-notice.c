/* Notices: shaped for who receives them, valid JSON whatever they hold, short enough, and at the right address. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "notice.h"
#include "tap.h"

/* The body for a text, as JSON; NULL if it is none. */
static json_t *
shaped(enum notice_format format, const char *title, const char *text, size_t len)
{
	struct notice n = { .status = "fail", .title = title, .host = "db1", .when = 1000000000, .len = len };
	char *copy = malloc(len + 1), *body;
	json_t *root;

	if (copy == NULL)
		exit(2);
	memcpy(copy, text, len);
	n.text = copy;
	if ((body = notice_body(&n, format, &len)) == NULL)
		exit(2);
	root = json_loadb(body, len, 0, NULL);
	free(body);
	free(copy);
	return root;
}

/* A string of the body is this. */
static void
holds(enum notice_format format, const char *key, const char *text, size_t len, const char *want, const char *what)
{
	json_t *root = shaped(format, "t", text, len);
	const char *got = json_string_value(json_object_get(root, key));

	ok(got != NULL && strcmp(got, want) == 0, "%s", what);
	if (got == NULL || strcmp(got, want) != 0)
		printf("# wanted %s, got %s\n", want, got == NULL ? "nothing" : got);
	json_decref(root);
}

static void
shapes(void)
{
	holds(NOTICE_SLACK, "text", "a", 1, "db1: fail: t\n```\na\n```", "slack: a heading, the text in a frame");
	holds(NOTICE_DISCORD, "content", "a\n\n", 3, "db1: fail: t\n```\na\n```", "discord: the same; empty lines at its end go");
	holds(NOTICE_DISCORD, "content", "", 0, "db1: fail: t", "no text, no frame");
	holds(NOTICE_JSON, "text", "a\n", 2, "a\n", "json: the text as it is");
	holds(NOTICE_JSON, "status", "a", 1, "fail", "... its status");
	holds(NOTICE_JSON, "title", "a", 1, "t", "... its title");
	holds(NOTICE_JSON, "host", "a", 1, "db1", "... its host");
	holds(NOTICE_JSON, "time", "a", 1, "2001-09-09T01:46:40Z", "... its time");
}

static void
awkward(void)
{
	char all[257];
	int i;

	for (i = 0; i < 257; i++)
		all[i] = (char)i;
	for (i = NOTICE_SLACK; i <= NOTICE_JSON; i++) {
		json_t *root = shaped((enum notice_format)i, all + 1, all, 256);

		ok(json_is_object(root), "format %d is JSON whatever bytes there are", i);
		json_decref(root);
	}
	holds(NOTICE_JSON, "text", "a\0b", 3, "a\xef\xbf\xbd" "b", "a NUL does not end the text");
	holds(NOTICE_JSON, "text", "\xff\"\\\x1b", 4, "\xef\xbf\xbd\"\\\x1b", "what is no UTF-8 is replaced, the rest escaped");
	holds(NOTICE_SLACK, "text", "<!here> & ```", 13, "db1: fail: t\n```\n&lt;!here&gt; &amp; '''\n```",
	    "what means something to Slack does not in a text");
	holds(NOTICE_DISCORD, "content", "``` ```", 7, "db1: fail: t\n```\n''' '''\n```", "a frame cannot be left");
}

/* Characters, of which those beyond U+FFFF count twice. */
static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) == 0x80 ? 0 : (unsigned char)*s >= 0xf0 ? 2 : 1;
	return n;
}

/* A text of a million times the same: cut to the limit, and not below what is needed; its end is there. */
static void
fits(enum notice_format format, const char *key, const char *piece, size_t most, size_t least)
{
	size_t n = strlen(piece), len = 1000000 / n * n, i;
	char *text = malloc(len + 3);
	const char *got;
	json_t *root;

	if (text == NULL)
		exit(2);
	for (i = 0; i < len; i += n)
		memcpy(text + i, piece, n);
	memcpy(text + len, "END", 3);
	root = shaped(format, "t", text, len + 3);
	got = json_string_value(json_object_get(root, key));
	ok(got != NULL && characters(got) <= most && characters(got) >= least, "'%s' over and over is cut to %zu: %zu", piece,
	    most, got == NULL ? 0 : characters(got));
	ok(got != NULL && strstr(got, "END") != NULL, "... and its end kept");
	ok(got != NULL && strstr(got, "\xef\xbf\xbd") == NULL, "... at the edge of a character");
	json_decref(root);
	free(text);
}

static void
titles(void)
{
	char title[5000];
	json_t *root;
	const char *got;

	memset(title, 'T', sizeof(title) - 1);
	title[sizeof(title) - 1] = '\0';
	root = shaped(NOTICE_DISCORD, title, "END", 3);
	got = json_string_value(json_object_get(root, "content"));
	ok(got != NULL && characters(got) <= 2000 && strstr(got, "END") != NULL, "a long title leaves room for the text");
	json_decref(root);
}

static void
goes_to(const char *url, enum notice_format format, const char *status, const char *rid, const char *want)
{
	char *got = notice_address(url, format, status, rid);

	ok(got != NULL && strcmp(got, want) == 0, "%s", want);
	free(got);
}

static void
addresses(void)
{
	goes_to("https://h/x", NOTICE_PING, "start", NULL, "https://h/x/start");
	goes_to("https://h/x/", NOTICE_PING, "success", NULL, "https://h/x");
	goes_to("https://h/x", NOTICE_PING, "3", "a-1", "https://h/x/3?rid=a-1");
	goes_to("https://h/x?create=1", NOTICE_PING, "fail", "a-1", "https://h/x/fail?create=1&rid=a-1");
	goes_to("https://h/x?a=/", NOTICE_JSON, "fail", "a-1", "https://h/x?a=/");
}

static void
known(void)
{
	static const struct {
		const char *url;
		enum notice_format format;
	} urls[] = {
		{ "https://hooks.slack.com/services/T/B/x", NOTICE_SLACK },
		{ "https://discord.com/api/webhooks/1/x", NOTICE_DISCORD },
		{ "https://u:p@ptb.Discord.com:443/api/webhooks/1/x", NOTICE_DISCORD },
		{ "https://hc-ping.com/x", NOTICE_PING },
		{ "https://notslack.com/x", NOTICE_JSON },
		{ "https://slack.com.example.org/x", NOTICE_JSON },
		{ "https://example.org/slack.com", NOTICE_JSON },
		{ "slack.com", NOTICE_JSON },
		{ "", NOTICE_JSON }
	};
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		ok(notice_format_of(urls[i].url) == urls[i].format, "the format of '%s'", urls[i].url);
	ok(notice_is_status("start") && notice_is_status("0") && notice_is_status("255"), "what is a status");
	ok(!notice_is_status("") && !notice_is_status("256") && !notice_is_status("1/2") && !notice_is_status("Fail") &&
	    !notice_is_status("0000"), "what is none");
	ok(notice_is_id("0e6b-A") && !notice_is_id("") && !notice_is_id("a&b"), "what is an id");
}

int
main(void)
{
	shapes();
	awkward();
	fits(NOTICE_DISCORD, "content", "x", 2000, 1990);
	fits(NOTICE_DISCORD, "content", "\xe2\x82\xac", 2000, 1990);
	fits(NOTICE_DISCORD, "content", "\xf0\x9f\x90\x98", 2000, 1990);
	fits(NOTICE_SLACK, "text", "x", 4000, 3990);
	fits(NOTICE_SLACK, "text", "&", 4000, 3980);
	fits(NOTICE_JSON, "text", "\xe2\x82\xac", 34000, 33300);
	titles();
	addresses();
	known();
	return done_testing();
}
