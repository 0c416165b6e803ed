// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum {
	TABLE_SIZE	= 1 << 14,	/* a power of two */
	MAX_NAMES	= TABLE_SIZE / 2,
};

struct names {
	uint32_t nr;
	uint16_t table[TABLE_SIZE];	/* numbers; 0 is a hole */
	char *text[MAX_NAMES + 1];
};

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	uint32_t i;

	if (!names)
		return;
	for (i = 1; i <= names->nr; i++)
		free(names->text[i]);
	free(names);
}

static uint32_t home(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return (hash ^ hash >> 16) & (TABLE_SIZE - 1);
}

uint32_t names_number(struct names *names, const char *name)
{
	uint32_t i = home(name);

	if (!*name)
		return 0;
	while (names->table[i]) {
		if (!strcmp(names->text[names->table[i]], name))
			return names->table[i];
		i = (i + 1) & (TABLE_SIZE - 1);
	}
	if (names->nr == MAX_NAMES)
		return 0;
	names->text[names->nr + 1] = strdup(name);
	if (!names->text[names->nr + 1])
		return 0;
	names->table[i] = ++names->nr;
	return names->nr;
}

const char *names_text(const struct names *names, uint32_t number)
{
	return number ? names->text[number] : "";
}
