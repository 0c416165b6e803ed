// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

enum { FRACTION_DIGITS = 18 };
#define FRACTION_SCALE 1000000000000000000ull

/*
 * strtoull() takes blanks, signs and a rest that is no number; a tool that
 * sets limits must not.
 */
static int digit_value(char c, unsigned int base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int parse_digits(const char **text, unsigned int base, uint64_t *value)
{
	const char *digit = *text;
	int err = 0;

	*value = 0;
	for (; digit_value(*digit, base) >= 0; digit++) {
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit_value(*digit, base),
					   value))
			err = -ERANGE;
	}
	if (digit == *text)
		return -EINVAL;
	*text = digit;
	return err;
}

/* Why @text is no number, where it is at least one below zero. */
static int if_negative(const char *text, int err)
{
	uint64_t value;

	if (*text++ != '-' || parse_digits(&text, 10, &value) == -EINVAL)
		return err;
	return -EDOM;
}

int parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	const char *rest = text;
	int err = parse_digits(&rest, 10, value);

	/* Trailing garbage is the worse of two mistakes. */
	if (*rest)
		return if_negative(text, -EINVAL);
	if (!err && *value > max)
		return -ERANGE;
	return err;
}

/* "", "K", "KiB", "B": the power of two it stands for, or -1. */
static int unit_shift(const char *unit)
{
	static const char units[] = "KMGT";
	const char *found;
	int shift = 0;

	if (!strcmp(unit, "B"))
		return 0;
	found = *unit ? strchr(units, toupper((unsigned char)*unit)) : NULL;
	if (found) {
		shift = 10 * (found - units + 1);
		unit++;
		/* KB is 1000 to some. */
		if (!strcmp(unit, "iB"))
			unit += 2;
	}
	return *unit ? -1 : shift;
}

/* The digits after the point: a fraction of 10^18, those beyond left out. */
static int parse_fraction(const char **text, uint64_t *fraction)
{
	const char *digit = *text;
	unsigned int n;

	*fraction = 0;
	for (n = 0; n < FRACTION_DIGITS; n++) {
		*fraction *= 10;
		if (*digit >= '0' && *digit <= '9')
			*fraction += *digit++ - '0';
	}
	while (*digit >= '0' && *digit <= '9')
		digit++;
	if (digit == *text)
		return -EINVAL;
	*text = digit;
	return 0;
}

static int parse_scaled(const char *text, uint64_t *bytes)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t value, fraction = 0;
	bool has_fraction = false;
	int err, shift;

	if (is_hex)
		text += 2;
	err = parse_digits(&text, is_hex ? 16 : 10, &value);
	if (err == -EINVAL)
		return err;
	if (*text == '.' && !is_hex) {
		text++;
		has_fraction = true;
		if (parse_fraction(&text, &fraction))
			return -EINVAL;
	}
	shift = unit_shift(text);
	/* Of single bytes there is no half. */
	if (shift < 0 || (has_fraction && !shift))
		return -EINVAL;
	if (err || value > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = (value << shift) +
		 (uint64_t)(((__uint128_t)fraction << shift) /
			    FRACTION_SCALE);
	return 0;
}

int parse_bytes(const char *text, uint64_t *bytes)
{
	int err = parse_scaled(text, bytes);

	return err == -EINVAL ? if_negative(text, err) : err;
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
	return err == -ERANGE ? "out of range" :
	       err == -EDOM ? "negative" : "not a number";
}

const char *parse_bytes_error(int err)
{
	return err == -EINVAL ?
	       "not a number of bytes, as 4096, 64K, 1.5MiB or 0x1000" :
	       parse_error(err);
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
