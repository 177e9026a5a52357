/* The XML of S3: what it says, and what it may not be. */
#include <stdlib.h>
#include <string.h>

#include "s3xml.h"
#include "tap.h"

static const char list[] =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<s3:ListBucketResult xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
    "  <s3:Name>mm-test</s3:Name><Prefix/><IsTruncated>true</IsTruncated>\n"
    "  <Contents><Key>a&amp;b &lt;&#xe9;&#9;&gt;</Key><Size>12</Size></Contents>\n"
    "  <Contents><Key><![CDATA[x<y]]>&apos;</Key><Owner><ID>1</ID></Owner></Contents>\n"
    "</s3:ListBucketResult>\n";

static const char list_read[] =
    "ListBucketResult/Name=mm-test;ListBucketResult/Prefix=;ListBucketResult/IsTruncated=true;"
    "ListBucketResult/Contents/Key=a&b <\xc3\xa9\t>;ListBucketResult/Contents/Size=12;ListBucketResult/Contents.;"
    "ListBucketResult/Contents/Key=x<y';ListBucketResult/Contents/Owner/ID=1;ListBucketResult/Contents/Owner.;"
    "ListBucketResult/Contents.;ListBucketResult.;";

static char *told;
static size_t told_len;

static enum status
tell_leaf(void *ctx, const char *path, const char *text)
{
	fprintf(ctx, "%s=%s;", path, text);
	return ST_OK;
}

static enum status
tell_closed(void *ctx, const char *path)
{
	fprintf(ctx, "%s.;", path);
	return ST_OK;
}

static enum status
stop_at_size(void *ctx, const char *path, const char *text)
{
	tell_leaf(ctx, path, text);
	return strcmp(path, "ListBucketResult/Contents/Size") == 0 ? ST_TROUBLE : ST_OK;
}

/* Read it, and keep in told what the reader was told. */
static enum status
tell(const char *buf, size_t len, enum status (*leaf)(void *, const char *, const char *))
{
	struct s3xml_reader reader = { leaf, tell_closed };
	enum status st;
	FILE *f;

	free(told);
	told = NULL;
	if ((f = open_memstream(&told, &told_len)) == NULL)
		abort();
	st = s3xml_read(buf, len, &reader, f);
	fclose(f);
	return st;
}

static enum status
read_text(const char *text)
{
	return tell(text, strlen(text), tell_leaf);
}

/* As long as it says, and no byte behind it: a copy that a sanitizer guards. */
static enum status
read_exactly(const char *text, size_t len)
{
	char *copy = malloc(len + (len == 0));
	enum status st;

	if (copy == NULL)
		abort();
	memcpy(copy, text, len);
	st = tell(copy, len, tell_leaf);
	free(copy);
	return st;
}

static void
cuts(void)
{
	size_t len, taken = 0;

	for (len = 0; len < sizeof(list) - 2; len++)
		taken += read_exactly(list, len) != ST_BAD;
	ok(taken == 0, "cut at any byte it is no answer");
}

static void
flips(void)
{
	char copy[sizeof(list)];
	size_t i, wrong = 0;
	enum status st;

	for (i = 0; i < 8 * (sizeof(list) - 1); i++) {
		memcpy(copy, list, sizeof(list));
		copy[i / 8] = (char)(copy[i / 8] ^ 1 << i % 8);
		st = read_exactly(copy, sizeof(list) - 1);
		wrong += st != ST_OK && st != ST_BAD;
	}
	ok(wrong == 0, "with any bit flipped it is read or refused");
}

/* <a><a>...</a></a>, *depth* of them. */
static enum status
nested(int depth)
{
	char *text = NULL;
	enum status st;
	size_t len;
	FILE *f;
	int i;

	if ((f = open_memstream(&text, &len)) == NULL)
		abort();
	for (i = 0; i < depth; i++)
		fputs("<a>", f);
	for (i = 0; i < depth; i++)
		fputs("</a>", f);
	fclose(f);
	st = read_text(text);
	free(text);
	return st;
}

/* A leaf of *len* bytes, under a name of *name* bytes. */
static enum status
sized(int name, int len)
{
	char *text = NULL;
	enum status st;
	size_t size;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		abort();
	fprintf(f, "<%0*d>%0*d</%0*d>", name, 0, len, 0, name, 0);
	fclose(f);
	while (strchr(text, '<') != NULL && strstr(text, "<0") != NULL)
		strstr(text, "<0")[1] = 'x';
	if (strstr(text, "</0") != NULL)
		strstr(text, "</0")[2] = 'x';
	st = read_text(text);
	free(text);
	return st;
}

static void
bombs(void)
{
	ok(read_text("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>") == ST_BAD, "a document type is refused");
	ok(read_text("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>") == ST_BAD, "one from elsewhere too");
	ok(read_text("<a>&b;</a>") == ST_BAD, "an unknown entity is refused");
	ok(nested(S3XML_DEPTH) == ST_OK, "nested as deep as it may be");
	ok(nested(S3XML_DEPTH + 1) == ST_BAD, "one deeper is refused");
	ok(nested(100000) == ST_BAD, "so is very deep");
	ok(read_text("<a><b/><b/></a><a/>") == ST_BAD, "two documents are none");
	ok(sized(3, S3XML_TEXT) == ST_OK, "a text as long as it may be");
	ok(sized(3, S3XML_TEXT + 1) == ST_BAD, "one byte more is refused");
	ok(sized(S3XML_PATH - 2, 1) == ST_OK, "a name as long as it may be");
	ok(sized(S3XML_PATH - 1, 1) == ST_BAD, "one byte more is refused");
}

static void
finds(void)
{
	char name[8], key[4], none[4], id[8];
	const struct s3xml_want want[] = {
		{ "ListBucketResult/Name", name, sizeof(name) }, { "ListBucketResult/Contents/Key", key, sizeof(key) },
		{ "ListBucketResult/Nothing", none, sizeof(none) }, { "ListBucketResult/Contents/Owner/ID", id, sizeof(id) }
	};

	ok(s3xml_find(list, sizeof(list) - 1, want, 4) == ST_OK, "leaves are found");
	ok(strcmp(name, "mm-test") == 0 && strcmp(id, "1") == 0 && none[0] == '\0', "... by their paths");
	ok(strcmp(key, "a&b") == 0, "... the first of several, cut to size");
	ok(s3xml_find(list, sizeof(list) - 9, want, 4) == ST_BAD && name[0] == '\0' && id[0] == '\0',
	    "in a broken answer nothing is");
}

int
main(void)
{
	ok(read_text(list) == ST_OK, "a listing is read");
	ok(strcmp(told, list_read) == 0, "... as it is meant");
	ok(read_text("  \r\n\t<?xml version=\"1.0\"?><a>b</a>") == ST_OK && strcmp(told, "a=b;") == 0, "blanks before it are skipped");
	ok(read_text("<Error/>") == ST_OK && strcmp(told, "Error=;") == 0, "an empty root is a leaf");
	ok(read_text("") == ST_BAD && read_text(" \n") == ST_BAD, "nothing is no answer");
	ok(read_text("{\"a\": 1}") == ST_BAD && read_text("<html><br></html>") == ST_BAD, "neither is what is no XML");
	ok(tell("<a>b\0c</a>", 10, tell_leaf) == ST_BAD, "nor one with a zero byte");
	ok(tell(list, sizeof(list) - 1, stop_at_size) == ST_TROUBLE, "the reader may end it");
	ok(told != NULL && strstr(told, "x<y") == NULL, "... and hears no more");
	cuts();
	flips();
	bombs();
	finds();
	free(told);
	return done_testing();
}
