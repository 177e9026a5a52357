#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "names.h"
#include "stamp.h"
#include "suffix.h"

#define MIDDLE	"_backup_"
#define DUMP	".sql"
#define TAR	".tar"
#define GLOBALS	".globals"

static const char *const ends[NAMES_PARTS] = {
	[NAMES_FILE] = "",
	[NAMES_GLOBALS] = GLOBALS,
	GLOBALS SUFFIX_GZIP, GLOBALS SUFFIX_ZSTD, GLOBALS SUFFIX_XZ, GLOBALS SUFFIX_SEALED,
	GLOBALS SUFFIX_GZIP SUFFIX_SEALED, GLOBALS SUFFIX_ZSTD SUFFIX_SEALED, GLOBALS SUFFIX_XZ SUFFIX_SEALED,
	[NAMES_DRILL] = ".drill",
	[NAMES_SUSPECT] = ".suspect",
	[NAMES_SIGNATURE] = ".manifest.minisig",
	[NAMES_MANIFEST] = ".manifest"
};

/* Can the byte not stand for itself in a WORD? */
static int
is_odd(unsigned char c, int is_first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')
		return 0;
	return is_first || (c != '.' && c != '-');
}

/* The value of a hexadecimal digit as we write them; -1 if it is none. */
static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Is it spelled as names_spell() does, each byte as it must be? */
static int
is_word(const char *text, size_t len)
{
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		if (text[i] != '%') {
			if (is_odd((unsigned char)text[i], i == 0))
				return 0;
			continue;
		}
		if (len - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
			return 0;
		c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
		if (c == 0 || !is_odd((unsigned char)c, i == 0))
			return 0;
		i += 2;
	}
	return len > 0 && len <= NAMES_WORD;
}

/* Move *at past what, if it is there. */
static int
skip(const char *text, size_t len, size_t *at, const char *what)
{
	size_t n = strlen(what);

	if (len - *at < n || memcmp(text + *at, what, n) != 0)
		return 0;
	*at += n;
	return 1;
}

/* Where the last MIDDLE begins: what comes after it never has one, and a WORD may.  len if there is none. */
static size_t
find_middle(const char *text, size_t len)
{
	const size_t n = sizeof(MIDDLE) - 1;
	size_t at;

	for (at = len < n ? 0 : len - n + 1; at > 0; at--) {
		if (text[at - 1] == '_' && memcmp(text + at - 1, MIDDLE, n) == 0)
			return at - 1;
	}
	return len;
}

int
names_parse(const char *text, size_t len, const char *word, struct name *name)
{
	size_t at = find_middle(text, len);
	int part = 0;

	if (len > NAMES_LONGEST || at == len || !is_word(text, at))
		return 0;
	if (word != NULL && (strlen(word) != at || memcmp(word, text, at) != 0))
		return 0;
	name->word = at;
	at += sizeof(MIDDLE) - 1;
	if (len - at < STAMP_LEN || !stamp_parse(text + at, &name->when))
		return 0;
	at += STAMP_LEN;
	if (!skip(text, len, &at, DUMP))
		return 0;
	skip(text, len, &at, TAR);
	at += suffix_layers(text + at, len - at);
	name->backup = at;
	while (part < NAMES_PARTS && (strlen(ends[part]) != len - at || memcmp(ends[part], text + at, len - at) != 0))
		part++;
	name->part = (enum names_part)part;
	return part < NAMES_PARTS;
}

enum status
names_spell(char word[NAMES_WORD + 1], const char *series)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p;
	char *to = word;
	size_t n;

	for (p = series; *p != '\0'; p++) {
		n = is_odd((unsigned char)*p, p == series) ? 3 : 1;
		if ((size_t)(to - word) + n > NAMES_WORD) {
			warnx("the name of these backups is too long: spelled for a file's name it may have %d bytes", NAMES_WORD);
			return ST_TROUBLE;
		}
		if (n == 1) {
			*to++ = *p;
			continue;
		}
		*to++ = '%';
		*to++ = digits[(unsigned char)*p >> 4];
		*to++ = digits[(unsigned char)*p & 15];
	}
	*to = '\0';
	if (to == word) {
		warnx("the name of these backups is empty");
		return ST_TROUBLE;
	}
	return ST_OK;
}

