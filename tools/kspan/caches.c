// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "caches.h"

enum { SLOT_GRAIN = 8 };

static bool is_same_cache(const struct trace_origin *a,
			  const struct trace_origin *b)
{
	return a->object_bytes == b->object_bytes &&
	       a->slot_bytes == b->slot_bytes && !strcmp(a->cache, b->cache);
}

/* @first_of has an origin of each cache. */
static int find(struct trace_caches *caches, const struct trace *trace,
		uint32_t *first_of, uint32_t number, uint16_t *found)
{
	const struct trace_origin *origin = &trace->origins[number];
	uint32_t i;

	*found = 0;
	if (origin->kind == TRACE_KMALLOC)
		return 0;
	for (i = 0; i < caches->nr; i++)
		if (is_same_cache(&trace->origins[first_of[i]], origin))
			break;
	if (i == KSPAN_TRACE_MAX_CACHES)
		return -E2BIG;
	if (i == caches->nr) {
		first_of[caches->nr] = number;
		caches->caches[caches->nr++] = (struct kspan_bench_cache) {
			.object_bytes = origin->object_bytes,
			.slot_bytes = (origin->slot_bytes + SLOT_GRAIN - 1) /
				      SLOT_GRAIN * SLOT_GRAIN,
		};
	}
	*found = i + 1;
	return 0;
}

int caches_of_trace(const struct trace *trace, struct trace_caches *caches)
{
	const struct trace_header *header = &trace->header;
	uint32_t *first_of = calloc(KSPAN_TRACE_MAX_CACHES, sizeof(*first_of));
	uint16_t *of_origin = calloc(header->nr_origins, sizeof(*of_origin));
	/* Not looked for yet: most origins of a part of a trace have nothing. */
	char *is_known = calloc(header->nr_origins, 1);
	int err = -ENOMEM;
	uint32_t i;

	caches->nr = 0;
	caches->caches = calloc(KSPAN_TRACE_MAX_CACHES, sizeof(*caches->caches));
	caches->cache_of = calloc(header->nr_events, sizeof(*caches->cache_of));
	if (first_of && of_origin && is_known && caches->caches &&
	    caches->cache_of)
		err = 0;
	for (i = 0; !err && i < header->nr_events; i++) {
		uint32_t origin = trace->origin_of[i];

		if (trace->events[i].what & KSPAN_TRACE_FREE)
			continue;
		if (!is_known[origin])
			err = find(caches, trace, first_of, origin,
				   &of_origin[origin]);
		is_known[origin] = 1;
		caches->cache_of[i] = of_origin[origin];
	}
	free(first_of);
	free(of_origin);
	free(is_known);
	if (err)
		caches_free(caches);
	return err;
}

void caches_free(struct trace_caches *caches)
{
	free(caches->caches);
	free(caches->cache_of);
	*caches = (struct trace_caches) { 0 };
}
