/* Key files: what a line may be, what is named when it is not, and that nothing of it is ever shown. */
#include <fcntl.h>

#include "age.h"
#include "bech32.h"
#include "tap.h"

#define SECRET	"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define PUBLIC	"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define PUBLIC2	"age1dt56kq56qqx3y9y5uwu4dm55zh6fh06f7y8x564yjvqa4jj8qqcs2pkft6"
#define SSH	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKakcR7HTYcAG7OWZNUi5S7rC8L9Y2K7srIpPeg+8hMH"

typedef enum status loader(const char *, struct key **);

static void
write_file(const char *text, size_t len)
{
	int fd = open("keys", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len || close(fd) == -1)
		err(2, "keys");
}

static size_t
count(const struct key *keys)
{
	size_t n = 0;

	for (; keys != NULL; keys = keys->next)
		n++;
	return n;
}

/* So many keys in a file with this text. */
static void
has(loader *load, const char *name, const char *text, size_t want)
{
	struct key *keys = NULL;
	enum status st;

	write_file(text, strlen(text));
	st = load("keys", &keys);
	ok(st == ST_OK && count(keys) == want && *said() == '\0', "%s: %zu", name, want);
	keyfile_free(keys);
}

/* Any run of so many characters that both have? */
static int
shows(const char *heard, const char *text, size_t n)
{
	char piece[64];

	for (; strlen(text) >= n; text++) {
		snprintf(piece, n + 1, "%s", text);
		if (strchr(piece, '\n') == NULL && strstr(heard, piece) != NULL)
			return 1;
	}
	return 0;
}

/* Refused, with these words, and without a word of what stands there. */
static void
refuses(loader *load, const char *name, const char *text, const char *complaint)
{
	struct key *keys = NULL;
	const char *heard;
	enum status st;

	write_file(text, strlen(text));
	st = load("keys", &keys);
	heard = said();
	ok(st == ST_TROUBLE && strstr(heard, complaint) != NULL, "%s is refused: %s", name, heard);
	ok(!shows(heard, text, 20), "... and not shown");
	keyfile_free(keys);
}

