/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where objects came from: by which call, out of which cache, in which process.
 * While events are read an origin has numbers; at the end these become names,
 * and origins of equal names become one.
 */
#ifndef KSPAN_ORIGINS_H
#define KSPAN_ORIGINS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

struct origins;

/* What is known when the object is allocated. */
struct origin_key {
	uint64_t call_site;
	uint32_t pid;
	uint32_t kind;			/* enum trace_kind */
	uint32_t object_bytes;		/* of a cache; 0: kmalloc() */
	uint32_t slot_bytes;
};

/* NULL without memory. */
struct origins *origins_new(void);
void origins_free(struct origins *origins);

/* The number of the origin, from 0; -ENOMEM. */
int origins_find(struct origins *origins, const struct origin_key *key,
		 uint32_t *number);

/* An object of this origin was freed into the cache of that name. */
void origins_name_cache(struct origins *origins, uint32_t number,
			const char *cache);

/* Knows the names of addresses and processes; "" where it does not. */
struct origin_names {
	void (*call_site)(void *arg, uint64_t address,
			  char caller[TRACE_CALLER_BYTES],
			  char module[TRACE_MODULE_BYTES]);
	void (*process)(void *arg, uint32_t pid,
			char process[TRACE_PROCESS_BYTES]);
	void *arg;
};

/* Puts the origins into @trace, whose origin_of has their numbers; -ENOMEM. */
int origins_resolve(const struct origins *origins,
		    const struct origin_names *names, struct trace *trace);

#endif /* KSPAN_ORIGINS_H */
