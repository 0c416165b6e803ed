// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

#define fallthrough __attribute__((fallthrough))

/*
 * strtoull() takes blanks, signs and a rest that is no number; a tool that
 * sets limits must not.
 */
static int parse_digits(const char **text, uint64_t *value)
{
	const char *digit = *text;

	*value = 0;
	for (; *digit >= '0' && *digit <= '9'; digit++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *digit - '0', value))
			return -ERANGE;
	}
	if (digit == *text)
		return -EINVAL;
	*text = digit;
	return 0;
}

int parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	int err = parse_digits(&text, value);

	/* Trailing garbage is the worse of two mistakes. */
	if (*text && err != -ERANGE)
		return -EINVAL;
	if (!err && *value > max)
		return -ERANGE;
	return err;
}

int parse_bytes(const char *text, uint64_t *bytes)
{
	unsigned int shift = 0;
	uint64_t value;
	int err;

	err = parse_digits(&text, &value);
	if (err)
		return err;

	switch (*text) {
	case 'T': case 't':
		shift += 10;
		fallthrough;
	case 'G': case 'g':
		shift += 10;
		fallthrough;
	case 'M': case 'm':
		shift += 10;
		fallthrough;
	case 'K': case 'k':
		shift += 10;
		text++;
	}
	if (*text)
		return -EINVAL;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = value << shift;
	return 0;
}

int parse_limit(const char *text, uint64_t *limit_bytes)
{
	if (!strcmp(text, "none")) {
		*limit_bytes = 0;
		return 0;
	}
	return parse_bytes(text, limit_bytes);
}

const char *parse_error(int err)
{
	return err == -ERANGE ? "out of range" : "not a number";
}

const char *format_bytes(uint64_t bytes, char text[HUMAN_BYTES])
{
	static const char units[] = "KMGTPE";
	const char *unit = units;
	double scaled = bytes / 1024.0;

	if (bytes < 1024) {
		snprintf(text, HUMAN_BYTES, "%uB", (unsigned int)bytes);
		return text;
	}
	/* What would be rounded to 1024.0 is one of the next unit. */
	while (scaled >= 1023.95) {
		scaled /= 1024;
		unit++;
	}
	snprintf(text, HUMAN_BYTES, "%.1f%ciB", scaled, *unit);
	return text;
}

double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}
