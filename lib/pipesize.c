#define _GNU_SOURCE		/* F_SETPIPE_SZ */

#include <fcntl.h>

#include "pipesize.h"

enum { WIDE = 1024 * 1024 };

size_t
pipesize_widen(int fd)
{
#ifdef F_SETPIPE_SZ
	int size = fcntl(fd, F_GETPIPE_SZ);

	if (size > 0 && size < WIDE && fcntl(fd, F_SETPIPE_SZ, WIDE) != -1)
		size = fcntl(fd, F_GETPIPE_SZ);
	return size > 0 ? (size_t)size : 0;
#else
	(void)fd;
	return 0;
#endif
}
