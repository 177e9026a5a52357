#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "agehead.h"
#include "armor.h"
#include "coredump.h"
#include "fdsink.h"
#include "keyfile.h"
#include "seal.h"
#include "stdfds.h"
#include "stream.h"

enum mode {
	NEW,
	RECIPIENT,
	INSPECT
};

static void
usage(void)
{
	fprintf(stderr, "usage: mm-key [-p passfile]\n"
	    "       mm-key --recipient < identity\n"
	    "       mm-key --inspect < file\n");
	exit(ST_TROUBLE);
}

static enum mode
read_options(int argc, char *argv[], const char **passfile)
{
	static const struct option options[] = {
		{ "passphrase-file", required_argument, NULL, 'p' },
		{ "recipient", no_argument, NULL, RECIPIENT },
		{ "inspect", no_argument, NULL, INSPECT },
		{ NULL, 0, NULL, 0 }
	};
	enum mode mode = NEW;
	int c;

	while ((c = getopt_long(argc, argv, "p:", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			if (*passfile != NULL)
				usage();
			*passfile = optarg;
			break;
		case RECIPIENT:
		case INSPECT:
			if (mode != NEW)
				usage();
			mode = (enum mode)c;
			break;
		default:
			usage();
		}
	}
	if (optind < argc || (mode != NEW && *passfile != NULL))
		usage();
	return mode;
}

/* A secret is about to go where others may read it: too late to refuse, the file is there. */
static void
warn_of_readers(void)
{
	struct stat sb;

	if (fstat(STDOUT_FILENO, &sb) == 0 && S_ISREG(sb.st_mode) && (sb.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		warnx("warning: others may read the file this identity goes to (mode %03o); chmod 600 it",
		    (unsigned)(sb.st_mode & 0777));
}

/* The text of an identity, as age-keygen(1) writes it. */
static enum status
write_identity(const struct key *key, const char *recipient, struct sink *chain)
{
	char text[256], identity[KEYFILE_IDENTITY_CHARS + 1], now[32];
	time_t t = time(NULL);
	enum status st;
	int n;

	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
	keyfile_print_identity(key, identity);
	n = snprintf(text, sizeof(text), "# created: %s\n# public key: %s\n%s\n", now, recipient, identity);
	if ((st = sink_update(chain, (const uint8_t *)text, (size_t)n)) == ST_OK)
		st = sink_finish(chain);
	sodium_memzero(text, sizeof(text));
	sodium_memzero(identity, sizeof(identity));
	return st;
}

/* A new identity to stdout, sealed under the passphrase if there is one. */
static enum status
new_identity(const char *passfile)
{
	char recipient[KEYFILE_RECIPIENT_CHARS + 1];
	struct key *key = keyfile_generate(), *passphrase = NULL;
	struct sink *chain = fdsink_new(STDOUT_FILENO, "stdout");
	enum status st = ST_TROUBLE;

	if (passfile != NULL && (st = keyfile_passphrase(passfile, &passphrase)) != ST_OK)
		goto out;
	if (passfile != NULL)
		chain = seal_new(passphrase, armor_new(chain));
	if (key == NULL || chain == NULL) {
		warnx("out of memory");
		st = ST_TROUBLE;
		goto out;
	}
	if (passfile == NULL)
		warn_of_readers();
	keyfile_print_recipient(key, recipient);
	st = write_identity(key, recipient, chain);
	if (st == ST_OK && (passfile != NULL || !isatty(STDOUT_FILENO)))
		fprintf(stderr, "Public key: %s\n", recipient);
out:
	sink_free(chain);
	keyfile_free(passphrase);
	keyfile_free(key);
	return st;
}

/* The recipients of the identities on stdin. */
static enum status
print_recipients(void)
{
	char recipient[KEYFILE_RECIPIENT_CHARS + 1];
	struct key *keys = NULL, *key;
	enum status st;

	st = keyfile_identities_from(STDIN_FILENO, "stdin", &keys);
	for (key = keys; st == ST_OK && key != NULL; key = key->next) {
		if (key->type == KEY_SEALED) {
			warnx("stdin: an identity file under a passphrase; open it first, with mm-seal -d -p");
			st = ST_TROUBLE;
		} else {
			keyfile_print_recipient(key, recipient);
			printf("%s\n", recipient);
		}
	}
	keyfile_free(keys);
	return st;
}

/* Whom a file is for and how long it is, all that can be told without a key. */
struct inspector {
	struct sink sink;
	struct agehead head;
	uint64_t rest;			/* bytes after the header */
};

static enum status
inspect_update(struct sink *sink, const uint8_t *buf, size_t len)
{
	struct inspector *i = (struct inspector *)sink;
	enum status st;
	size_t used;

	if ((st = agehead_read(&i->head, buf, len, &used)) == ST_OK)
		i->rest += len - used;
	return st;
}

static enum status
inspect_finish(struct sink *sink)
{
	struct inspector *i = (struct inspector *)sink;
	char types[AGEHEAD_TYPES_CHARS];
	uint64_t content;

	if (agehead_ended(&i->head) != ST_OK)
		return ST_BAD;
	agehead_types(&i->head, types);
	printf("recipients: %s\nheader-bytes: %zu\nsealed-bytes: %" PRIu64 "\n", types, i->head.len,
	    i->head.len + i->rest);
	if (!stream_content(i->rest, &content)) {
		warnx("payload: no age file has %" PRIu64 " bytes after its header: cut short, or added to", i->rest);
		return ST_BAD;
	}
	printf("bytes: %" PRIu64 "\n", content);
	return ST_OK;
}

static void
inspect_free(struct sink *sink)
{
	agehead_free(&((struct inspector *)sink)->head);
}

/* How much of stdin is left, which is then skipped; 0 if it cannot be, or nothing is. */
static uint64_t
skip_rest(void)
{
	off_t here = lseek(STDIN_FILENO, 0, SEEK_CUR), end;

	if (here == -1 || (end = lseek(STDIN_FILENO, 0, SEEK_END)) <= here)
		return 0;
	return (uint64_t)(end - here);
}

/* All of stdin, but of a file that is not armored only the header is read: the rest has a length. */
static enum status
read_stdin(struct inspector *i, struct sink *chain)
{
	enum status st = ST_OK;
	uint64_t taken = 0, skipped;
	uint8_t buf[65536];
	ssize_t n;

	while (st == ST_OK && (n = read(STDIN_FILENO, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			warn("read stdin");
			return ST_TROUBLE;
		}
		taken += (uint64_t)n;
		st = sink_update(chain, buf, (size_t)n);
		if (st == ST_OK && i->head.whole && taken == i->head.len + i->rest) {
			skipped = skip_rest();
			i->rest += skipped;
			taken += skipped;
		}
	}
	return st;
}

static enum status
inspect(void)
{
	struct inspector i = { { inspect_update, inspect_finish, inspect_free }, { 0 }, 0 };
	struct sink *chain = dearmor_new(&i.sink);
	enum status st;

	if (chain == NULL) {
		warnx("out of memory");
		return ST_TROUBLE;
	}
	if ((st = read_stdin(&i, chain)) == ST_OK)
		st = sink_finish(chain);
	sink_free(chain);
	return st;
}

/* What stdio still holds is part of the job. */
static enum status
flush_stdout(void)
{
	if (fflush(stdout) == EOF) {
		warn("write stdout");
		return ST_TROUBLE;
	}
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	const char *passfile = NULL;
	enum status st = ST_TROUBLE;
	enum mode mode;

	stdfds_hold();
	if (sodium_init() == -1)
		errx(ST_TROUBLE, "libsodium does not start");
	coredump_forbid();
	mode = read_options(argc, argv, &passfile);
	switch (mode) {
	case NEW:
		st = new_identity(passfile);
		break;
	case RECIPIENT:
		st = print_recipients();
		break;
	case INSPECT:
		st = inspect();
		break;
	}
	if (st == ST_OK)
		st = flush_stdout();
	return (int)st;
}
