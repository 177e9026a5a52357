#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "bech32.h"
#include "keyfile.h"

#define RECIPIENT	"age"
#define IDENTITY	"AGE-SECRET-KEY-"

/* Where a key stands, for messages. */
struct place {
	const char *file;
	unsigned long line;		/* 0: an argument */
};

typedef enum status line_reader(const struct place *, const char *, size_t, struct key **);

static enum status
complain(const struct place *at, const char *what)
{
	if (at->line == 0)
		warnx("%s: %s", at->file, what);
	else
		warnx("%s: line %lu: %s", at->file, at->line, what);
	return ST_BAD;
}

static int
begins(const char *text, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* What the text is if it is a key, but none that can be used here; NULL if it is nothing we know. */
static const char *
foreign(const char *text, size_t n)
{
	static const struct {
		const char *begins, *is;
	} kinds[] = {
		{ "AGE-SECRET-KEY-PQ-1", "a post-quantum identity, which is not supported" },
		{ "AGE-SECRET-KEY-1", "a secret key (an identity), not a recipient: who sees it can open your files" },
		{ "AGE-PLUGIN-", "an identity of an age plugin, which is not supported" },
		{ "age1pq1", "a post-quantum recipient, which is not supported" },
		{ "age1tagpq1", "a post-quantum tagged recipient, which is not supported" },
		{ "age1tag1", "a tagged (hardware) recipient, which is not supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(text, n, kinds[i].begins))
			return kinds[i].is;
	return NULL;
}

/* Append a copy of the key, unless it is there already. */
static enum status
append(struct key **keys, const struct key *key)
{
	for (; *keys != NULL; keys = &(*keys)->next)
		if ((*keys)->type == key->type && sodium_memcmp((*keys)->point, key->point, 32) == 0)
			return ST_OK;
	if ((*keys = malloc(sizeof(**keys))) == NULL) {
		warn("%s", key->where);
		return ST_TROUBLE;
	}
	**keys = *key;
	return ST_OK;
}

static enum status
read_recipient(const struct place *at, const char *text, size_t n, struct key **keys)
{
	static const uint8_t any[32] = { 1 };
	struct key key = { .where = at->file, .type = KEY_X25519 };
	const char *what;
	uint8_t product[32];

	if ((what = foreign(text, n)) != NULL)
		return complain(at, what);
	if (!bech32_decode(text, n, RECIPIENT, key.point, sizeof(key.point)))
		return complain(at, "not an age recipient");
	/* The few points that make every shared secret zero are nobody's key. */
	if (crypto_scalarmult(product, any, key.point) != 0)
		return complain(at, "a recipient that protects nothing");
	return append(keys, &key);
}

static enum status
read_identity(const struct place *at, const char *text, size_t n, struct key **keys)
{
	struct key key = { .where = at->file, .type = KEY_X25519 };
	enum status st;
	const char *what;

	if (bech32_decode(text, n, IDENTITY, key.scalar, sizeof(key.scalar))) {
		crypto_scalarmult_base(key.point, key.scalar);
		st = append(keys, &key);
	} else if (begins(text, n, "age1") || begins(text, n, "ssh-")) {
		st = complain(at, "a recipient, which cannot open anything; an identity is wanted");
	} else if (!begins(text, n, IDENTITY "1") && (what = foreign(text, n)) != NULL) {
		st = complain(at, what);
	} else {
		st = complain(at, "not an age identity");
	}
	sodium_memzero(&key, sizeof(key));
	return st;
}

/* Twice the room; realloc() would leave a copy of the secrets behind. */
static int
grow(char **text, size_t len, size_t *room)
{
	size_t more = *room == 0 ? 16384 : *room * 2;
	char *new;

	if ((new = malloc(more)) == NULL)
		return 0;
	if (len > 0) {
		memcpy(new, *text, len);
		sodium_memzero(*text, len);
	}
	free(*text);
	*text = new;
	*room = more;
	return 1;
}

/* All of it, in memory that the caller wipes and frees, whatever comes back. */
static enum status
read_all(int fd, const char *what, char **text, size_t *len)
{
	size_t room = 0;
	ssize_t n;

	for (*text = NULL, *len = 0; *len <= KEYFILE_MAX; *len += (size_t)n) {
		if (*len == room && !grow(text, *len, &room)) {
			warn("%s", what);
			return ST_TROUBLE;
		}
		while ((n = read(fd, *text + *len, room - *len)) == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			warn("read %s", what);
			return ST_TROUBLE;
		}
		if (n == 0)
			return ST_OK;
	}
	warnx("%s: longer than %d MiB, no key file", what, KEYFILE_MAX >> 20);
	return ST_BAD;
}

static enum status
each_line(const char *file, const char *kind, const char *text, size_t len, line_reader *read_line, struct key **keys)
{
	struct place at = { file, 0 };
	int any = 0;
	const char *end = text + len, *next;
	enum status st;
	size_t n;

	for (; text < end; text = next) {
		next = memchr(text, '\n', (size_t)(end - text));
		n = (size_t)((next == NULL ? end : next) - text);
		next = next == NULL ? end : next + 1;
		at.line++;
		if (n > 0 && text[n - 1] == '\r')
			n--;
		if (n == 0 || text[0] == '#')
			continue;
		if ((st = read_line(&at, text, n, keys)) != ST_OK)
			return st;
		any = 1;
	}
	if (!any) {
		warnx("%s: no %s in it", file, kind);
		return ST_BAD;
	}
	return ST_OK;
}

static enum status
read_keys(int fd, const char *what, const char *kind, line_reader *read_line, struct key **keys)
{
	enum status st;
	char *text;
	size_t len;

	if ((st = read_all(fd, what, &text, &len)) == ST_OK)
		st = each_line(what, kind, text, len, read_line, keys);
	if (text != NULL)
		sodium_memzero(text, len);
	free(text);
	return st;
}

/* As read_keys(), but a malformed file is trouble: it is not what the tool was asked to judge. */
static enum status
open_keys(const char *path, const char *kind, line_reader *read_line, struct key **keys)
{
	enum status st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		warn("open %s", path);
		return ST_TROUBLE;
	}
	st = read_keys(fd, path, kind, read_line, keys);
	close(fd);
	return st == ST_OK ? ST_OK : ST_TROUBLE;
}

enum status
keyfile_recipient(const char *text, struct key **keys)
{
	struct place at = { "recipient", 0 };

	return read_recipient(&at, text, strlen(text), keys) == ST_OK ? ST_OK : ST_TROUBLE;
}

enum status
keyfile_recipients(const char *path, struct key **keys)
{
	return open_keys(path, "recipient", read_recipient, keys);
}

enum status
keyfile_identities(const char *path, struct key **keys)
{
	return open_keys(path, "identity", read_identity, keys);
}

enum status
keyfile_identities_from(int fd, const char *what, struct key **keys)
{
	return read_keys(fd, what, "identity", read_identity, keys);
}

void
keyfile_print_recipient(const struct key *key, char text[KEYFILE_RECIPIENT_CHARS + 1])
{
	bech32_encode(RECIPIENT, key->point, sizeof(key->point), text);
}

void
keyfile_print_identity(const struct key *key, char text[KEYFILE_IDENTITY_CHARS + 1])
{
	bech32_encode(IDENTITY, key->scalar, sizeof(key->scalar), text);
}

struct key *
keyfile_generate(void)
{
	struct key *key;

	if ((key = calloc(1, sizeof(*key))) == NULL)
		return NULL;
	key->type = KEY_X25519;
	randombytes_buf(key->scalar, sizeof(key->scalar));
	crypto_scalarmult_base(key->point, key->scalar);
	return key;
}

void
keyfile_free(struct key *keys)
{
	struct key *next;

	for (; keys != NULL; keys = next) {
		next = keys->next;
		sodium_memzero(keys, sizeof(*keys));
		free(keys);
	}
}