/* Read up to len bytes into buf, waiting for them where the descriptor does not.  0 at the end, -1 as read(2). */
static ssize_t
take(int fd, char *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while ((n = read(fd, buf, len)) == -1 && (errno == EINTR || errno == EAGAIN)) {
		if (errno == EAGAIN)
			poll(&p, 1, -1);
	}
	return n;
}

enum status
names_load(struct names *l, int fd, const char *what, char end)
{
	size_t room = 0;
	ssize_t n;
	char *more;

	*l = (struct names){ .end = end };
	do {
		if (l->len == room) {
			room = room == 0 ? 1 << 16 : 2 * room;
			if ((more = realloc(l->text, room)) == NULL) {
				warn("%s", what);
				return ST_TROUBLE;
			}
			l->text = more;
		}
		if ((n = take(fd, l->text + l->len, room - l->len)) == -1) {
			warn("read %s", what);
			return ST_TROUBLE;
		}
		l->len += (size_t)n;
	} while (n > 0);
	return ST_OK;
}

int
names_next(const struct names *l, const char **name, size_t *len)
{
	const char *begin, *stop, *end;

	if (l->len == 0)
		return 0;
	begin = *name == NULL ? l->text : *name + *len + 1;
	stop = l->text + l->len;
	/* The last name may have no end after it. */
	if (begin >= stop)
		return 0;
	end = memchr(begin, l->end, (size_t)(stop - begin));
	*name = begin;
	*len = (size_t)((end == NULL ? stop : end) - begin);
	return 1;
}

enum status
names_add(struct names *l, const char *text, size_t len, const char *word, int64_t size)
{
	struct name name;
	struct backup *more;
	size_t room = l->room == 0 ? 1 << 10 : 2 * l->room;

	if (!names_parse(text, len, word, &name))
		return ST_OK;
	if (l->n == l->room) {
		if ((more = realloc(l->backups, room * sizeof(*more))) == NULL) {
			warn("a listing of %zu names", l->n);
			return ST_TROUBLE;
		}
		l->backups = more;
		l->room = room;
	}
	l->backups[l->n++] = (struct backup){ .name = text, .when = name.when, .size = name.part == NAMES_FILE ? size : -1,
	    .len = (uint16_t)name.backup, .word = (uint16_t)name.word, .has = (uint16_t)NAMES_BIT(name.part) };
	return ST_OK;
}

/* By their bytes, as strcmp(3). */
static int
compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

int
names_order(const void *x, const void *y)
{
	const struct backup *a = x, *b = y;

	if (a->when != b->when)
		return a->when > b->when ? -1 : 1;
	return compare(a->name, a->len, b->name, b->len);
}

int
names_by_word(const void *x, const void *y)
{
	const struct backup *a = x, *b = y;
	int c = compare(a->name, a->word, b->name, b->word);

	return c != 0 ? c : names_order(x, y);
}

/* In what is sorted, make one of those that are of one backup. */
static void
unite(struct names *l)
{
	struct backup *from, *to = l->backups;

	for (from = l->backups + 1; from < l->backups + l->n; from++) {
		if (names_order(to, from) != 0) {
			*++to = *from;
			continue;
		}
		to->has |= from->has;
		if (from->size > to->size)
			to->size = from->size;
	}
	l->n = (size_t)(to - l->backups) + 1;
}

void
names_sort(struct names *l)
{
	if (l->n == 0)
		return;
	qsort(l->backups, l->n, sizeof(*l->backups), names_order);
	unite(l);
}

enum status
names_read(struct names *l, int fd, const char *what, char end, const char *word)
{
	const char *text = NULL;
	enum status st;
	size_t len;

	st = names_load(l, fd, what, end);
	while (st == ST_OK && names_next(l, &text, &len))
		st = names_add(l, text, len, word, -1);
	if (st == ST_OK)
		names_sort(l);
	return st;
}

void
names_free(struct names *l)
{
	free(l->backups);
	free(l->text);
	*l = (struct names){ 0 };
}

enum names_state
names_state(const struct backup *b)
{
	if ((b->has & NAMES_BIT(NAMES_FILE)) == 0)
		return NAMES_ABSENT;
	if ((b->has & NAMES_BIT(NAMES_MANIFEST)) == 0)
		return NAMES_UNFINISHED;
	return (b->has & NAMES_BIT(NAMES_SUSPECT)) == 0 ? NAMES_GOOD : NAMES_SUSPECTED;
}

void
names_print(FILE *f, const struct backup *b, enum names_part part)
{
	fprintf(f, "%.*s%s", (int)b->len, b->name, ends[part]);
}
