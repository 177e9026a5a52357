/*
 * An age v1 file, sealed and unsealed as it streams by.
 *
 *	header				agehead.h
 *	16	nonce			key = HKDF-SHA-256(file key, nonce, "payload")
 *	...	chunks			65552 bytes each, the last one 17..65552, or 16 if it is the only one
 *
 * A chunk is 65536 bytes of what was sealed, the last one less, and 16 bytes
 * that authenticate them: ChaCha20-Poly1305 under the chunk's number, 11 bytes
 * big-endian, and one byte that is 1 in the last chunk and 0 before.  So a file
 * cut anywhere, even between chunks, is ST_BAD; and a full chunk waits, on
 * either side, until it is known not to be the last.
 *
 * Unsealing passes on nothing that has not been authenticated.  What went
 * through before an error is a true beginning of what was sealed, and finish()
 * is called below only when all of it was.  The text form (armor.h) is taken
 * as well.
 *
 * Messages begin with the part they speak of: "header:", "MAC:", "no identity
 * matches", "payload:", "armor:".  Offsets in them count from the start of the
 * binary file.  A file for others is ST_BAD.  Spec: C2SP age.md, sections
 * Payload and Header MAC.
 */
#ifndef MM_SEAL_H
#define MM_SEAL_H

#include "keyfile.h"
#include "sink.h"

#define SEAL_SUFFIX	".enc"		/* of a sealed backup's name */

enum {
	SEAL_CHUNK = 65536,
	SEAL_TAG = 16,
	SEAL_NONCE = 16
};

/* What n bytes after a header hold, nonce included; false if no age file has so many there. */
int seal_plain_bytes(uint64_t n, uint64_t *plain);

/* The keys stay the caller's, and have to outlive the sink. */
struct sink *seal_new(const struct key *recipients, struct sink *next);
struct sink *unseal_new(const struct key *identities, struct sink *next);

#endif
