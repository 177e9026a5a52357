/*
 * What this process may use: bytes of memory and threads at once.
 *
 * A container or a systemd slice allows less than the machine has, and what
 * goes beyond is killed or made to wait.  So the memory is the least of RAM,
 * RLIMIT_AS and the limit of each cgroup from ours up to the root of what we
 * see; threads are the processors in our affinity mask, or fewer under a
 * cgroup's quota of processor time (half a processor is one thread).  Both
 * cgroup versions count, mounted in any mix.
 *
 * It never fails: what cannot be read does not limit.  A program that wants to
 * use less writes its own figures into the struct before it passes it on.
 *
 * Documents: cgroups(7), Linux Documentation/admin-guide/cgroup-v2.rst
 * (memory.max, cpu.max) and cgroup-v1/memory.rst, scheduler/sched-bwc.rst.
 */
#ifndef MM_QUOTA_H
#define MM_QUOTA_H

#include <stdint.h>

struct quota {
	uint64_t memory;		/* bytes */
	unsigned threads;		/* one at least */
};

/* *root* comes before /proc and /sys: "" for the machine, a directory for a test. */
struct quota quota_here(const char *root);

#endif
