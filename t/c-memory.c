/* mm-compress keeps to -M, at every level that fits and on the way back: what the kernel says it used at most. */
#define _DEFAULT_SOURCE		/* wait4 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

enum {
	LEN = 12 << 20,			/* bytes to compress */
#ifdef __SANITIZE_ADDRESS__
	PROGRAM = 1 << 20		/* KiB: it never gives back what was freed */
#else
	PROGRAM = 6 << 10		/* KiB, for the program and its libraries */
#endif
};

static char tool[512], dir[] = "/tmp/mm-memory.XXXXXX";

/* Run mm-compress with these options; its exit status, and in *kib the most memory it had. */
static int
run(const char *in, const char *out, const char *options, long *kib)
{
	char text[300], *args[16] = { tool }, *word;
	struct rusage ru;
	int status, n = 1;
	pid_t pid;

	snprintf(text, sizeof(text), "%s", options);
	for (word = strtok(text, " "); word != NULL && n < 15; word = strtok(NULL, " "))
		args[n++] = word;
	if ((pid = fork()) == 0) {
		if (dup2(open(in, O_RDONLY), 0) == -1 || dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1) == -1)
			_exit(99);
		execv(tool, args);
		_exit(99);
	}
	if (pid == -1 || wait4(pid, &status, 0, &ru) != pid || !WIFEXITED(status))
		return 99;
	*kib = ru.ru_maxrss;
	return WEXITSTATUS(status);
}

static void
keeps(const char *in, const char *out, const char *options, long mib)
{
	char all[300];
	long kib = 0;
	int st;

	snprintf(all, sizeof(all), "%s -M %ldM", options, mib);
	st = run(in, out, all, &kib);
	ok(st == 0 && kib <= mib * 1024 + PROGRAM, "%s: exit %d, %ld KiB", all, st, kib);
}

static void
make_input(const char *path, long len)
{
	uint32_t x = 1;
	FILE *f = fopen(path, "w");
	long n;

	if (f == NULL)
		abort();
	/* Half noise, half text: both what is read and what is written is large. */
	for (n = 0; n < len / 16; n++) {
		x = x * 1664525 + 1013904223;
		fprintf(f, "%08x%8ld", x, n / 3);
	}
	if (fclose(f) == EOF)
		abort();
}

int
main(int argc, char **argv)
{
	char in[64], little[64], packed[64], back[64], *slash = strrchr(argv[0], '/');

	(void)argc;
	snprintf(tool, sizeof(tool), "%.*s/../mm-compress", slash != NULL ? (int)(slash - argv[0]) : 1,
	    slash != NULL ? argv[0] : ".");
	if (mkdtemp(dir) == NULL)
		return 2;
	snprintf(in, sizeof(in), "%s/in", dir);
	snprintf(little, sizeof(little), "%s/little", dir);
	snprintf(packed, sizeof(packed), "%s/packed", dir);
	snprintf(back, sizeof(back), "%s/back", dir);
	make_input(in, LEN);
	make_input(little, 1 << 20);
	keeps(in, packed, "-m gzip -l 1 -T 8", 12);
	keeps(in, packed, "-m gzip -l 12 -T 2", 32);
	keeps(packed, back, "-d -T 8", 8);
	keeps(in, packed, "-m zstd -l 3 -T 8", 128);
	keeps(in, packed, "-m zstd -l 3 -T 2", 16);
	keeps(in, packed, "-m zstd -l 3 -T 2", 6);
	keeps(in, packed, "-m zstd -l 9 -T 2", 40);
	keeps(packed, back, "-d", 8);
	keeps(in, packed, "-m zstd -l 12 -T 2", 128);
	keeps(little, packed, "-m zstd -l 12 -T 2", 48);
	keeps(little, packed, "-m zstd -l 22 -T 2", 128);
	keeps(in, packed, "-m xz -l 0 -T 8", 40);
	keeps(in, packed, "-m xz -l 1 -T 2", 12);
	keeps(in, packed, "-m xz -l 1 -T 2", 48);
	keeps(packed, back, "-d -T 2", 16);
	keeps(little, packed, "-m xz -l 9 -T 2", 128);
	return unlink(in) != 0 || unlink(little) != 0 || unlink(packed) != 0 || unlink(back) != 0 || rmdir(dir) != 0 || done_testing();
}
