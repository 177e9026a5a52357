/*
 * Keys, and the files they come from.
 *
 *	recipient	age1...			whom a file is sealed for; public
 *	identity	AGE-SECRET-KEY-1...	who opens it; secret
 *	passphrase	the first line of a file does for both
 *
 * A key file is text, one key a line, LF or CRLF; empty lines and lines that
 * begin with '#' are skipped; nothing else is forgiven, no blank at either
 * end.  Files are read once, front to back, so FIFOs and /dev/fd/N serve, and
 * up to KEYFILE_MAX bytes.  Recipients and identities of types that are not
 * supported are refused by name, whole file and all: a backup sealed for fewer
 * people than its owner listed is found out too late.
 *
 * Messages name the file and the line and never show what stands there, which
 * may be a secret in the wrong place.  A bad key file is ST_TROUBLE: it tells
 * nothing about the data.
 *
 * Keys are a list in the order of arrival, without duplicates.  keyfile_free()
 * wipes it.  *where* borrows the caller's path or argument.
 */
#ifndef MM_KEYFILE_H
#define MM_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum {
	KEYFILE_MAX = 16 << 20,
	KEYFILE_RECIPIENT_CHARS = 62,	/* age1... and AGE-SECRET-KEY-1..., without the NUL */
	KEYFILE_IDENTITY_CHARS = 74
};

enum key_type {
	KEY_X25519
};

struct key {
	struct key *next;
	const char *where;		/* the file it came from */
	enum key_type type;
	uint8_t point[32];		/* the public half on Curve25519 */
	uint8_t scalar[32];		/* the secret half; zero in a recipient */
};

/* Each appends to *keys, which starts as NULL and on failure still has to be freed. */
enum status keyfile_recipient(const char *text, struct key **keys);
enum status keyfile_recipients(const char *path, struct key **keys);
enum status keyfile_identities(const char *path, struct key **keys);

/* The same from what is open: the input of a tool, and so ST_BAD if it is malformed. */
enum status keyfile_identities_from(int fd, const char *what, struct key **keys);

/* The spellings, with a NUL. */
void keyfile_print_recipient(const struct key *key, char text[KEYFILE_RECIPIENT_CHARS + 1]);
void keyfile_print_identity(const struct key *key, char text[KEYFILE_IDENTITY_CHARS + 1]);

/* A new identity, at random. */
struct key *keyfile_generate(void);

void keyfile_free(struct key *keys);

#endif
