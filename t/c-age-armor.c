/* Armor: one text for each file, and no other is taken for it. */
#include "age.h"
#include "armor.h"
#include "tap.h"

#define BEGIN	ARMOR_BEGIN "\n"
#define END	ARMOR_END "\n"

/*
 * A text with one fault, or none, around the same file:
 *
 *	%F	the data as it should be, lines and their ends
 *	%1	its first line; %2 what follows that, without the last line; %L the last one; none with its end
 *	%<	takes the last byte away
 *	%=	the last line with the bits after its end set, and so not canonical
 */
struct vector {
	const char *name;
	const char *recipe;
	const char *complaint;		/* NULL: the text is good */
};

static const struct vector vectors[] = {
	{ "armor", BEGIN "%F" END, NULL },
	{ "no end of line after END", BEGIN "%F" ARMOR_END, NULL },
	{ "white space before and after", " \n\t\r\n \n" BEGIN "%F" END " \t\r\n\n  ", NULL },
	{ "CR LF after END and nothing more", BEGIN "%F" ARMOR_END "\r", NULL },

	{ "BEGIN in lower case", "-----begin age encrypted file-----\n%F" END, "armor: line 1: not -----BEGIN" },
	{ "END in lower case", BEGIN "%F-----end age encrypted file-----\n", "armor: line 7: " },
	{ "BEGIN of another kind", "-----BEGIN AGE ENCRYPTED MESSAGE-----\n%F" END, "armor: line 1: not -----BEGIN" },
	{ "END of another kind", BEGIN "%F-----END AGE ENCRYPTED MESSAGE-----\n", "armor: line 7: " },
	{ "BEGIN with a blank after it", ARMOR_BEGIN " \n%F" END, "armor: line 1: not -----BEGIN" },
	{ "END with a blank after it", BEGIN "%F" ARMOR_END " \n", "armor: line 7: " },
	{ "a blank before BEGIN on its line", "\n " BEGIN "%F" END, "armor: line 2: a blank before -----BEGIN" },
	{ "a blank before END", BEGIN "%F " END, "armor: line 7: " },
	{ "no END", BEGIN "%F", "armor: cut short after line 6: no -----END" },
	{ "no END and no end of line", BEGIN "%F%<", "armor: cut short" },
	{ "no data", BEGIN END, "header: the input is empty" },
	{ "BEGIN alone", ARMOR_BEGIN, "armor: cut short" },
	{ "a hyphen alone", "-", "armor: " },
	{ "text before BEGIN", "hello\n" BEGIN "%F" END, "header: not an age v1 file" },
	{ "text after END", BEGIN "%F" END "hello\n", "armor: line 8: more after -----END" },
	{ "a second armor", BEGIN "%F" END BEGIN "%F" END, "armor: line 8: more after -----END" },
	{ "PEM headers", BEGIN "Version: 1\n\n%F" END, "armor: line 2: " },
	{ "a PGP checksum", BEGIN "%F=AAAA\n" END, "armor: line 7: " },

	{ "an empty line after BEGIN", BEGIN "\n%F" END, "armor: line 2: " },
	{ "an empty line between", BEGIN "%1\n\n%2\n%L\n" END, "armor: line 3: " },
	{ "an empty line before END", BEGIN "%F\n" END, "armor: line 7: " },
	{ "an empty line with CR LF", BEGIN "%1\n\r\n%2\n%L\n" END, "armor: line 3: " },
	{ "a long first line", BEGIN "%1AAAA\n%2\n%L\n" END, "armor: line 2: longer than 64" },
	{ "two lines in one", BEGIN "%1%2\n%L\n" END, "armor: line 2: longer than 64" },
	{ "a short line in the middle", BEGIN "%1\nAAAA\n%2\n%L\n" END, "armor: line 4: more after the last line" },
	{ "a line of 63", BEGIN "%1%<\n%2\n%L\n" END, "armor: line 2: " },
	{ "a blank at a line's end", BEGIN "%1 \n%2\n%L\n" END, "armor: line 2: " },
	{ "a blank at a line's start", BEGIN " %1\n%2\n%L\n" END, "armor: line 2: " },
	{ "a blank after the last line", BEGIN "%1\n%2\n%L \n" END, "armor: line 6: " },
	{ "a tab after the last line", BEGIN "%1\n%2\n%L\t\n" END, "armor: line 6: " },
	{ "two CRs", BEGIN "%1\r\r\n%2\n%L\n" END, "armor: line 2: " },
	{ "CR in a line", BEGIN "AAAA\rAAA\n%2\n%L\n" END, "armor: line 2: " },
	{ "no padding", BEGIN "%1\n%2\n%L%<%<\n" END, "armor: line 6: " },
	{ "half the padding", BEGIN "%1\n%2\n%L%<\n" END, "armor: line 6: " },
	{ "padding on a line of its own", BEGIN "%1\n%2\n%L%<%<\n==\n" END, "armor: line 6: " },
	{ "padding broken in two", BEGIN "%1\n%2\n%L%<\n=\n" END, "armor: line 6: " },
	{ "more padding than there is", BEGIN "%1\n%2\n%L==\n" END, "armor: line 6: " },
	{ "a quartet of padding", BEGIN "%1\n%2\n%L====\n" END, "armor: line 6: " },
	{ "data after padding", BEGIN "%1\n%2\n%LAAAA\n" END, "armor: line 6: " },
	{ "loose bits at the end", BEGIN "%1\n%2\n%=\n" END, "armor: line 6: not base64" },
	{ "the other base64 alphabet", BEGIN "AA-_%1%<%<%<%<\n%2\n%L\n" END, "armor: line 2: not base64" },
	{ "NUL in a line", BEGIN "AA%0A%1%<%<%<%<\n%2\n%L\n" END, "armor: line 2: not base64" },
};

