// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl_test [FILE]...: runs the tests, or those of the named files ("heap"),
 * and prints KTAP.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum {
	EXIT_SKIP	= 4,	/* as kselftests have it */
	TIME_LIMIT_S	= 120,
	/* More than these say nothing new. */
	MAX_TOLD	= 8,
};

static struct test *tests;
static unsigned int nfailures;

/* The files are linked in the order of their names, and keep it. */
void test_register(struct test *test)
{
	struct test **link = &tests;

	while (*link)
		link = &(*link)->next;
	*link = test;
}

/* Whether one more failure is to be told of. */
static bool fail(void)
{
	nfailures++;
	if (nfailures == MAX_TOLD + 1)
		puts("# and more");
	return nfailures <= MAX_TOLD;
}

bool test_true(const char *file, int line, const char *what, bool holds)
{
	if (!holds && fail())
		printf("# %s:%d: not so: %s\n", file, line, what);
	fflush(stdout);
	return holds;
}

bool test_equal(const char *file, int line, const char *what,
		long long expected, long long found)
{
	if (expected != found && fail())
		printf("# %s:%d: %s is %lld, should be %lld\n", file, line,
		       what, found, expected);
	fflush(stdout);
	return expected == found;
}

bool test_failed(void)
{
	return nfailures;
}

void test_end(void)
{
	exit(nfailures ? EXIT_FAILURE : EXIT_SUCCESS);
}

void test_skip(const char *reason)
{
	printf("# SKIP %s\n", reason);
	exit(EXIT_SKIP);
}

/* "ioctl/heap.c" is "heap". */
static bool in_group(const struct test *test, const char *group)
{
	const char *slash = strrchr(test->file, '/');
	const char *base = slash ? slash + 1 : test->file;

	return strlen(base) == strlen(group) + 2 &&
	       !strncmp(base, group, strlen(group));
}

static bool wanted(const struct test *test, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (in_group(test, argv[i]))
			return true;
	}
	return argc < 2;
}

static int run(const struct test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* What the test starts is ended with it. */
		setpgid(0, 0);
		alarm(TIME_LIMIT_S);
		test->run();
		test_end();
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	kill(-pid, SIGKILL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("# ended by signal %d%s\n", WTERMSIG(status),
	       WTERMSIG(status) == SIGALRM ? ": too slow" : "");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const struct test *test;
	int nfailed = 0;
	int ntests = 0;

	for (test = tests; test; test = test->next)
		ntests += wanted(test, argc, argv);
	printf("TAP version 13\n1..%d\n", ntests);
	ntests = 0;
	for (test = tests; test; test = test->next) {
		int status;

		if (!wanted(test, argc, argv))
			continue;
		status = run(test);
		nfailed += status && status != EXIT_SKIP;
		printf("%sok %d %s%s\n",
		       status && status != EXIT_SKIP ? "not " : "", ++ntests,
		       test->name, status == EXIT_SKIP ? " # SKIP" : "");
	}
	/* No test by that name must not pass for a test that passed. */
	return nfailed || !ntests;
}
