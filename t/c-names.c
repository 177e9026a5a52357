/* Names of backups: what is one, of what and when; and a listing of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dice.h"
#include "names.h"
#include "stamp.h"
#include "tap.h"

#define A	"matric_backup_20260228_023000.sql"

static void
takes(const char *text, const char *word, const char *rest, enum names_part part)
{
	struct name n;
	int good = names_parse(text, strlen(text), NULL, &n);

	good = good && n.word == strlen(word) && memcmp(text, word, n.word) == 0;
	good = good && strcmp(text + n.backup, rest) == 0 && n.part == part;
	ok(good, "%s: '%s', a name in the series %s", text, rest, word);
}

static void
refuses(const char *text)
{
	struct name n;

	ok(!names_parse(text, strlen(text), NULL, &n), "'%s' is foreign", text);
}

static void
ends(void)
{
	takes(A, "matric", "", NAMES_FILE);
	takes(A ".gz", "matric", "", NAMES_FILE);
	takes(A ".zst", "matric", "", NAMES_FILE);
	takes(A ".xz", "matric", "", NAMES_FILE);
	takes(A ".enc", "matric", "", NAMES_FILE);
	takes(A ".xz.enc", "matric", "", NAMES_FILE);
	takes(A ".tar.zst.enc", "matric", "", NAMES_FILE);
	takes(A ".tar", "matric", "", NAMES_FILE);
	takes(A ".manifest", "matric", ".manifest", NAMES_MANIFEST);
	takes(A ".zst.enc.manifest", "matric", ".manifest", NAMES_MANIFEST);
	takes(A ".zst.manifest.minisig", "matric", ".manifest.minisig", NAMES_SIGNATURE);
	takes(A ".tar.gz.suspect", "matric", ".suspect", NAMES_SUSPECT);
	takes(A ".drill", "matric", ".drill", NAMES_DRILL);
	takes(A ".globals", "matric", ".globals", NAMES_GLOBALS);
	takes(A ".zst.enc.globals.gz", "matric", ".globals.gz", NAMES_GLOBALS + 1);
	takes(A ".gz.globals.xz.enc", "matric", ".globals.xz.enc", NAMES_GLOBALS + 7);
}

static void
words(void)
{
	takes("a_backup_20260228_023000.sql", "a", "", NAMES_FILE);
	takes("_backup_backup_20260228_023000.sql", "_backup", "", NAMES_FILE);
	takes("a_backup_20200101_000000.sql_backup_20260228_023000.sql.drill", "a_backup_20200101_000000.sql", ".drill", NAMES_DRILL);
	takes("%2Ex-._%25%20_backup_20260228_023000.sql", "%2Ex-._%25%20", "", NAMES_FILE);
	takes("%2D_backup_20260228_023000.sql", "%2D", "", NAMES_FILE);
	takes("%C3%A4_backup_20260228_023000.sql", "%C3%A4", "", NAMES_FILE);
}

static void
foreign(void)
{
	static const char *const bad[] = { "", "_backup_", "_backup_20260228_023000.sql", "matric", ".lock", "x.manifest",
	    "matric_backup_20260230_023000.sql", "matric_backup_20260228_023000", "matric_backup_20260228_023000.dump",
	    "matric_backup_20260228_0230.sql", "matric-backup_20260228_023000.sql", "matric_backup_20260228_023000_sql",
	    A ".", A " ", A "x", A ".gz.gz", A ".enc.gz", A ".enc.enc", A ".GZ", A ".bz2", A ".tar.tar", A ".gz.tar",
	    A ".manifest.gz", A ".manifest.manifest", A ".manifest.suspect", A ".suspect.manifest", A ".minisig", A ".globals.bz2",
	    A ".globals.enc.gz", A ".globals.manifest", A ".drill.drill", A ".partial", "." A, "-" A, "./" A, "a/" A, " " A, A "\n",
	    "ma tric_backup_20260228_023000.sql", "ma\ntric_backup_20260228_023000.sql", "m\xc3\xa4_backup_20260228_023000.sql",
	    "%6Datric_backup_20260228_023000.sql", "%2d_backup_20260228_023000.sql", "a%2Eb_backup_20260228_023000.sql",
	    "%00_backup_20260228_023000.sql", "%_backup_20260228_023000.sql", "a%2_backup_20260228_023000.sql",
	    "%G0_backup_20260228_023000.sql", ".mm-land.0123456789abcdef.partial", "matric_backup_20260228_023000.SQL" };
	struct name n;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i]);
	ok(!names_parse(A, sizeof(A), NULL, &n), "a NUL at the end is part of the name");
	ok(names_parse(A "tail", sizeof(A) - 1, NULL, &n), "what comes after the name is not");
	for (i = 0; i < sizeof(A) - 1 && !names_parse(A, i, NULL, &n); i++)
		;
	ok(i == sizeof(A) - 1, "no beginning of a name is one");
	ok(names_parse(A, sizeof(A) - 1, "matric", &n), "of the series that is asked for");
	ok(!names_parse(A, sizeof(A) - 1, "matri", &n) && !names_parse(A, sizeof(A) - 1, "matricx", &n) &&
	    !names_parse(A, sizeof(A) - 1, "Matric", &n), "of no other");
}

static void
spells(const char *series, const char *want)
{
	char word[NAMES_WORD + 1] = "";

	ok(names_spell(word, series) == ST_OK && strcmp(word, want) == 0, "the series '%s' is spelled %s", series, want);
}

/* Any series at all: its word stands at the head of names that are ours, and of nobody else. */
static void
any_series(void)
{
	char series[41], word[NAMES_WORD + 1], text[NAMES_LONGEST + 1], back[41];
	int wrong = 0, i, j, len, at;
	struct name n;

	for (i = 0; i < 20000; i++) {
		len = 1 + (int)dice(40);
		for (j = 0; j < len; j++)
			series[j] = (char)(dice(3) == 0 ? ".-_%a0"[dice(6)] : 1 + dice(255));
		series[len] = '\0';
		wrong += names_spell(word, series) != ST_OK;
		snprintf(text, sizeof(text), "%s_backup_20260228_023000.sql.zst.enc.manifest", word);
		wrong += !names_parse(text, strlen(text), word, &n);
		for (j = at = 0; word[at] != '\0'; j++) {
			unsigned byte = (unsigned char)word[at];

			if (word[at] == '%')
				wrong += sscanf(word + at + 1, "%2X", &byte) != 1;
			at += word[at] == '%' ? 3 : 1;
			back[j] = (char)byte;
		}
		back[j] = '\0';
		wrong += strcmp(series, back) != 0;
	}
	ok(wrong == 0, "any series has a word, which is that of its names and can be read back");
}

