// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "pages/arena.h"
#include "pages/backing.h"
#include "pages/release.h"
#include "user/debugfs.h"
#include "giveback/drain.h"
#include "base/fault.h"
#include "watch/fragmentation.h"
#include "heaps/heap.h"
#include "giveback/idle.h"
#include "spans/large.h"
#include "pages/memcg.h"
#include "pages/pages.h"
#include "giveback/scavenge.h"
#include "giveback/shrink.h"
#include "spans/span.h"
#include "base/trace.h"

/*
 * Keeps a name and its directory together while heaps come and go. Apart from
 * heaps_mutex, as removing a directory waits for its readers, who may wait for
 * CPU hotplug, which looks at all heaps.
 */
static DEFINE_MUTEX(names_mutex);

/* Guards the list of heaps. */
static DEFINE_MUTEX(heaps_mutex);
static LIST_HEAD(heaps);

/* By id; looked up under RCU. */
static DEFINE_XARRAY_ALLOC1(heap_ids);
static u32 next_heap_id;

static struct kspan_heap *default_heap;

/* Told of every heap that goes, before its objects do. */
static void (*gone_hook)(struct kspan_heap *heap);

/* Grows page heaps, drains CPU caches, frees vmalloc memory. */
struct workqueue_struct *kspan_wq;

static bool name_valid(const char *name)
{
	size_t n = strnlen(name, KSPAN_NAME_BYTES);
	const char *c;

	if (!n || n == KSPAN_NAME_BYTES || name[0] == '.')
		return false;
	for (c = name; *c; c++) {
		/* isalnum() takes Latin-1 for letters. */
		if (!isascii(*c) || (!isalnum(*c) && !strchr("-_.", *c)))
			return false;
	}
	return true;
}

static bool params_valid(const struct kspan_heap_params *params)
{
	struct kspan_limits limits = {
		.limit_bytes	  = params->limit_bytes,
		.soft_limit_bytes = params->soft_limit_bytes,
		.reserve_bytes	  = params->min_reserve_bytes,
	};

	if (!kspan_limits_valid(&limits))
		return false;
	if (params->flags & ~KSPAN_HEAP_FLAGS)
		return false;
	if (!(params->flags & KSPAN_HEAP_NODE))
		return !params->node;
	return params->node >= 0 && params->node < nr_node_ids &&
	       node_state(params->node, N_MEMORY);
}

/* By the holder of either mutex. */
static struct kspan_heap *find_locked(const char *name)
{
	struct kspan_heap *heap;

	list_for_each_entry(heap, &heaps, link) {
		if (!strcmp(heap->name, name))
			return heap;
	}
	return NULL;
}

/* One row for each page of a span, full-length or short, of any class. */
static unsigned int rows_of_class(unsigned int class)
{
	const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

	return sc->npages + (sc->short_npages < sc->npages ?
			     sc->short_npages : 0);
}

static struct kspan_row *init_rows(struct kspan_row *row, u32 slot_bytes,
				   unsigned int npages, unsigned int nelems,
				   struct kspan_mag __percpu *mag)
{
	unsigned int place;

	for (place = 0; place < npages; place++, row++) {
		kspan_row_init(row, slot_bytes, nelems, place);
		row->mag = mag;
	}
	return row;
}

/* Which magazine frees are to try: see free_slow() for init_on_free. */
static struct kspan_mag __percpu *mag_for_frees(struct kspan_heap *heap,
						unsigned int class)
{
	return &heap->cpu->mags[want_init_on_free() ? KSPAN_LARGE_CLASS
						    : class];
}

