// SPDX-License-Identifier: GPL-2.0
/* Takes memory until there is none, or until it is killed. */
#include <string.h>
#include <sys/mman.h>

enum {
	PIECE_BYTES = 1 << 20,
};

int main(void)
{
	for (;;) {
		void *piece = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (piece == MAP_FAILED)
			return 1;
		memset(piece, 1, PIECE_BYTES);
	}
}
