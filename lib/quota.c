#define _GNU_SOURCE		/* sched_getaffinity */
#include <sys/resource.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quota.h"

/* One line of mountinfo, as far as it concerns us. */
struct mount {
	char from[PATH_MAX];		/* the cgroup that is mounted */
	char at[PATH_MAX];		/* the directory it is mounted on */
	char type[64];
	char controllers[512];		/* of version 1, among other options */
};

static unsigned
processors(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

static uint64_t
memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t n = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
	struct rlimit rl;

	if (getrlimit(RLIMIT_AS, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY && rl.rlim_cur < n)
		n = rl.rlim_cur;
	return n;
}

static FILE *
open_in(const char *root, const char *dir, const char *name)
{
	char path[3 * PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s/%s", root, dir, name);

	return n < 0 || (size_t)n >= sizeof(path) ? NULL : fopen(path, "re");
}

/* The numbers in a cgroup's file; how many there are before the end or a word. */
static int
numbers(const char *root, const char *dir, const char *name, unsigned long long *a, unsigned long long *b)
{
	FILE *f = open_in(root, dir, name);
	char text[64] = "";
	int n = 0;

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL && text[0] != '-')
		n = sscanf(text, "%llu %llu", a, b);
	fclose(f);
	return n;
}

static void
lower_memory(struct quota *q, unsigned long long limit)
{
	if (limit < q->memory)
		q->memory = limit;
}

static void
lower_threads(struct quota *q, unsigned long long time, unsigned long long period)
{
	unsigned long long n = period > 0 ? time / period + (time % period != 0) : q->threads;

	if (n < q->threads)
		q->threads = n > 0 ? (unsigned)n : 1;
}

/* What one cgroup's directory says; a version or controller that is not here has no such file. */
static void
look(const char *root, const char *dir, struct quota *q)
{
	unsigned long long a, b;

	if (numbers(root, dir, "memory.max", &a, &b) >= 1)
		lower_memory(q, a);
	if (numbers(root, dir, "memory.limit_in_bytes", &a, &b) >= 1)
		lower_memory(q, a);
	if (numbers(root, dir, "cpu.max", &a, &b) == 2)
		lower_threads(q, a, b);
	if (numbers(root, dir, "cpu.cfs_quota_us", &a, &b) >= 1 &&
	    numbers(root, dir, "cpu.cfs_period_us", &b, &(unsigned long long){ 0 }) >= 1)
		lower_threads(q, a, b);
}

/* Look at the mount's directory for *group*, and at each one above it. */
static void
climb(const char *root, const struct mount *m, const char *group, struct quota *q)
{
	size_t below = strcmp(m->from, "/") == 0 ? 0 : strlen(m->from);
	char dir[2 * PATH_MAX];
	char *slash;

	/* A group outside what is mounted here (a container's view) is seen as the mount itself. */
	if (strncmp(group, m->from, below) != 0 || (group[below] != '/' && group[below] != '\0'))
		group += strlen(group);
	else
		group += below;
	if (snprintf(dir, sizeof(dir), "%s%s", m->at, group) >= (int)sizeof(dir))
		return;
	look(root, dir, q);
	while (strlen(dir) > strlen(m->at) && (slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		look(root, dir, q);
	}
}

static int
has_word(const char *list, const char *word, size_t len)
{
	for (; list != NULL; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, len) == 0 && (list[len] == ',' || list[len] == '\0'))
			return 1;
	}
	return 0;
}

/* Our group in the hierarchy that *m* mounts: a line ID:CONTROLLERS:GROUP, without controllers for version 2. */
static int
find_group(const char *root, const struct mount *m, char group[PATH_MAX])
{
	int unified = strcmp(m->type, "cgroup2") == 0, found = 0;
	FILE *f = open_in(root, "/proc/self", "cgroup");
	char line[PATH_MAX + 512];
	char *names, *path;

	if (f == NULL)
		return 0;
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((names = strchr(line, ':')) == NULL || (path = strchr(++names, ':')) == NULL ||
		    strlen(path + 1) >= PATH_MAX)
			continue;
		found = unified ? path == names :
		    path > names && has_word(m->controllers, names, strcspn(names, ",:"));
		if (found)
			strcpy(group, path + 1);
	}
	fclose(f);
	return found;
}

/* A line of mountinfo: ID PARENT DEV FROM AT OPTIONS [TAGS] - TYPE SOURCE CONTROLLERS. */
static int
parse_mount(const char *line, struct mount *m)
{
	const char *dash = strstr(line, " - cgroup");

	_Static_assert(PATH_MAX == 4096, "the widths below are for paths of 4096");
	return dash != NULL && sscanf(line, "%*s %*s %*s %4095s %4095s", m->from, m->at) == 2 &&
	    sscanf(dash, " - %63s %*s %511s", m->type, m->controllers) == 2;
}

struct quota
quota_here(const char *root)
{
	struct quota q = { memory(), processors() };
	FILE *f = open_in(root, "/proc/self", "mountinfo");
	char group[PATH_MAX], *line = NULL;
	size_t cap = 0;
	struct mount m;

	if (f == NULL)
		return q;
	while (getline(&line, &cap, f) != -1) {
		if (parse_mount(line, &m) && find_group(root, &m, group))
			climb(root, &m, group, &q);
	}
	free(line);
	fclose(f);
	return q;
}
