#include <string.h>

#include "confkey.h"

enum {
	SLIPS = 2,
	LONGEST = 64			/* of keys that are compared letter by letter */
};

/* The letters of ASCII, whatever the locale. */
static int
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

size_t
confkey_span(const char *text, size_t len)
{
	size_t n = 0;

	if (len == 0 || !is_letter(text[0]))
		return 0;
	while (n < len && (is_letter(text[n]) || (text[n] >= '0' && text[n] <= '9')))
		n++;
	return n;
}

int
confkey_is_pattern(const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '*')
		return confkey_span(text, len - 1) == len - 1;
	return len > 0 && confkey_span(text, len) == len;
}

/* What dash, busybox, bash, mksh, ksh93 and zsh compute, keep from change, or look into for what they do next. */
int
confkey_is_shells(const char *key)
{
	static const char *const names[] = { "_", "ARGC", "CDPATH", "COLUMNS", "DIRSTACK", "EGID", "ENV", "EPOCHREALTIME",
	    "EPOCHSECONDS", "ERRNO", "EUID", "EXECSHELL", "FPATH", "FUNCNAME", "FUNCNEST", "GID", "GLOBIGNORE", "GROUPS",
	    "HISTCMD", "HISTSIZE", "IFS", "JOBMAX", "LINENO", "LINES", "MAILCHECK", "OLDPWD", "OPTARG", "OPTERR",
	    "OPTIND", "PATH", "PATHSEP", "PGRP", "PIPESTATUS", "POSIXLY_CORRECT", "PPID", "PROMPT_COMMAND", "PS1", "PS2",
	    "PS3", "PS4", "PWD", "RANDOM", "REPLY", "SAVEHIST", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "TMOUT",
	    "TRY_BLOCK_ERROR", "TTYIDLE", "UID", "USER_ID" };
	size_t i;

	if (strncmp(key, "BASH", 4) == 0 || strncmp(key, "KSH", 3) == 0 || strncmp(key, "ZSH", 3) == 0)
		return 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(key, names[i]) == 0)
			return 1;
	return 0;
}

static int
matches(const char *pattern, const char *key)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, key, len - 1) == 0 && !confkey_is_shells(key);
	return strcmp(pattern, key) == 0;
}

int
confkey_is_allowed(char *const *allowed, const char *key)
{
	if (*allowed == NULL)
		return !confkey_is_shells(key);
	for (; *allowed != NULL; allowed++)
		if (matches(*allowed, key))
			return 1;
	return 0;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters have to be added, dropped or changed to make b of a; both at most LONGEST long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], i, j, corner, above, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1, corner + (lower(a[i - 1]) != lower(b[j - 1])));
			corner = above;
		}
	}
	return row[n];
}

const char *
confkey_meant(char *const *allowed, const char *key)
{
	size_t len = strlen(key), most = SLIPS, d;
	const char *meant = NULL;

	/* A word of which half is wrong was hardly meant to be the other one. */
	if (most > (len - 1) / 2)
		most = (len - 1) / 2;
	if (len > LONGEST)
		return NULL;
	for (; *allowed != NULL; allowed++) {
		if (strlen(*allowed) > LONGEST || strchr(*allowed, '*') != NULL)
			continue;
		d = distance(key, *allowed);
		if (d < most || (d == most && meant == NULL)) {
			meant = *allowed;
			most = d;
		}
	}
	return meant;
}
