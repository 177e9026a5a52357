/* Numbers on a command line: whole, in range, with the units that belong there and no others. */
#include <string.h>

#include "number.h"
#include "tap.h"

typedef enum status parser(const char *, const char *, uint64_t, uint64_t, uint64_t *);

static void
takes(parser *parse, const char *text, uint64_t want)
{
	uint64_t n = 0;

	ok(parse(text, "test", 0, UINT64_MAX, &n) == ST_OK && n == want, "'%s' is %ju", text, (uintmax_t)want);
}

static void
refuses(parser *parse, const char *text)
{
	uint64_t n = 77;

	ok(parse(text, "test", 1, 1000000, &n) == ST_TROUBLE && n == 77, "'%s' is refused", text);
}

int
main(void)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.5", "K", "1KK", "1KB", "0",
	    "1000001", "18446744073709551616", "99999999999999999999999" };
	size_t i;

	if (freopen("/dev/null", "w", stderr) == NULL)
		return 2;
	takes(number_count, "0", 0);
	takes(number_count, "007", 7);
	takes(number_count, "18446744073709551600", UINT64_C(18446744073709551600));
	takes(number_size, "64M", UINT64_C(64) << 20);
	takes(number_size, "3T", UINT64_C(3) << 40);
	takes(number_size, "5", 5);
	takes(number_duration, "26h", 26 * 3600);
	takes(number_duration, "2d", 2 * 86400);
	takes(number_duration, "15m", 900);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses(number_count, bad[i]);
		refuses(number_size, bad[i]);
		refuses(number_duration, bad[i]);
	}
	refuses(number_count, "5M");
	refuses(number_size, "5h");
	refuses(number_duration, "5M");
	refuses(number_size, "16777216T");
	return done_testing();
}
