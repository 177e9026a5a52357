/* A command that prints a secret: its words, its end, its limits, and that nothing of it is shown. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "credproc.h"
#include "tap.h"

enum { LIMIT_MS = 5000 };

static struct credproc p;

/* What was written to stderr since the last call, without its line break. */
static const char *
said(void)
{
	static char text[4096];
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);

	text[n > 0 ? n - 1 : 0] = '\0';
	if (ftruncate(STDERR_FILENO, 0) == -1)
		exit(2);
	return text;
}

/* The words, each in brackets. */
static void
is_cut(const char *command, const char *want, const char *what)
{
	const char *fault;
	char **words = credproc_words(command, &fault), got[256] = "";
	size_t i;

	for (i = 0; words != NULL && words[i] != NULL; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "[%s]", words[i]);
	ok(strcmp(words == NULL ? fault : got, want) == 0, "%s", what);
	if (strcmp(words == NULL ? fault : got, want) != 0)
		printf("# wanted %s, got %s\n", want, words == NULL ? fault : got);
	free(words);
}

static void
cutting(void)
{
	is_cut("a b  c", "[a][b][c]", "blanks separate words");
	is_cut(" \t a \n", "[a]", "blanks around them are nothing");
	is_cut("'a b' \"c d\"", "[a b][c d]", "quotes keep them together");
	is_cut("a'b c'd", "[ab cd]", "in the middle of a word, too");
	is_cut("'' \"\"", "[][]", "an empty word");
	is_cut("a\\ b \\'", "[a b][']", "a backslash takes the meaning of what follows");
	is_cut("'a\\b' \"a\\b\\\"\\\\\"", "[a\\b][a\\b\"\\]", "in quotes only that of a double quote's end and its own");
	is_cut("echo $HOME `id` ; a|b >c *", "[echo][$HOME][`id`][;][a|b][>c][*]", "nothing else means anything");
	is_cut("a 'b", "a quote in the command does not end", "a quote that does not end");
	is_cut("a \"b", "a quote in the command does not end", "nor a double one");
	is_cut("a\\", "a quote in the command does not end", "nor a backslash");
	is_cut(" ", "the command is empty", "no word");
}

static void
prints(const char *command, const char *want, const char *what)
{
	enum status st = credproc_run(&p, "it", command, LIMIT_MS);

	ok(st == ST_OK && p.len == strlen(want) && memcmp(p.out, want, p.len) == 0 && *said() == '\0', "%s", what);
	credproc_wipe(&p);
}

static void
fails(const char *command, long limit, const char *complaint, const char *what)
{
	enum status st = credproc_run(&p, "it", command, limit);
	const char *heard = said();

	ok(st == ST_TROUBLE && strstr(heard, complaint) != NULL, "%s: %s", what, heard);
	ok(strstr(heard, "canary") == NULL, "... and nothing of it is shown");
	credproc_wipe(&p);
}

/* A hanging command and what it started die with the limit. */
static void
hangs(const char *command, const char *what)
{
	int64_t begun = clock_ms();
	int pid = 0;
	FILE *f;

	unlink("pid");
	fails(command, 500, "has not ended in time", what);
	ok(clock_ms() - begun < 4000, "... within its limit");
	if ((f = fopen("pid", "r")) == NULL || fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f != NULL)
		fclose(f);
	for (begun = clock_ms(); pid > 0 && kill(pid, 0) == 0 && clock_ms() - begun < 4000; )
		poll(NULL, 0, 10);
	ok(pid > 0 && kill(pid, 0) == -1 && errno == ESRCH, "... and leaves nothing running");
}

static void
surroundings(void)
{
	static const int usual[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	int pipes[2], i;

	if (pipe(pipes) == -1 || dup2(pipes[0], STDIN_FILENO) == -1 || write(pipes[1], "backup", 6) != 6)
		exit(2);
	prints("cat", "", "stdin is empty, whatever is on ours");
	/* A shell without job control ignores two of these for what it starts in the background. */
	for (i = 0; i < 4; i++)
		signal(usual[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	prints("grep SigIgn /proc/self/status", "SigIgn:\t0000000000000000\n", "no signal is ignored");
	signal(SIGPIPE, SIG_DFL);
}

int
main(void)
{
	char dir[] = "/tmp/mm-test.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 2;
	if (dup2(open("stderr", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600), STDERR_FILENO) == -1)
		return 2;
	cutting();
	prints("printf '%s' 'a b'", "a b", "what it prints is taken");
	prints("sh -c 'printf 1; sleep 0.2; printf 2'", "12", "in pieces, too");
	prints("true", "", "or nothing");
	prints("sh -c 'echo $((1 + 1)) | cat'", "2\n", "a shell is there for the asking");
	ok(credproc_run(&p, "it", "head -c 65535 /dev/zero", LIMIT_MS) == ST_OK && p.len == 65535, "as much as fits");
	fails("head -c 65536 /dev/zero", LIMIT_MS, "writes more than", "one byte more");
	fails("sh -c 'echo canary; exit 3'", LIMIT_MS, "it: exit 3", "an exit that is not 0");
	fails("sh -c 'echo canary; kill -9 $$'", LIMIT_MS, "it: killed by signal 9", "a signal");
	fails("./no-such-canary a", LIMIT_MS, "it: cannot be run: No such file", "what is not there");
	fails("yes canary", LIMIT_MS, "writes more than", "what does not stop to write");
	hangs("sh -c 'echo $$ >pid; exec sleep 1000'", "a command that hangs");
	hangs("sh -c 'sleep 1000 & echo $! >pid; wait'", "one that waits for another");
	hangs("sh -c 'echo $$ >pid; exec >&-; exec sleep 1000'", "one that has closed its output");
	hangs("sh -c 'trap \"\" TERM; echo $$ >pid; sleep 1000; sleep 1000'", "one that ignores TERM");
	surroundings();
	if (unlink("stderr") == -1 || unlink("pid") == -1 || chdir("/") == -1 || rmdir(dir) == -1)
		printf("# %s is left behind\n", dir);
	return done_testing();
}
