// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/news.h"
#include "giveback/drain.h"
#include "giveback/idle.h"
#include "giveback/scavenge.h"
#include "giveback/shrink.h"
#include "heaps/heap.h"
#include "heaps/life.h"
#include "heaps/ranges.h"
#include "heaps/registry.h"
#include "heaps/typed.h"
#include "pages/memcg.h"
#include "pages/release.h"

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
	if (params->flags & ~(KSPAN_HEAP_FLAGS | KSPAN_HEAP_GC))
		return false;
	/* What the reserve lends has no room for a collector's bits. */
	if (params->flags & KSPAN_HEAP_GC && params->min_reserve_bytes)
		return false;
	if (!(params->flags & KSPAN_HEAP_NODE))
		return !params->node;
	return params->node >= 0 && params->node < nr_node_ids &&
	       node_state(params->node, N_MEMORY);
}

/* Frees a heap's own memory; it has no pages any more, or never had. */
static void heap_free(struct kspan_heap *heap)
{
	struct kspan_storage *storage = &heap->storage;

	kspan_shrinker_remove(&heap->giver);
	kspan_ranges_delete(heap);
	kspan_news.gc_delete(heap);
	kspan_typed_delete_all(heap);
	kspan_idle_delete(heap->giver.idle);
	kspan_drains_delete(heap->giver.drains);
	kspan_mags_delete(heap->cpu, storage);
	kspan_memcg_put(storage->source.memcg);
	kspan_storage_delete(storage);
	kfree(heap);
}

/* What was not there yet, heap_free() leaves alone. */
static int heap_build(struct kspan_heap *heap, const char *name,
		      const struct kspan_heap_params *params)
{
	struct kspan_storage *storage = &heap->storage;
	int err;

	storage->source.memcg = kspan_memcg_get(params->flags);
	err = kspan_storage_init(storage, name, params);
	if (err)
		return err;
	heap->cpu = kspan_mags_new(storage);
	if (!heap->cpu)
		return -ENOMEM;
	err = kspan_storage_init_rows(storage);
	if (err)
		return err;
	kspan_giver_init(&heap->giver, storage);
	heap->giver.idle = kspan_idle_new(KSPAN_NR_STORES);
	if (!heap->giver.idle)
		return -ENOMEM;
	heap->giver.drains = kspan_drains_new(&heap->giver);
	if (!heap->giver.drains)
		return -ENOMEM;
	kspan_account_metadata(&storage->source.account,
			       sizeof(*heap) + kspan_idle_bytes(KSPAN_NR_STORES) +
			       kspan_drains_bytes());
	if (params->flags & KSPAN_HEAP_GC) {
		err = kspan_news.gc_new(heap, params);
		if (err)
			return err;
	}
	return kspan_shrinker_add(&heap->giver);
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
	refcount_set(&heap->refs, 1);
	init_completion(&heap->unused);
	mutex_init(&heap->resize_mutex);
	kspan_ranges_init(heap);
	if (heap_build(heap, name, params)) {
		heap_free(heap);
		return NULL;
	}
	return heap;
}

/* How long a heap that goes waits before it says so, and says so again. */
unsigned int kspan_heap_patience_ms = 60 * MSEC_PER_SEC;
EXPORT_SYMBOL_IF_KUNIT(kspan_heap_patience_ms);
struct kspan_heap_waits kspan_heap_last_wait;
EXPORT_SYMBOL_IF_KUNIT(kspan_heap_last_wait);

/* A reference that is never put makes this last for ever: somebody has to see it. */
static void wait_for_references(struct kspan_heap *heap)
{
	const char *name = heap->storage.source.name;
	unsigned int nseconds = 0;
	unsigned int nrefs;

	while (!wait_for_completion_timeout(&heap->unused,
					    msecs_to_jiffies(kspan_heap_patience_ms))) {
		nseconds += kspan_heap_patience_ms / MSEC_PER_SEC;
		nrefs = refcount_read(&heap->refs);
		pr_err("kspan: heap %s of %s cannot be destroyed: for %u seconds %s[%d] has waited for %u references of kspan_heap_find()\n",
		       name, heap->owner_name, nseconds, current->comm,
		       task_pid_nr(current), nrefs);
		kspan_heap_last_wait.nrefs = nrefs;
		kspan_heap_last_wait.total++;
	}
}

/* Takes a heap apart whose name is free. */
static void heap_dismantle(struct kspan_heap *heap)
{
	struct kspan_source *source = &heap->storage.source;
	int nid;

	kspan_heap_put(heap);
	wait_for_references(heap);
	kspan_news.heap_ending(heap);
	kspan_shrinker_remove(&heap->giver);
	kspan_drains_cancel(&heap->giver);
	kspan_news.heap_going(heap);
	if (heap->orphan || source->flags & KSPAN_HEAP_WARN_LIVE)
		kspan_news.leftovers(heap);
	kspan_storage_drop(&heap->storage);
	for (nid = 0; nid < nr_node_ids; nid++)
		kspan_scavenge_node(&source->nodes[nid], KSPAN_RELEASE_ANY,
				    ULONG_MAX, KSPAN_RELEASED_EXPLICIT, NULL);
	cancel_delayed_work_sync(&source->peak.look);
	WARN_ONCE(source->account.backing_bytes,
		  "kspan: heap %s has lost %llu bytes\n", source->name,
		  source->account.backing_bytes);
	kspan_registry_forget(heap);
	/* Reports look up heaps by id, and frees read rows and magazines. */
	synchronize_rcu();
	heap_free(heap);
}