static int init_stores(struct kspan_heap *heap)
{
	struct kspan_central *central;
	unsigned int nr_rows = 0;
	struct kspan_row *row;
	unsigned int class;
	unsigned int i;

	if (kspan_fault(KSPAN_FAULT_HEAP_CENTRAL, GFP_KERNEL))
		return -ENOMEM;
	central = kvcalloc(KSPAN_NR_STORES * nr_node_ids, sizeof(*central),
			   GFP_KERNEL);
	if (!central)
		return -ENOMEM;
	for (class = 0; class < KSPAN_NR_STORES; class++) {
		heap->stores[class].heap = heap;
		heap->stores[class].class = class;
		heap->stores[class].sc = &kspan_sizeclasses[class];
		heap->stores[class].central = central + class * nr_node_ids;
		for (i = 0; i < nr_node_ids; i++)
			kspan_central_init(&heap->stores[class].central[i],
					   &heap->stores[class], i);
		nr_rows += class ? rows_of_class(class) : 0;
	}

	heap->nr_rows = nr_rows;
	if (kspan_fault(KSPAN_FAULT_HEAP_ROWS, GFP_KERNEL))
		return -ENOMEM;
	heap->rows = kvcalloc(nr_rows, sizeof(*heap->rows), GFP_KERNEL);
	if (!heap->rows)
		return -ENOMEM;
	row = heap->rows;
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		struct kspan_mag __percpu *mag = mag_for_frees(heap, class);
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

		heap->stores[class].rows = row;
		row = init_rows(row, sc->size_bytes, sc->npages, sc->nelems,
				mag);
		heap->stores[class].short_rows = row;
		if (sc->short_npages < sc->npages)
			row = init_rows(row, sc->size_bytes, sc->short_npages,
					sc->short_nelems, mag);
		else
			heap->stores[class].short_rows =
				heap->stores[class].rows;
	}
	for (i = 0; i < ARRAY_SIZE(heap->large_rows); i++) {
		kspan_row_init_large(&heap->large_rows[i], i);
		heap->large_rows[i].mag = &heap->cpu->mags[KSPAN_LARGE_CLASS];
	}
	kspan_account_metadata(&heap->account, sizeof(*heap) +
			       KSPAN_NR_STORES * nr_node_ids * sizeof(*central) +
			       nr_rows * sizeof(*heap->rows) +
			       num_possible_cpus() * sizeof(struct kspan_cpu) +
			       nr_node_ids * sizeof(*heap->nodes) +
			       kspan_idle_bytes());
	return 0;
}

static int init_nodes(struct kspan_heap *heap)
{
	int nid;

	if (kspan_fault(KSPAN_FAULT_HEAP_NODES, GFP_KERNEL))
		return -ENOMEM;
	heap->nodes = kcalloc(nr_node_ids, sizeof(*heap->nodes), GFP_KERNEL);
	if (!heap->nodes)
		return -ENOMEM;
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &heap->nodes[nid];

		kspan_pageheap_init(&nh->pages);
		nh->heap = heap;
		nh->nid = nid;
		INIT_WORK(&nh->grow_work, kspan_pages_grow_work);
	}
	return 0;
}

/* Frees a heap's own memory; it has no pages any more, or never had. */
static void heap_free(struct kspan_heap *heap)
{
	kspan_shrinker_remove(heap);
	kspan_reserve_delete(heap);
	kspan_idle_delete(heap->idle);
	if (heap->cpu)
		kspan_cpucache_delete(heap);
	kvfree(heap->stores[0].central);
	kvfree(heap->rows);
	kfree(heap->nodes);
	kspan_memcg_put(heap->memcg);
	kfree(heap);
}

static struct kspan_heap *heap_new(const char *name,
				   const struct kspan_heap_params *params)
{
	struct kspan_heap *heap;

	if (kspan_fault(KSPAN_FAULT_HEAP, GFP_KERNEL))
		return NULL;
	heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return NULL;
	strscpy(heap->name, name, sizeof(heap->name));
	heap->flags = params->flags;
	heap->nid = params->flags & KSPAN_HEAP_NODE ? params->node
						    : NUMA_NO_NODE;
	heap->memcg = kspan_memcg_get(params);
	refcount_set(&heap->refs, 1);
	init_completion(&heap->unused);
	kspan_account_init(&heap->account);
	heap->account.limit_bytes = params->limit_bytes;
	heap->account.soft_limit_bytes = params->soft_limit_bytes;
	kspan_reserve_init(&heap->reserve);
	kspan_peak_init(&heap->peak, kspan_fragmentation_look_work);
	heap->ticked = jiffies;
	heap->limited = jiffies - HZ;
	heap->squeeze_asked = jiffies - HZ;
	heap->cpu = kspan_cpucache_new();
	heap->idle = kspan_idle_new();
	if (!heap->cpu || !heap->idle || init_nodes(heap) ||
	    init_stores(heap) || kspan_shrinker_add(heap)) {
		heap_free(heap);
		return NULL;
	}
	return heap;
}

