/*
 * SSH keys of type ssh-ed25519, as age uses them: the key that signs becomes a
 * key on Curve25519 (the same curve in other coordinates).
 *
 *	public	"ssh-ed25519" BASE64 [comment]		a line
 *	private	-----BEGIN OPENSSH PRIVATE KEY-----	a file of its own, without a passphrase
 *
 * *wire* is what BASE64 stands for, and what age's ssh stanzas are bound to:
 *
 *	00 00 00 0b "ssh-ed25519" 00 00 00 20 <32 bytes>
 *
 * These return what is wrong with the key, or NULL.  Spec: OpenSSH's PROTOCOL.key.
 */
#ifndef MM_SSHKEY_H
#define MM_SSHKEY_H

#include <stddef.h>
#include <stdint.h>

enum {
	SSHKEY_WIRE = 51,
	SSHKEY_LINE_CHARS = 11 + 1 + 68		/* of a public key without a comment */
};

const char *sshkey_public(const char *line, size_t n, uint8_t wire[SSHKEY_WIRE], uint8_t point[32]);
const char *sshkey_private(const char *text, size_t n, uint8_t wire[SSHKEY_WIRE], uint8_t point[32],
    uint8_t scalar[32]);

/* The line, with a NUL. */
void sshkey_print(const uint8_t wire[SSHKEY_WIRE], char line[SSHKEY_LINE_CHARS + 1]);

#endif
