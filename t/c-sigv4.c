/* Signature Version 4: published vectors and awkward requests, from a file that another implementation made. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sigv4.h"
#include "tap.h"

enum { MANY = 16 };

static const char *
text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static size_t
read_query(const json_t *vector, struct sigv4_pair *pair)
{
	const json_t *query = json_object_get(vector, "query"), *item;
	size_t i;

	if (json_array_size(query) > MANY)
		abort();
	for (i = 0; i < json_array_size(query); i++) {
		item = json_array_get(query, i);
		pair[i].name = json_string_value(json_array_get(item, 0));
		pair[i].value = json_string_value(json_array_get(item, 1));
	}
	return json_array_size(query);
}

static size_t
read_headers(json_t *vector, struct sigv4_pair *pair)
{
	json_t *headers = json_object_get(vector, "headers");
	void *at;
	size_t n = 0;

	if (json_object_size(headers) > MANY)
		abort();
	for (at = json_object_iter(headers); at != NULL; at = json_object_iter_next(headers, at)) {
		pair[n].name = json_object_iter_key(at);
		pair[n++].value = json_string_value(json_object_iter_value(at));
	}
	return n;
}

static void
reverse(struct sigv4_pair *pair, size_t n)
{
	struct sigv4_pair swap;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		swap = pair[i];
		pair[i] = pair[n - 1 - i];
		pair[n - 1 - i] = swap;
	}
}

static void
gives(const struct sigv4_request *r, const struct sigv4_key *key, const json_t *vector, const char *what)
{
	char *target = sigv4_target(r), *authorization = sigv4_authorization(r, key);

	if (target == NULL || authorization == NULL)
		abort();
	ok(strcmp(target, text(vector, "request_target")) == 0, "%s: the target%s", text(vector, "name"), what);
	ok(strcmp(authorization, text(vector, "authorization")) == 0, "%s: the signature%s", text(vector, "name"), what);
	free(target);
	free(authorization);
}

static void
check(json_t *vector)
{
	struct sigv4_pair query[MANY], header[MANY];
	struct sigv4_key key = {
		.access = text(vector, "access_key"), .secret = text(vector, "secret_key"),
		.token = text(vector, "session_token"), .region = text(vector, "region"), .service = "s3"
	};
	struct sigv4_request r = {
		.method = text(vector, "method"), .host = text(vector, "host"), .path = text(vector, "decoded_path"),
		.query = query, .header = header, .payload = text(vector, "payload_hash"), .date = text(vector, "date")
	};

	r.nquery = read_query(vector, query);
	r.nheader = read_headers(vector, header);
	gives(&r, &key, vector, "");
	reverse(query, r.nquery);
	reverse(header, r.nheader);
	gives(&r, &key, vector, ", whatever the order");
}

/* Query names that are one another's beginning: '=' sorts after '-', and is no part of the name. */
static void
prefixes(void)
{
	struct sigv4_pair query[] = { { "a-b", "1" }, { "a", "2" }, { "a", "10" } };
	struct sigv4_request r = { .path = "/", .query = query, .nquery = 3 };
	char *target = sigv4_target(&r);

	ok(target != NULL && strcmp(target, "/?a=10&a=2&a-b=1") == 0, "names sort without their '='");
	free(target);
}

/* Another service: its key is another, and no x-amz-content-sha256 is signed. */
static void
other_service(void)
{
	struct sigv4_request r = {
		.method = "POST", .host = "sts.amazonaws.com", .path = "/", .date = "20150830T123600Z",
		.payload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	};
	struct sigv4_key key = { "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL, "us-east-1", "sts" };
	char *authorization = sigv4_authorization(&r, &key);

	ok(authorization != NULL && strstr(authorization, "/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, ") != NULL,
	    "a service that is not S3 signs what it sends");
	free(authorization);
}

int
main(void)
{
	json_t *vectors = json_load_file("t/data/sigv4-vectors.json", 0, NULL);
	size_t i;

	ok(json_array_size(vectors) >= 12, "the vectors are there");
	for (i = 0; i < json_array_size(vectors); i++)
		check(json_array_get(vectors, i));
	json_decref(vectors);
	prefixes();
	other_service();
	return done_testing();
}