static int heap_enlist(struct kspan_heap *heap)
{
	int err;

	if (find_locked(heap->name))
		return -EEXIST;
	if (kspan_fault(KSPAN_FAULT_HEAP_ID, GFP_KERNEL))
		return -ENOMEM;
	err = xa_alloc_cyclic(&heap_ids, &heap->id, heap, xa_limit_31b,
			      &next_heap_id, GFP_KERNEL);
	if (err < 0)
		return err;
	kspan_debugfs_add(heap);
	mutex_lock(&heaps_mutex);
	list_add_tail(&heap->link, &heaps);
	mutex_unlock(&heaps_mutex);
	return 0;
}

struct kspan_heap *kspan_heap_create_as(const char *name,
					const struct kspan_heap_params *params,
					unsigned int owner_kind,
					struct module *owner,
					const char *owner_name)
{
	static const struct kspan_heap_params defaults;
	struct kspan_heap *heap;
	int err;

	if (!params)
		params = &defaults;
	if (!name || !name_valid(name) || !params_valid(params))
		return ERR_PTR(-EINVAL);
	heap = heap_new(name, params);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	heap->owner_kind = owner_kind;
	heap->owner = owner;
	strscpy(heap->owner_name, owner_name, sizeof(heap->owner_name));

	mutex_lock(&names_mutex);
	err = heap_enlist(heap);
	mutex_unlock(&names_mutex);
	if (err) {
		heap_free(heap);
		return ERR_PTR(err);
	}
	/* Pages bear the heap's id. */
	err = kspan_reserve_resize(heap, params->min_reserve_bytes);
	if (err) {
		kspan_heap_destroy(heap);
		return ERR_PTR(err);
	}
	return heap;
}

/* See kspan_heap_create(). */
struct kspan_heap *__kspan_heap_create(const char *name,
				       const struct kspan_heap_params *params,
				       struct module *owner)
{
	return kspan_heap_create_as(name, params, KSPAN_OWNER_MODULE, owner,
				    owner ? owner->name : "kernel");
}
EXPORT_SYMBOL_GPL(__kspan_heap_create);

/* Wipes the pages that were handed out, span by span. */
static void wipe_pages(struct kspan_node_heap *nh)
{
	struct kspan_chunk_view view;
	unsigned long from = 0;

	while (kspan_pageheap_next_chunk(&nh->pages, from, &view)) {
		unsigned int page;

		bitmap_andnot(view.owned.bits, view.owned.bits,
			      view.poisoned.bits, KSPAN_CHUNK_PAGES);
		for_each_set_bit(page, view.owned.bits, KSPAN_CHUNK_PAGES)
			memset((void *)(view.addr + kspan_npages_bytes(page)),
			       0, KSPAN_PAGE_BYTES);
		from = view.addr + KSPAN_CHUNK_BYTES;
		cond_resched();
	}
}

/* Frees the descriptors of all spans and declares their pages free. */
static void drop_spans(struct kspan_node_heap *nh)
{
	struct kspan_heap *heap = nh->heap;
	struct kspan_chunk_view view;
	unsigned long from = 0;

	while (kspan_pageheap_next_chunk(&nh->pages, from, &view)) {
		unsigned int page;

		for_each_set_bit(page, view.owned.bits, KSPAN_CHUNK_PAGES) {
			unsigned long addr = view.addr +
					     kspan_npages_bytes(page);
			struct kspan_span *span;

			rcu_read_lock();
			span = kspan_arena_span(addr);
			rcu_read_unlock();
			if (!span || span->addr != addr)
				continue;
			kspan_arena_unpublish(span, heap->id);
			/* Those of the reserve go with it. */
			if (span->bucket == KSPAN_BUCKET_RESERVE)
				continue;
			kspan_pages_free(heap, nh->nid, addr, span->npages);
			kfree_rcu(span, rcu);
		}
		from = view.addr + KSPAN_CHUNK_BYTES;
		cond_resched();
	}
}

/* No lookup can find a page of the heap: a grace period makes all of them ready. */
static void make_ready(struct kspan_pageheap *ph)
{
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	kspan_pageheap_turn(ph);
	kspan_pageheap_turn(ph);
	spin_unlock_irqrestore(&ph->lock, flags);
}

