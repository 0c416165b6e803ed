// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kspan_bench: what it refuses, what it counts, where objects come from,
 * and that it lets go of everything when it is interrupted. TAP on stdout.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/kspan_bench.h>

#define ALLOC(slot, bytes, cpu) \
	{ slot, (bytes) | (__u32)(cpu) << KSPAN_TRACE_CPU_SHIFT }
#define FREE(slot, cpu) \
	{ slot, KSPAN_TRACE_FREE | (__u32)(cpu) << KSPAN_TRACE_CPU_SHIFT }

static int fd;
static jmp_buf end_of_case;

static void expect(bool holds, const char *what, int line)
{
	if (holds)
		return;
	printf("# line %d: %s, errno %d\n", line, what, errno);
	longjmp(end_of_case, 1);
}

/* Leaves the case at the first surprise. */
#define check(condition)	expect(condition, #condition, __LINE__)

static bool fails(int ret, int expected)
{
	return ret < 0 && errno == expected;
}

static int load(const struct kspan_trace_event *events, __u32 nr_events,
		__u32 nr_slots)
{
	struct kspan_bench_ioc_load request = {
		.size = sizeof(request), .events = (uintptr_t)events,
		.nr_events = nr_events, .nr_slots = nr_slots,
	};

	return ioctl(fd, KSPAN_BENCH_IOC_LOAD, &request);
}

static int replay(__u32 backend, __u32 flags,
		  struct kspan_bench_ioc_replay *request)
{
	*request = (struct kspan_bench_ioc_replay) {
		.size = sizeof(*request), .flags = flags, .backend = backend,
	};
	return ioctl(fd, KSPAN_BENCH_IOC_REPLAY, request);
}

static int drop(__u32 flags)
{
	struct kspan_bench_ioc_drop request = {
		.size = sizeof(request), .flags = flags,
	};

	return ioctl(fd, KSPAN_BENCH_IOC_DROP, &request);
}

static void requests_are_checked(void)
{
	struct {
		struct kspan_bench_ioc_drop drop;
		__u64 tail;
	} longer = { .drop.size = sizeof(longer) };
	struct kspan_bench_ioc_replay request;
	__u32 size_bytes;

	check(fails(ioctl(fd, _IO(KSPAN_BENCH_IOC_MAGIC, 99), 0), ENOTTY));
	check(fails(ioctl(fd, KSPAN_BENCH_IOC_DROP, 8), EFAULT));
	for (size_bytes = 0; size_bytes < 8; size_bytes++)
		check(fails(ioctl(fd, KSPAN_BENCH_IOC_DROP, &size_bytes),
			    EINVAL));
	check(fails(ioctl(fd, KSPAN_BENCH_IOC_DROP, &longer), ENOENT));
	longer.tail = 1;
	check(fails(ioctl(fd, KSPAN_BENCH_IOC_DROP, &longer), E2BIG));
	check(fails(drop(2), EINVAL));
	check(fails(replay(KSPAN_BENCH_NULL, 0, &request), ENODATA));
	check(fails(load(NULL, 0, 0), EINVAL));
	check(fails(load(NULL, 1, 2), EINVAL));
	check(fails(load(NULL, 1, 1), EFAULT));
	check(fails(load(NULL, KSPAN_TRACE_MAX_EVENTS + 1, 1), EINVAL));
}

static void it_takes_a_capability(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (setuid(1000))
			_exit(2);
		_exit(!fails(drop(0), EPERM) ||
		      open("/dev/kspan_bench", O_RDWR) >= 0);
	}
	check(waitpid(child, &status, 0) == child && !status);
}

static void bad_traces_are_refused(void)
{
	static const struct kspan_trace_event bad[][3] = {
		{ ALLOC(3, 8, 0), FREE(3, 0), ALLOC(0, 8, 0) },
		{ ALLOC(0, 0, 0), ALLOC(1, 8, 0), ALLOC(2, 8, 0) },
		{ ALLOC(0, 8, 0), ALLOC(0, 8, 0), ALLOC(2, 8, 0) },
		{ FREE(0, 0), ALLOC(0, 8, 0), ALLOC(2, 8, 0) },
		{ ALLOC(0, 8, 0), FREE(0, 0), FREE(0, 0) },
		{ ALLOC(0, 8, 0), { 0, KSPAN_TRACE_FREE | 8 }, ALLOC(1, 8, 0) },
	};
	static const struct kspan_trace_event good[] = { ALLOC(0, 8, 0) };
	struct kspan_bench_ioc_replay request;
	size_t i;

	check(!load(good, 1, 1));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(fails(load(bad[i], 3, 3), EINVAL));
	/* The one before is still there. */
	check(!replay(KSPAN_BENCH_NULL, 0, &request) && request.allocs == 1);
}

