// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "origins.h"

enum { FIRST_CAPACITY = 1 << 10 };	/* a power of two */

struct origin {
	struct origin_key key;
	char cache[TRACE_CACHE_BYTES];
};

struct origins {
	struct origin *array;
	uint32_t nr;
	uint32_t capacity;
	uint32_t *table;		/* numbers from 1, 0 is a hole */
	uint32_t table_size;		/* a power of two, at least half holes */
};

struct origins *origins_new(void)
{
	struct origins *origins = calloc(1, sizeof(*origins));

	if (!origins)
		return NULL;
	origins->capacity = FIRST_CAPACITY;
	origins->table_size = 2 * FIRST_CAPACITY;
	origins->array = calloc(origins->capacity, sizeof(*origins->array));
	origins->table = calloc(origins->table_size, sizeof(*origins->table));
	if (origins->array && origins->table)
		return origins;
	origins_free(origins);
	return NULL;
}

void origins_free(struct origins *origins)
{
	if (!origins)
		return;
	free(origins->array);
	free(origins->table);
	free(origins);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15ull;
}

static uint32_t home(const struct origins *origins, const struct origin_key *key)
{
	uint64_t hash = mix(key->kind, key->call_site);

	hash = mix(hash, (uint64_t)key->pid << 32 | key->object_bytes);
	hash = mix(hash, key->slot_bytes);
	return hash >> 32 & (origins->table_size - 1);
}

static bool is_same(const struct origin_key *a, const struct origin_key *b)
{
	return a->call_site == b->call_site && a->pid == b->pid &&
	       a->kind == b->kind && a->object_bytes == b->object_bytes &&
	       a->slot_bytes == b->slot_bytes;
}

/* Where the origin's number is, or the hole where it would be. */
static uint32_t *look_up(const struct origins *origins,
			 const struct origin_key *key)
{
	uint32_t i = home(origins, key);

	while (origins->table[i] &&
	       !is_same(&origins->array[origins->table[i] - 1].key, key))
		i = (i + 1) & (origins->table_size - 1);
	return &origins->table[i];
}

static int grow(struct origins *origins)
{
	uint32_t i, capacity = origins->capacity * 2;
	struct origin *array;
	uint32_t *table;

	array = realloc(origins->array, capacity * sizeof(*array));
	if (!array)
		return -ENOMEM;
	origins->array = array;
	table = calloc(2 * (size_t)capacity, sizeof(*table));
	if (!table)
		return -ENOMEM;
	free(origins->table);
	origins->table = table;
	origins->table_size = 2 * capacity;
	origins->capacity = capacity;
	for (i = 0; i < origins->nr; i++)
		*look_up(origins, &array[i].key) = i + 1;
	return 0;
}

int origins_find(struct origins *origins, const struct origin_key *key,
		 uint32_t *number)
{
	uint32_t *found = look_up(origins, key);

	if (!*found) {
		if (origins->nr == origins->capacity) {
			int err = grow(origins);

			if (err)
				return err;
			found = look_up(origins, key);
		}
		origins->array[origins->nr] = (struct origin) { .key = *key };
		*found = ++origins->nr;
	}
	*number = *found - 1;
	return 0;
}

void origins_name_cache(struct origins *origins, uint32_t number,
			const char *cache)
{
	struct origin *origin = &origins->array[number];
	size_t i;

	if (origin->key.kind != TRACE_CACHE || *origin->cache)
		return;
	for (i = 0; i < sizeof(origin->cache) - 1 && cache[i]; i++)
		origin->cache[i] = isprint((unsigned char)cache[i]) ? cache[i] :
								       '?';
}

/* ---- names ----------------------------------------------------------------- */

static const char no_cache[TRACE_CACHE_BYTES];

/*
 * An object that was not freed has no cache by name. It is taken for one of the
 * cache of that size which is known.
 */
static const char *cache_of_size(const struct origins *origins,
				 const struct origin *origin)
{
	uint32_t i;

	for (i = 0; i < origins->nr; i++) {
		const struct origin *other = &origins->array[i];

		if (*other->cache &&
		    other->key.object_bytes == origin->key.object_bytes &&
		    other->key.slot_bytes == origin->key.slot_bytes)
			return other->cache;
	}
	return no_cache;
}

static void name(const struct origins *origins, uint32_t number,
		 const struct origin_names *names, struct trace_origin *named)
{
	const struct origin *origin = &origins->array[number];

	memset(named, 0, sizeof(*named));
	named->kind = origin->key.kind;
	named->object_bytes = origin->key.object_bytes;
	named->slot_bytes = origin->key.slot_bytes;
	if (named->kind == TRACE_CACHE)
		memcpy(named->cache,
		       *origin->cache ? origin->cache :
					cache_of_size(origins, origin),
		       sizeof(named->cache));
	names->call_site(names->arg, origin->key.call_site, named->caller,
			 named->module);
	names->process(names->arg, origin->key.pid, named->process);
}

struct numbered {
	struct trace_origin origin;
	uint32_t number;
};

static int by_name(const void *a, const void *b)
{
	const struct numbered *left = a, *right = b;

	return memcmp(&left->origin, &right->origin, sizeof(left->origin));
}

/* Sorted, those of equal names are side by side. */
static uint32_t unite(struct numbered *all, uint32_t nr,
		      struct trace_origin *united, uint32_t *new_number)
{
	uint32_t i, nr_united = 0;

	qsort(all, nr, sizeof(*all), by_name);
	for (i = 0; i < nr; i++) {
		if (!i || by_name(&all[i - 1], &all[i]))
			united[nr_united++] = all[i].origin;
		new_number[all[i].number] = nr_united - 1;
	}
	return nr_united;
}

int origins_resolve(const struct origins *origins,
		    const struct origin_names *names, struct trace *trace)
{
	uint32_t i, nr = origins->nr, *new_number;
	struct numbered *all;
	int err = -ENOMEM;

	all = calloc(nr ? nr : 1, sizeof(*all));
	new_number = calloc(nr ? nr : 1, sizeof(*new_number));
	trace->origins = calloc(nr ? nr : 1, sizeof(*trace->origins));
	if (!all || !new_number || !trace->origins)
		goto out;
	for (i = 0; i < nr; i++) {
		name(origins, i, names, &all[i].origin);
		all[i].number = i;
	}
	trace->header.nr_origins = unite(all, nr, trace->origins, new_number);
	for (i = 0; i < trace->header.nr_events; i++)
		if (!(trace->events[i].what & KSPAN_TRACE_FREE))
			trace->origin_of[i] = new_number[trace->origin_of[i]];
	err = 0;
out:
	free(all);
	free(new_number);
	return err;
}
