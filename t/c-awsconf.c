/* The shared files of S3's clients: which value a profile has, and that a broken line is named and not shown. */
#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "awsconf.h"
#include "tap.h"

static char dir[] = "/tmp/mm-test.XXXXXX";

static void
write_file(const char *name, const char *text, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len || close(fd) == -1)
		err(2, "%s", name);
}

/* The two files, read. */
static struct awsconf *
with(const char *credentials, const char *config)
{
	struct awsconf *conf;

	write_file("credentials", credentials, strlen(credentials));
	write_file("config", config, strlen(config));
	return awsconf_read(&conf) == ST_OK ? conf : NULL;
}

/* A value of such a configuration; want NULL: there is none. */
static void
is(const char *config, const char *profile, const char *key, const char *want, const char *what)
{
	struct awsconf *conf = with("", config);
	const char *got = conf == NULL ? "(unread)" : awsconf_get(conf, profile, key);
	int same = want == NULL || got == NULL ? want == got : strcmp(want, got) == 0;

	ok(same, "%s", what);
	if (!same)
		printf("# wanted %s, got %s\n", want == NULL ? "nothing" : want, got == NULL ? "nothing" : got);
	awsconf_free(conf);
}

/* What was written to stderr since the last call. */
static const char *
said(void)
{
	static char text[4096];
	ssize_t n;

	lseek(STDERR_FILENO, 0, SEEK_SET);
	n = read(STDERR_FILENO, text, sizeof(text) - 1);
	text[n > 0 ? n - 1 : 0] = '\0';
	if (ftruncate(STDERR_FILENO, 0) == -1 || lseek(STDERR_FILENO, 0, SEEK_SET) == -1)
		exit(2);
	return text;
}

static void
refuses(const char *config, size_t len, const char *complaint, const char *what)
{
	struct awsconf *conf;
	const char *heard;
	enum status st;

	write_file("credentials", "", 0);
	write_file("config", config, len);
	st = awsconf_read(&conf);
	heard = said();
	ok(st == ST_TROUBLE && conf == NULL && strstr(heard, complaint) != NULL, "%s: %s", what, heard);
	ok(strstr(heard, "canary") == NULL, "... and what stands there is not shown");
}

static void
sections(void)
{
	is("[default]\na = 1\n", "default", "a", "1", "a value of [default]");
	is("[profile x]\na = 1\n", "x", "a", "1", "a value of [profile x]");
	is("[x]\na = 1\n", "x", "a", NULL, "[x] in the configuration is no profile");
	is("[profile default]\na = 1\n", "default", "a", "1", "[profile default] is the default");
	is("[profile \"my x\"]\na = 1\n", "my x", "a", "1", "a name in quotes");
	is("[ profile\tx ]\na = 1\n", "x", "a", "1", "blanks around a name");
	is("[profilex]\na = 1\n", "x", "a", NULL, "[profilex] is not [profile x]");
	is("[profile x]\na = 1\n[profile y]\na = 2\n", "x", "a", "1", "another profile's value is its own");
	is("[profile x]\na = 1\n[profile y]\n[profile x]\nb = 2\n", "x", "b", "2", "a section may come twice");
	is("[profile x]\na = 1\na = 2\n", "x", "a", "2", "the last value counts");
}

static void
lines(void)
{
	is("[default]\nkey=value", "default", "key", "value", "no blanks, no line break at the end");
	is("[default]\nkey : value\n", "default", "key", "value", "a colon");
	is("[default]\nKey = V = 1 : 2\n", "default", "kEY", "V = 1 : 2", "keys in any case; the value as it stands");
	is("[default]\r\nkey = value \t\r\nother = 1\r\n", "default", "key", "value", "CR LF and blanks at the end");
	is("\xef\xbb\xbf[default]\nkey = value\n", "default", "key", "value", "a byte order mark");
	is("# c\n[default]\n; c\n  # c\nkey = value\n", "default", "key", "value", "comments");
	is("[default]\nkey = a #b ;c\n", "default", "key", "a #b ;c", "no comment behind a value");
	is("[default]\nkey = \"a\"\n", "default", "key", "\"a\"", "quotes belong to a value");
	is("[default]\n  a = 1\n  b = 2\n", "default", "b", "2", "keys that are all indented");
	is("[default]\nkey = a\n# c\n\n   b\nc = 1\n", "default", "key", "a         b", "a value that goes on");
	is("[default]\nkey =\n", "default", "key", "", "an empty value");
	is("[default]\na = 1\n", "default", "b", NULL, "a key that is not there");
}

static void
nested(void)
{
	static const char text[] = "[default]\ns3 =\n  addressing_style = path\n  # c\n  other = 1\nregion = r\n"
	    "[profile x]\ns3 =\n    addressing_style = virtual\nservices = here\n"
	    "[services here]\ns3 =\n  endpoint_url = http://here:1\nsts =\n  endpoint_url = http://here:2\n";
	struct awsconf *conf;

	is(text, "default", "s3.addressing_style", "path", "a value in a value");
	is(text, "default", "S3.OTHER", "1", "the second of them");
	is(text, "default", "addressing_style", NULL, "it is not one of the profile's own");
	is(text, "default", "region", "r", "what comes behind it is");
	is(text, "x", "s3.addressing_style", "virtual", "another profile's");
	if ((conf = with("", text)) == NULL)
		exit(2);
	ok(strcmp(awsconf_service(conf, "x", "s3", "endpoint_url"), "http://here:1") == 0 &&
	    strcmp(awsconf_service(conf, "x", "sts", "endpoint_url"), "http://here:2") == 0,
	    "a service's address, by the section that the profile names");
	ok(awsconf_service(conf, "default", "s3", "endpoint_url") == NULL, "none for a profile that names none");
	ok(awsconf_service(conf, "x", "ec2", "endpoint_url") == NULL, "none for a service without one");
	awsconf_free(conf);
}

