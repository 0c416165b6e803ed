/* SPDX-License-Identifier: GPL-2.0 */
/* Written by tools/mksizeclasses; do not edit. */
#ifndef _LINUX_KSPAN_SIZECLASS_H
#define _LINUX_KSPAN_SIZECLASS_H

#include <linux/types.h>

#define KSPAN_MAX_CLASS_BYTES	32768

/* X(class, slot bytes, span pages, slots, reciprocal of the slot size) */
#define KSPAN_SIZECLASSES(X) \
	X(1, 8, 1, 1024, 0x20000000u) \
	X(2, 16, 1, 512, 0x10000000u) \
	X(3, 24, 1, 341, 0xaaaaaabu) \
	X(4, 32, 1, 256, 0x8000000u) \
	X(5, 48, 1, 170, 0x5555556u) \
	X(6, 64, 1, 128, 0x4000000u) \
	X(7, 80, 1, 102, 0x3333334u) \
	X(8, 96, 1, 85, 0x2aaaaabu) \
	X(9, 112, 1, 73, 0x2492493u) \
	X(10, 128, 1, 64, 0x2000000u) \
	X(11, 144, 1, 56, 0x1c71c72u) \
	X(12, 160, 1, 51, 0x199999au) \
	X(13, 176, 1, 46, 0x1745d18u) \
	X(14, 192, 1, 42, 0x1555556u) \
	X(15, 208, 1, 39, 0x13b13b2u) \
	X(16, 224, 1, 36, 0x124924au) \
	X(17, 240, 1, 34, 0x1111112u) \
	X(18, 256, 1, 32, 0x1000000u) \
	X(19, 288, 1, 28, 0xe38e39u) \
	X(20, 320, 1, 25, 0xcccccdu) \
	X(21, 352, 1, 23, 0xba2e8cu) \
	X(22, 384, 1, 21, 0xaaaaabu) \
	X(23, 416, 1, 19, 0x9d89d9u) \
	X(24, 448, 1, 18, 0x924925u) \
	X(25, 480, 1, 17, 0x888889u) \
	X(26, 512, 1, 16, 0x800000u) \
	X(27, 576, 1, 14, 0x71c71du) \
	X(28, 640, 1, 12, 0x666667u) \
	X(29, 704, 1, 11, 0x5d1746u) \
	X(30, 768, 1, 10, 0x555556u) \
	X(31, 896, 1, 9, 0x492493u) \
	X(32, 1024, 1, 8, 0x400000u) \
	X(33, 1152, 1, 7, 0x38e38fu) \
	X(34, 1280, 1, 6, 0x333334u) \
	X(35, 1408, 2, 11, 0x2e8ba3u) \
	X(36, 1536, 1, 5, 0x2aaaabu) \
	X(37, 1792, 2, 9, 0x24924au) \
	X(38, 2048, 1, 4, 0x200000u) \
	X(39, 2304, 2, 7, 0x1c71c8u) \
	X(40, 2688, 1, 3, 0x186187u) \
	X(41, 3072, 3, 8, 0x155556u) \
	X(42, 3200, 2, 5, 0x147ae2u) \
	X(43, 3456, 3, 7, 0x12f685u) \
	X(44, 4096, 1, 2, 0x100000u) \
	X(45, 4864, 3, 5, 0xd7944u) \
	X(46, 5376, 2, 3, 0xc30c4u) \
	X(47, 6144, 3, 4, 0xaaaabu) \
	X(48, 6528, 4, 5, 0xa0a0bu) \
	X(49, 6784, 5, 6, 0x9a90fu) \
	X(50, 6912, 6, 7, 0x97b43u) \
	X(51, 8192, 1, 1, 0x80000u) \
	X(52, 9472, 7, 6, 0x6eb3fu) \
	X(53, 9728, 6, 5, 0x6bca2u) \
	X(54, 10240, 5, 4, 0x66667u) \
	X(55, 10880, 4, 3, 0x60607u) \
	X(56, 12288, 3, 2, 0x55556u) \
	X(57, 13568, 5, 3, 0x4d488u) \
	X(58, 14336, 7, 4, 0x4924au) \
	X(59, 16384, 2, 1, 0x40000u) \
	X(60, 18432, 9, 4, 0x38e39u) \
	X(61, 19072, 7, 3, 0x36faeu) \
	X(62, 20480, 5, 2, 0x33334u) \
	X(63, 21760, 8, 3, 0x30304u) \
	X(64, 24576, 3, 1, 0x2aaabu) \
	X(65, 27264, 10, 3, 0x2675du) \
	X(66, 28672, 7, 2, 0x24925u) \
	X(67, 32768, 4, 1, 0x20000u)

