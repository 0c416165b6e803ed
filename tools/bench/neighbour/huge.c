// SPDX-License-Identifier: GPL-2.0
/*
 * huge MEGABYTES: touches so much memory, in pieces that the kernel may serve
 * with huge pages. Whether it has done so /proc/vmstat tells.
 */
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t huge_bytes = 2 << 20;
	size_t bytes, at;
	char *memory;

	if (argc != 2)
		errx(2, "Usage: huge MEGABYTES");
	bytes = strtoul(argv[1], NULL, 0) << 20;
	memory = mmap(NULL, bytes + huge_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	memory += -(uintptr_t)memory % huge_bytes;
	if (madvise(memory, bytes, MADV_HUGEPAGE))
		err(1, "madvise");
	for (at = 0; at < bytes; at += huge_bytes)
		memory[at] = 1;
	return 0;
}
