/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that is there whole or not at all: it is written under another name
 * beside its own, and takes its own once all is written. What is no regular
 * file, such as a pipe or /dev/null, is written to directly.
 */
#ifndef KSPAN_OUTFILE_H
#define KSPAN_OUTFILE_H

#include <stdio.h>

struct outfile {
	FILE *stream;
	char *path;		/* where links lead to */
	char *other_path;	/* NULL: written to directly */
};

/* 0 or a negative errno: the file could not be written later. */
int outfile_open(struct outfile *file, const char *path);

/* The content becomes the file. 0 or a negative errno. */
int outfile_commit(struct outfile *file);

/* Leaves everything as it was. May follow outfile_commit(). */
void outfile_close(struct outfile *file);

#endif /* KSPAN_OUTFILE_H */
