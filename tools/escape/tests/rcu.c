// SPDX-License-Identifier: GPL-2.0
/* Publishing is a store, in whatever form. */
#include "kernel.h"

struct node *global;

#define smp_store_release(p, v)	do { barrier(); WRITE_ONCE(*(p), v); } while (0)
#define rcu_assign_pointer(p, v)	smp_store_release(&p, (typeof(*p) *)(v))

void published(void)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */

	rcu_assign_pointer(global, p);
}

void published_in_argument(struct node *q)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to an argument's object */

	rcu_assign_pointer(q->next, p);
}

void written_once(void)
{
	WRITE_ONCE(global, kmalloc(40, GFP_KERNEL));	/* want: kmalloc(40) escapes to heap */
}

void compared_and_exchanged(struct node **slot)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */
	struct node *old = NULL;

	__asm__ __volatile__("lock; cmpxchgq %2, %1"
			     : "=a"(old), "+m"(*slot)
			     : "r"(p), "0"(old) : "memory");
	if (old)
		kfree(p);
}

void by_builtin(struct node **slot)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to an argument's object */

	__atomic_store_n(slot, p, __ATOMIC_RELEASE);
}

void by_exchange(struct node **slot)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to an argument's object */

	kfree(__atomic_exchange_n(slot, p, __ATOMIC_ACQ_REL));
}

void kfree_call_rcu(void *head, void *p);

void freed_later(void)
{
	struct node *p = kmalloc(40, GFP_KERNEL);	/* want: kmalloc(40) escapes to heap */

	kfree_call_rcu(&p->list, p);
}
