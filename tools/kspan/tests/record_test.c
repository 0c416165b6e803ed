// SPDX-License-Identifier: GPL-2.0
/* The file and the command of a recording. One case per argument. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../child.h"
#include "../outfile.h"
#include "../tool.h"

#define check(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

/* ---- the file -------------------------------------------------------------- */

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	check(file && fputs(text, file) >= 0 && !fclose(file));
}

static bool holds(const char *path, const char *text)
{
	char found[64] = "";
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	if (!fgets(found, sizeof(found), file))
		found[0] = '\0';
	fclose(file);
	return !strcmp(found, text);
}

static void the_old_file_stays(void)
{
	struct outfile file;
	struct stat st;

	put("trace", "old");
	check(!chmod("trace", 0640));
	check(!symlink("trace", "link"));
	check(!outfile_open(&file, "link"));
	fputs("new", file.stream);
	fflush(file.stream);
	check(holds("trace", "old"));
	outfile_close(&file);
	check(holds("trace", "old"));
	/* Nothing is left but the two. */
	check(!unlink("trace") && !unlink("link") && !rmdir("../files"));
	check(mkdir("../files", 0700) || true);
	check(!chdir("../files"));

	put("trace", "old");
	check(!chmod("trace", 0640));
	check(!symlink("trace", "link"));
	check(!outfile_open(&file, "link"));
	fputs("new", file.stream);
	check(!outfile_commit(&file));
	outfile_close(&file);
	check(holds("trace", "new"));
	check(!lstat("link", &st) && S_ISLNK(st.st_mode));
	check(!stat("trace", &st) && (st.st_mode & 07777) == 0640);
}

static void the_path_is_checked_first(void)
{
	struct outfile file;

	check(outfile_open(&file, "none/trace") == -ENOENT);
	check(outfile_open(&file, ".") == -EISDIR);
	check(outfile_open(&file, "/dev/null/trace") == -ENOTDIR);
	check(!outfile_open(&file, "/dev/full"));
	fputs("new", file.stream);
	check(outfile_commit(&file) == -ENOSPC);
	outfile_close(&file);
	check(!access("/dev/full", F_OK));
}

/* ---- the command ----------------------------------------------------------- */

static sigset_t block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signals;
}

static void run(struct child *child, const char *script)
{
	char *const command[] = { "sh", "-c", (char *)script, NULL };
	sigset_t signals = block_signals();

	check(!child_fork(child, command, &signals, false));
	child_start(child);
	while (!child_has_ended(child))
		usleep(1000);
}

static void how_it_ended(void)
{
	struct child child;

	run(&child, "exit 0");
	check(!child_exec_error(&child) && !child_failed(&child));
	run(&child, "exit 3");
	check(!child_exec_error(&child) && child_failed(&child));
	run(&child, "exit 127");
	check(!child_exec_error(&child) && child_failed(&child));
	run(&child, "kill -SEGV $$");
	check(!child_exec_error(&child) && child_failed(&child));
}

static void it_is_not_found(void)
{
	static char *const command[] = { "/none/such", NULL };
	sigset_t signals = block_signals();
	struct child child;

	check(!child_fork(&child, command, &signals, false));
	child_start(&child);
	while (!child_has_ended(&child))
		usleep(1000);
	check(child_exec_error(&child) == ENOENT);
	check(!child_fork(&child, NULL, &signals, false));
	check(!child_has_ended(&child) && !child_failed(&child));
	child_end(&child, &signals);
	check(!child_exec_error(&child));
}

static void a_deaf_one_is_ended(void)
{
	static char *const command[] = {
		"sh", "-c",
		"trap '' TERM; : >ready; while :; do sleep .1; done", NULL
	};
	sigset_t signals = block_signals();
	time_t start = time(NULL);
	struct child child;

	check(!child_fork(&child, command, &signals, false));
	child_start(&child);
	while (access("ready", F_OK))
		usleep(1000);
	child_end(&child, &signals);
	check(!child.pid && !child_failed(&child));
	check(time(NULL) - start < 5);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "the_old_file_stays", the_old_file_stays },
	{ "the_path_is_checked_first", the_path_is_checked_first },
	{ "how_it_ended", how_it_ended },
	{ "it_is_not_found", it_is_not_found },
	{ "a_deaf_one_is_ended", a_deaf_one_is_ended },
};

int main(int argc, char **argv)
{
	size_t i;

	alarm(60);
	for (i = 0; argc == 2 && i < NR(cases); i++) {
		if (strcmp(cases[i].name, argv[1]))
			continue;
		check(!mkdir("files", 0700) && !chdir("files"));
		cases[i].run();
		return 0;
	}
	fprintf(stderr, "no such case\n");
	return 1;
}