static void release_all(struct kspan_heap *heap)
{
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &heap->nodes[nid];

		cancel_work_sync(&nh->grow_work);
		if (heap->flags & KSPAN_HEAP_ZERO_ON_DESTROY)
			wipe_pages(nh);
		drop_spans(nh);
	}
	kspan_reserve_empty(heap);
	synchronize_rcu();
	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_pages_unretire(&heap->nodes[nid], 0, ULONG_MAX);
		make_ready(&heap->nodes[nid].pages);
		kspan_scavenge_node(&heap->nodes[nid], KSPAN_RELEASE_ANY,
				    ULONG_MAX, KSPAN_RELEASED_EXPLICIT, NULL);
	}
}

/* From now on the heap is not found, and its name is free. */
static void delist_locked(struct kspan_heap *heap)
{
	lockdep_assert_held(&names_mutex);
	kspan_debugfs_remove(heap);
	mutex_lock(&heaps_mutex);
	list_del_init(&heap->link);
	mutex_unlock(&heaps_mutex);
}

static int tell_kmemleak(const struct kspan_object *obj, void *unused)
{
	kmemleak_free(obj->start);
	return 0;
}

/* Takes a heap that nobody can find any more apart. */
static void heap_dismantle(struct kspan_heap *heap)
{
	kspan_heap_put(heap);
	wait_for_completion(&heap->unused);
	kspan_shrinker_remove(heap);
	if (gone_hook)
		gone_hook(heap);
	/* Its objects go without being freed one by one. */
	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		kspan_heap_for_each_object(heap, tell_kmemleak, NULL);
	kspan_huge_destroy(heap);
	release_all(heap);
	cancel_delayed_work_sync(&heap->peak.look);
	WARN_ONCE(heap->account.backing_bytes,
		  "kspan: heap %s has lost %llu bytes\n", heap->name,
		  heap->account.backing_bytes);
	xa_erase(&heap_ids, heap->id);
	/* Reports look up heaps by id, and frees read rows and magazines. */
	synchronize_rcu();
	heap_free(heap);
}

static void heap_delist(struct kspan_heap *heap)
{
	mutex_lock(&names_mutex);
	delist_locked(heap);
	mutex_unlock(&names_mutex);
}

/**
 * kspan_heap_destroy() - free a heap and all that is in it
 * @heap: the heap; NULL and ERR_PTR are ignored
 *
 * Nobody allocates from the heap or frees to it any more. Objects that are left
 * in it, in CPU caches too, are freed with it. Waits for those who hold the
 * heap by kspan_heap_find().
 *
 * Context: Process context; sleeps.
 */
void kspan_heap_destroy(struct kspan_heap *heap)
{
	if (IS_ERR_OR_NULL(heap))
		return;
	if (WARN_ONCE(heap == default_heap,
		      "kspan: the default heap is not to be destroyed\n"))
		return;
	heap_delist(heap);
	heap_dismantle(heap);
}
EXPORT_SYMBOL_GPL(kspan_heap_destroy);

/**
 * kspan_heap_destroy_user() - destroy a heap that was made by ioctl
 * @name: its name
 *
 * Return: 0, -ENOENT, -EPERM for the default heap, -EBUSY for a module's.
 */
int kspan_heap_destroy_user(const char *name)
{
	struct kspan_heap *heap;
	int err = 0;

	mutex_lock(&names_mutex);
	heap = find_locked(name);
	if (!heap)
		err = -ENOENT;
	else if (heap->owner_kind == KSPAN_OWNER_DEFAULT)
		err = -EPERM;
	else if (heap->owner_kind != KSPAN_OWNER_USER)
		err = -EBUSY;
	else
		delist_locked(heap);
	mutex_unlock(&names_mutex);
	if (!err)
		heap_dismantle(heap);
	return err;
}

/* Set once, before there is anybody to destroy a heap. */
void kspan_heap_set_gone_hook(void (*hook)(struct kspan_heap *heap))
{
	gone_hook = hook;
}

/**
 * kspan_default_heap() - the heap that exists as long as the module is loaded
 *
 * Return: the heap.
 */
