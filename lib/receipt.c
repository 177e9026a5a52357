#include <string.h>

#include "fdsink.h"
#include "receipt.h"

enum status
receipt_write(int fd, const char hex[DIGEST_HEX], const char *name)
{
	char line[DIGEST_HEX + 2 * RECEIPT_NAME + 8], *p = line;

	if (strpbrk(name, "\\\n\r") != NULL)
		*p++ = '\\';
	memcpy(p, hex, DIGEST_HEX - 1);
	p += DIGEST_HEX - 1;
	*p++ = ' ';
	*p++ = ' ';
	for (; *name != '\0'; name++) {
		if (*name == '\\' || *name == '\n' || *name == '\r') {
			*p++ = '\\';
			*p++ = *name == '\n' ? 'n' : *name == '\r' ? 'r' : '\\';
		} else {
			*p++ = *name;
		}
	}
	*p++ = '\n';
	return fdsink_write(fd, "receipt", line, (size_t)(p - line));
}