/* @caches and @cache_of, of three events that allocate 600, 100 and 600. */
static int load_caches(const struct kspan_bench_cache *caches,
		       __u32 nr_caches, const __u16 *cache_of)
{
	static const struct kspan_trace_event events[] = {
		ALLOC(0, 600, 0), ALLOC(1, 100, 1), ALLOC(2, 600, 0), FREE(0, 1),
	};
	struct kspan_bench_ioc_load request = {
		.size = sizeof(request), .events = (uintptr_t)events,
		.nr_events = 4, .nr_slots = 3,
		.caches = (uintptr_t)caches, .nr_caches = nr_caches,
		.cache_of = (uintptr_t)cache_of,
	};

	return ioctl(fd, KSPAN_BENCH_IOC_LOAD, &request);
}

static void bad_caches_are_refused(void)
{
	static const struct kspan_bench_cache good = { 600, 640 };
	static const struct kspan_bench_cache bad[] = {
		{ 0, 8 }, { 600, 592 }, { 600, 604 }, { 600, 1u << 30 },
	};
	static const __u16 uses_it[] = { 1, 0, 1, 0 };
	static const __u16 none_such[] = { 2, 0, 1, 0 };
	static const __u16 of_a_free[] = { 1, 0, 1, 1 };
	struct kspan_bench_ioc_load request = {
		.size = sizeof(request), .reserved = 1,
	};
	size_t i;

	check(!load_caches(&good, 1, uses_it));
	check(!load_caches(&good, 1, NULL));
	check(fails(load_caches(&good, 1, none_such), EINVAL));
	check(fails(load_caches(&good, 1, of_a_free), EINVAL));
	check(fails(load_caches(NULL, 1, uses_it), EINVAL));
	check(fails(load_caches(&good, 0, uses_it), EINVAL));
	check(fails(load_caches(&good, KSPAN_TRACE_MAX_CACHES + 1, uses_it),
		    EINVAL));
	check(fails(load_caches((void *)8, 1, uses_it), EFAULT));
	check(fails(load_caches(&good, 1, (void *)8), EFAULT));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(fails(load_caches(&bad[i], 1, uses_it), EINVAL));
	check(fails(ioctl(fd, KSPAN_BENCH_IOC_LOAD, &request), EINVAL));
}

/* What kmalloc() would round to 1024 lies in slots as they were recorded. */
static void objects_are_where_they_were(void)
{
	static const struct kspan_bench_cache caches[] = { { 600, 640 },
							   { 100, 120 } };
	static const __u16 cache_of[] = { 1, 2, 1, 0 }, no_cache[4];
	const __u32 flags = KSPAN_BENCH_MEASURE | KSPAN_BENCH_CHECK;
	struct kspan_bench_ioc_replay request;
	__u32 backend;

	for (backend = KSPAN_BENCH_KMALLOC; backend < KSPAN_BENCH_NR_BACKENDS;
	     backend++) {
		check(!load_caches(caches, 2, cache_of));
		check(!replay(backend, flags, &request));
		check(!request.failures && !request.corruptions);
		/* Debugging of slabs adds to each, and to all alike. */
		check(request.peak.slot_bytes < 2 * 1024);
		/* Where bounds are checked, ksize() knows what a cache is for. */
		check(request.peak.slot_bytes >= 2 * 640 + 120 ||
		      request.peak.slot_bytes == 2 * 600 + 120 ||
		      request.peak.slot_bytes == 2 * 600 + 100);
		check(!load_caches(caches, 2, no_cache));
		check(!replay(backend, flags, &request));
		check(request.peak.slot_bytes >= 2 * 1024 + 128);
		check(!replay(backend, 0, &request));
	}
}

