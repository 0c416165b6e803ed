// SPDX-License-Identifier: GPL-2.0
/*
 * A real-time task that never sleeps, for scripts.
 *
 *	busy CPU	prints "ready", and then no other task runs on the CPU
 *			until it is killed
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void die(const char *what)
{
	fprintf(stderr, "busy: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	struct sched_param param = { .sched_priority = 99 };
	cpu_set_t cpus;

	if (argc != 2) {
		fputs("Usage: busy CPU\n", stderr);
		return 2;
	}
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");
	puts("ready");
	fflush(stdout);
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		die("sched_setscheduler");
	for (;;)
		asm volatile("" : : : "memory");
}
