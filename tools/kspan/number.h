/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers on the command line and in what people read. */
#ifndef KSPAN_NUMBER_H
#define KSPAN_NUMBER_H

#include <stdint.h>

/*
 * Decimal digits and nothing else. -EINVAL: not a number; -EDOM: one below
 * zero; -ERANGE: above @max.
 */
int parse_u64(const char *text, uint64_t max, uint64_t *value);

/*
 * A number of bytes, with B or an optional K, M, G or T, which are powers of
 * 1024 and may be followed by iB: "64K", "1KiB". Before these it may have a
 * fraction, "1.5M", of which no part of a byte counts. Or hexadecimal: "0x1000".
 */
int parse_bytes(const char *text, uint64_t *bytes);

/* As parse_bytes(), and "none" is 0: no limit. */
int parse_limit(const char *text, uint64_t *limit_bytes);

/* What parse_u64(), or one of the others, failed with, in words. */
const char *parse_error(int err);
const char *parse_bytes_error(int err);

/* Room for "1023.9KiB" and the terminating NUL. */
enum { HUMAN_BYTES = 16 };

/* "512B", "117.7MiB": one word, so that columns stay columns. */
const char *format_bytes(uint64_t bytes, char text[HUMAN_BYTES]);

/* @part in percent of @whole; zero of nothing. */
double percent(uint64_t part, uint64_t whole);

#endif /* KSPAN_NUMBER_H */
