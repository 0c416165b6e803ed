// SPDX-License-Identifier: GPL-2.0
/* The one way in which commands print tables. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "tool.h"

enum {
	MAX_COLUMNS	= 32,
	FIRST_CELLS	= 256,
};

struct column {
	const char *name;
	enum table_align align;
	unsigned int width;
};

/* Cells are in the order of lines; NULL is a cell of dashes. */
struct table {
	struct column columns[MAX_COLUMNS];
	unsigned int nr_columns;
	char **cells;
	size_t nr_cells;
	size_t capacity;
};

struct table *table_new(void)
{
	return tool_need(calloc(1, sizeof(struct table)));
}

void table_column(struct table *table, const char *name,
		  enum table_align align, unsigned int width)
{
	struct column *column = &table->columns[table->nr_columns];
	unsigned int name_width = strlen(name);

	if (table->nr_columns == MAX_COLUMNS)
		abort();
	*column = (struct column) {
		.name = name,
		.align = align,
		.width = width > name_width ? width : name_width,
	};
	table->nr_columns++;
}

static void add_cell(struct table *table, char *text)
{
	struct column *column =
		&table->columns[table->nr_cells % table->nr_columns];
	unsigned int width = text ? strlen(text) : 0;

	if (table->nr_cells == table->capacity) {
		table->capacity = table->capacity ? table->capacity * 2
						  : FIRST_CELLS;
		table->cells = tool_need(reallocarray(table->cells,
						      table->capacity,
						      sizeof(*table->cells)));
	}
	if (width > column->width)
		column->width = width;
	table->cells[table->nr_cells++] = text;
}

void table_text(struct table *table, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	add_cell(table, tool_need(n < 0 ? NULL : text));
}

void table_u64(struct table *table, uint64_t number)
{
	table_text(table, "%llu", (unsigned long long)number);
}

void table_none(struct table *table)
{
	table_text(table, "%s", "");
}

void table_rule(struct table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_columns; i++)
		add_cell(table, NULL);
}

static void put(char byte, unsigned int count)
{
	while (count--)
		putchar(byte);
}

/* Blanks are only put where something follows them: no line ends in one. */
static void print_line(const struct table *table, char *const *cells)
{
	unsigned int i, width, blanks = 0;
	const struct column *column;
	const char *text;

	for (i = 0; i < table->nr_columns; i++) {
		column = &table->columns[i];
		text = cells ? cells[i] : column->name;
		width = text ? strlen(text) : column->width;
		if (column->align == TABLE_RIGHT)
			blanks += column->width - width;
		if (width) {
			put(' ', blanks);
			blanks = 0;
		}
		if (text)
			fputs(text, stdout);
		else
			put('-', width);
		if (column->align == TABLE_LEFT)
			blanks += column->width - width;
		blanks += 2;
	}
	putchar('\n');
}

void table_print(struct table *table)
{
	size_t i;

	print_line(table, NULL);
	for (i = 0; i < table->nr_cells; i += table->nr_columns)
		print_line(table, table->cells + i);
	for (i = 0; i < table->nr_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
