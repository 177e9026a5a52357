/* The JSON writer: well-formed whatever a string holds. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tap.h"

static char *text;
static size_t len;

static void
begin(struct json *j)
{
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		exit(2);
	json_begin(j, f);
}

static void
is(struct json *j, const char *want, const char *what)
{
	json_close(j);
	fclose(j->f);
	ok(strcmp(text, want) == 0, "%s", what);
	if (strcmp(text, want) != 0)
		printf("# wanted %s# got    %s", want, text);
	free(text);
}

static void
string_is(const char *value, const char *want, const char *what)
{
	struct json j;

	begin(&j);
	json_string(&j, "k", value);
	is(&j, want, what);
}

int
main(void)
{
	struct json j;

	begin(&j);
	is(&j, "{}\n", "an empty object");

	begin(&j);
	json_string(&j, "name", "matric");
	json_array(&j, "sizes");
	json_number(&j, NULL, 0);
	json_number(&j, NULL, UINT64_MAX);
	json_object(&j, NULL);
	json_close(&j);
	json_close(&j);
	json_object(&j, "o");
	json_bool(&j, "good", 1);
	json_bool(&j, "bad", 0);
	json_close(&j);
	is(&j, "{\"name\":\"matric\",\"sizes\":[0,18446744073709551615,{}],\"o\":{\"good\":true,\"bad\":false}}\n",
	    "values, an array, objects within");

	string_is("a\"b\\c/d", "{\"k\":\"a\\\"b\\\\c/d\"}\n", "quotes and backslashes are escaped");
	string_is("\n\t\x1b\x7f", "{\"k\":\"\\u000a\\u0009\\u001b\\u007f\"}\n", "so are control bytes");
	string_is("t\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x98", "{\"k\":\"t\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x98\"}\n",
	    "UTF-8 stays as it is");
	string_is("\xff" "a\xc3", "{\"k\":\"\\ufffda\\ufffd\"}\n", "what is no UTF-8 is replaced");
	string_is("\xed\xa0\x80\xc0\x80", "{\"k\":\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"}\n",
	    "so are surrogates and spellings that are too long");
	return done_testing();
}
