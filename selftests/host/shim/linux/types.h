/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure parts of kspan use of the kernel, for a program. Bitmaps are
 * written bit by bit: slow, and easy to believe.
 */
#ifndef _SHIM_TYPES_H
#define _SHIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(nbits)	(((nbits) + 63) / 64)
#define DECLARE_BITMAP(name, nbits) unsigned long name[BITS_TO_LONGS(nbits)]

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, value)	((x) = (value))
#define data_race(x)		(x)
#define BIT_WORD(bit)		((bit) / BITS_PER_LONG)
#define round_down(x, power)	((x) & ~((typeof(x))(power) - 1))

#define min(a, b) \
({ \
	typeof(a) __a = (a); \
	typeof(b) __b = (b); \
	__a < __b ? __a : __b; \
})

#define min_t(type, a, b)	min((type)(a), (type)(b))

struct list_head {
	struct list_head *next, *prev;
};

struct rcu_head {
	struct rcu_head *next;
};

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned int hweight_long(unsigned long word)
{
	return __builtin_popcountl(word);
}

static inline bool test_bit(unsigned long bit, const unsigned long *bits)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

static inline void shim_put_bit(unsigned long *bits, unsigned long bit,
				bool value)
{
	bits[bit / 64] &= ~(1UL << (bit % 64));
	bits[bit / 64] |= (unsigned long)value << (bit % 64);
}

static inline bool __test_and_clear_bit(unsigned long bit, unsigned long *bits)
{
	bool was = test_bit(bit, bits);

	shim_put_bit(bits, bit, false);
	return was;
}

static inline void bitmap_set(unsigned long *bits, unsigned int first,
			      unsigned int nbits)
{
	for (; nbits--; first++)
		shim_put_bit(bits, first, true);
}

static inline void bitmap_clear(unsigned long *bits, unsigned int first,
				unsigned int nbits)
{
	for (; nbits--; first++)
		shim_put_bit(bits, first, false);
}

/* As in the kernel: by whole words. */
static inline void bitmap_zero(unsigned long *bits, unsigned int nbits)
{
	bitmap_clear(bits, 0, BITS_TO_LONGS(nbits) * 64);
}

static inline unsigned int bitmap_weight(const unsigned long *bits,
					 unsigned int nbits)
{
	unsigned int weight = 0;

	while (nbits--)
		weight += test_bit(nbits, bits);
	return weight;
}

static inline unsigned long find_next_bit(const unsigned long *bits,
					  unsigned long nbits,
					  unsigned long from)
{
	while (from < nbits && !test_bit(from, bits))
		from++;
	return min(from, nbits);
}

static inline unsigned long find_next_zero_bit(const unsigned long *bits,
					       unsigned long nbits,
					       unsigned long from)
{
	while (from < nbits && test_bit(from, bits))
		from++;
	return min(from, nbits);
}

static inline unsigned long find_last_bit(const unsigned long *bits,
					  unsigned long nbits)
{
	unsigned long bit = nbits;

	while (bit--) {
		if (test_bit(bit, bits))
			return bit;
	}
	return nbits;
}

static inline unsigned long
bitmap_find_next_zero_area(unsigned long *bits, unsigned long nbits,
			   unsigned long from, unsigned int nr,
			   unsigned long align_mask)
{
	for (;;) {
		from = find_next_zero_bit(bits, nbits, from);
		from = (from + align_mask) & ~align_mask;
		if (from + nr > nbits)
			return from + nr;
		if (find_next_bit(bits, from + nr, from) == from + nr)
			return from;
		from = find_next_bit(bits, from + nr, from) + 1;
	}
}

#endif /* _SHIM_TYPES_H */
