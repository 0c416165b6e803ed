/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands of the kspan tool share. A command is one function,
 *
 *	int cmd_NAME(int argc, char **argv, const struct kspan_tool *tool)
 *
 * whose argv[0] is "kspan NAME", so that argp's messages name the command. It
 * returns an enum tool_exit. Usage errors leave through argp_error(), which
 * exits with TOOL_USAGE.
 */
#ifndef KSPAN_TOOL_H
#define KSPAN_TOOL_H

#include <argp.h>
#include <stdbool.h>

/* Scripts rely on these numbers; the manual page lists them. */
enum tool_exit {
	TOOL_OK		= 0,
	TOOL_FAILED	= 1,	/* the kernel reported a failure */
	TOOL_USAGE	= 2,
	TOOL_ABSENT	= 3,	/* no /dev/kspan */
	TOOL_DENIED	= 4,	/* EPERM or EACCES */
};

struct kspan_tool {
	bool json;
	const char *device;
};

/*
 * --json and --device, which may stand before or after the command's name. A
 * command puts tool_children in its argp, and at ARGP_KEY_INIT sets
 * state->child_inputs[0] to its own copy of the struct kspan_tool.
 */
extern const struct argp_child tool_children[];

/* The argp parser of a command without arguments; input: struct kspan_tool. */
error_t no_args_parse(int key, char *arg, struct argp_state *state);

/*
 * The arguments of a command that works on one heap; heap_args_parse() is its
 * argp parser, or the last resort of one whose input starts with this struct.
 * A heap that is set before parsing is the default.
 */
struct heap_args {
	struct kspan_tool tool;
	const char *heap;
};

error_t heap_args_parse(int key, char *arg, struct argp_state *state);

/*
 * The beginning of a command: parses its arguments into @input, and opens the
 * device of @tool, which is in @input. TOOL_OK and the file in @fd, or the exit
 * code.
 */
int command_open(int argc, char **argv, const struct argp *argp, void *input,
		 const struct kspan_tool *tool, int *fd);

/* The same of a command whose only argument is a heap. */
int heap_open(int argc, char **argv, const char *doc, struct heap_args *args,
	      int *fd);

/* Leaves through argp_error() if @name cannot be a heap's name. */
void check_heap_name(const struct argp_state *state, const char *name);

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* @p, or the end of the program where it is NULL for lack of memory. */
void *tool_need(void *p);

/* Prints "kspan: ", the message and a newline to stderr. */
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Opens tool->device. Returns TOOL_OK and the file in @fd, or says why not and
 * returns the exit code.
 */
int tool_open(const struct kspan_tool *tool, int *fd);

/*
 * Says that @action ("scavenge") failed with @err, a negative errno, and
 * returns the exit code. @heap is NULL where no heap was named.
 */
int tool_fail(const struct kspan_tool *tool, const char *action,
	      const char *heap, int err);

int cmd_heaps(int argc, char **argv, const struct kspan_tool *tool);
int cmd_stat(int argc, char **argv, const struct kspan_tool *tool);
int cmd_classes(int argc, char **argv, const struct kspan_tool *tool);
int cmd_spans(int argc, char **argv, const struct kspan_tool *tool);
int cmd_arenas(int argc, char **argv, const struct kspan_tool *tool);
int cmd_scavenge(int argc, char **argv, const struct kspan_tool *tool);
int cmd_drain(int argc, char **argv, const struct kspan_tool *tool);
int cmd_limit(int argc, char **argv, const struct kspan_tool *tool);
int cmd_leaks(int argc, char **argv, const struct kspan_tool *tool);
int cmd_gc(int argc, char **argv, const struct kspan_tool *tool);
int cmd_create(int argc, char **argv, const struct kspan_tool *tool);
int cmd_destroy(int argc, char **argv, const struct kspan_tool *tool);
int cmd_version(int argc, char **argv, const struct kspan_tool *tool);

/* Weak: a build without record.c or replay.c has no such command. */
int cmd_record(int argc, char **argv, const struct kspan_tool *tool)
	__attribute__((weak));
int cmd_replay(int argc, char **argv, const struct kspan_tool *tool)
	__attribute__((weak));

#endif /* KSPAN_TOOL_H */