static void
spelling(void)
{
	char word[NAMES_WORD + 1], series[NAMES_WORD + 2], text[300];
	struct name n;

	spells("matric", "matric");
	spells("Matric-2_x.y", "Matric-2_x.y");
	spells(".hidden", "%2Ehidden");
	spells("-rf", "%2Drf");
	spells("a b/c%d", "a%20b%2Fc%25d");
	spells("\xc3\xa4\n", "%C3%A4%0A");
	ok(names_spell(word, "") == ST_TROUBLE, "an empty series is refused");
	memset(series, 'x', NAMES_WORD + 1);
	series[NAMES_WORD + 1] = '\0';
	ok(names_spell(word, series) == ST_TROUBLE, "so is one that is too long");
	series[NAMES_WORD] = '\0';
	ok(names_spell(word, series) == ST_OK, "one that is as long as may be is not");
	snprintf(text, sizeof(text), "%s_backup_20260228_023000.sql.tar.zst.enc.manifest.minisig", word);
	ok(strlen(text) == NAMES_LONGEST && names_parse(text, strlen(text), word, &n), "its longest name has 255 bytes");
	snprintf(text, sizeof(text), "x%s_backup_20260228_023000.sql", word);
	refuses(text);
	series[NAMES_WORD - 1] = '/';
	ok(names_spell(word, series) == ST_TROUBLE, "what counts is the spelling");
	any_series();
}

