#include <ctype.h>
#include <string.h>

#include "bech32.h"

enum { CHECKSUM = 6 };

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* The checksum's polynomial, taken one value of five bits further. */
static uint32_t
step(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;
	int i;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (i = 0; i < 5; i++)
		sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
	return sum;
}

/* The sum over the prefix, always in lower case: the high bits of it all, a zero, the low bits. */
static uint32_t
sum_prefix(const char *prefix)
{
	const char *p;
	uint32_t sum = 1;

	for (p = prefix; *p != '\0'; p++)
		sum = step(sum, (uint32_t)tolower((unsigned char)*p) >> 5);
	sum = step(sum, 0);
	for (p = prefix; *p != '\0'; p++)
		sum = step(sum, (uint32_t)tolower((unsigned char)*p) & 31);
	return sum;
}

static int
is_upper(const char *prefix)
{
	return isupper((unsigned char)prefix[0]) != 0;
}

/* The number of characters that len bytes make, and the i-th of them as a value. */
static size_t
values_of(size_t len)
{
	return (len * 8 + 4) / 5;
}

static uint32_t
value_at(const uint8_t *buf, size_t len, size_t i)
{
	size_t byte = i * 5 / 8, bit = i * 5 % 8;
	uint32_t two = (uint32_t)buf[byte] << 8 | (byte + 1 < len ? buf[byte + 1] : 0);

	return two >> (11 - bit) & 31;
}

static void
put_value(uint8_t *buf, size_t len, size_t i, uint32_t value)
{
	size_t byte = i * 5 / 8, bit = i * 5 % 8;

	value <<= 11 - bit;
	buf[byte] |= (uint8_t)(value >> 8);
	if (byte + 1 < len)
		buf[byte + 1] |= (uint8_t)value;
}

void
bech32_encode(const char *prefix, const uint8_t *buf, size_t len, char *text)
{
	uint32_t sum = sum_prefix(prefix), value;
	char *p = text + strlen(prefix);
	size_t i;

	memcpy(text, prefix, strlen(prefix));
	*p++ = '1';
	for (i = 0; i < values_of(len); i++) {
		value = value_at(buf, len, i);
		sum = step(sum, value);
		*p++ = alphabet[value];
	}
	for (i = 0; i < CHECKSUM; i++)
		sum = step(sum, 0);
	for (i = 0; i < CHECKSUM; i++)
		*p++ = alphabet[(sum ^ 1) >> 5 * (CHECKSUM - 1 - i) & 31];
	*p = '\0';
	for (p = text; is_upper(prefix) && *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
}

/* The value of a character in the case that is wanted; -1 for any other. */
static int
value_of(char c, int upper)
{
	const char *at;

	if (c == '\0' || (upper ? islower((unsigned char)c) : isupper((unsigned char)c)))
		return -1;
	at = strchr(alphabet, tolower((unsigned char)c));
	return at == NULL ? -1 : (int)(at - alphabet);
}

int
bech32_decode(const char *text, size_t n, const char *prefix, uint8_t *buf, size_t len)
{
	size_t head = strlen(prefix) + 1, i;
	uint32_t sum = sum_prefix(prefix);
	int value;

	if (n != BECH32_CHARS(head - 1, len) || memcmp(text, prefix, head - 1) != 0 || text[head - 1] != '1')
		return 0;
	memset(buf, 0, len);
	for (i = 0; i < n - head; i++) {
		if ((value = value_of(text[head + i], is_upper(prefix))) == -1)
			return 0;
		sum = step(sum, (uint32_t)value);
		if (i < values_of(len))
			put_value(buf, len, i, (uint32_t)value);
		/* What the last value has beyond the last byte is zero, or the key had two spellings. */
		if (i + 1 == values_of(len) && ((uint32_t)value & ((1U << (values_of(len) * 5 - len * 8)) - 1)) != 0)
			return 0;
	}
	return sum == 1;
}
