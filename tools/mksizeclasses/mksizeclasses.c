// SPDX-License-Identifier: GPL-2.0
/*
 * Prints kmod/include/linux/kspan_sizeclass.h: the 67 size classes of the Go
 * runtime, recomputed from the rule its generator follows.
 *
 * Candidate sizes grow by an alignment that widens with the size. Each gets the
 * shortest span that wastes at most an eighth of itself at its end. Neighbours
 * with the same span and the same number of objects are merged into the larger
 * size, and a size that leaves room in its span is stretched into it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PAGE_BYTES = 8192,
	MIN_ALIGN = 8,
	MAX_BYTES = 32768,
	STRETCH_ALIGN = 128,
	NR_CLASSES = 67,
};

struct sizeclass {
	unsigned int size_bytes;
	unsigned int span_bytes;
};

static struct sizeclass classes[NR_CLASSES + 2];
static unsigned int nr_classes;

static unsigned int align_of(unsigned int size_bytes, unsigned int align)
{
	if (size_bytes & (size_bytes - 1))
		return align;
	if (size_bytes >= 2048)
		return 256;
	if (size_bytes >= 128)
		return size_bytes / 8;
	if (size_bytes >= 32)
		return 16;
	return align;
}

static unsigned int span_of(unsigned int size_bytes)
{
	unsigned int span_bytes = PAGE_BYTES;

	while (span_bytes % size_bytes > span_bytes / 8)
		span_bytes += PAGE_BYTES;
	return span_bytes;
}

static void walk_candidates(void)
{
	unsigned int align = MIN_ALIGN;
	unsigned int size;

	for (size = MIN_ALIGN; size <= MAX_BYTES; size += align) {
		unsigned int span = span_of(size);
		struct sizeclass *prev = &classes[nr_classes];

		align = align_of(size, align);
		if (nr_classes && prev->span_bytes == span &&
		    span / prev->size_bytes == span / size) {
			prev->size_bytes = size;
			continue;
		}
		if (nr_classes == NR_CLASSES) {
			fprintf(stderr, "mksizeclasses: too many classes\n");
			exit(1);
		}
		classes[++nr_classes] = (struct sizeclass){ size, span };
	}
}

static void stretch(struct sizeclass *class)
{
	unsigned int nobjs = class->span_bytes / class->size_bytes;
	unsigned int size = class->span_bytes / nobjs;

	size -= size % STRETCH_ALIGN;
	if (size > class->size_bytes)
		class->size_bytes = size;
}

static void print_table(void)
{
	unsigned int i;

	puts("/* X(class, slot bytes, span pages, slots, reciprocal of the slot size) */");
	puts("#define KSPAN_SIZECLASSES(X) \\");
	for (i = 1; i <= nr_classes; i++)
		printf("\tX(%u, %u, %u, %u, 0x%xu)%s\n", i,
		       classes[i].size_bytes,
		       classes[i].span_bytes / PAGE_BYTES,
		       classes[i].span_bytes / classes[i].size_bytes,
		       UINT32_MAX / classes[i].size_bytes + 1,
		       i < nr_classes ? " \\" : "");
}

static void print_chain(void)
{
	unsigned int i;

	puts("/*\n"
	     " * The class of a size that the compiler knows: the chain folds into a\n"
	     " * number. Use it with no other size. Above the largest class it is 0.\n"
	     " */");
	puts("static __always_inline unsigned int kspan_const_sizeclass(size_t size_bytes)\n{");
	puts("\tif (!size_bytes)\n\t\treturn 0;");
	for (i = 1; i <= nr_classes; i++)
		printf("\tif (size_bytes <= %u)\n\t\treturn %u;\n",
		       classes[i].size_bytes, i);
	puts("\treturn 0;\n}");
}

int main(void)
{
	unsigned int i;

	walk_candidates();
	if (nr_classes != NR_CLASSES) {
		fprintf(stderr, "mksizeclasses: %u classes, want %u\n",
			nr_classes, NR_CLASSES);
		return 1;
	}
	for (i = 1; i <= nr_classes; i++)
		stretch(&classes[i]);

	printf("/* %s-License-Identifier: GPL-2.0 */\n", "SPDX");
	puts("/* Written by tools/mksizeclasses; do not edit. */");
	puts("#ifndef _LINUX_KSPAN_SIZECLASS_H\n#define _LINUX_KSPAN_SIZECLASS_H\n");
	puts("#include <linux/types.h>\n");
	printf("#define KSPAN_MAX_CLASS_BYTES\t%u\n\n", MAX_BYTES);
	print_table();
	puts("");
	print_chain();
	puts("\n#endif /* _LINUX_KSPAN_SIZECLASS_H */");
	return 0;
}
