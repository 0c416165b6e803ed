/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table for people and awk: one header line that names the columns, and one
 * line for each row, in columns that are two blanks apart. Numbers stand to the
 * right, words to the left. Rows are kept until they are printed, so that each
 * column is as wide as its widest cell.
 */
#ifndef KSPAN_TABLE_H
#define KSPAN_TABLE_H

#include <stdint.h>

enum table_align {
	TABLE_RIGHT,
	TABLE_LEFT,
};

struct table;

/* Without memory, these leave through exit(). */
struct table *table_new(void);

/* Columns come before the first cell. @width is the least one; 0 will do. */
void table_column(struct table *table, const char *name,
		  enum table_align align, unsigned int width);

/* The next cell. The last one of a line begins the next line. */
void table_text(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void table_u64(struct table *table, uint64_t number);
void table_none(struct table *table);	/* nothing stands there */

/* A line of dashes, as above a sum. */
void table_rule(struct table *table);

/* Prints to stdout, and drops @table. */
void table_print(struct table *table);

#endif /* KSPAN_TABLE_H */
