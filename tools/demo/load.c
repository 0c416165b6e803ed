// SPDX-License-Identifier: GPL-2.0
/*
 * Work for the kernel that a shell script is too slow for:
 *
 *	load files DIR COUNT	small files, a hundred in a directory
 *	load links DIR COUNT	renames and links among these, some unlinked
 *	load processes COUNT	children that talk through pipes and end
 *	load sockets COUNT	connections, most of them open at once
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FILES_PER_DIR	= 100,
	PATH_BYTES	= 256,
	CHILDREN	= 8,		/* at a time */
	MESSAGE_BYTES	= 16384,
};

static char message[MESSAGE_BYTES];

static void file_path(char *path, const char *dir, const char *what, int i)
{
	snprintf(path, PATH_BYTES, "%s/%d/%s-%d", dir, i / FILES_PER_DIR, what,
		 i % FILES_PER_DIR);
}

static void make_files(const char *dir, int count)
{
	char path[PATH_BYTES];
	int fd, i;

	for (i = 0; i < count; i++) {
		if (i % FILES_PER_DIR == 0) {
			snprintf(path, sizeof(path), "%s/%d", dir,
				 i / FILES_PER_DIR);
			if (mkdir(path, 0755))
				err(1, "%s", path);
		}
		file_path(path, dir, "file", i);
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, message, i % 500 + 1) < 0)
			err(1, "%s", path);
		close(fd);
	}
}

/* Every fourth file moves, every fifth gets a link, every sixth goes. */
static void link_files(const char *dir, int count)
{
	char path[PATH_BYTES], other[PATH_BYTES];
	int i;

	for (i = 0; i < count; i++) {
		file_path(path, dir, "file", i);
		if (i % 4 == 0) {
			file_path(other, dir, "a-much-longer-name-than-the-inline-one", i);
			if (rename(path, other))
				err(1, "%s", other);
			strcpy(path, other);
		}
		file_path(other, dir, "link", i);
		if (i % 5 == 0 && (i % 2 ? symlink(path, other) :
					   link(path, other)))
			err(1, "%s", other);
		if (i % 6 == 0 && unlink(path))
			err(1, "%s", path);
	}
}

static void run_child(int from, int to)
{
	char buffer[MESSAGE_BYTES];
	ssize_t n = read(from, buffer, sizeof(buffer));

	_exit(n <= 0 || write(to, buffer, n) != n);
}

static void run_processes(int count)
{
	int down[CHILDREN][2], up[CHILDREN][2], i, status;
	char buffer[MESSAGE_BYTES];

	for (; count > 0; count -= CHILDREN) {
		for (i = 0; i < CHILDREN; i++) {
			if (pipe(down[i]) || pipe(up[i]))
				err(1, "pipe");
			switch (fork()) {
			case -1:
				err(1, "fork");
			case 0:
				run_child(down[i][0], up[i][1]);
			}
		}
		for (i = 0; i < CHILDREN; i++)
			if (write(down[i][1], message, 1 << (i % 14)) < 0 ||
			    read(up[i][0], buffer, sizeof(buffer)) < 0)
				err(1, "pipe");
		for (i = 0; i < CHILDREN; i++) {
			if (wait(&status) < 0 || status)
				errx(1, "a child failed");
			close(down[i][0]);
			close(down[i][1]);
			close(up[i][0]);
			close(up[i][1]);
		}
	}
}

static int listen_tcp(struct sockaddr_in *address)
{
	socklen_t address_bytes = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)address, address_bytes) ||
	    listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)address, &address_bytes))
		err(1, "listen");
	return fd;
}

static void connect_tcp(int listener, const struct sockaddr_in *address,
			int pair[2])
{
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (pair[0] < 0 ||
	    connect(pair[0], (const struct sockaddr *)address,
		    sizeof(*address)))
		err(1, "connect");
	pair[1] = accept(listener, NULL, NULL);
	if (pair[1] < 0)
		err(1, "accept");
}

static void exchange(int pair[2], size_t bytes)
{
	char buffer[MESSAGE_BYTES];
	size_t got = 0;
	ssize_t n;

	if (write(pair[0], message, bytes) != (ssize_t)bytes)
		err(1, "write");
	for (; got < bytes; got += n) {
		n = read(pair[1], buffer, sizeof(buffer));
		if (n <= 0)
			err(1, "read");
	}
}

static void run_sockets(int count)
{
	int (*pairs)[2] = calloc(count, sizeof(*pairs));
	struct rlimit limit = { 2 * count + 64, 2 * count + 64 };
	struct sockaddr_in address;
	int listener, i, round;

	if (!pairs || setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "sockets");
	listener = listen_tcp(&address);
	for (i = 0; i < count; i++) {
		if (i % 2)
			connect_tcp(listener, &address, pairs[i]);
		else if (socketpair(AF_UNIX, i % 4 ? SOCK_DGRAM : SOCK_STREAM,
				    0, pairs[i]))
			err(1, "socketpair");
		for (round = 0; round < 4; round++)
			exchange(pairs[i], (i * 7 + round * 1000) % 8000 + 1);
		/* A third ends at once, the others with the process. */
		if (i % 3 == 0) {
			close(pairs[i][0]);
			close(pairs[i][1]);
		}
	}
	free(pairs);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[argc - 1]) : 0;

	memset(message, 'x', sizeof(message));
	if (argc == 4 && !strcmp(argv[1], "files"))
		make_files(argv[2], count);
	else if (argc == 4 && !strcmp(argv[1], "links"))
		link_files(argv[2], count);
	else if (argc == 3 && !strcmp(argv[1], "processes"))
		run_processes(count);
	else if (argc == 3 && !strcmp(argv[1], "sockets"))
		run_sockets(count);
	else
		errx(2, "files DIR N, links DIR N, processes N or sockets N");
	return 0;
}