static void
read_recipients(void)
{
	static const uint8_t zero[32];
	loader *l = keyfile_recipients;
	char text[KEYFILE_RECIPIENT_CHARS + 1];

	has(l, "one recipient", PUBLIC "\n", 1);
	has(l, "no newline at the end", PUBLIC, 1);
	has(l, "CR LF", PUBLIC "\r\n" PUBLIC2 "\r\n", 2);
	has(l, "comments and empty lines", "# a comment\n\n" PUBLIC "\n\n#" PUBLIC2 "\n", 1);
	has(l, "one recipient twice", PUBLIC "\n" PUBLIC2 "\n" PUBLIC "\n", 2);
	has(l, "an SSH key", SSH "\n" SSH " with a comment\n" PUBLIC "\n", 2);
	refuses(l, "an empty file", "", "keys: no recipient in it");
	refuses(l, "a file of comments", "# nobody\n\n", "keys: no recipient in it");
	refuses(l, "a blank before a key", " " PUBLIC "\n", "keys: line 1: not an age recipient");
	refuses(l, "a blank after a key", PUBLIC " \n", "keys: line 1: not an age recipient");
	refuses(l, "a comment after a key", PUBLIC " # me\n", "keys: line 1: not an age recipient");
	refuses(l, "an indented comment", PUBLIC "\n # me\n", "keys: line 2: not an age recipient");
	refuses(l, "a line of blanks", PUBLIC "\n  \n", "keys: line 2: not an age recipient");
	refuses(l, "a byte order mark", "\xef\xbb\xbf" PUBLIC "\n", "keys: line 1: not an age recipient");
	refuses(l, "a recipient with an error", PUBLIC "\nage1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk\n",
	    "keys: line 2: not an age recipient");
	refuses(l, "a secret key", PUBLIC "\n" SECRET "\n", "keys: line 2: a SECRET key, not a recipient");
	refuses(l, "a secret key in lower case", "age-secret-key-1gfpyysjzgfpyysjzgfp\n", "keys: line 1: a SECRET key");
	refuses(l, "a secret key with a blank before it", " " SECRET "\n", "keys: line 1: a SECRET key");
	refuses(l, "a post-quantum secret key", "AGE-SECRET-KEY-PQ-1GFPYYSJZGFPYYSJZGFP\n", "keys: line 1: a SECRET key");
	refuses(l, "a private SSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "keys: line 1: a SECRET key");
	refuses(l, "a post-quantum recipient", "age1pq1wzpqr4rwk6hrzq4wxqpzry9x8gf2tvdw0s3jn54khce6mua7l\n",
	    "a post-quantum recipient, which is not supported");
	refuses(l, "a tagged recipient", "age1tag1qwzpqr4rwk6hrzq4wxqpzry9x8gf2tvd\n", "a tagged recipient, which is not");
	refuses(l, "a tagged post-quantum recipient", "age1tagpq1qwzpqr4rwk6hrzq4wxqpzry9x8gf2tvd\n",
	    "a post-quantum tagged recipient, which is not");
	refuses(l, "a plugin's recipient", "age1yubikey1qwzpqr4rwk6hrzq4wxqpzry9x8gf2tvd\n",
	    "a recipient of an age plugin, which is not supported");
	refuses(l, "ssh-rsa", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ me@here.example\n", "an ssh-rsa recipient, which is not");
	refuses(l, "ECDSA", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=\n", "an ECDSA recipient, which is not");
	refuses(l, "an SSH key of an unknown type", "ssh-ed448 AAAAC3NzaC1lZDI1NTE5AAAAIKakcR7H\n", "not an ssh-ed25519 key");
	/* The point zero makes every secret zero. */
	bech32_encode("age", zero, sizeof(zero), text);
	refuses(l, "a point of small order", text, "a recipient that protects nothing");
}

static void
read_identities(void)
{
	loader *l = keyfile_identities;

	has(l, "one identity", "# created: now\n# public key: " PUBLIC "\n" SECRET "\n", 1);
	has(l, "an identity with CR LF", SECRET "\r\n", 1);
	has(l, "one identity twice", SECRET "\n" SECRET "\n", 1);
	has(l, "a sealed file", "age-encryption.org/v1\n-> scrypt x 18\n", 1);
	has(l, "a sealed file in armor", "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n", 1);
	refuses(l, "an empty file", "", "keys: no identity in it");
	refuses(l, "a recipient", "\n" PUBLIC "\n", "keys: line 2: a recipient, which cannot open anything");
	refuses(l, "an SSH recipient", SSH "\n", "keys: line 1: a recipient, which cannot open anything");
	refuses(l, "a post-quantum identity", SECRET "\nAGE-SECRET-KEY-PQ-1GFPYYSJZGFPYYSJZGFP\n",
	    "keys: line 2: a post-quantum identity, which is not supported");
	refuses(l, "a plugin's identity", "AGE-PLUGIN-YUBIKEY-1GFPYYSJZGFPYYSJZGFP\n",
	    "keys: line 1: an identity of an age plugin, which is not supported");
	refuses(l, "an identity in lower case", "age-secret-key-1gfpyysjzgfpyysjzgfpyysjz\n", "keys: line 1: not an age identity");
	refuses(l, "an identity cut short", "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZ\n", "keys: line 1: not an age identity");
	refuses(l, "a blank after it", SECRET " \n", "keys: line 1: not an age identity");
	refuses(l, "another private key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
	    "keys: a private key, but not one in OpenSSH's format");
	refuses(l, "an SSH key after another", SECRET "\n-----BEGIN OPENSSH PRIVATE KEY-----\n",
	    "keys: line 2: a private key, which has to stand in a file of its own");
}

static void
passphrase_is(const char *text, const char *want)
{
	struct key *keys = NULL;

	write_file(text, strlen(text));
	ok(keyfile_passphrase("keys", &keys) == ST_OK && keys != NULL && keys->len == strlen(want) &&
	    memcmp(keys->text, want, keys->len) == 0, "the passphrase is '%s'", want);
	keyfile_free(keys);
}

static void
read_passphrases(void)
{
	struct key *keys = NULL;

	passphrase_is("correct horse\n", "correct horse");
	passphrase_is("correct horse", "correct horse");
	passphrase_is(" blanks stay \n", " blanks stay ");
	passphrase_is("pässwörd\n", "pässwörd");
	refuses(keyfile_passphrase, "an empty file", "", "an empty passphrase");
	refuses(keyfile_passphrase, "an empty line", "\n", "an empty passphrase");
	refuses(keyfile_passphrase, "two newlines", "correct horse\n\n", "more than one line");
	refuses(keyfile_passphrase, "two lines", "correct horse\nbattery staple is the second line\n", "more than one line");
	refuses(keyfile_passphrase, "CR LF", "correct horse\r\n", "a carriage return");
	write_file("a\0b", 3);
	ok(keyfile_passphrase("keys", &keys) == ST_TROUBLE && keys == NULL, "NUL is refused");
	said();
}

static void
limit_length(void)
{
	struct bytes b = { .len = 0 };
	struct key *keys = NULL;
	char comment[1024];

	memset(comment, '#', sizeof(comment));
	add(&b, PUBLIC "\n", strlen(PUBLIC) + 1);
	while (b.len < KEYFILE_MAX)
		add(&b, comment, KEYFILE_MAX - b.len < sizeof(comment) ? KEYFILE_MAX - b.len : sizeof(comment));
	write_file((char *)b.buf, b.len);
	ok(keyfile_recipients("keys", &keys) == ST_OK && count(keys) == 1, "a file of 16 MiB is read");
	add(&b, "#", 1);
	write_file((char *)b.buf, b.len);
	ok(keyfile_recipients("keys", &keys) == ST_TROUBLE && strstr(said(), "keys: longer than 16 MiB") != NULL,
	    "one of a byte more is refused");
	keyfile_free(keys);
	free(b.buf);
}

int
main(void)
{
	char dir[] = "/tmp/mm-test.XXXXXX";
	struct key *keys = NULL;

	if (sodium_init() == -1 || mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 2;
	catch_messages();
	read_recipients();
	read_identities();
	read_passphrases();
	limit_length();
	ok(keyfile_identities("nowhere", &keys) == ST_TROUBLE && strstr(said(), "open nowhere: No such file") != NULL,
	    "a file that is not there is named");
	ok(keyfile_recipient(SECRET, &keys) == ST_TROUBLE && strstr(said(), "recipient: a SECRET key") != NULL,
	    "a secret as an argument is refused");
	unlink("keys");
	rmdir(dir);
	return done_testing();
}
