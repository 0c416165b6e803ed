/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's tracing, in an instance of our own: nobody else's tracing is
 * touched, and nothing is left behind.
 */
#ifndef KSPAN_TRACEFS_H
#define KSPAN_TRACEFS_H

#include <stdint.h>

#include "eventlog.h"

struct tracefs;

/*
 * Makes the instance, with so much buffer for every CPU. All of these print
 * what fails and return a negative errno.
 */
int tracefs_open(unsigned int buffer_kb, struct tracefs **tracefs);
int tracefs_start(const struct tracefs *tracefs);
int tracefs_stop(const struct tracefs *tracefs);

/* CPUs there may be, for the log. */
unsigned int tracefs_nr_cpus(const struct tracefs *tracefs);

/*
 * Takes events that the kernel has buffered into @log. 1 if there may be more,
 * 0 if not; -ENODATA: a page made no sense.
 */
int tracefs_drain(const struct tracefs *tracefs, struct eventlog *log);

/* Events that the kernel overwrote or dropped. */
int tracefs_lost(const struct tracefs *tracefs, uint64_t *lost);

/* Names of functions and processes, as they are now; NULL without memory. */
struct symbols *tracefs_symbols(const struct tracefs *tracefs);

/* The cache_name_fn of events that were drained; its argument is the tracefs. */
const char *tracefs_cache_name(void *tracefs, uint32_t number);

/* Removes the instance. NULL is ignored. */
void tracefs_close(struct tracefs *tracefs);

#endif /* KSPAN_TRACEFS_H */