/* A typed cache rounds to a multiple of 8, and to the alignment that was recorded. */
static void kspan_has_typed_caches(void)
{
	static const struct kspan_bench_cache caches[] = { { 600, 640 },
							   { 100, 120 } };
	static const __u16 cache_of[] = { 1, 2, 1, 0 }, no_cache[4];
	const __u32 flags = KSPAN_BENCH_MEASURE | KSPAN_BENCH_CHECK;
	struct kspan_bench_ioc_replay request;

	check(!load_caches(caches, 2, cache_of));
	check(!replay(KSPAN_BENCH_KSPAN, flags, &request));
	check(request.peak.requested_bytes == 1300 && !request.corruptions);
	check(request.peak.slot_bytes == 2 * 640 + 104);
	check(!replay(KSPAN_BENCH_KSPAN, 0, &request));
	check(request.allocs == 3 && request.frees == 1);
	check(!load_caches(caches, 2, no_cache));
	check(!replay(KSPAN_BENCH_KSPAN, flags, &request));
	check(request.peak.slot_bytes == 2 * 640 + 112);
	/* The caches stay with what is in them. */
	check(!load_caches(caches, 2, cache_of));
	check(!replay(KSPAN_BENCH_KSPAN, KSPAN_BENCH_KEEP, &request));
	check(!drop(KSPAN_BENCH_OBJECTS));
	check(!drop(0));
}

static void replays_count(void)
{
	static const struct kspan_trace_event events[] = {
		ALLOC(0, 100, 0), ALLOC(1, 5000, 1), ALLOC(2, 1, 0),
		FREE(1, 0), ALLOC(1, 40000, 127), FREE(0, 1), FREE(1, 1),
		ALLOC(0, 7, 0), ALLOC(1, 15, 1), ALLOC(3, 16, 0), FREE(2, 1),
	};
	const __u32 flags = KSPAN_BENCH_MEASURE | KSPAN_BENCH_CHECK;
	struct kspan_bench_ioc_replay request;
	__u32 i;

	check(!load(events, 11, 4));
	for (i = KSPAN_BENCH_KSPAN; i < KSPAN_BENCH_NR_BACKENDS; i++) {
		check(!replay(i, 0, &request));
		check(request.allocs == 7 && request.frees == 4);
		check(!request.peak.objects && request.ticks);
		check(!replay(i, flags, &request));
		check(request.allocs == 7 && request.frees == 4);
		check(!request.failures && !request.corruptions);
		check(request.peak.objects == 3);
		check(request.peak.requested_bytes == 40101);
		check(request.peak.slot_bytes >= 40101);
		check(request.end.objects == 3);
		check(request.end.requested_bytes == 38);
		check(request.samples == 11);
	}
	check(!replay(KSPAN_BENCH_NULL, KSPAN_BENCH_MEASURE, &request));
	check(fails(replay(KSPAN_BENCH_NULL, flags, &request), EINVAL));
	check(fails(replay(KSPAN_BENCH_NR_BACKENDS, 0, &request), EINVAL));
	check(fails(replay(KSPAN_BENCH_KSPAN, 16, &request), EINVAL));
	check(fails(replay(KSPAN_BENCH_KSPAN, KSPAN_BENCH_THIN, &request),
		    EINVAL));
	check(fails(replay(KSPAN_BENCH_KSPAN, flags | KSPAN_BENCH_THIN |
			   KSPAN_BENCH_KEEP, &request), EINVAL));
	check(fails(replay(KSPAN_BENCH_KMALLOC, KSPAN_BENCH_KEEP, &request),
		    EINVAL));
}

/* Takes the ten seconds it measures for. */
static void most_is_freed(void)
{
	enum { NR_OBJECTS = 10000 };
	struct kspan_trace_event *events = calloc(NR_OBJECTS, sizeof(*events));
	struct kspan_bench_ioc_replay request;
	__u32 i;

	for (i = 0; i < NR_OBJECTS; i++)
		events[i] = (struct kspan_trace_event)ALLOC(i, 20000, 0);
	check(!load(events, NR_OBJECTS, NR_OBJECTS));
	free(events);
	check(!replay(KSPAN_BENCH_KSPAN, KSPAN_BENCH_MEASURE |
		      KSPAN_BENCH_CHECK | KSPAN_BENCH_THIN, &request));
	check(!request.corruptions && request.end.objects == NR_OBJECTS);
	check(request.thinned.objects > NR_OBJECTS / 15);
	check(request.thinned.objects < NR_OBJECTS / 7);
	check(request.thinned.requested_bytes ==
	      request.thinned.objects * 20000);
	check(request.held_thinned_bytes[0] < request.end.held_bytes / 2);
	check(request.held_thinned_bytes[2] >=
	      (__s64)request.thinned.slot_bytes);
}

