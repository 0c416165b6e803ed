// SPDX-License-Identifier: GPL-2.0
/* The command that is recorded. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "tool.h"

enum {
	CANNOT_RUN	= 127,		/* as a shell ends */
	PATIENCE_MS	= 1000,		/* between asking and killing */
	LOOK_EVERY_MS	= 10,
	NS_PER_MS	= 1000000,
};

static void run_command(char *const *command, int start, int failure,
			const sigset_t *signals, bool quiet)
{
	char byte;
	int err;

	if (read(start, &byte, 1))
		_exit(CANNOT_RUN);
	if (quiet)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	sigprocmask(SIG_UNBLOCK, signals, NULL);
	execvp(command[0], command);
	err = errno;
	/* Whoever has made the pipe finds it empty instead. */
	if (write(failure, &err, sizeof(err)) < 0)
		_exit(CANNOT_RUN);
	_exit(CANNOT_RUN);
}

int child_fork(struct child *child, char *const *command, const sigset_t *signals,
	       bool quiet)
{
	int start[2], failure[2];

	*child = (struct child) { .start = -1, .failure = -1 };
	if (!command)
		return 0;
	child->name = command[0];
	if (pipe2(start, O_CLOEXEC))
		return -errno;
	if (pipe2(failure, O_CLOEXEC | O_NONBLOCK)) {
		int err = -errno;

		close(start[0]);
		close(start[1]);
		return err;
	}
	child->pid = fork();
	if (!child->pid) {
		close(start[1]);
		run_command(command, start[0], failure[1], signals, quiet);
	}
	close(start[0]);
	close(failure[1]);
	child->start = start[1];
	child->failure = failure[0];
	return child->pid < 0 ? -errno : 0;
}

void child_start(struct child *child)
{
	if (child->start >= 0)
		close(child->start);
	child->start = -1;
}

bool child_has_ended(struct child *child)
{
	if (child->pid <= 0 ||
	    waitpid(child->pid, &child->status, WNOHANG) != child->pid)
		return false;
	child->pid = 0;
	return true;
}

/* Whether it ended before the time was over or a signal came. */
static bool ends_in_time(struct child *child, const sigset_t *signals)
{
	static const struct timespec pause = {
		.tv_nsec = LOOK_EVERY_MS * NS_PER_MS,
	};
	int ms, signal;

	for (ms = 0; ms < PATIENCE_MS; ms += LOOK_EVERY_MS) {
		if (child_has_ended(child))
			return true;
		signal = sigtimedwait(signals, NULL, &pause);
		if (signal > 0 && signal != SIGCHLD)
			return false;
	}
	return false;
}

void child_end(struct child *child, const sigset_t *signals)
{
	if (child->pid <= 0 || child_has_ended(child))
		return;
	child->ended_by_us = true;
	kill(child->pid, SIGTERM);
	/* A stopped one would not see that. */
	kill(child->pid, SIGCONT);
	child_start(child);
	if (ends_in_time(child, signals))
		return;
	kill(child->pid, SIGKILL);
	if (ends_in_time(child, signals))
		return;
	/* It sleeps in the kernel; it ends when that lets it. */
	tool_error("%s does not end, although it was killed", child->name);
}

int child_exec_error(struct child *child)
{
	int err = 0;

	if (child->failure < 0)
		return 0;
	if (read(child->failure, &err, sizeof(err)) != sizeof(err))
		err = 0;
	close(child->failure);
	child->failure = -1;
	return err;
}

bool child_failed(const struct child *child)
{
	if (!child->name || child->ended_by_us)
		return false;
	if (WIFSIGNALED(child->status)) {
		tool_error("%s was killed by signal %d (%s)", child->name,
			   WTERMSIG(child->status),
			   strsignal(WTERMSIG(child->status)));
		return true;
	}
	if (!WIFEXITED(child->status) || !WEXITSTATUS(child->status))
		return false;
	tool_error("%s ended with status %d", child->name,
		   WEXITSTATUS(child->status));
	return true;
}
