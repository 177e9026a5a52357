/*
 * mm-conf - backup.conf on stdin, checked KEY='value' lines on stdout
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confkey.h"
#include "confline.h"
#include "coredump.h"
#include "stdfds.h"

enum {
	NAME = 256,
	CONF_MAX = 4 << 20
};

/* A line that counts, unless a later one has the same key. */
struct setting {
	struct setting *next;
	const char *key;
	char *value;
	size_t len;
	unsigned long line;
	int is_replaced;
};

/* What is known of the file so far. */
struct conf {
	const char *prefix;		/* of messages about a line */
	char *const *allowed;
	int is_exposed;			/* everybody may read it */
	struct setting *settings, **last;
	void *newest;			/* tsearch(3): the setting that counts, by its key */
	struct confline line;
};

static void
usage(void)
{
	fputs("usage: mm-conf [--name file] [key ...] < backup.conf\n", stderr);
	exit(ST_TROUBLE);
}

static void
read_options(int argc, char *argv[], const char **name)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, NAME },
		{ NULL, 0, NULL, 0 }
	};
	int c, i;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != NAME)
			usage();
		*name = optarg;
	}
	for (i = optind; i < argc; i++)
		if (!confkey_is_pattern(argv[i]))
			errx(ST_TROUBLE, "'%s' is neither a key nor the beginning of one with a * after it", argv[i]);
}

/* Whoever can write to the file decides what root's backup does: that has to be root, or us. */
static enum status
check_file(const char *name, struct conf *conf)
{
	enum status st = ST_OK;
	struct stat sb;

	if (fstat(STDIN_FILENO, &sb) == -1) {
		warn("stat %s", name);
		return ST_TROUBLE;
	}
	if (S_ISFIFO(sb.st_mode) || S_ISSOCK(sb.st_mode))
		return ST_OK;
	if (!S_ISREG(sb.st_mode)) {
		warnx("%s: %s, not a file", name, S_ISDIR(sb.st_mode) ? "a directory" : "a device");
		return ST_TROUBLE;
	}
	if (sb.st_uid != 0 && sb.st_uid != geteuid()) {
		warnx("%s: belongs to user %lu, who is neither root nor us; chown it", name, (unsigned long)sb.st_uid);
		st = ST_BAD;
	}
	if ((sb.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		warnx("%s: others than its owner may write to it (mode %03o); chmod go-w it", name,
		    (unsigned)(sb.st_mode & 0777));
		st = ST_BAD;
	}
	conf->is_exposed = (sb.st_mode & S_IROTH) != 0;
	return st;
}

static enum status
read_all(const char *name, char *text, size_t *len)
{
	struct pollfd readable = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;

	for (*len = 0; *len <= CONF_MAX; *len += (size_t)n) {
		while ((n = read(STDIN_FILENO, text + *len, CONF_MAX + 1 - *len)) == -1) {
			if (errno == EAGAIN)
				poll(&readable, 1, -1);
			else if (errno != EINTR)
				break;
		}
		if (n == -1) {
			warn("read %s", name);
			return ST_TROUBLE;
		}
		if (n == 0)
			return ST_OK;
	}
	warnx("%s: longer than %d MiB, no configuration", name, CONF_MAX >> 20);
	return ST_BAD;
}

static void
warn_of_stranger(const struct conf *conf)
{
	const struct confline *l = &conf->line;
	const char *meant = confkey_meant(conf->allowed, l->key);

	if (confkey_is_shells(l->key))
		warnx("%sline %lu: unknown key %s (the shell has its own use for that name)", conf->prefix, l->number, l->key);
	else if (meant != NULL)
		warnx("%sline %lu: unknown key %s (did you mean %s?)", conf->prefix, l->number, l->key, meant);
	else
		warnx("%sline %lu: unknown key %s", conf->prefix, l->number, l->key);
}

/* The file may serve many, but a secret in it should not. */
static void
warn_of_readers(const struct conf *conf)
{
	static const char *const secrets[] = { "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	    "NOTIFY_WEBHOOK", "NOTIFY_PING" };
	const struct confline *l = &conf->line;
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (strcmp(l->key, secrets[i]) != 0)
			continue;
		if (conf->is_exposed && l->is_literal)
			warnx("%sline %lu: %s is a secret, and everybody may read this file; chmod 640 it", conf->prefix,
			    l->number, l->key);
		if (l->is_exposed)
			warnx("%sline %lu: %s is a secret, and everybody may read the file it is in; chmod 640 that",
			    conf->prefix, l->number, l->key);
	}
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->key, ((const struct setting *)b)->key);
}

