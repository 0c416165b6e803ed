/* SPDX-License-Identifier: GPL-2.0 */
/* The command that is recorded. It starts when it is told to. */
#ifndef KSPAN_CHILD_H
#define KSPAN_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
	const char *name;	/* what is run; NULL: there is no command */
	pid_t pid;		/* 0: it has ended, or never was */
	int start;		/* it runs its command once this closes */
	int failure;		/* it writes here why it cannot run it */
	int status;		/* as of waitpid() */
	bool ended_by_us;
};

/*
 * Makes the process for @command, NULL-terminated, which may be NULL. It will
 * take the signals of @signals again, which are blocked here, and write to
 * stderr alone if @quiet. A negative errno where there is no process.
 */
int child_fork(struct child *child, char *const *command, const sigset_t *signals,
	       bool quiet);
void child_start(struct child *child);

/* Whether it has ended of its own accord. Does not wait. */
bool child_has_ended(struct child *child);

/*
 * What was started does not outlive the recording: asks it to end and, if it
 * does not, or one of @signals comes, kills it.
 */
void child_end(struct child *child, const sigset_t *signals);

/*
 * The errno with which the command could not be run; 0 if it ran. To be asked
 * once it has ended.
 */
int child_exec_error(struct child *child);

/* Says how it failed, if it did and was not told to end. */
bool child_failed(const struct child *child);

#endif /* KSPAN_CHILD_H */