/* Ends a heap that nobody can find: hidden by the caller, or never published. */
static void heap_end(struct kspan_heap *heap)
{
	/* Waits for readers of its directory; a name has one at a time. */
	kspan_news.heap_hidden(heap);
	kspan_registry_free_name(heap);
	heap_dismantle(heap);
}

/* A complete heap, with an id, that nobody can find yet. */
static struct kspan_heap *heap_make(const char *name,
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
	heap->rcu_vain = jiffies - 1;
	heap->owner_kind = owner_kind;
	heap->owner = owner;
	strscpy(heap->owner_name, owner_name, sizeof(heap->owner_name));

	err = kspan_registry_add(heap);
	if (err) {
		heap_free(heap);
		return ERR_PTR(err);
	}
	/* Pages bear the heap's id. */
	err = kspan_reserve_resize(&heap->storage.reserve,
				   params->min_reserve_bytes);
	if (err) {
		heap_end(heap);
		return ERR_PTR(err);
	}
	kspan_news.heap_made(heap);
	return heap;
}

/* Published, of a kind that only the caller can destroy. */
static struct kspan_heap *heap_create(const char *name,
				      const struct kspan_heap_params *params,
				      unsigned int owner_kind,
				      struct module *owner,
				      const char *owner_name)
{
	struct kspan_heap *heap = heap_make(name, params, owner_kind, owner,
					    owner_name);

	if (!IS_ERR(heap))
		kspan_registry_publish(heap);
	return heap;
}

/* See kspan_heap_create(). */
struct kspan_heap *__kspan_heap_create(const char *name,
				       const struct kspan_heap_params *params,
				       struct module *owner)
{
	return heap_create(name, params, KSPAN_OWNER_MODULE, owner,
			   owner ? owner->name : "kernel");
}
EXPORT_SYMBOL_GPL(__kspan_heap_create);

/**
 * kspan_heap_create_user() - make a heap for ioctl
 * @name: its name
 * @params: how it is to be
 * @owner_name: who makes it
 * @id: out: its id
 *
 * There is no pointer to the heap to be had: anybody may destroy it by now.
 *
 * Return: 0, or as kspan_heap_create().
 */
int kspan_heap_create_user(const char *name,
			   const struct kspan_heap_params *params,
			   const char *owner_name, u64 *id)
{
	struct kspan_heap *heap;

	if (params->flags & ~KSPAN_HEAP_FLAGS)
		return -EINVAL;
	heap = heap_make(name, params, KSPAN_OWNER_USER, NULL, owner_name);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	*id = heap->storage.source.id;
	kspan_registry_publish(heap);
	return 0;
}

/**
 * kspan_heap_destroy() - free a heap and all that is in it
 * @heap: the heap; NULL and ERR_PTR are ignored
 *
 * Nobody allocates from the heap or frees to it any more. Objects that are left
 * in it, in CPU caches too, are freed with it, without a word but for a heap with
 * KSPAN_HEAP_WARN_LIVE, of which the log gets one report. Waits for those who hold the
 * heap by kspan_heap_find(); the log is told every minute how many they are.
 *
 * Context: Process context; sleeps. Takes heaps_mutex, and waits for others without
 * a lock.
 */
void kspan_heap_destroy(struct kspan_heap *heap)
{
	if (IS_ERR_OR_NULL(heap))
		return;
	if (WARN_ONCE(heap == kspan_default_heap(),
		      "kspan: the default heap cannot be destroyed\n"))
		return;
	kspan_registry_hide(heap);
	heap_end(heap);
}
EXPORT_SYMBOL_GPL(kspan_heap_destroy);

/* Destroys the heap with an id, unless somebody else has. Process context. */
void kspan_heap_destroy_id(u32 id)
{
	struct kspan_heap *heap = kspan_heap_get_id(id);
	bool ours;

	if (!heap)
		return;
	ours = kspan_registry_hide(heap);
	kspan_heap_put(heap);
	if (ours)
		heap_end(heap);
}

/* Whether user space may destroy a heap. */
static int check_users(const struct kspan_heap *heap)
{
	switch (heap->owner_kind) {
	case KSPAN_OWNER_USER:
		return 0;
	case KSPAN_OWNER_DEFAULT:
		return -EPERM;
	default:
		return -EBUSY;
	}
}

