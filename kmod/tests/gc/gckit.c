// SPDX-License-Identifier: GPL-2.0
#include "tests/gc/gckit.h"

static const u32 node_pointers[] = {
	offsetof(struct gckit_node, next),
	offsetof(struct gckit_node, other),
	offsetof(struct gckit_node, third),
	offsetof(struct gckit_node, fourth),
};

int gckit_init(struct kunit *test)
{
	const struct kspan_heap_params params = {
		.flags = KSPAN_HEAP_GC, .gc_percent = KSPAN_GC_OFF,
	};
	const struct kspan_gc_type_desc desc = {
		.name = "node", .size = sizeof(struct gckit_node),
		.pointers = node_pointers,
		.nr_pointers = ARRAY_SIZE(node_pointers),
	};
	struct gckit *kit = kunit_kzalloc(test, sizeof(*kit), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kit);
	kit->heap = kspan_heap_create("gckit", &params);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kit->heap));
	test->priv = kit;
	kit->nodes = kspan_gc_type_register(kit->heap, &desc);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kit->nodes));
	KUNIT_ASSERT_EQ(test, kspan_gc_root_add(kit->heap, &kit->root, 1), 0);
	return 0;
}

void gckit_exit(struct kunit *test)
{
	struct gckit *kit = test->priv;

	if (kit)
		kspan_heap_destroy(kit->heap);
}

struct gckit_node *gckit_node(struct kunit *test, u64 value)
{
	struct gckit_node *node = kspan_gc_alloc(gckit(test)->heap,
						 gckit(test)->nodes, 1,
						 GFP_ATOMIC);

	if (!node)
		KUNIT_FAIL(test, "no memory for a node");
	else
		node->value = value;
	return node;
}

void gckit_list(struct kunit *test, unsigned int nr)
{
	struct gckit *kit = gckit(test);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct gckit_node *node;

		kspan_gc_enter(kit->heap);
		node = gckit_node(test, i);
		if (node) {
			gckit_set(test, (void **)&node->next,
				  kspan_gc_load(&kit->root));
			gckit_set(test, &kit->root, node);
		}
		kspan_gc_leave(kit->heap);
	}
}

bool gckit_list_intact(struct kunit *test, unsigned int nr)
{
	struct gckit *kit = gckit(test);
	struct gckit_node *node;

	kspan_gc_enter(kit->heap);
	for (node = kspan_gc_load(&kit->root); node && nr;
	     node = kspan_gc_load((void **)&node->next)) {
		if (node->value != --nr)
			break;
	}
	kspan_gc_leave(kit->heap);
	return !node && !nr;
}

u64 gckit_live(struct kunit *test)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(gckit(test)->heap, &stats);
	return stats.live_objects;
}
