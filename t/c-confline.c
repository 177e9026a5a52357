/* A line of backup.conf, whatever bytes it has: taken or refused, nothing read beyond it, and never a value that is two lines. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "confkey.h"
#include "confline.h"
#include "tap.h"

static struct confline line = { .prefix = "" };

/* The same numbers each time. */
static uint32_t
next_random(uint32_t below)
{
	static uint64_t state = 20260117;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

/* Read a copy that has no byte of room, so that a sanitizer sees a step too far. */
static enum status
read_line(const char *text, size_t len, char **copy)
{
	enum status st;

	if ((*copy = malloc(len == 0 ? 1 : len)) == NULL)
		exit(2);
	memcpy(*copy, text, len);
	st = confline_key(&line, *copy, len);
	return st != ST_OK || line.key == NULL ? st : confline_value(&line, 1);
}

static int
is_sound(void)
{
	size_t i;

	if (line.len > CONFLINE_MAX || confkey_span(line.key, strlen(line.key)) != strlen(line.key))
		return 0;
	for (i = 0; i < line.len; i++)
		if (((unsigned char)line.value[i] < ' ' && line.value[i] != '\t') || line.value[i] == 0x7f)
			return 0;
	return 1;
}

/* A line of so many pieces, of which most mean something. */
static size_t
make_line(char *text, uint32_t pieces)
{
	static const char *const odd[] = { "K", "=", "export ", " ", "\t", "#", "'", "\"", "\\", "$", "$(", "$(cat ", ")", "`",
	    "/", "~", ":", ";", "\r", "\n", "\x1b", "\x7f", "\xff", "\xc3\xa9", "cat", "$(cat /nowhere/at/all)", "$(cat /)" };
	char *to = text;

	memcpy(to, "K=", 2);
	to += next_random(4) == 0 ? 0 : 2;
	for (; pieces > 0; pieces--) {
		if (next_random(8) == 0) {
			*to++ = (char)next_random(256);
			continue;
		}
		to = stpcpy(to, odd[next_random(sizeof(odd) / sizeof(odd[0]))]);
	}
	return (size_t)(to - text);
}

static void
takes_or_refuses(void)
{
	unsigned long good = 0, bad = 0, wrong = 0, n;
	char text[1024] = "", *copy;
	enum status st;

	for (n = 0; n < 300000; n++) {
		st = read_line(text, make_line(text, next_random(12)), &copy);
		good += st == ST_OK;
		bad += st == ST_BAD;
		wrong += (st == ST_OK && line.key != NULL && !is_sound()) || st == ST_TROUBLE;
		free(copy);
	}
	ok(wrong == 0, "every line is good or bad, and the value of a good one is a line");
	ok(good > 10000 && bad > 10000, "%lu were good, %lu bad", good, bad);
}

/* Between quotes of both kinds a byte is itself, or the line is refused. */
static void
every_byte(void)
{
	static const char *const refused[] = { "'", "\"\\$`" };
	const char quotes[] = "'\"";
	char text[] = "K='a.b'", *copy;
	int q, c, expected, wrong = 0;
	enum status st;

	for (q = 0; q < 2; q++) {
		for (c = 0; c < 256; c++) {
			text[2] = text[6] = quotes[q];
			text[4] = (char)c;
			expected = (c >= ' ' || c == '\t') && c != 0x7f && strchr(refused[q], c) == NULL;
			st = read_line(text, 7, &copy);
			if (st == ST_OK && (line.len != 3 || line.value[1] != (char)c))
				st = ST_BAD;
			/* A backslash in double quotes stays, before a letter. */
			wrong += (st == ST_OK) != (expected || (q == 1 && c == '\\'));
			free(copy);
		}
	}
	ok(wrong == 0, "every byte between quotes is itself or refused");
}

static void
keys(void)
{
	char *all[] = { NULL }, *some[] = { "BACKUP_DEST", "BACKUP_RETAIN", "PG*", NULL }, key[200];

	ok(confkey_span("abc_1-", 6) == 5 && confkey_span("1a", 2) == 0 && confkey_span("", 0) == 0, "a key is a name of sh");
	ok(confkey_is_allowed(all, "K") && !confkey_is_allowed(all, "PATH"), "without a list all are allowed but the shell's");
	ok(confkey_is_allowed(some, "PGHOST") && !confkey_is_allowed(some, "PGRP"), "... and with a pattern");
	ok(!confkey_is_allowed(some, "BACKUP_DES") && !confkey_is_allowed(some, "BACKUP_DEST_"), "a key is all of it");
	ok(confkey_meant(some, "BACKUP_RETIAN") == some[1], "two letters that changed places are two slips");
	ok(confkey_meant(some, "BACKUP_RETN") == some[1] && confkey_meant(some, "BACKUP_RE") == NULL, "three are too many");
	memset(key, 'B', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	ok(confkey_meant(some, key) == NULL && confkey_meant(some, "B") == NULL, "long and short ones are like none");
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	takes_or_refuses();
	every_byte();
	keys();
	return done_testing();
}
