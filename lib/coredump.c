#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "coredump.h"

void
coredump_forbid(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
