/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code is written for the newest supported kernel; what older ones lack is
 * made up for here, and nowhere else.
 */
#ifndef _KSPAN_COMPAT_H
#define _KSPAN_COMPAT_H

#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/list_lru.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#include <kunit/visibility.h>
#else
#define VISIBLE_IF_KUNIT static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#endif

#ifndef MAX_PAGE_ORDER
/* Before 6.8 the limit had another name, and before 6.4 it was exclusive. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER	MAX_ORDER
#endif
#endif

#ifndef this_cpu_try_cmpxchg
/* Before 6.8 it gave the old value only. */
#define this_cpu_try_cmpxchg(pcp, old, new)				\
({									\
	typeof(pcp) *__old = (old);					\
	typeof(pcp) __wanted = *__old;					\
									\
	*__old = this_cpu_cmpxchg(pcp, __wanted, new);			\
	*__old == __wanted;						\
})
#endif

#ifndef ANNOTATE_NOENDBR_SYM
/* Before 6.15 only the place it stands at could be annotated. */
#define ANNOTATE_NOENDBR_SYM(symbol)					\
	asm(".pushsection .discard.noendbr\n\t"			\
	    ".long " #symbol "\n\t"					\
	    ".popsection\n\t")
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
/* A queue without WQ_UNBOUND needs no flag to be one of each CPU. */
#define WQ_PERCPU 0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* An object's node and cgroup were the only ones it could be listed for. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define list_lru_add_obj(lru, item) list_lru_add(lru, item)
#define list_lru_del_obj(lru, item) list_lru_del(lru, item)
#endif

/* Since 6.10 a tracepoint's string knows its source. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define kspan_assign_str(dst, src) __assign_str(dst, src)
#else
#define kspan_assign_str(dst, src) __assign_str(dst)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
/* A module's sections lay in one piece: read-only, then after init, then data. */
static inline size_t kspan_module_data(const struct module *mod,
				       unsigned long *start)
{
	const struct module_layout *layout = &mod->core_layout;

	*start = (unsigned long)layout->base + layout->ro_after_init_size;
	return layout->size - layout->ro_after_init_size;
}

static inline size_t kspan_module_after_init(const struct module *mod,
					     unsigned long *start)
{
	const struct module_layout *layout = &mod->core_layout;

	*start = (unsigned long)layout->base + layout->ro_size;
	return layout->ro_after_init_size - layout->ro_size;
}
#else
/* What a module writes to: .data and .bss. */
static inline size_t kspan_module_data(const struct module *mod,
				       unsigned long *start)
{
	*start = (unsigned long)mod->mem[MOD_DATA].base;
	return mod->mem[MOD_DATA].size;
}

/* What it has written to in its init: __ro_after_init. */
static inline size_t kspan_module_after_init(const struct module *mod,
					     unsigned long *start)
{
	*start = (unsigned long)mod->mem[MOD_RO_AFTER_INIT].base;
	return mod->mem[MOD_RO_AFTER_INIT].size;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* No callback waited for others there. */
#define call_rcu_hurry(head, func) call_rcu(head, func)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
/* Reclaim counts what shrinkers free under the name of slabs. */
static inline void mm_account_reclaimed_pages(unsigned long npages)
{
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += npages;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* A shrinker is the caller's memory, is named late, and has nothing private. */
struct kspan_shrinker {
	struct shrinker	shrinker;
	const char	*name;
	void		*private_data;
};

static inline struct shrinker *kspan_shrinker_alloc(unsigned int flags,
						    const char *name,
						    void *private_data)
{
	struct kspan_shrinker *ks = kzalloc(sizeof(*ks), GFP_KERNEL);

	if (!ks)
		return NULL;
	ks->shrinker.flags = flags;
	ks->name = name;
	ks->private_data = private_data;
	return &ks->shrinker;
}

static inline void *kspan_shrinker_data(struct shrinker *shrinker)
{
	return container_of(shrinker, struct kspan_shrinker,
			    shrinker)->private_data;
}

/* A heap whose shrinker cannot be registered works all the same. */
static inline void shrinker_register(struct shrinker *shrinker)
{
	struct kspan_shrinker *ks = container_of(shrinker, struct kspan_shrinker,
						 shrinker);

	if (register_shrinker(shrinker, "kspan-%s", ks->name))
		pr_warn("kspan: no shrinker for heap %s\n", ks->name);
}

/* To unregister one that is not registered does nothing. */
static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(container_of(shrinker, struct kspan_shrinker, shrinker));
}
#else
static inline struct shrinker *kspan_shrinker_alloc(unsigned int flags,
						    const char *name,
						    void *private_data)
{
	struct shrinker *shrinker = shrinker_alloc(flags, "kspan-%s", name);

	if (shrinker)
		shrinker->private_data = private_data;
	return shrinker;
}

static inline void *kspan_shrinker_data(struct shrinker *shrinker)
{
	return shrinker->private_data;
}
#endif

#endif /* _KSPAN_COMPAT_H */