/**
 * kspan_heap_destroy_user() - destroy a heap that was made by ioctl
 * @name: its name
 *
 * Return: 0, -ENOENT, -EPERM for the default heap, -EBUSY for a module's.
 */
int kspan_heap_destroy_user(const char *name)
{
	struct kspan_heap *heap = kspan_heap_find(name);
	int err;

	if (!heap)
		return -ENOENT;
	err = check_users(heap);
	if (!err && !kspan_registry_hide(heap))
		err = -ENOENT;
	kspan_heap_put(heap);
	if (!err)
		heap_end(heap);
	return err;
}

/**
 * kspan_heap_drain() - give what caches hold back to the spans
 * @heap: the heap
 *
 * Every CPU that has cached anything does it for itself, in a work item;
 * operations go on meanwhile. A CPU that a real-time task keeps busy does it
 * later.
 *
 * Context: Process context; sleeps, for 5 seconds at most, and without a lock. May
 * take shelf->lock, depot->lock and central->lock, and what comes after it.
 * Return: 0; -ETIMEDOUT if some CPU has not come to it, all others have; -EINTR
 * if the task is being killed.
 */
int kspan_heap_drain(struct kspan_heap *heap)
{
	return kspan_drain(&heap->giver);
}
EXPORT_SYMBOL_GPL(kspan_heap_drain);

/**
 * kspan_heap_scavenge() - give free pages back to the kernel
 * @heap: the heap
 * @bytes: how much at most; SIZE_MAX is all
 *
 * Chunks and halves of chunks that are wholly free go first, then other free
 * blocks, then single pages, those at the highest addresses before others.
 * What CPU caches hold keeps its spans: kspan_heap_drain() first gives most. The
 * reserve stays.
 *
 * Context: Process context; sleeps, for one or two grace periods, and without a
 * lock. May take the locks of kspan_heap_drain().
 * Return: bytes given back.
 */
size_t kspan_heap_scavenge(struct kspan_heap *heap, size_t bytes)
{
	return kspan_scavenge(&heap->storage, bytes);
}
EXPORT_SYMBOL_GPL(kspan_heap_scavenge);

/* A module goes: it should have destroyed its heaps. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct module *mod = arg;
	struct kspan_heap *heap;
	u32 id = 0;

	if (event != MODULE_STATE_GOING || mod == THIS_MODULE)
		return NOTIFY_OK;
	while ((heap = kspan_heap_get_next(&id))) {
		const struct kspan_source *source = &heap->storage.source;
		bool orphan = heap->owner == mod && kspan_registry_hide(heap);

		if (orphan) {
			heap->orphan = true;
			pr_err("kspan: module %s leaves its heap %s behind, with %llu bytes; it is torn down\n",
			       mod->name, source->name,
			       source->account.backing_bytes);
		}
		kspan_heap_put(heap);
		if (orphan)
			heap_end(heap);
	}
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
};

/**
 * struct giver_walk - a walk over all heaps as givers
 * @fn: called with each
 * @arg: its second argument
 */
struct giver_walk {
	kspan_giver_fn	fn;
	void		*arg;
};

static int walk_giver(struct kspan_heap *heap, void *arg)
{
	const struct giver_walk *walk = arg;

	return walk->fn(&heap->giver, walk->arg);
}

static int walk_givers(kspan_giver_fn fn, void *arg)
{
	struct giver_walk walk = { .fn = fn, .arg = arg };

	return kspan_heap_for_each(walk_giver, &walk);
}

int kspan_heaps_init(void)
{
	struct kspan_heap *heap;
	int err;

	kspan_giver_set_walk(walk_givers);
	err = kspan_shrinkers_init();
	if (err)
		return err;
	err = kspan_scavenger_init();
	if (err)
		goto exit_shrinkers;
	heap = heap_create("default", NULL, KSPAN_OWNER_DEFAULT, NULL, "kspan");
	if (IS_ERR(heap)) {
		err = PTR_ERR(heap);
		goto exit_scavenger;
	}
	kspan_registry_set_default(heap);
	err = register_module_notifier(&module_notifier);
	if (err)
		goto end_default;
	return 0;

end_default:
	kspan_registry_set_default(NULL);
	kspan_registry_hide(heap);
	heap_end(heap);
exit_scavenger:
	kspan_scavenger_exit();
exit_shrinkers:
	kspan_shrinkers_exit();
	return err;
}

/* No other module uses kspan any more, and no file is open. */
void kspan_heaps_exit(void)
{
	struct kspan_heap *heap;
	u32 id = 0;

	unregister_module_notifier(&module_notifier);
	while ((heap = kspan_heap_get_next(&id))) {
		kspan_heap_put(heap);
		if (heap == kspan_default_heap())
			continue;
		kspan_registry_hide(heap);
		heap_end(heap);
	}
	heap = kspan_default_heap();
	kspan_registry_set_default(NULL);
	kspan_registry_hide(heap);
	heap_end(heap);
	kspan_scavenger_exit();
	kspan_shrinkers_exit();
}
