/*
 * Base64, RFC 4648 section 4, in its strict form: the standard alphabet, no
 * padding, no white space, and unused low bits zero, so that bytes have one
 * spelling.  What breaks lines or adds '=' (armor, PEM) does so itself.
 *
 * Table lookups, and so not for secrets where somebody could watch the cache;
 * sodium_base642bin() is, at a quarter of the speed.
 */
#ifndef MM_B64_H
#define MM_B64_H

#include <stddef.h>
#include <stdint.h>

#define B64_CHARS(len)	(((len) * 4 + 2) / 3)	/* len bytes make so many characters */
#define B64_BYTES(n)	((n) * 3 / 4)		/* n characters make so many bytes */

/* B64_CHARS(len) characters, no NUL after them; returns their number. */
size_t b64_encode(const uint8_t *buf, size_t len, char *text);

/* True, with B64_BYTES(n) bytes in buf, if the n characters are base64; else buf holds rubbish. */
int b64_decode(const char *text, size_t n, uint8_t *buf);

#endif