/* A file whose last line of text is padded with two. */
static void
make_file(const struct key *key, struct bytes *file)
{
	file->len = 0;
	cook("%V%X%M%P", key, file);
	if (file->len % 3 != 1)
		errx(2, "%zu bytes: choose a longer CONTENT", file->len);
}

/* Write a recipe out. */
static void
render(const char *recipe, const struct bytes *data, struct bytes *text)
{
	const char *all = (const char *)data->buf, *last;

	last = all + data->len - 1;
	while (last[-1] != '\n')
		last--;
	text->len = 0;
	for (; *recipe != '\0'; recipe++) {
		if (*recipe != '%') {
			add(text, recipe, 1);
			continue;
		}
		switch (*++recipe) {
		case 'F':
			add(text, all, data->len);
			break;
		case '1':
			add(text, all, 64);
			break;
		case '2':
			add(text, all + 65, (size_t)(last - all) - 66);
			break;
		case 'L':
			add(text, last, data->len - (size_t)(last - all) - 1);
			break;
		case '=':
			add(text, last, data->len - (size_t)(last - all) - 1);
			text->buf[text->len - 3]++;
			break;
		case '0':
			add(text, "", 1);
			break;
		case '<':
			text->len--;
			break;
		default:
			errx(2, "no directive %%%c", *recipe);
		}
	}
}

static void
try(const struct vector *v, const struct key *key, const struct bytes *data)
{
	struct bytes text = { .len = 0 }, out = { .len = 0 };
	const char *heard = "";
	size_t pieces[] = { SIZE_MAX, 1, 13 }, i;
	int good = 1;
	enum status st;

	render(v->recipe, data, &text);
	for (i = 0; i < 3 && good; i++) {
		st = unseal(key, &text, pieces[i], &out);
		heard = said();
		if (v->complaint == NULL)
			good = st == ST_OK && out.len == strlen(CONTENT) && memcmp(out.buf, CONTENT, out.len) == 0;
		else
			good = st == ST_BAD && out.len == 0 && strstr(heard, v->complaint) != NULL;
	}
	ok(good, "%s is %s%s%s", v->name, v->complaint == NULL ? "taken" : "refused", good ? "" : " # ",
	    good ? "" : heard);
	free(text.buf);
	free(out.buf);
}

/* The text that armor_new() makes. */
static void
to_text(const struct bytes *file, size_t piece, struct bytes *text)
{
	if (push(armor_new(into(text)), file->buf, file->len, piece) != ST_OK || text->finished != 1)
		errx(2, "cannot armor");
}

/* libsodium's base64 in lines of 64. */
static void
expected_text(const struct bytes *file, struct bytes *text)
{
	size_t room = sodium_base64_encoded_len(file->len, sodium_base64_VARIANT_ORIGINAL), n, i;
	char *all = malloc(room);

	if (all == NULL)
		err(2, "test");
	sodium_bin2base64(all, room, file->buf, file->len, sodium_base64_VARIANT_ORIGINAL);
	into(text);
	add(text, BEGIN, strlen(BEGIN));
	for (i = 0; i < strlen(all); i += n) {
		n = strlen(all) - i < 64 ? strlen(all) - i : 64;
		add(text, all + i, n);
		add(text, "\n", 1);
	}
	add(text, END, strlen(END));
	free(all);
}

static int
is_same(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && memcmp(a->buf, b->buf, a->len) == 0;
}

static void
spell_every_length(void)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 47, 48, 49, 1000 };
	struct bytes file = { .len = 0 }, text = { .len = 0 }, want = { .len = 0 }, back = { .len = 0 };
	size_t len, i;
	uint8_t c;
	int good = 1;

	for (len = 0; len < 300; len++) {
		expected_text(&file, &want);
		for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			to_text(&file, pieces[i], &text);
			good &= is_same(&text, &want);
			good &= push(dearmor_new(into(&back)), text.buf, text.len, pieces[i]) == ST_OK &&
			    back.len == file.len && (len == 0 || is_same(&back, &file));
		}
		c = (uint8_t)(len * 37);
		add(&file, &c, 1);
	}
	ok(good, "every length is spelled as it should be and comes back, in pieces of any size");
	file.len = 0;
	for (len = 0; len < 700000; len++) {
		c = (uint8_t)(len * 37 + len / 255);
		add(&file, &c, 1);
	}
	to_text(&file, SIZE_MAX, &text);
	expected_text(&file, &want);
	ok(is_same(&text, &want), "so is a file longer than what goes down in one piece");
	ok(push(dearmor_new(into(&back)), text.buf, text.len, 262144) == ST_OK && is_same(&back, &file), "... and back");
	free(file.buf);
	free(text.buf);
	free(want.buf);
	free(back.buf);
}

