/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of traces share. */
#ifndef KSPAN_TRACE_KIT_H
#define KSPAN_TRACE_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../slots.h"
#include "../trace.h"

#define check(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

/* Caches of the tests: number 1 is "inode_cache". */
static inline const char *cache_name(void *arg, uint32_t cache)
{
	check(!arg && cache == 1);
	return "inode_cache";
}

/* Call sites of the tests are pages of functions f1, f2, ...; PIDs likewise. */
static inline void test_call_site(void *arg, uint64_t address, char *caller,
				  char *module)
{
	check(!arg);
	sprintf(caller, "f%llu", (unsigned long long)address >> 12);
	strcpy(module, address >> 12 > 1 ? "ext4" : "vmlinux");
}

static inline void test_process(void *arg, uint32_t pid, char *process)
{
	check(!arg);
	strcpy(process, pid % 2 ? "odd" : "even");
}

static const struct origin_names test_names = {
	.call_site = test_call_site, .process = test_process,
};

static inline struct trace take(struct slots *slots)
{
	struct trace trace;
	const char *why;

	check(!slots_take(slots, &test_names, &trace));
	slots_free(slots);
	check(!trace_add_up(&trace, &why));
	return trace;
}

struct test_case {
	const char *name;
	void (*run)(void);
};

/* The case that the command line names; the program's status. */
static inline int run_case(const struct test_case *cases, size_t nr_cases,
			   int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < nr_cases; i++) {
		if (strcmp(cases[i].name, argv[1]))
			continue;
		cases[i].run();
		return 0;
	}
	fprintf(stderr, "usage: %s CASE\n", argv[0]);
	return 2;
}

#endif /* KSPAN_TRACE_KIT_H */
