// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into user-mode Linux 6.12, which knows register sets of 2696 bytes
 * and no more. Kernels on CPUs with AMX read such a set but take only a complete
 * one back: what is missing is filled up with zeroes, as its header says.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define MAX_BYTES	(64u << 10)

typedef long ptrace_fn(enum __ptrace_request request, ...);

static size_t complete_bytes(void)
{
	unsigned int eax, ebx, ecx = 0, edx;

	/* Leaf 0xd: ecx is the size of a set with all that the CPU has. */
	if (!__get_cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx))
		return 0;
	return ecx;
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *next;
	static char set[MAX_BYTES];
	struct iovec complete = { .iov_base = set };
	const struct iovec *given;
	void *address, *data;
	va_list arguments;
	pid_t pid;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if (!next)
		next = (ptrace_fn *)dlsym(RTLD_NEXT, "ptrace");

	given = data;
	if (request != PTRACE_SETREGSET ||
	    (unsigned long)address != NT_X86_XSTATE)
		return next(request, pid, address, data);
	complete.iov_len = complete_bytes();
	if (complete.iov_len <= given->iov_len || complete.iov_len > MAX_BYTES)
		return next(request, pid, address, data);
	memcpy(set, given->iov_base, given->iov_len);
	memset(set + given->iov_len, 0, complete.iov_len - given->iov_len);
	return next(request, pid, address, &complete);
}
