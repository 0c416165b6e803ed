// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"

/* As open() would have made it. */
static void set_mode(int fd, const struct stat *before)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, before ? before->st_mode & 07777 : 0666 & ~mask);
}

static int open_other(struct outfile *file, const struct stat *before)
{
	int fd;

	if (asprintf(&file->other_path, "%s.XXXXXX", file->path) < 0) {
		file->other_path = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(file->other_path, O_CLOEXEC);
	if (fd < 0) {
		int err = -errno;

		free(file->other_path);
		file->other_path = NULL;
		return err;
	}
	set_mode(fd, before);
	file->stream = fdopen(fd, "wb");
	if (file->stream)
		return 0;
	close(fd);
	return -ENOMEM;
}

static int open_directly(struct outfile *file)
{
	file->stream = fopen(file->path, "wbe");
	return file->stream ? 0 : -errno;
}

static int open_any(struct outfile *file)
{
	struct stat st;

	if (stat(file->path, &st))
		return errno == ENOENT ? open_other(file, NULL) : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return open_directly(file);
	/* A new file in its place would hide that it is not to be written. */
	if (access(file->path, W_OK))
		return -errno;
	return open_other(file, &st);
}

int outfile_open(struct outfile *file, const char *path)
{
	int err;

	*file = (struct outfile) { .path = realpath(path, NULL) };
	if (!file->path)
		file->path = strdup(path);
	if (!file->path)
		return -ENOMEM;
	err = open_any(file);
	if (err)
		outfile_close(file);
	return err;
}

int outfile_commit(struct outfile *file)
{
	int err = 0;

	if (fflush(file->stream) || ferror(file->stream))
		err = errno ? -errno : -EIO;
	/* What a full disk did not take, some file systems say only now. */
	if (!err && file->other_path && fsync(fileno(file->stream)))
		err = -errno;
	if (fclose(file->stream) && !err)
		err = -errno;
	file->stream = NULL;
	if (!err && file->other_path && rename(file->other_path, file->path))
		err = -errno;
	if (!err) {
		free(file->other_path);
		file->other_path = NULL;
	}
	return err;
}

void outfile_close(struct outfile *file)
{
	if (file->stream)
		fclose(file->stream);
	if (file->other_path)
		unlink(file->other_path);
	free(file->other_path);
	free(file->path);
	*file = (struct outfile) { 0 };
}
