#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "status.h"
#include "stdfds.h"

void
stdfds_hold(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* open() takes the lowest free number, which is fd: those below are taken. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(ST_TROUBLE);
	}
}
