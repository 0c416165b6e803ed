/* SPDX-License-Identifier: GPL-2.0 */
/* The names of the kernel's functions, and of processes. */
#ifndef KSPAN_SYMBOLS_H
#define KSPAN_SYMBOLS_H

#include <stdint.h>

#include "origins.h"

struct symbols;

/*
 * From files like /proc/kallsyms and tracing/saved_cmdlines. What cannot be read
 * has no names. NULL without memory.
 */
struct symbols *symbols_load(const char *kallsyms, const char *cmdlines);
void symbols_free(struct symbols *symbols);

/* Both are for struct origin_names, with the symbols as their argument. */
void symbols_call_site(void *symbols, uint64_t address,
		       char caller[TRACE_CALLER_BYTES],
		       char module[TRACE_MODULE_BYTES]);
void symbols_process(void *symbols, uint32_t pid,
		     char process[TRACE_PROCESS_BYTES]);

#endif /* KSPAN_SYMBOLS_H */