/* 1024 bytes of white space are allowed on either side, and not one more. */
static void
limit_space(const struct key *key, const struct bytes *data)
{
	struct bytes text = { .len = 0 }, out = { .len = 0 };
	char space[1026];
	int side, more;
	enum status st;

	memset(space, '\n', sizeof(space));
	for (side = 0; side < 2; side++) {
		for (more = 0; more < 2; more++) {
			text.len = 0;
			add(&text, space, side == 0 ? 1024 + (size_t)more : 0);
			add(&text, BEGIN, strlen(BEGIN));
			add(&text, data->buf, data->len);
			add(&text, END, strlen(END));
			add(&text, space, side == 1 ? 1024 + (size_t)more : 0);
			st = unseal(key, &text, SIZE_MAX, &out);
			said();
			ok(st == (more ? ST_BAD : ST_OK), "%d bytes of white space %s are %s", 1024 + more,
			    side == 0 ? "before" : "after", more ? "refused" : "taken");
		}
	}
	free(text.buf);
	free(out.buf);
}

/* Cut after any byte, or any bit changed: only the newline at the very end may go. */
static void
refuse_cuts_and_changes(const struct key *key, const struct bytes *file)
{
	struct bytes text = { .len = 0 }, out = { .len = 0 };
	size_t whole, i, opened = 0, released = 0;

	to_text(file, SIZE_MAX, &text);
	whole = text.len;
	for (text.len = 0; text.len < whole - 1; text.len++) {
		opened += unseal(key, &text, SIZE_MAX, &out) != ST_BAD;
		released += out.len;
	}
	ok(opened == 0 && released == 0, "cut after any byte, armor is refused and nothing released");
	ok(unseal(key, &text, SIZE_MAX, &out) == ST_OK, "... but for the newline at its end");
	released = 0;
	for (text.len = whole, i = 0; i < whole * 8; i++) {
		text.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		opened += unseal(key, &text, SIZE_MAX, &out) != ST_BAD;
		released += out.len;
		text.buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	said();
	ok(opened == 0 && released == 0, "with any bit changed it is refused and nothing released");
	free(text.buf);
	free(out.buf);
}

/* Every line's end CR LF. */
static void
take_crlf(const struct key *key, const struct bytes *file)
{
	struct bytes text = { .len = 0 }, crlf = { .len = 0 }, out = { .len = 0 };
	size_t i;

	to_text(file, SIZE_MAX, &text);
	for (i = 0; i < text.len; i++) {
		if (text.buf[i] == '\n')
			add(&crlf, "\r", 1);
		add(&crlf, &text.buf[i], 1);
	}
	ok(unseal(key, &crlf, SIZE_MAX, &out) == ST_OK && unseal(key, &crlf, 1, &out) == ST_OK, "CR LF is taken");
	free(text.buf);
	free(crlf.buf);
	free(out.buf);
}

/* A file whose text ends in a full line: no empty one may follow it. */
static void
full_last_line(const struct key *key)
{
	struct bytes file = { .len = 0 }, text = { .len = 0 }, out = { .len = 0 };
	char content[48] = "";
	size_t n;

	for (n = 0; n < sizeof(content); n++) {
		if (push(seal_new(key, into(&file)), (const uint8_t *)content, n, SIZE_MAX) != ST_OK)
			errx(2, "cannot seal");
		if (file.len % 48 == 0)
			break;
	}
	to_text(&file, SIZE_MAX, &text);
	ok(unseal(key, &text, SIZE_MAX, &out) == ST_OK && out.len == n, "a full last line is taken");
	text.len -= strlen(END);
	add(&text, "\n" END, strlen(END) + 1);
	ok(unseal(key, &text, SIZE_MAX, &out) == ST_BAD && out.len == 0, "an empty line after it is refused");
	said();
	free(file.buf);
	free(text.buf);
	free(out.buf);
}

int
main(void)
{
	struct bytes file = { .len = 0 }, data = { .len = 0 };
	struct key *key;
	size_t i;

	if (sodium_init() == -1 || (key = keyfile_generate()) == NULL)
		return 2;
	catch_messages();
	make_file(key, &file);
	to_text(&file, SIZE_MAX, &data);
	data.len -= strlen(END);
	memmove(data.buf, data.buf + strlen(BEGIN), data.len -= strlen(BEGIN));
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		try(&vectors[i], key, &data);
	limit_space(key, &data);
	spell_every_length();
	take_crlf(key, &file);
	full_last_line(key);
	refuse_cuts_and_changes(key, &file);
	keyfile_free(key);
	free(file.buf);
	free(data.buf);
	return done_testing();
}
