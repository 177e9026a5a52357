/*
 * An age v1 file, sealed and unsealed as it streams by: the header (agehead.h),
 * then the payload (stream.h).
 *
 * A full chunk waits, on either side, until it is known not to be the last,
 * and the last one is written by finish() alone.  So what broke off is never
 * sealed as if it were whole, and a file cut anywhere, even between chunks, is
 * ST_BAD.
 *
 * Unsealing passes on nothing that has not been authenticated.  What went
 * through before an error is a true beginning of what was sealed; finish() is
 * called below only when all of it was.  The text form (armor.h) is taken as
 * well.  An identity file under a passphrase is opened when its turn comes,
 * with the passphrase that is among the identities; failing that is
 * ST_TROUBLE.
 *
 * Messages begin with the part they speak of: "header:", "MAC:", "no identity
 * matches", "payload:", "armor:".  Offsets in them count from the start of the
 * binary file, chunks from 0.  A file for others is ST_BAD.
 */
#ifndef MM_SEAL_H
#define MM_SEAL_H

#include "keyfile.h"
#include "sink.h"

/*
 * The keys stay the caller's, and have to outlive the sink.  A passphrase is
 * the only recipient of its file.
 */
struct sink *seal_new(const struct key *recipients, struct sink *next);
struct sink *unseal_new(const struct key *identities, struct sink *next);

#endif
