/*
 * try-s3cred [-p profile] [-c ca-file] - for s3cred.t: do what the lines of stdin say, and print what comes of it.
 *
 *	get		the keys: access, secret, token or "-", serial, source
 *	expired N	the server says that those of serial N have expired; prints the status
 *	later N		N seconds pass
 *	write FILE TEXT	for the other side to read, between two fetches; "\n" in it is a line break
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "s3cred.h"

static time_t passed;

/* Stands before libc's, for all that is linked in. */
time_t
time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t != NULL)
		*t = now.tv_sec + passed;
	return now.tv_sec + passed;
}

static enum status
get(struct s3cred *c)
{
	struct s3keys k;
	enum status st;

	if ((st = s3cred_get(c, &k)) == ST_OK)
		printf("%s %s %s %u %s\n", k.access_key, k.secret_key, k.session_token == NULL ? "-" : k.session_token,
		    k.serial, k.source);
	else
		printf("status %d\n", (int)st);
	return st;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (f == NULL)
		exit(9);
	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] == 'n') {
			putc('\n', f);
			text++;
		} else {
			putc(*text, f);
		}
	}
	if (fclose(f) == EOF)
		exit(9);
}

int
main(int argc, char **argv)
{
	const char *profile = NULL, *ca_file = NULL;
	struct s3cred *c;
	char line[4096], name[1024];
	enum status st = ST_OK;
	unsigned n;
	int at, opt;

	while ((opt = getopt(argc, argv, "p:c:")) != -1) {
		if (opt == 'p')
			profile = optarg;
		else if (opt == 'c')
			ca_file = optarg;
		else
			return 9;
	}
	c = s3cred_new(profile, "eu-test-1", ca_file);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (c != NULL && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "get") == 0)
			st = get(c);
		else if (sscanf(line, "expired %u", &n) == 1)
			printf("status %d\n", (int)(st = s3cred_expired(c, n)));
		else if (sscanf(line, "later %u", &n) == 1)
			passed += n;
		else if (sscanf(line, "write %1023s %n", name, &at) == 1)
			write_file(name, line + at);
		else
			return 9;
	}
	s3cred_free(c);
	return c == NULL ? 9 : (int)st;
}