/* Of two with the same key the later one counts, as it would with sh. */
static enum status
replace_older(struct conf *conf, struct setting *s)
{
	struct setting **found = tsearch(s, &conf->newest, by_key);

	if (found == NULL) {
		warn("mm-conf");
		return ST_TROUBLE;
	}
	if (*found == s)
		return ST_OK;
	warnx("%sline %lu: %s is set again; the line before (line %lu) counts no more", conf->prefix, s->line, s->key,
	    (*found)->line);
	(*found)->is_replaced = 1;
	*found = s;
	return ST_OK;
}

static enum status
keep(struct conf *conf)
{
	const struct confline *l = &conf->line;
	struct setting *s;

	if ((s = calloc(1, sizeof(*s))) == NULL || (s->value = malloc(l->len + 1)) == NULL) {
		warn("mm-conf");
		free(s);
		return ST_TROUBLE;
	}
	s->key = l->key;
	s->line = l->number;
	s->len = l->len;
	memcpy(s->value, l->value, l->len);
	*conf->last = s;
	conf->last = &s->next;
	return replace_older(conf, s);
}

static enum status
take_line(struct conf *conf, char *text, size_t len)
{
	struct confline *l = &conf->line;
	enum status st;
	int wanted;

	if ((st = confline_key(l, text, len)) != ST_OK || l->key == NULL)
		return st;
	wanted = confkey_is_allowed(conf->allowed, l->key);
	if ((st = confline_value(l, wanted)) != ST_OK)
		return st;
	warn_of_readers(conf);
	if (wanted)
		return keep(conf);
	warn_of_stranger(conf);
	return ST_OK;
}

/* The lines, up to the last one even if some are broken: who mends a file wants to know of all. */
static enum status
take_lines(struct conf *conf, char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	char *end = text + len, *lf;
	enum status st = ST_OK, one;

	if (len >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	for (; text < end && st != ST_TROUBLE; text = lf + 1) {
		if ((lf = memchr(text, '\n', (size_t)(end - text))) == NULL)
			lf = end;
		conf->line.number++;
		if ((one = take_line(conf, text, (size_t)(lf - text))) != ST_OK)
			st = one;
	}
	return st;
}

/* Within single quotes sh takes every byte for itself, but for the quote. */
static void
print_setting(const struct setting *s)
{
	size_t i;

	printf("%s='", s->key);
	for (i = 0; i < s->len; i++) {
		if (s->value[i] == '\'')
			fputs("'\\''", stdout);
		else
			putchar(s->value[i]);
	}
	fputs("'\n", stdout);
}

static enum status
print_settings(const struct conf *conf)
{
	const struct setting *s;

	for (s = conf->settings; s != NULL; s = s->next)
		if (!s->is_replaced)
			print_setting(s);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("write stdout");
		return ST_TROUBLE;
	}
	return ST_OK;
}

static void
free_settings(struct conf *conf)
{
	struct setting *s;

	while ((s = conf->settings) != NULL) {
		conf->settings = s->next;
		if (!s->is_replaced)
			tdelete(s, &conf->newest, by_key);
		free(s->value);
		free(s);
	}
}

/* What messages about a line begin with; NULL if there is no memory. */
static char *
prefix_of(const char *name)
{
	static const char tail[] = ": ";
	size_t len = name == NULL ? 0 : strlen(name);
	char *prefix;

	if ((prefix = calloc(1, len + sizeof(tail))) != NULL && len > 0) {
		memcpy(prefix, name, len);
		memcpy(prefix + len, tail, sizeof(tail));
	}
	return prefix;
}

int
main(int argc, char *argv[])
{
	struct conf conf = { 0 };
	const char *name = NULL;
	enum status st = ST_TROUBLE;
	char *prefix, *text;
	size_t len;

	stdfds_hold();
	coredump_forbid();
	read_options(argc, argv, &name);
	prefix = prefix_of(name);
	text = malloc(CONF_MAX + 1);
	if (prefix == NULL || text == NULL) {
		warn("mm-conf");
		goto out;
	}
	if (name == NULL)
		name = "stdin";
	conf.prefix = conf.line.prefix = prefix;
	conf.allowed = argv + optind;
	conf.last = &conf.settings;
	if ((st = check_file(name, &conf)) == ST_OK)
		st = read_all(name, text, &len);
	if (st == ST_OK)
		st = take_lines(&conf, text, len);
	if (st == ST_OK)
		st = print_settings(&conf);
out:
	free_settings(&conf);
	free(text);
	free(prefix);
	return st;
}