/*
 * The class of a size that the compiler knows: the chain folds into a
 * number. Use it with no other size. Above the largest class it is 0.
 */
static __always_inline unsigned int kspan_const_sizeclass(size_t size_bytes)
{
	if (!size_bytes)
		return 0;
	if (size_bytes <= 8)
		return 1;
	if (size_bytes <= 16)
		return 2;
	if (size_bytes <= 24)
		return 3;
	if (size_bytes <= 32)
		return 4;
	if (size_bytes <= 48)
		return 5;
	if (size_bytes <= 64)
		return 6;
	if (size_bytes <= 80)
		return 7;
	if (size_bytes <= 96)
		return 8;
	if (size_bytes <= 112)
		return 9;
	if (size_bytes <= 128)
		return 10;
	if (size_bytes <= 144)
		return 11;
	if (size_bytes <= 160)
		return 12;
	if (size_bytes <= 176)
		return 13;
	if (size_bytes <= 192)
		return 14;
	if (size_bytes <= 208)
		return 15;
	if (size_bytes <= 224)
		return 16;
	if (size_bytes <= 240)
		return 17;
	if (size_bytes <= 256)
		return 18;
	if (size_bytes <= 288)
		return 19;
	if (size_bytes <= 320)
		return 20;
	if (size_bytes <= 352)
		return 21;
	if (size_bytes <= 384)
		return 22;
	if (size_bytes <= 416)
		return 23;
	if (size_bytes <= 448)
		return 24;
	if (size_bytes <= 480)
		return 25;
	if (size_bytes <= 512)
		return 26;
	if (size_bytes <= 576)
		return 27;
	if (size_bytes <= 640)
		return 28;
	if (size_bytes <= 704)
		return 29;
	if (size_bytes <= 768)
		return 30;
	if (size_bytes <= 896)
		return 31;
	if (size_bytes <= 1024)
		return 32;
	if (size_bytes <= 1152)
		return 33;
	if (size_bytes <= 1280)
		return 34;
	if (size_bytes <= 1408)
		return 35;
	if (size_bytes <= 1536)
		return 36;
	if (size_bytes <= 1792)
		return 37;
	if (size_bytes <= 2048)
		return 38;
	if (size_bytes <= 2304)
		return 39;
	if (size_bytes <= 2688)
		return 40;
	if (size_bytes <= 3072)
		return 41;
	if (size_bytes <= 3200)
		return 42;
	if (size_bytes <= 3456)
		return 43;
	if (size_bytes <= 4096)
		return 44;
	if (size_bytes <= 4864)
		return 45;
	if (size_bytes <= 5376)
		return 46;
	if (size_bytes <= 6144)
		return 47;
	if (size_bytes <= 6528)
		return 48;
	if (size_bytes <= 6784)
		return 49;
	if (size_bytes <= 6912)
		return 50;
	if (size_bytes <= 8192)
		return 51;
	if (size_bytes <= 9472)
		return 52;
	if (size_bytes <= 9728)
		return 53;
	if (size_bytes <= 10240)
		return 54;
	if (size_bytes <= 10880)
		return 55;
	if (size_bytes <= 12288)
		return 56;
	if (size_bytes <= 13568)
		return 57;
	if (size_bytes <= 14336)
		return 58;
	if (size_bytes <= 16384)
		return 59;
	if (size_bytes <= 18432)
		return 60;
	if (size_bytes <= 19072)
		return 61;
	if (size_bytes <= 20480)
		return 62;
	if (size_bytes <= 21760)
		return 63;
	if (size_bytes <= 24576)
		return 64;
	if (size_bytes <= 27264)
		return 65;
	if (size_bytes <= 28672)
		return 66;
	if (size_bytes <= 32768)
		return 67;
	return 0;
}

#endif /* _LINUX_KSPAN_SIZECLASS_H */
