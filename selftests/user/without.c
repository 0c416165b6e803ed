// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command with less.
 *
 *	without root COMMAND...		as nobody
 *	without admin COMMAND...	as root, without CAP_SYS_ADMIN
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	NOBODY = 65534,
	EXIT_CANNOT = 126,
};

int main(int argc, char **argv)
{
	int err = -1;

	if (argc > 2 && !strcmp(argv[1], "root"))
		err = setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
	else if (argc > 2 && !strcmp(argv[1], "admin"))
		/* What root gets by exec() is what the bounding set has. */
		err = prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0);
	else
		errno = EINVAL;
	if (!err)
		execvp(argv[2], argv + 2);
	perror("without");
	return EXIT_CANNOT;
}