struct kspan_heap *kspan_default_heap(void)
{
	return default_heap;
}
EXPORT_SYMBOL_GPL(kspan_default_heap);

/**
 * kspan_heap_find() - find a heap by its name
 * @name: the name
 *
 * The heap stays until kspan_heap_put(): whoever destroys it waits.
 *
 * Context: Process context; sleeps.
 * Return: the heap, or NULL.
 */
struct kspan_heap *kspan_heap_find(const char *name)
{
	struct kspan_heap *heap;

	mutex_lock(&heaps_mutex);
	heap = find_locked(name);
	if (heap)
		refcount_inc(&heap->refs);
	mutex_unlock(&heaps_mutex);
	return heap;
}
EXPORT_SYMBOL_GPL(kspan_heap_find);

/**
 * kspan_heap_put() - let go of a heap that kspan_heap_find() gave
 * @heap: the heap, or NULL
 *
 * Context: Any.
 */
void kspan_heap_put(struct kspan_heap *heap)
{
	if (heap && refcount_dec_and_test(&heap->refs))
		complete(&heap->unused);
}
EXPORT_SYMBOL_GPL(kspan_heap_put);

/**
 * kspan_heap_name() - a heap's name
 * @heap: the heap
 *
 * Return: the name, which lives as long as the heap.
 */
const char *kspan_heap_name(const struct kspan_heap *heap)
{
	return heap->name;
}
EXPORT_SYMBOL_GPL(kspan_heap_name);

/* The heap with an id, by a caller under RCU; NULL if it is no more. */
struct kspan_heap *kspan_heap_of_id(u32 id)
{
	return xa_load(&heap_ids, id);
}

/* The heap with the lowest id above @id, which moves there; likewise. */
struct kspan_heap *kspan_heap_next_id(u32 *id)
{
	unsigned long index = *id;
	struct kspan_heap *heap = xa_find_after(&heap_ids, &index, ULONG_MAX,
						XA_PRESENT);

	*id = index;
	return heap;
}

/**
 * kspan_heap_for_each() - do something with every heap
 * @fn: called with each heap, which stays meanwhile; may sleep
 * @arg: its second argument
 *
 * Return: the first non-zero value that @fn gave, which ends the walk; or 0.
 */
int kspan_heap_for_each(int (*fn)(struct kspan_heap *heap, void *arg),
			void *arg)
{
	struct kspan_heap *heap;
	u32 id = 0;
	int ret = 0;

	while (!ret) {
		struct kspan_heap *next = NULL;

		mutex_lock(&heaps_mutex);
		/* Ids grow, so the list is in their order. */
		list_for_each_entry(heap, &heaps, link) {
			if (heap->id > id) {
				next = heap;
				refcount_inc(&next->refs);
				break;
			}
		}
		mutex_unlock(&heaps_mutex);
		if (!next)
			break;
		id = next->id;
		ret = fn(next, arg);
		kspan_heap_put(next);
	}
	return ret;
}

/**
 * kspan_heap_set_limits() - change the bounds of a heap's memory
 * @heap: the heap
 * @limits: what they are to be
 * @before: out: what they were
 *
 * Context: Process context; sleeps if the reserve changes.
 * Return: 0; -EINVAL if they cannot hold at once; -ENOMEM if the reserve is not
 * to be had, and then all is as it was.
 */
int kspan_heap_set_limits(struct kspan_heap *heap,
			  const struct kspan_limits *limits,
			  struct kspan_limits *before)
{
	struct kspan_account *account = &heap->account;
	unsigned long flags;
	int err;

	kspan_account_limits(account, before);
	if (!kspan_limits_valid(limits))
		return -EINVAL;
	spin_lock_irqsave(&account->lock, flags);
	account->limit_bytes = limits->limit_bytes;
	account->soft_limit_bytes = limits->soft_limit_bytes;
	spin_unlock_irqrestore(&account->lock, flags);
	if (limits->reserve_bytes != before->reserve_bytes) {
		err = kspan_reserve_resize(heap, limits->reserve_bytes);
		if (err) {
			spin_lock_irqsave(&account->lock, flags);
			account->limit_bytes = before->limit_bytes;
			account->soft_limit_bytes = before->soft_limit_bytes;
			spin_unlock_irqrestore(&account->lock, flags);
			return err;
		}
	}
	if (kspan_account_excess(account))
		kspan_scavenger_wake_now();
	return 0;
}

