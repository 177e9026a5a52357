#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sodium.h>

#include "bech32.h"
#include "keyfile.h"
#include "sshkey.h"

#define RECIPIENT	"age"
#define IDENTITY	"AGE-SECRET-KEY-"

/* Where a key stands, for messages. */
struct place {
	const char *file;
	unsigned long line;		/* 0: an argument */
};

typedef enum status line_reader(const struct place *, const char *, size_t, struct key **);
typedef enum status text_reader(const char *, const char *, size_t, struct key **);

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

/* A secret in whatever case, of whatever type, perhaps with a blank before it. */
static int
is_secret(const char *text, size_t n)
{
	static const char *const secrets[] = { IDENTITY, "AGE-PLUGIN-", "-----BEGIN " };
	size_t i;

	for (; n > 0 && (*text == ' ' || *text == '\t'); text++)
		n--;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (n >= strlen(secrets[i]) && strncasecmp(text, secrets[i], strlen(secrets[i])) == 0)
			return 1;
	return 0;
}

/* What the text is if it is a key, but none that can be used here; NULL if it is nothing we know. */
static const char *
foreign(const char *text, size_t n)
{
	static const struct {
		const char *begins, *is;
	} kinds[] = {
		{ "AGE-SECRET-KEY-PQ-1", "a post-quantum identity, which is not supported" },
		{ "-----BEGIN", "a private key, which has to stand in a file of its own" },
		{ "AGE-PLUGIN-", "an identity of an age plugin, which is not supported" },
		{ "age1pq1", "a post-quantum recipient, which is not supported" },
		{ "age1tagpq1", "a post-quantum tagged recipient, which is not supported" },
		{ "age1tag1", "a tagged recipient, which is not supported" },
		{ "ssh-rsa ", "an ssh-rsa recipient, which is not supported" },
		{ "ssh-dss ", "an ssh-dss recipient, which is not supported" },
		{ "ecdsa-", "an ECDSA recipient, which is not supported" },
		{ "sk-", "an SSH recipient on a hardware token, which is not supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(text, n, kinds[i].begins))
			return kinds[i].is;
	/* The name of a plugin stands between two digits one; data has none. */
	if (begins(text, n, "age1") && memchr(text + 4, '1', n - 4) != NULL)
		return "a recipient of an age plugin, which is not supported";
	return NULL;
}

static int
is_same(const struct key *a, const struct key *b)
{
	return a->type == b->type && (a->type == KEY_X25519 || a->type == KEY_SSH_ED25519) &&
	    memcmp(a->point, b->point, sizeof(a->point)) == 0;
}

/* Append a copy of the key, unless it is there already. */
static enum status
append(struct key **keys, const struct key *key)
{
	for (; *keys != NULL; keys = &(*keys)->next)
		if (is_same(*keys, key))
			return ST_OK;
	if ((*keys = malloc(sizeof(**keys))) == NULL) {
		warn("%s", key->where);
		return ST_TROUBLE;
	}
	**keys = *key;
	return ST_OK;
}

/* Append a key that is a text. */
static enum status
append_text(struct key **keys, enum key_type type, const char *where, const char *text, size_t len)
{
	struct key key = { .where = where, .type = type, .len = len };
	enum status st;

	if ((key.text = malloc(len)) == NULL) {
		warn("%s", where);
		return ST_TROUBLE;
	}
	memcpy(key.text, text, len);
	if ((st = append(keys, &key)) != ST_OK) {
		sodium_memzero(key.text, len);
		free(key.text);
	}
	return st;
}

/* The few points that make every secret zero are nobody's key. */
static int
protects(const uint8_t point[32])
{
	static const uint8_t any[32] = { 1 };
	uint8_t product[32];

	return crypto_scalarmult(product, any, point) == 0;
}

static enum status
read_recipient(const struct place *at, const char *text, size_t n, struct key **keys)
{
	struct key key = { .where = at->file, .type = KEY_X25519 };
	const char *problem = is_secret(text, n) ? "a SECRET key, not a recipient; whoever has read it can open what "
	    "was sealed for it" : foreign(text, n);

	if (problem == NULL && begins(text, n, "ssh-")) {
		key.type = KEY_SSH_ED25519;
		problem = sshkey_public(text, n, key.wire, key.point);
	} else if (problem == NULL && !bech32_decode(text, n, RECIPIENT, key.point, sizeof(key.point))) {
		problem = "not an age recipient";
	}
	if (problem == NULL && !protects(key.point))
		problem = "a recipient that protects nothing";
	return problem == NULL ? append(keys, &key) : complain(at, problem);
}

static enum status
read_identity(const struct place *at, const char *text, size_t n, struct key **keys)
{
	struct key key = { .where = at->file, .type = KEY_X25519 };
	const char *problem;
	enum status st;

	if (bech32_decode(text, n, IDENTITY, key.scalar, sizeof(key.scalar))) {
		crypto_scalarmult_base(key.point, key.scalar);
		st = append(keys, &key);
	} else if (begins(text, n, "age1") || begins(text, n, "ssh-")) {
		st = complain(at, "a recipient, which cannot open anything; an identity is wanted");
	} else if ((problem = foreign(text, n)) != NULL) {
		st = complain(at, problem);
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
take_recipients(const char *what, const char *text, size_t len, struct key **keys)
{
	return each_line(what, "recipient", text, len, read_recipient, keys);
}

static enum status
take_ssh_identity(const char *what, const char *text, size_t len, struct key **keys)
{
	struct key key = { .where = what, .type = KEY_SSH_ED25519 };
	const char *problem = sshkey_private(text, len, key.wire, key.point, key.scalar);
	enum status st = ST_BAD;

	if (problem == NULL)
		st = append(keys, &key);
	else
		warnx("%s: %s", what, problem);
	sodium_memzero(&key, sizeof(key));
	return st;
}

/* Identities by what their file begins with. */
static enum status
take_identities(const char *what, const char *text, size_t len, struct key **keys)
{
	if (begins(text, len, "age-encryption.org/") || begins(text, len, "-----BEGIN AGE "))
		return append_text(keys, KEY_SEALED, what, text, len);
	return keyfile_identities_in(what, text, len, keys);
}

static enum status
take_passphrase(const char *what, const char *text, size_t len, struct key **keys)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0) {
		warnx("%s: an empty passphrase", what);
		return ST_BAD;
	}
	if (memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL || memchr(text, '\0', len) != NULL) {
		warnx("%s: more than one line, a carriage return or a NUL; no passphrase has these", what);
		return ST_BAD;
	}
	return append_text(keys, KEY_PASSPHRASE, what, text, len);
}

static enum status
read_keys(int fd, const char *what, text_reader *take, struct key **keys)
{
	enum status st;
	char *text;
	size_t len;

	if ((st = read_all(fd, what, &text, &len)) == ST_OK)
		st = take(what, text, len, keys);
	if (text != NULL)
		sodium_memzero(text, len);
	free(text);
	return st;
}

/*
 * /dev/fd/N is our own descriptor, whoever made what is behind it: opening it
 * by name may be forbidden, to a user that sudo(8) gave us or to a process that
 * is not dumpable.
 */
static int
open_path(const char *path)
{
	char junk;
	int fd;

	if (sscanf(path, "/dev/fd/%d%c", &fd, &junk) == 1)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* As read_keys(), but a malformed file is trouble: it is not what the tool was asked to judge. */
static enum status
open_keys(const char *path, text_reader *take, struct key **keys)
{
	enum status st;
	int fd;

	if ((fd = open_path(path)) == -1) {
		warn("open %s", path);
		return ST_TROUBLE;
	}
	st = read_keys(fd, path, take, keys);
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
	return open_keys(path, take_recipients, keys);
}

enum status
keyfile_identities(const char *path, struct key **keys)
{
	return open_keys(path, take_identities, keys);
}

enum status
keyfile_passphrase(const char *path, struct key **keys)
{
	return open_keys(path, take_passphrase, keys);
}

enum status
keyfile_identities_from(int fd, const char *what, struct key **keys)
{
	return read_keys(fd, what, take_identities, keys);
}

enum status
keyfile_identities_in(const char *what, const char *text, size_t len, struct key **keys)
{
	if (begins(text, len, "-----BEGIN") && !begins(text, len, "-----BEGIN AGE "))
		return take_ssh_identity(what, text, len, keys);
	return each_line(what, "identity", text, len, read_identity, keys);
}

void
keyfile_print_recipient(const struct key *key, char text[KEYFILE_RECIPIENT_CHARS + 1])
{
	if (key->type == KEY_SSH_ED25519)
		sshkey_print(key->wire, text);
	else
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
		if (keys->text != NULL)
			sodium_memzero(keys->text, keys->len);
		free(keys->text);
		sodium_memzero(keys, sizeof(*keys));
		free(keys);
	}
}
