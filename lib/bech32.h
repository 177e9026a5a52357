/*
 * Bech32, the spelling of age keys: BIP 173 without its limit of 90 characters.
 *
 *	prefix "1" data checksum	five bits a character, six characters of checksum
 *
 * The prefix settles the case of the whole: "age" is spelled and accepted in
 * lower case alone, "AGE-SECRET-KEY-" in upper case alone, as age itself does.
 */
#ifndef MM_BECH32_H
#define MM_BECH32_H

#include <stddef.h>
#include <stdint.h>

/* The length of what bech32_encode() writes, without the NUL. */
#define BECH32_CHARS(prefix_len, len)	((prefix_len) + 1 + ((len) * 8 + 4) / 5 + 6)

/* Writes a string; *text* has room for it and its NUL. */
void bech32_encode(const char *prefix, const uint8_t *buf, size_t len, char *text);

/* True if the n characters of *text* are this prefix and exactly len bytes; those are then in buf. */
int bech32_decode(const char *text, size_t n, const char *prefix, uint8_t *buf, size_t len);

#endif