/**
 * kspan_heap_set_limit() - bound the memory of a heap
 * @heap: the heap
 * @limit_bytes: the most it may take from the kernel; 0 is no limit
 *
 * A limit below what the heap has takes no object away from it, but stops it
 * from growing, and the scavenger gives back at once what is free above it.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if the soft limit or the reserve is larger.
 */
int kspan_heap_set_limit(struct kspan_heap *heap, size_t limit_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->account, &limits);
	limits.limit_bytes = limit_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_limit);

/**
 * kspan_heap_set_soft_limit() - say to what size a heap is to shrink
 * @heap: the heap
 * @soft_limit_bytes: beyond this the scavenger gives back at once what is free;
 *	0 is no limit
 *
 * The heap may grow beyond it all the same.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if it is above the limit.
 */
int kspan_heap_set_soft_limit(struct kspan_heap *heap, size_t soft_limit_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->account, &limits);
	limits.soft_limit_bytes = soft_limit_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_soft_limit);

/**
 * kspan_heap_set_reserve() - say how much memory a heap always has
 * @heap: the heap
 * @reserve_bytes: memory that is used only when the kernel gives none
 *
 * What is lent out of a reserve that shrinks goes when it comes back.
 *
 * Context: Process context; sleeps.
 * Return: 0; -EINVAL if it is above the limit; -ENOMEM.
 */
int kspan_heap_set_reserve(struct kspan_heap *heap, size_t reserve_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->account, &limits);
	limits.reserve_bytes = reserve_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_reserve);

/**
 * kspan_heap_drain() - give what caches hold back to the spans
 * @heap: the heap
 *
 * Every CPU does it for itself, in a work item; operations go on meanwhile.
 *
 * Context: Process context; sleeps.
 */
void kspan_heap_drain(struct kspan_heap *heap)
{
	kspan_drain(heap);
}
EXPORT_SYMBOL_GPL(kspan_heap_drain);

/* A module goes: it should have destroyed its heaps. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct module *mod = arg;
	struct kspan_heap *heap;
	struct kspan_heap *orphan;

	if (event != MODULE_STATE_GOING || mod == THIS_MODULE)
		return NOTIFY_OK;
	do {
		orphan = NULL;
		mutex_lock(&names_mutex);
		list_for_each_entry(heap, &heaps, link) {
			if (heap->owner == mod) {
				orphan = heap;
				delist_locked(heap);
				break;
			}
		}
		mutex_unlock(&names_mutex);
		if (orphan) {
			pr_err("kspan: module %s leaves its heap %s behind, with %llu bytes; it is torn down\n",
			       mod->name, orphan->name,
			       orphan->account.backing_bytes);
			heap_dismantle(orphan);
		}
	} while (orphan);
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
};

int kspan_heaps_init(void)
{
	int err;

	kspan_wq = alloc_workqueue("kspan", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (!kspan_wq)
		return -ENOMEM;
	err = kspan_scavenger_init();
	if (err)
		goto destroy_wq;
	default_heap = kspan_heap_create_as("default", NULL,
					    KSPAN_OWNER_DEFAULT, NULL, "kspan");
	if (IS_ERR(default_heap)) {
		err = PTR_ERR(default_heap);
		goto exit_scavenger;
	}
	err = register_module_notifier(&module_notifier);
	if (err)
		goto destroy_default;
	return 0;

destroy_default:
	heap_delist(default_heap);
	heap_dismantle(default_heap);
exit_scavenger:
	kspan_scavenger_exit();
destroy_wq:
	destroy_workqueue(kspan_wq);
	return err;
}

/* No other module uses kspan any more. */
void kspan_heaps_exit(void)
{
	struct kspan_heap *heap;
	struct kspan_heap *next;

	unregister_module_notifier(&module_notifier);
	list_for_each_entry_safe(heap, next, &heaps, link) {
		if (heap == default_heap)
			continue;
		heap_delist(heap);
		heap_dismantle(heap);
	}
	heap = default_heap;
	default_heap = NULL;
	heap_delist(heap);
	heap_dismantle(heap);
	kspan_scavenger_exit();
	destroy_workqueue(kspan_wq);
}
