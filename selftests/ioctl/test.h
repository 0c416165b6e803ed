/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that announce themselves, each run in a child of its own.
 *
 *	TEST(name) { EXPECT_EQ(1, f()); }
 *
 * An EXPECT that does not hold fails the test and lets it go on, an ASSERT
 * ends it. The group of a test is its file.
 */
#ifndef KSPAN_SELFTEST_TEST_H
#define KSPAN_SELFTEST_TEST_H

#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *file;
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

/* Both note where; the values are shown in decimal. */
bool test_equal(const char *file, int line, const char *what,
		long long expected, long long found);
bool test_true(const char *file, int line, const char *what, bool holds);
__attribute__((noreturn)) void test_end(void);
__attribute__((noreturn)) void test_skip(const char *reason);

/* For children of a test: whether it has failed so far. */
bool test_failed(void);

#define TEST(name)							\
	static void run_##name(void);					\
	static struct test test_##name = {				\
		__FILE__, #name, run_##name, 0				\
	};								\
	__attribute__((constructor)) static void register_##name(void)	\
	{								\
		test_register(&test_##name);				\
	}								\
	static void run_##name(void)

#define EXPECT(holds) \
	test_true(__FILE__, __LINE__, #holds, holds)
#define EXPECT_EQ(expected, found) \
	test_equal(__FILE__, __LINE__, #found, expected, found)
#define ASSERT(holds) \
	(EXPECT(holds) ? (void)0 : test_end())
#define ASSERT_EQ(expected, found) \
	(EXPECT_EQ(expected, found) ? (void)0 : test_end())

#endif /* KSPAN_SELFTEST_TEST_H */