static void a_heap_is_kept(void)
{
	static const struct kspan_trace_event events[] = {
		ALLOC(0, 100, 0), ALLOC(1, 3000000, 1), ALLOC(2, 9, 0),
	};
	struct kspan_bench_ioc_replay request;

	check(!load(events, 3, 3));
	check(fails(drop(0), ENOENT));
	check(!replay(KSPAN_BENCH_KSPAN, KSPAN_BENCH_KEEP, &request));
	check(fails(replay(KSPAN_BENCH_KSPAN, 0, &request), EEXIST));
	check(!replay(KSPAN_BENCH_KMALLOC, 0, &request));
	check(!drop(KSPAN_BENCH_OBJECTS));
	check(!drop(KSPAN_BENCH_OBJECTS));
	check(!drop(0));
	check(fails(drop(KSPAN_BENCH_OBJECTS), ENOENT));
	check(!replay(KSPAN_BENCH_KSPAN, 0, &request));
}

/* Hands over at every event; some seconds of work. */
static int load_long(void)
{
	enum { NR_EVENTS = 4000000, NR_SLOTS = 2000 };
	struct kspan_trace_event *events = calloc(NR_EVENTS, sizeof(*events));
	__u32 i, slot;
	int ret;

	for (i = 0; i < NR_EVENTS; i++) {
		slot = i % NR_SLOTS;
		events[i] = i / NR_SLOTS % 2 ?
			(struct kspan_trace_event)FREE(slot, i % 2) :
			(struct kspan_trace_event)ALLOC(slot, slot * 8 + 1, i % 2);
	}
	ret = load(events, NR_EVENTS, NR_SLOTS);
	free(events);
	return ret;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void signals_interrupt(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct kspan_bench_ioc_replay request;
	__u32 backend;

	check(!sigaction(SIGALRM, &action, NULL));
	check(!load_long());
	for (backend = 0; backend < KSPAN_BENCH_NR_BACKENDS; backend++) {
		alarm(1);
		check(fails(replay(backend, KSPAN_BENCH_MEASURE, &request),
			    EINTR));
	}
	alarm(1);
	check(fails(replay(KSPAN_BENCH_KSPAN, KSPAN_BENCH_KEEP, &request),
		    EINTR));
	check(fails(drop(0), ENOENT));
}

static void a_killed_replay_lets_go(void)
{
	static const struct kspan_trace_event events[] = { ALLOC(0, 8, 0) };
	struct kspan_bench_ioc_replay request;
	pid_t child;

	check(!load_long());
	child = fork();
	if (!child)
		_exit(replay(KSPAN_BENCH_KSPAN, 0, &request));
	usleep(500000);
	/* Another waits for it, and is not in its way. */
	check(!kill(child, SIGKILL));
	check(!load(events, 1, 1));
	check(!replay(KSPAN_BENCH_KSPAN, 0, &request));
	check(waitpid(child, NULL, 0) == child);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "requests are checked", requests_are_checked },
	{ "it takes a capability", it_takes_a_capability },
	{ "bad traces are refused", bad_traces_are_refused },
	{ "bad caches are refused", bad_caches_are_refused },
	{ "objects are where they were", objects_are_where_they_were },
	{ "kspan has typed caches", kspan_has_typed_caches },
	{ "replays count", replays_count },
	{ "most is freed", most_is_freed },
	{ "a heap is kept", a_heap_is_kept },
	{ "signals interrupt", signals_interrupt },
	{ "a killed replay lets go", a_killed_replay_lets_go },
};

static bool passes(size_t i)
{
	if (setjmp(end_of_case))
		return false;
	cases[i].run();
	return true;
}

int main(void)
{
	const size_t nr_cases = sizeof(cases) / sizeof(cases[0]);
	bool passed, failed = false;
	size_t i;

	printf("TAP version 13\n1..%zu\n", nr_cases);
	fflush(stdout);
	fd = open("/dev/kspan_bench", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		printf("Bail out! no /dev/kspan_bench\n");
		return 1;
	}
	for (i = 0; i < nr_cases; i++) {
		passed = passes(i);
		printf("%sok %zu %s\n", passed ? "" : "not ", i + 1,
		       cases[i].name);
		fflush(stdout);
		failed = failed || !passed;
	}
	return failed;
}
