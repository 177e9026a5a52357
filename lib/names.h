/*
 * The names of backups and of their companions, alone and in a listing.
 *
 *	WORD_backup_YYYYMMDD_HHMMSS.sql[.tar][.gz|.zst|.xz][.enc]	NAME: a backup, the time in UTC (stamp.h)
 *	NAME.globals[.gz|.zst|.xz][.enc]	roles and tablespaces
 *	NAME.drill			what restoring it has shown
 *	NAME.suspect			something is wrong with it
 *	NAME.manifest.minisig		the manifest's signature
 *	NAME.manifest			it is whole; without one, it was never finished
 *
 * That is all: any other name is foreign, and nothing of ours touches it.
 *
 * WORD is the name that its owner gave a series of backups, as a file's name
 * can hold it: bytes other than A-Za-z0-9_.- become %XX, upper case, and so do
 * a dot or dash in front.  Any other spelling is foreign.  So a name of ours
 * has no blank, no colon and no control byte, and of two series none has
 * names of the other, whatever they are called.
 */
#ifndef MM_NAMES_H
#define MM_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "status.h"

/* A word is so long at the most that each name fits into what file systems take. */
enum { NAMES_LONGEST = 255, NAMES_WORD = 199 };

/* What belongs to a backup, in the order in which it is sent; it is dropped in the reverse order. */
enum names_part {
	NAMES_FILE,
	NAMES_GLOBALS,			/* each spelling of its end is a part */
	NAMES_DRILL = NAMES_GLOBALS + 8,
	NAMES_SUSPECT,
	NAMES_SIGNATURE,
	NAMES_MANIFEST,
	NAMES_PARTS
};

/* A part's bit in a set of them. */
#define NAMES_BIT(part) (1u << (part))

/* A name, taken apart.  Its first *backup* bytes are the backup's own name, the first *word* of those its WORD. */
struct name {
	size_t word;
	size_t backup;
	int64_t when;
	enum names_part part;
};

/* Zero if the *len* bytes at *text* are a foreign name; all are that are not of WORD, unless it is NULL. */
int names_parse(const char *text, size_t len, const char *word, struct name *);

/* The WORD of a series.  ST_TROUBLE, with the reason on stderr, if it would be empty or too long. */
enum status names_spell(char word[NAMES_WORD + 1], const char *series);

enum names_state {
	NAMES_GOOD,			/* it has its manifest, and nothing is said against it */
	NAMES_SUSPECTED,
	NAMES_UNFINISHED,		/* it has no manifest */
	NAMES_ABSENT			/* companions of a backup that is not there */
};

struct backup {
	const char *name;		/* len bytes, no end after them; they stay the listing's */
	int64_t when;
	int64_t size;			/* of the backup itself; -1: not known */
	uint16_t len;
	uint16_t word;			/* so many bytes of the name are its WORD */
	uint16_t has;			/* the set of its parts that are there */
};

/* A listing: all backups that it has anything of, newest first; of one time, by name. */
struct names {
	struct backup *backups;
	size_t n;
	size_t room;
	char *text;			/* as it was read */
	size_t len;
	char end;
};

/*
 * Read a listing, names in any order with *end* after each, the last perhaps
 * without; a name that comes twice counts once.  Of the backups only those of
 * WORD are taken, of every WORD if it is NULL.  *what* names the input in
 * messages.  The listing is freed after, whatever comes back.
 */
enum status names_read(struct names *, int fd, const char *what, char end, const char *word);
void names_free(struct names *);

/*
 * The same, step by step, for a listing that says more than names: load its
 * text; add what is a name of ours, wherever it stands as long as the listing
 * does, and pass over what is foreign; then sort.
 */
enum status names_load(struct names *, int fd, const char *what, char end);
enum status names_add(struct names *, const char *text, size_t len, const char *word, int64_t size);
void names_sort(struct names *);

/*
 * Go through all names as they were read, foreign ones too; *name* is NULL
 * before the first.  Zero after the last.
 */
int names_next(const struct names *, const char **name, size_t *len);

enum names_state names_state(const struct backup *);

/* For qsort(3) over struct backup: the order of a listing; the same for each WORD by itself.  0: they are one. */
int names_order(const void *, const void *);
int names_by_word(const void *, const void *);

/* Print the name of that part of it. */
void names_print(FILE *, const struct backup *, enum names_part);

#endif
