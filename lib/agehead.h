/*
 * The header of an age v1 file: text that says whom the file is for.
 *
 *	age-encryption.org/v1			the version
 *	-> X25519 SHARE				a stanza: type, arguments,
 *	WRAPPED					body in lines of 64 columns, the last one shorter
 *	...
 *	--- MAC					HMAC-SHA-256 over all before, these hyphens included
 *
 * Every line ends in one LF.  SHARE, WRAPPED, MAC and the rest are base64
 * (b64.h) of 32 bytes but for:
 *
 *	X25519 SHARE
 *	scrypt SALT FACTOR			16 bytes; 1..22, decimal; the only stanza of its header
 *	ssh-ed25519 TAG SHARE			TAG 4 bytes
 *
 * A stanza of another type has to be well-formed and is passed over.  Every
 * stanza is checked, also those that somebody else's key opens.  A header ends
 * with AGEHEAD_MAX bytes at the latest; memory is taken as lines arrive.
 *
 * Each of WRAPPED is the file key, 16 bytes, under a key of that recipient's.
 * The MAC's key derives from the file key, so it can be checked once one
 * stanza has been opened.  Spec: C2SP age.md.
 */
#ifndef MM_AGEHEAD_H
#define MM_AGEHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum {
	AGEHEAD_MAX = 16 << 20,
	AGEHEAD_MAX_FACTOR = 22,	/* 4 GiB of memory and some ten seconds for whoever reads it */
	AGEHEAD_TYPES_CHARS = 512,
	FILEKEY_BYTES = 16,
	WRAPPED_BYTES = 32
};

enum stanza_type {
	STANZA_OTHER,
	STANZA_X25519,
	STANZA_SCRYPT,
	STANZA_SSH_ED25519
};

/* Only what its type has is set. */
struct stanza {
	enum stanza_type type;
	const char *name;		/* the type as the header has it, without a NUL; reading only */
	size_t name_len;
	uint8_t tag[4];
	uint8_t salt[16];
	unsigned factor;		/* log2 of scrypt's N */
	uint8_t share[32];
	uint8_t wrapped[WRAPPED_BYTES];
};

/* Starts as all zero, ends with agehead_free(). */
struct agehead {
	char *text;			/* as in the file */
	size_t len;
	int whole;			/* the MAC line is there */

	size_t room;
	size_t line;			/* where the line that is arriving starts */
	size_t lines;			/* before it */
	size_t stanzas;
	int in_body;
};

/* Writing: stanzas, then the MAC, and text[0..len) is the header. */
enum status agehead_add(struct agehead *h, const struct stanza *stanza);
enum status agehead_seal(struct agehead *h, const uint8_t filekey[FILEKEY_BYTES]);

/* Reading: takes what belongs to the header, sets *used to that, and sees to it that all of it is valid. */
enum status agehead_read(struct agehead *h, const uint8_t *buf, size_t len, size_t *used);

/* The input has ended: ST_BAD and the reason if that was too early. */
enum status agehead_ended(const struct agehead *h);

/* The stanzas of a whole header in turn, from *at = 0; 0 after the last. */
int agehead_next(const struct agehead *h, size_t *at, struct stanza *stanza);

/* Whom it is for, in words: "2 X25519, 1 ssh-rsa". */
void agehead_types(const struct agehead *h, char text[AGEHEAD_TYPES_CHARS]);

/* Whether this is the key that the header was made with, and nothing in it has changed. */
enum status agehead_check(const struct agehead *h, const uint8_t filekey[FILEKEY_BYTES]);

void agehead_free(struct agehead *h);

#endif
