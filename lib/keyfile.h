/*
 * Keys, and the files they come from.
 *
 *	recipient	age1...				whom a file is sealed for; public
 *			ssh-ed25519 AAAA... [comment]
 *	identity	AGE-SECRET-KEY-1...		who opens it; secret
 *			an OpenSSH private key		a file of its own (sshkey.h)
 *			a sealed file of identities	under a passphrase; opened when needed (seal.h)
 *	passphrase					does for both
 *
 * A file of recipients or of age's own identities is text, one key a line, LF
 * or CR LF; empty lines and lines that begin with '#' are skipped; nothing else
 * is forgiven, no blank at either end.  A passphrase is all of its file but for
 * one newline at the end; it is one line, not empty.  Files are read once,
 * front to back, so FIFOs and /dev/fd/N serve, and up to KEYFILE_MAX bytes.
 *
 * Recipients and identities of types that are not supported are refused by
 * name, and the file with them: a backup sealed for fewer people than its owner
 * listed is found out too late.
 *
 * Messages name the file and the line and never show what stands there, which
 * may be a secret in the wrong place.  A bad key file is ST_TROUBLE: it tells
 * nothing about the data.
 *
 * Keys are a list in the order of arrival, without duplicates.  keyfile_free()
 * wipes it.  *where* borrows the caller's path.
 */
#ifndef MM_KEYFILE_H
#define MM_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "sshkey.h"
#include "status.h"

enum {
	KEYFILE_MAX = 16 << 20,
	KEYFILE_RECIPIENT_CHARS = SSHKEY_LINE_CHARS,	/* at the most, without the NUL */
	KEYFILE_IDENTITY_CHARS = 74
};

enum key_type {
	KEY_X25519,
	KEY_SSH_ED25519,
	KEY_PASSPHRASE,
	KEY_SEALED			/* a file of identities under a passphrase */
};

struct key {
	struct key *next;
	const char *where;		/* the file it came from */
	enum key_type type;
	uint8_t point[32];		/* the public half on Curve25519 */
	uint8_t scalar[32];		/* the secret half; zero in a recipient */
	uint8_t wire[SSHKEY_WIRE];	/* ssh-ed25519: the public key as SSH has it */
	char *text;			/* a passphrase, a sealed file; no NUL after it */
	size_t len;
};

/* Each appends to *keys, which starts as NULL and on failure still has to be freed. */
enum status keyfile_recipient(const char *text, struct key **keys);
enum status keyfile_recipients(const char *path, struct key **keys);
enum status keyfile_identities(const char *path, struct key **keys);
enum status keyfile_passphrase(const char *path, struct key **keys);

/* The same from what is open: the input of a tool, and so ST_BAD if it is malformed. */
enum status keyfile_identities_from(int fd, const char *what, struct key **keys);

/* The same from what a sealed file of identities held; that may not hold another one.  ST_BAD likewise. */
enum status keyfile_identities_in(const char *what, const char *text, size_t len, struct key **keys);

/* The spellings, with a NUL: of an X25519 or ssh-ed25519 key, of an X25519 identity. */
void keyfile_print_recipient(const struct key *key, char text[KEYFILE_RECIPIENT_CHARS + 1]);
void keyfile_print_identity(const struct key *key, char text[KEYFILE_IDENTITY_CHARS + 1]);

/* A new X25519 identity, at random; NULL if there is no memory. */
struct key *keyfile_generate(void);

void keyfile_free(struct key *keys);

#endif
