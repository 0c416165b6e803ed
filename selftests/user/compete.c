// SPDX-License-Identifier: GPL-2.0
/*
 * compete MEGABYTES: a program that needs its memory. It writes all of it again
 * and again, looks whether it holds what was written, and says at SIGTERM how
 * often it has been through.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/types.h>

static __u64 word_of(size_t i, __u64 pass)
{
	return (i + pass) * 0x9e3779b97f4a7c15ULL;
}

static int told_to_end(void)
{
	sigset_t pending;

	return !sigpending(&pending) && sigismember(&pending, SIGTERM);
}

int main(int argc, char **argv)
{
	size_t nwords, i;
	sigset_t blocked;
	__u64 *words;
	__u64 pass;

	if (argc != 2) {
		fputs("Usage: compete MEGABYTES\n", stderr);
		return 2;
	}
	nwords = (strtoul(argv[1], NULL, 0) << 20) / sizeof(*words);
	words = calloc(nwords, sizeof(*words));
	if (!words) {
		perror("compete");
		return 1;
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (i = 0; i < nwords; i++)
		words[i] = word_of(i, 0);
	puts("ready");
	fflush(stdout);
	for (pass = 0; !told_to_end(); pass++) {
		for (i = 0; i < nwords; i++) {
			if (words[i] != word_of(i, pass)) {
				fprintf(stderr, "compete: word %zu\n", i);
				return 1;
			}
			words[i] = word_of(i, pass + 1);
		}
	}
	printf("passes %llu\n", pass);
	return 0;
}