/* A listing of these bytes. */
static struct names
listing(const char *text, size_t len, char end, const char *word)
{
	struct names l;
	FILE *f = tmpfile();

	if (f == NULL || fwrite(text, 1, len, f) != len || fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0)
		exit(2);
	if (names_read(&l, fileno(f), "test", end, word) != ST_OK)
		exit(2);
	fclose(f);
	return l;
}

static int
backup_is(const struct backup *b, const char *name, unsigned has)
{
	return b->len == strlen(name) && memcmp(b->name, name, b->len) == 0 && b->has == has;
}

static void
listings(void)
{
	static const char text[] = "b_backup_20260101_000000.sql.manifest\n\nfoo\n" A ".gz\n" A ".manifest.minisig\n"
	    "b_backup_20260101_000000.sql\n" A ".manifest\n" A ".suspect\n" A "\n" A "\n" A ".enc.manifest\n"
	    "c_backup_20261231_000000.sql\r\nd_backup_20260101_000000.sql";
	static const char nul[] = A "\0foo\nbar\0" A ".gz\0a\n" A;
	const unsigned file = NAMES_BIT(NAMES_FILE), manifest = NAMES_BIT(NAMES_MANIFEST);
	struct names l = listing(text, sizeof(text) - 1, '\n', NULL);
	const char *name = NULL;
	size_t len, n = 0;

	ok(l.n == 5, "a listing has each backup once");
	ok(backup_is(&l.backups[0], A, file | manifest | NAMES_BIT(NAMES_SUSPECT) | NAMES_BIT(NAMES_SIGNATURE)),
	    "the newest is first, with all its parts");
	ok(backup_is(&l.backups[1], A ".enc", manifest) && backup_is(&l.backups[2], A ".gz", file),
	    "of one time, they are in the order of their names");
	ok(backup_is(&l.backups[3], "b_backup_20260101_000000.sql", file | manifest), "a companion may come first");
	ok(backup_is(&l.backups[4], "d_backup_20260101_000000.sql", file), "the last line needs no end");
	ok(names_state(&l.backups[0]) == NAMES_SUSPECTED && names_state(&l.backups[1]) == NAMES_ABSENT &&
	    names_state(&l.backups[2]) == NAMES_UNFINISHED && names_state(&l.backups[3]) == NAMES_GOOD, "the states");
	while (names_next(&l, &name, &len))
		n++;
	ok(n == 13 && len == 28, "all names can be gone through, foreign and empty ones too");
	names_free(&l);

	l = listing(text, sizeof(text) - 1, '\n', "b");
	ok(l.n == 1 && backup_is(&l.backups[0], "b_backup_20260101_000000.sql", file | manifest), "the names of one series");
	names_free(&l);
	l = listing(nul, sizeof(nul) - 1, '\0', NULL);
	ok(l.n == 2 && backup_is(&l.backups[0], A, file) && backup_is(&l.backups[1], A ".gz", file),
	    "names with a NUL after each may hold a newline");
	names_free(&l);
	l = listing("", 0, '\n', NULL);
	name = NULL;
	ok(l.n == 0 && !names_next(&l, &name, &len), "a listing may be empty");
	names_free(&l);
	l = listing("\n\n", 2, '\n', NULL);
	ok(l.n == 0, "... or have empty lines only");
	names_free(&l);
	ok(names_read(&l, -1, "test", '\n', NULL) == ST_TROUBLE, "one that cannot be read is trouble");
	names_free(&l);
}

int
main(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	ends();
	words();
	foreign();
	spelling();
	listings();
	return done_testing();
}