static void
two_files(void)
{
	struct awsconf *conf = with("[x]\na = 1\n[profile y]\na = 3\n", "[profile x]\na = 2\nb = 2\n[profile z]\n");

	if (conf == NULL)
		exit(2);
	ok(strcmp(awsconf_get(conf, "x", "a"), "1") == 0, "credentials come before the configuration");
	ok(strcmp(awsconf_get(conf, "x", "b"), "2") == 0, "which is asked next");
	ok(strcmp(awsconf_get_from(conf, AWSCONF_CONFIG, "x", "a"), "2") == 0, "one file alone can be asked");
	ok(awsconf_get(conf, "y", "a") == NULL, "[profile y] in the credentials is not y");
	ok(awsconf_has(conf, "x") && awsconf_has(conf, "z") && !awsconf_has(conf, "y"), "a profile is there, even an empty one, or is not");
	awsconf_free(conf);
}

static void
readers(void)
{
	struct awsconf *conf = with("[x]\na = 1\n", "");

	awsconf_warn_of_readers(conf, AWSCONF_CREDENTIALS);
	ok(*said() == '\0', "a file for its owner alone is no matter for a warning");
	awsconf_free(conf);
	if (chmod("credentials", 0644) == -1 || awsconf_read(&conf) != ST_OK)
		exit(2);
	awsconf_warn_of_readers(conf, AWSCONF_CREDENTIALS);
	ok(strstr(said(), "mode 644") != NULL, "one that others may read is");
	awsconf_free(conf);
	chmod("credentials", 0600);
}

static void
paths(void)
{
	struct awsconf *conf;

	setenv("AWS_CONFIG_FILE", "~/config", 1);
	setenv("HOME", dir, 1);
	is("[default]\na = 1\n", "default", "a", "1", "~/ in AWS_CONFIG_FILE is the home directory");
	setenv("AWS_CONFIG_FILE", "no/such/file", 1);
	is("[default]\na = 1\n", "default", "a", NULL, "no file is an empty file");
	setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	ok(awsconf_read(&conf) == ST_OK, "so is /dev/null");
	awsconf_free(conf);
	if (mkfifo("fifo", 0600) == -1)
		exit(2);
	setenv("AWS_CONFIG_FILE", "fifo", 1);
	ok(awsconf_read(&conf) == ST_OK, "a FIFO is not waited for");
	awsconf_free(conf);
	unsetenv("AWS_CONFIG_FILE");
	if (mkdir(".aws", 0700) == -1 || chdir(".aws") == -1)
		exit(2);
	is("[default]\na = 7\n", "default", "a", "7", "~/.aws/config is the usual one");
	if (chdir("..") == -1)
		exit(2);
}

static void
profiles(void)
{
	unsetenv("AWS_PROFILE");
	unsetenv("AWS_DEFAULT_PROFILE");
	ok(strcmp(awsconf_profile(NULL), "default") == 0, "the profile is the default");
	setenv("AWS_DEFAULT_PROFILE", "d", 1);
	ok(strcmp(awsconf_profile(NULL), "d") == 0, "or AWS_DEFAULT_PROFILE");
	setenv("AWS_PROFILE", "p", 1);
	ok(strcmp(awsconf_profile(NULL), "p") == 0, "or AWS_PROFILE");
	ok(strcmp(awsconf_profile("x"), "x") == 0, "or the one that was asked for");
}

static void
broken(void)
{
	char *big = calloc(1, AWSCONF_MAX + 1);

	refuses("[default]\na = 1\ncanary\n", 23, "config: line 3: neither", "a line that is nothing");
	refuses("canary = 1\n", 11, "line 1: neither", "a key before any section");
	refuses("[default]\ns3 =\n  canary\n", 24, "line 3: neither", "a nested line that is nothing");
	refuses("[default]\n= canary\n", 19, "line 2: neither", "a value without a key");
	refuses("[canary\n", 8, "line 1: a section without", "a section that does not end");
	refuses("[default]\na = can\0ary\n", 22, "NUL", "a NUL byte");
	if (big == NULL)
		exit(2);
	memset(big, '#', AWSCONF_MAX + 1);
	refuses(big, AWSCONF_MAX + 1, "longer than", "a file too long");
	write_file("config", big, AWSCONF_MAX);
	free(big);
}

static void
longest(void)
{
	struct awsconf *conf;

	ok(awsconf_read(&conf) == ST_OK, "the longest file is read");
	awsconf_free(conf);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 2;
	if (dup2(open("stderr", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600), STDERR_FILENO) == -1)
		return 2;
	setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials", 1);
	setenv("AWS_CONFIG_FILE", "config", 1);
	sections();
	lines();
	nested();
	two_files();
	readers();
	broken();
	longest();
	paths();
	profiles();
	if (unlink("credentials") == -1 || unlink("config") == -1 || unlink("stderr") == -1 || unlink("fifo") == -1 ||
	    unlink(".aws/config") == -1 || unlink(".aws/credentials") == -1 || rmdir(".aws") == -1 || chdir("/") == -1 ||
	    rmdir(dir) == -1)
		printf("# %s is left behind\n", dir);
	return done_testing();
}
