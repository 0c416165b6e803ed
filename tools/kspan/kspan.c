// SPDX-License-Identifier: GPL-2.0
/* The command-line tool of kspan: finds the command and runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libkspan.h"
#include "tool.h"

struct command {
	const char *name;
	const char *usage;
	const char *doc;
	int (*run)(int argc, char **argv, const struct kspan_tool *tool);
};

static int cmd_help(int argc, char **argv, const struct kspan_tool *tool);

static const struct command commands[] = {
	{ "heaps", "", "list the heaps", cmd_heaps },
	{ "stat", "[HEAP]", "balance sheet and counters of a heap", cmd_stat },
	{ "classes", "HEAP", "size classes of a heap", cmd_classes },
	{ "spans", "HEAP", "every span of a heap", cmd_spans },
	{ "arenas", "HEAP", "arenas in which a heap has pages", cmd_arenas },
	{ "scavenge", "HEAP [BYTES]", "give free pages back to the kernel",
	  cmd_scavenge },
	{ "drain", "HEAP", "empty the CPU caches into the spans", cmd_drain },
	{ "limit", "HEAP BYTES", "bound the memory a heap may hold",
	  cmd_limit },
	{ "gc", "HEAP", "what the collector of a heap has done; collect",
	  cmd_gc },
	{ "leaks", "HEAP", "live objects that nothing leads to", cmd_leaks },
	{ "create", "HEAP", "make a heap", cmd_create },
	{ "destroy", "HEAP", "free a heap made by create", cmd_destroy },
	{ "record", "FILE", "record a trace of the kernel's allocations",
	  cmd_record },
	{ "replay", "FILE", "replay a trace and measure it", cmd_replay },
	{ "version", "", "version and geometry of the module", cmd_version },
	{ "help", "[COMMAND]", "explain the tool, or a command", cmd_help },
};

struct main_args {
	struct kspan_tool tool;
	int command_index;	/* in argv; 0 is none */
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR(commands); i++)
		if (commands[i].run && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct main_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->tool;
		return 0;
	case ARGP_KEY_ARG:
		if (!find_command(arg))
			argp_error(state, "'%s': no such command", arg);
		/* What follows belongs to the command. */
		args->command_index = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!args->command_index)
			argp_error(state, "which command?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* argp frees what this returns, if it is not @text. */
static char *list_commands(int key, const char *text, void *input)
{
	size_t text_bytes, i;
	char *list;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &text_bytes);
	if (!out)
		return (char *)text;
	fputs("Commands:\n", out);
	for (i = 0; i < NR(commands); i++)
		if (commands[i].run)
			fprintf(out, "  %-9s%-13s %s\n", commands[i].name,
				commands[i].usage, commands[i].doc);
	fputs("\n`kspan COMMAND --help' explains a command.\n\n", out);
	fputs(text, out);
	return fclose(out) ? (char *)text : list;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Look at the heaps of the kspan allocator, and manage them.\v"
	       "Exit codes:\n"
	       "  0  done\n"
	       "  1  the kernel reported a failure\n"
	       "  2  wrong usage\n"
	       "  3  the kspan module is not loaded\n"
	       "  4  no permission",
	.children = tool_children,
	.help_filter = list_commands,
};

/* @argv starts with the command's name. */
static int run(const struct command *command, int argc, char **argv,
	       const struct kspan_tool *tool)
{
	char name[32];

	snprintf(name, sizeof(name), "kspan %s", command->name);
	argv[0] = name;
	return command->run(argc, argv, tool);
}

struct help_args {
	struct kspan_tool tool;
	const char *command;		/* NULL: of the tool itself */
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	struct help_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->tool;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "'%s': too many arguments", arg);
		if (!find_command(arg))
			argp_error(state, "'%s': no such command", arg);
		args->command = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The same as --help, for who thinks of it as a command. */
static int cmd_help(int argc, char **argv, const struct kspan_tool *tool)
{
	static const struct argp help_argp = {
		.parser = parse_help,
		.args_doc = "[COMMAND]",
		.doc = "Explain the tool, or a command.",
		.children = tool_children,
	};
	struct help_args args = { .tool = *tool };
	struct main_args of_tool = { .tool = *tool };
	char *for_help[3] = { "kspan", "--help", NULL };

	if (argp_parse(&help_argp, argc, argv, 0, NULL, &args))
		return TOOL_USAGE;
	if (args.command)
		return run(find_command(args.command), 2, for_help, tool);
	/* It prints, and exits. */
	return argp_parse(&argp, 2, for_help, 0, NULL, &of_tool) ? TOOL_FAILED :
								    TOOL_OK;
}

const char *argp_program_version = "kspan " KSPAN_VERSION;

int main(int argc, char **argv)
{
	struct main_args args = { .tool.device = KSPAN_DEVICE };
	const struct command *command;
	int status;

	/* Messages start with the same word however the tool was called. */
	if (argc)
		argv[0] = "kspan";
	argp_err_exit_status = TOOL_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args))
		return TOOL_USAGE;

	argc -= args.command_index;
	argv += args.command_index;
	command = find_command(argv[0]);
	status = run(command, argc, argv, &args.tool);

	/* A full disk must not look like an empty heap. */
	if (fflush(stdout) || ferror(stdout)) {
		tool_error("writing the output: %s", strerror(errno));
		if (status == TOOL_OK)
			status = TOOL_FAILED;
	}
	return status;
}
