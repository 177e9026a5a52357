#include <assert.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agehead.h"
#include "b64.h"
#include "hkdf.h"

#define VERSION		"age-encryption.org/v1\n"

enum {
	VERSION_CHARS = sizeof(VERSION) - 1,
	COLUMNS = 64,			/* of a body line that another one follows */
	KEY_CHARS = B64_CHARS(32),
	MAC_LINE = 4 + KEY_CHARS + 1,
	MAX_WORDS = 3,			/* of the types we know */
	TALLY = 8			/* types to tell apart */
};

struct word {
	const char *text;
	size_t n;
};

/* How many stanzas are of a type. */
struct tally {
	struct word name;
	size_t count;
};

/* Append to the text; *too_long* is what it means if that is more than a header may have. */
static enum status
keep(struct agehead *h, const void *buf, size_t len, enum status too_long)
{
	size_t room = h->room == 0 ? 4096 : h->room;
	char *text;

	if (len > AGEHEAD_MAX - h->len) {
		warnx("header: longer than %d MiB", AGEHEAD_MAX >> 20);
		return too_long;
	}
	while (room < h->len + len)
		room *= 2;
	if (room != h->room) {
		if ((text = realloc(h->text, room)) == NULL) {
			warn("header");
			return ST_TROUBLE;
		}
		h->text = text;
		h->room = room;
	}
	memcpy(h->text + h->len, buf, len);
	h->len += len;
	return ST_OK;
}

/*
 * Writing.
 */

static size_t
add_word(char *line, size_t n, const uint8_t *buf, size_t len)
{
	line[n++] = ' ';
	return n + b64_encode(buf, len, line + n);
}

enum status
agehead_add(struct agehead *h, const struct stanza *s)
{
	char line[256];
	size_t n = 0;
	enum status st;

	if (h->len == 0 && (st = keep(h, VERSION, VERSION_CHARS, ST_TROUBLE)) != ST_OK)
		return st;
	switch (s->type) {
	case STANZA_X25519:
		n = (size_t)sprintf(line, "-> X25519");
		n = add_word(line, n, s->share, sizeof(s->share));
		break;
	case STANZA_SCRYPT:
		n = (size_t)sprintf(line, "-> scrypt");
		n = add_word(line, n, s->salt, sizeof(s->salt));
		n += (size_t)sprintf(line + n, " %u", s->factor);
		break;
	case STANZA_SSH_ED25519:
		n = (size_t)sprintf(line, "-> ssh-ed25519");
		n = add_word(line, n, s->tag, sizeof(s->tag));
		n = add_word(line, n, s->share, sizeof(s->share));
		break;
	case STANZA_OTHER:
		assert(s->type != STANZA_OTHER);
	}
	line[n++] = '\n';
	n += b64_encode(s->wrapped, sizeof(s->wrapped), line + n);
	line[n++] = '\n';
	h->stanzas++;
	return keep(h, line, n, ST_TROUBLE);
}

/* The MAC of the text up to and with the hyphens, which are its first `signed_len` bytes. */
static void
mac_of(const struct agehead *h, size_t signed_len, const uint8_t filekey[FILEKEY_BYTES], uint8_t mac[32])
{
	uint8_t key[HKDF_BYTES];

	hkdf_sha256(filekey, FILEKEY_BYTES, "", 0, "header", key);
	crypto_auth_hmacsha256(mac, (const uint8_t *)h->text, signed_len, key);
	sodium_memzero(key, sizeof(key));
}

enum status
agehead_seal(struct agehead *h, const uint8_t filekey[FILEKEY_BYTES])
{
	char line[MAC_LINE] = "--- ";
	uint8_t mac[32];
	enum status st;

	if ((st = keep(h, line, 3, ST_TROUBLE)) != ST_OK)
		return st;
	mac_of(h, h->len, filekey, mac);
	b64_encode(mac, sizeof(mac), line + 4);
	line[MAC_LINE - 1] = '\n';
	h->whole = 1;
	return keep(h, line + 3, MAC_LINE - 3, ST_TROUBLE);
}

/*
 * Reading, first what a stanza says.  These return what is wrong, or NULL.
 */

/* Cut a stanza's first line at its single spaces; returns how many words there are, keeping MAX_WORDS. */
static size_t
split(const char *line, size_t n, struct word word[MAX_WORDS])
{
	const char *end = line + n, *space;
	size_t count = 0;

	for (;;) {
		space = memchr(line, ' ', (size_t)(end - line));
		if (count < MAX_WORDS)
			word[count] = (struct word){ line, (size_t)((space == NULL ? end : space) - line) };
		count++;
		if (space == NULL)
			return count;
		line = space + 1;
	}
}

static int
word_is(const struct word *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->text, text, w->n) == 0;
}

