/*
 * JSON, written as it comes: no tree, no memory.
 *
 *	struct json j;
 *	json_begin(&j, stdout);				{
 *	json_string(&j, "name", "matric");		"name":"matric",
 *	json_array(&j, "sizes");			"sizes":[
 *	json_number(&j, NULL, 1);			1,
 *	json_number(&j, NULL, 2);			2
 *	json_close(&j);					],
 *	json_bool(&j, "good", 1);			"good":true
 *	json_close(&j);					} and a newline
 *
 * A key is NULL within an array, and only there.  Strings are UTF-8; a byte
 * that is none becomes U+FFFD.  What went wrong in writing stays in the FILE,
 * for whoever closes it.  RFC 8259.
 */
#ifndef MM_JSON_H
#define MM_JSON_H

#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 8 };

struct json {
	FILE *f;
	int depth;
	int is_first;			/* nothing has come yet in what is open */
	char closer[JSON_DEPTH];
};

void json_begin(struct json *j, FILE *f);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_close(struct json *j);

void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, int value);

#endif
