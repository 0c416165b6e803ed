/* SPDX-License-Identifier: GPL-2.0 */
/* A debugfs file that runs what is written to it and shows what came of it. */
#ifndef _KSPAN_BENCH_COMMAND_H
#define _KSPAN_BENCH_COMMAND_H

#include <linux/types.h>

struct dentry;
struct mutex;
struct seq_file;

/* Longest command: a table of sizes. */
#define BENCH_COMMAND_BYTES	(32 << 10)

/*
 * @run gets one write, as a string that it may change, and @show prints the
 * outcome of the last one. Both run under @lock.
 */
struct bench_command {
	const char *name;
	int (*run)(char *command);
	void (*show)(struct seq_file *m);
	struct mutex *lock;	/* one measurement at a time */
};

/* @command must stay until @dir is removed. */
void bench_command_create(struct dentry *dir, struct bench_command *command);

/* The next word of a command, or NULL; a space or a newline ends it. */
char *bench_command_word(char **command);

/* The next word as a number from @min to @max, or -EINVAL. */
int bench_command_number(char **command, u32 min, u32 max, u32 *number);

/* The next word as the name of a backend: enum kspan_bench_backend. */
int bench_command_backend(char **command, u32 *backend);

/* The name of a backend. */
const char *bench_command_backend_name(u32 backend);

#endif /* _KSPAN_BENCH_COMMAND_H */
