// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

enum { FIRST_CAPACITY = 1 << 12 };

/* What the module of built-in code is called. */
static const char built_in[] = "vmlinux";

struct symbol {
	uint64_t address;
	char *text;			/* the name, and behind its NUL the module */
};

struct process {
	uint64_t pid;
	char name[TRACE_PROCESS_BYTES];
};

struct symbols {
	struct symbol *functions;	/* by address */
	size_t nr_functions;
	struct process *processes;	/* by PID */
	size_t nr_processes;
};

/* Room for one more; NULL without memory. */
static void *reserve(void *array, size_t used, size_t bytes)
{
	if (!used)
		return realloc(array, FIRST_CAPACITY * bytes);
	if (used < FIRST_CAPACITY || used & (used - 1))
		return array;
	return realloc(array, 2 * used * bytes);
}

/* Both of these structs open with the number to sort by. */
static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* What others print or compare has no bytes that a terminal obeys. */
static void copy_text(char *to, size_t to_bytes, const char *from)
{
	size_t i;

	for (i = 0; i < to_bytes - 1 && from[i]; i++)
		to[i] = isprint((unsigned char)from[i]) ? from[i] : '?';
	to[i] = '\0';
}

/* "ffffffff81000000 T name\t[module]" */
static int add_function(struct symbols *symbols, const char *line)
{
	char name[512], module[TRACE_MODULE_BYTES] = "", type;
	unsigned long long address;
	struct symbol *functions;
	size_t name_bytes;
	char *text;

	if (sscanf(line, "%llx %c %511s [%55[^]]]", &address, &type, name,
		   module) < 3 || !address || !strchr("tTwW", type))
		return 0;
	if (!*module)
		strcpy(module, built_in);
	functions = reserve(symbols->functions, symbols->nr_functions,
			    sizeof(*functions));
	if (!functions)
		return -1;
	symbols->functions = functions;
	name_bytes = strlen(name) + 1;
	text = malloc(name_bytes + strlen(module) + 1);
	if (!text)
		return -1;
	memcpy(text, name, name_bytes);
	strcpy(text + name_bytes, module);
	functions[symbols->nr_functions++] = (struct symbol) {
		.address = address, .text = text,
	};
	return 0;
}

/* "123 name", where the name may have blanks */
static int add_process(struct symbols *symbols, const char *line)
{
	struct process *processes;
	char name[64] = "";
	unsigned int pid;

	if (sscanf(line, "%u %63[^\n]", &pid, name) != 2)
		return 0;
	processes = reserve(symbols->processes, symbols->nr_processes,
			    sizeof(*processes));
	if (!processes)
		return -1;
	symbols->processes = processes;
	processes += symbols->nr_processes++;
	processes->pid = pid;
	copy_text(processes->name, sizeof(processes->name), name);
	return 0;
}

static int read_lines(const char *path, struct symbols *symbols,
		      int (*fn)(struct symbols *symbols, const char *line))
{
	FILE *file = fopen(path, "re");
	char line[1024];
	int err = 0;

	while (file && !err && fgets(line, sizeof(line), file))
		err = fn(symbols, line);
	if (file)
		fclose(file);
	return err;
}

struct symbols *symbols_load(const char *kallsyms, const char *cmdlines)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	if (read_lines(kallsyms, symbols, add_function) ||
	    read_lines(cmdlines, symbols, add_process)) {
		symbols_free(symbols);
		return NULL;
	}
	if (symbols->nr_functions)
		qsort(symbols->functions, symbols->nr_functions,
		      sizeof(*symbols->functions), by_number);
	if (symbols->nr_processes)
		qsort(symbols->processes, symbols->nr_processes,
		      sizeof(*symbols->processes), by_number);
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	size_t i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->nr_functions; i++)
		free(symbols->functions[i].text);
	free(symbols->functions);
	free(symbols->processes);
	free(symbols);
}

void symbols_call_site(void *arg, uint64_t address,
		       char caller[TRACE_CALLER_BYTES],
		       char module[TRACE_MODULE_BYTES])
{
	const struct symbols *symbols = arg;
	size_t low = 0, high = symbols->nr_functions;

	*caller = '\0';
	*module = '\0';
	/* The last function that begins before the address it returns to. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->functions[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return;
	copy_text(caller, TRACE_CALLER_BYTES, symbols->functions[low - 1].text);
	copy_text(module, TRACE_MODULE_BYTES,
		  symbols->functions[low - 1].text +
		  strlen(symbols->functions[low - 1].text) + 1);
}

void symbols_process(void *arg, uint32_t pid,
		     char process[TRACE_PROCESS_BYTES])
{
	const struct symbols *symbols = arg;
	const struct process key = { .pid = pid }, *found = NULL;

	if (symbols->nr_processes)
		found = bsearch(&key, symbols->processes,
				symbols->nr_processes, sizeof(key), by_number);
	/* Of an idle CPU, or of an interrupt while it was idle. */
	copy_text(process, TRACE_PROCESS_BYTES,
		  found ? found->name : pid ? "" : "swapper");
}
