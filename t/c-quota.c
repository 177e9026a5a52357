/* What this process may use, read from made-up /proc and /sys. */
#define _GNU_SOURCE		/* sched_setaffinity */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quota.h"
#include "tap.h"

#define MIB (UINT64_C(1) << 20)

static char root[] = "/tmp/mm-quota.XXXXXX";

/* Write *text* to a file below root, whose directories are made. */
static void
put(const char *name, const char *text)
{
	char path[512], *p;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (p = strchr(path + strlen(root) + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	if ((f = fopen(path, "w")) == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		abort();
}

static void
clear(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s/*", root);
	if (system(command) != 0)
		abort();
}

static void
gives(uint64_t memory, unsigned threads, const char *what)
{
	struct quota all = quota_here("/nonexistent"), q = quota_here(root);

	if (memory == 0)
		memory = all.memory;
	if (threads == 0 || threads > all.threads)
		threads = all.threads;
	ok(q.memory == memory && q.threads == threads, "%s (%ju MiB, %u threads)", what, (uintmax_t)(q.memory >> 20),
	    q.threads);
}

static void
unified(void)
{
	clear();
	gives(0, 0, "nothing to read: the whole machine");
	put("proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n"
	    "30 1 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
	put("proc/self/cgroup", "0::/system.slice/backup.service\n");
	gives(0, 0, "version 2 without limits");
	put("sys/fs/cgroup/system.slice/backup.service/memory.max", "67108864\n");
	put("sys/fs/cgroup/system.slice/backup.service/cpu.max", "50000 100000\n");
	gives(64 * MIB, 1, "version 2: our own group's limits; half a processor is one thread");
	put("sys/fs/cgroup/system.slice/memory.max", "33554432\n");
	put("sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
	gives(32 * MIB, 1, "a group above with less counts, and 'max' is no limit");
	put("sys/fs/cgroup/system.slice/backup.service/memory.max", "max\n");
	put("sys/fs/cgroup/system.slice/backup.service/cpu.max", "150000 100000\n");
	gives(32 * MIB, 2, "one and a half processors are two threads");
	put("proc/self/mountinfo", "30 1 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
	put("proc/self/cgroup", "0::/docker/abc\n");
	put("sys/fs/cgroup/memory.max", "16777216\n");
	gives(16 * MIB, 0, "a container that sees its own group as the mount");
	put("proc/self/cgroup", "0::/somewhere/else\n");
	gives(16 * MIB, 0, "... or does not see where it is");
	put("proc/self/mountinfo", "garbage\n30 1 0:26 - cgroup2\n - cgroup2 a b\n");
	gives(0, 0, "nonsense does not limit");
}

static void
version1(void)
{
	clear();
	put("proc/self/mountinfo", "31 1 0:26 / /cg/mem rw - cgroup cgroup rw,memory\n"
	    "32 1 0:27 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	    "33 1 0:28 / /cg/unified rw - cgroup2 cgroup2 rw\n");
	put("proc/self/cgroup", "5:cpuset:/wrong\n4:memory:/a/b\n3:cpu,cpuacct:/c\n1:name=systemd:/wrong\n0::/\n");
	put("cg/mem/a/b/memory.limit_in_bytes", "9223372036854771712\n");
	put("cg/mem/wrong/memory.limit_in_bytes", "1\n");
	put("cg/cpu,cpuacct/c/cpu.cfs_quota_us", "-1\n");
	put("cg/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
	gives(0, 0, "version 1 without limits");
	put("cg/mem/a/memory.limit_in_bytes", "50331648\n");
	put("cg/cpu,cpuacct/c/cpu.cfs_quota_us", "20000\n");
	gives(48 * MIB, 1, "version 1: memory of a group above, a fifth of a processor");
}

/* In a child: a limit does not go away again. */
static int
limited(uint64_t memory)
{
	struct rlimit rl = { .rlim_cur = memory, .rlim_max = memory };
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(setrlimit(RLIMIT_AS, &rl) != 0 || quota_here("/nonexistent").memory != memory);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void
of_the_process(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	ok(sched_setaffinity(0, sizeof(one), &one) == 0 && quota_here("").threads == 1, "one processor, one thread");
	ok(limited(quota_here("").memory / 2), "a limit on the address space counts");
}

int
main(void)
{
	if (mkdtemp(root) == NULL)
		return 2;
	unified();
	version1();
	of_the_process();
	clear();
	rmdir(root);
	return done_testing();
}