/* True if the word is exactly len bytes. */
static int
word_bytes(const struct word *w, uint8_t *buf, size_t len)
{
	return w->n == B64_CHARS(len) && b64_decode(w->text, w->n, buf);
}

/* A number of one or two digits, the first not zero; 0 for anything else. */
static unsigned
word_number(const struct word *w)
{
	unsigned value = 0;
	size_t i;

	if (w->n < 1 || w->n > 2 || w->text[0] == '0')
		return 0;
	for (i = 0; i < w->n; i++) {
		if (w->text[i] < '0' || w->text[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(w->text[i] - '0');
	}
	return value;
}

static const char *
decode_x25519(struct stanza *s, const struct word *word, size_t words)
{
	if (words != 2)
		return "X25519: not exactly one argument";
	if (!word_bytes(&word[1], s->share, sizeof(s->share)))
		return "X25519: the share is not 32 bytes in base64";
	s->type = STANZA_X25519;
	return NULL;
}

static const char *
decode_scrypt(struct stanza *s, const struct word *word, size_t words)
{
	if (words != 3)
		return "scrypt: not exactly two arguments";
	if (!word_bytes(&word[1], s->salt, sizeof(s->salt)))
		return "scrypt: the salt is not 16 bytes in base64";
	s->factor = word_number(&word[2]);
	if (s->factor < 1 || s->factor > AGEHEAD_MAX_FACTOR)
		return "scrypt: the work factor is not a number from 1 to 22";
	s->type = STANZA_SCRYPT;
	return NULL;
}

static const char *
decode_ssh_ed25519(struct stanza *s, const struct word *word, size_t words)
{
	if (words != 3)
		return "ssh-ed25519: not exactly two arguments";
	if (!word_bytes(&word[1], s->tag, sizeof(s->tag)))
		return "ssh-ed25519: the tag is not 4 bytes in base64";
	if (!word_bytes(&word[2], s->share, sizeof(s->share)))
		return "ssh-ed25519: the share is not 32 bytes in base64";
	s->type = STANZA_SSH_ED25519;
	return NULL;
}

static const char *
decode_line(struct stanza *s, const char *line, size_t n)
{
	struct word word[MAX_WORDS];
	size_t words = split(line, n, word);

	memset(s, 0, sizeof(*s));
	s->name = word[0].text;
	s->name_len = word[0].n;
	if (word_is(&word[0], "X25519"))
		return decode_x25519(s, word, words);
	if (word_is(&word[0], "scrypt"))
		return decode_scrypt(s, word, words);
	if (word_is(&word[0], "ssh-ed25519"))
		return decode_ssh_ed25519(s, word, words);
	return NULL;
}

/*
 * The stanza at *at, which is moved behind it.  The length of a body of a type
 * we know is checked before anybody tries to open it: an attacker who may
 * choose it can ask about many keys at once.
 */
static const char *
decode(const struct agehead *h, size_t *at, struct stanza *s)
{
	const char *line = h->text + *at, *end = h->text + h->len;
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	const char *body = newline + 1, *problem;
	size_t n;

	problem = decode_line(s, line + 3, (size_t)(newline - line) - 3);
	for (line = body; ; line += n + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		n = (size_t)(newline - line);
		if (n < COLUMNS)
			break;
	}
	*at = (size_t)(newline + 1 - h->text);
	if (problem != NULL || s->type == STANZA_OTHER)
		return problem;
	if (line != body || n != KEY_CHARS)
		return "the wrapped key is not 32 bytes";
	return b64_decode(body, n, s->wrapped) ? NULL : "the wrapped key is not base64";
}

int
agehead_next(const struct agehead *h, size_t *at, struct stanza *stanza)
{
	if (*at == 0)
		*at = VERSION_CHARS;
	if (*at >= h->len - MAC_LINE)
		return 0;
	decode(h, at, stanza);
	return 1;
}

/* The row of a stanza's type, a new one if there is room; the last row is for all the rest. */
static struct tally *
row_of(struct tally rows[TALLY], const struct stanza *s)
{
	struct tally *row;

	for (row = rows; row < rows + TALLY - 1 && row->count > 0; row++)
		if (row->name.n == s->name_len && memcmp(row->name.text, s->name, s->name_len) == 0)
			return row;
	row->name = row == rows + TALLY - 1 ? (struct word){ "others", 6 } : (struct word){ s->name, s->name_len };
	return row;
}

void
agehead_types(const struct agehead *h, char text[AGEHEAD_TYPES_CHARS])
{
	struct tally rows[TALLY] = { { { NULL, 0 }, 0 } }, *row;
	struct stanza s;
	size_t at = 0, n = 0;

	while (agehead_next(h, &at, &s))
		row_of(rows, &s)->count++;
	for (row = rows; row < rows + TALLY && row->count > 0; row++)
		n += (size_t)snprintf(text + n, AGEHEAD_TYPES_CHARS - n, "%s%zu %.*s", n == 0 ? "" : ", ", row->count,
		    (int)(row->name.n < 32 ? row->name.n : 32), row->name.text);
}

/* The last look at a header that is whole: is every stanza what its type says? */
static enum status
vet(const struct agehead *h)
{
	struct stanza s;
	size_t at = VERSION_CHARS, n;
	const char *problem;

	for (n = 1; at < h->len - MAC_LINE; n++) {
		problem = decode(h, &at, &s);
		/* A passphrase is meant to prove who sealed the file, and would not beside other keys. */
		if (problem == NULL && s.type == STANZA_SCRYPT && h->stanzas > 1)
			problem = "scrypt: a passphrase beside other recipients";
		if (problem != NULL) {
			warnx("header: stanza %zu: %s", n, problem);
			return ST_BAD;
		}
	}
	return ST_OK;
}

/*
 * ... then line by line, as it comes.
 */

static enum status
complain(const struct agehead *h, const char *what)
{
	warnx("header: line %zu: %s", h->lines + 1, what);
	return ST_BAD;
}

static enum status
take_arguments(struct agehead *h, const char *line, size_t n)
{
	size_t i;

	for (i = 3; i < n; i++) {
		if (line[i] == ' ' ? (line[i - 1] == ' ' || i + 1 == n) : (line[i] < 0x21 || line[i] > 0x7e))
			return complain(h, "not words of printable ASCII with one space between them");
	}
	if (n == 3)
		return complain(h, "a stanza without a type");
	h->stanzas++;
	h->in_body = 1;
	return ST_OK;
}

static enum status
take_body(struct agehead *h, const char *line, size_t n)
{
	uint8_t buf[B64_BYTES(COLUMNS)];

	if (n > COLUMNS)
		return complain(h, "longer than 64 columns");
	if (!b64_decode(line, n, buf))
		return complain(h, "not base64");
	h->in_body = n == COLUMNS;
	return ST_OK;
}

static enum status
take_mac(struct agehead *h, const char *line, size_t n)
{
	uint8_t mac[32];

	if (n + 1 != MAC_LINE || line[3] != ' ' || !b64_decode(line + 4, KEY_CHARS, mac))
		return complain(h, "the MAC is not 32 bytes in base64");
	if (h->stanzas == 0)
		return complain(h, "no recipient");
	h->whole = 1;
	return vet(h);
}

static enum status
take_line(struct agehead *h)
{
	const char *line = h->text + h->line;
	size_t n = h->len - h->line - 1;
	enum status st;

	if (h->lines == 0)
		st = ST_OK;
	else if (h->in_body)
		st = take_body(h, line, n);
	else if (n >= 3 && memcmp(line, "-> ", 3) == 0)
		st = take_arguments(h, line, n);
	else if (n >= 3 && memcmp(line, "---", 3) == 0)
		st = take_mac(h, line, n);
	else
		st = complain(h, "neither a stanza nor the MAC");
	h->lines++;
	h->line = h->len;
	return st;
}

/* The first line, as far as it has come; what is no age file at all is told by its first bytes. */
static enum status
check_version(const struct agehead *h)
{
	size_t n = h->len < VERSION_CHARS ? h->len : VERSION_CHARS;

	if (memcmp(h->text, VERSION, n) == 0)
		return ST_OK;
	warnx("header: not an age v1 file");
	return ST_BAD;
}

enum status
agehead_read(struct agehead *h, const uint8_t *buf, size_t len, size_t *used)
{
	const uint8_t *newline;
	enum status st;
	size_t n;

	for (*used = 0; *used < len && !h->whole; *used += n) {
		newline = memchr(buf + *used, '\n', len - *used);
		n = newline == NULL ? len - *used : (size_t)(newline - (buf + *used)) + 1;
		if ((st = keep(h, buf + *used, n, ST_BAD)) != ST_OK)
			return st;
		if (h->lines == 0 && (st = check_version(h)) != ST_OK)
			return st;
		if (newline != NULL && (st = take_line(h)) != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
agehead_ended(const struct agehead *h)
{
	if (h->whole)
		return ST_OK;
	if (h->len == 0)
		warnx("header: the input is empty");
	else
		warnx("header: cut short after %zu bytes", h->len);
	return ST_BAD;
}

enum status
agehead_check(const struct agehead *h, const uint8_t filekey[FILEKEY_BYTES])
{
	const char *line = h->text + h->len - MAC_LINE;
	uint8_t want[32], mac[32];

	mac_of(h, h->len - MAC_LINE + 3, filekey, want);
	if (b64_decode(line + 4, KEY_CHARS, mac) && crypto_verify_32(mac, want) == 0)
		return ST_OK;
	warnx("MAC: the header is not the one that was sealed; it was altered");
	return ST_BAD;
}

void
agehead_free(struct agehead *h)
{
	free(h->text);
	memset(h, 0, sizeof(*h));
}
