/* SPDX-License-Identifier: GPL-2.0 */
/* Slots, and how a function is changed; see place.hh. */
#include "escape.hh"
#include "place.hh"

#if GCCPLUGIN_VERSION >= 14000
#define CLOBBER_END	CLOBBER_STORAGE_END
#else
#define CLOBBER_END	CLOBBER_EOL
#endif

tree new_variable(struct graph *g, tree type, const char *name)
{
	tree var = create_tmp_var(type, name);

	DECL_IGNORED_P(var) = 1;
	return var;
}

void insert_before(gimple *stmt, gimple *added)
{
	gimple_stmt_iterator i = gsi_for_stmt(stmt);

	gimple_set_location(added, gimple_location(stmt));
	gsi_insert_before(&i, added, GSI_SAME_STMT);
}

void insert_at_entry(struct graph *g, gimple *stmt)
{
	edge e = single_succ_edge(ENTRY_BLOCK_PTR_FOR_FN(g->fun));

	gsi_insert_on_edge_immediate(e, stmt);
}

void forget_memory(gimple *stmt)
{
	if (gimple_vdef(stmt) && TREE_CODE(gimple_vdef(stmt)) == SSA_NAME) {
		unlink_stmt_vdef(stmt);
		release_ssa_name(gimple_vdef(stmt));
	}
}

void remove_call(struct graph *g, gimple *call)
{
	gimple_stmt_iterator i = gsi_for_stmt(call);

	forget_memory(call);
	gsi_replace(&i, gimple_build_nop(), false);
}

/* The type its pointer has, if that is the whole object: else bytes. */
static tree slot_type(gimple *call, long size)
{
	tree type = TREE_TYPE(TREE_TYPE(gimple_call_lhs(call)));
	use_operand_p use;
	imm_use_iterator i;
	gimple *stmt;

	/* the pointer may get its type in a conversion first */
	FOR_EACH_IMM_USE_FAST(use, i, gimple_call_lhs(call)) {
		stmt = USE_STMT(use);
		if (is_gimple_assign(stmt) && POINTER_TYPE_P(TREE_TYPE(
		    gimple_assign_lhs(stmt))) && VOID_TYPE_P(type))
			type = TREE_TYPE(TREE_TYPE(gimple_assign_lhs(stmt)));
	}
	if (RECORD_OR_UNION_TYPE_P(type) && COMPLETE_TYPE_P(type) &&
	    tree_fits_shwi_p(TYPE_SIZE_UNIT(type)) &&
	    tree_to_shwi(TYPE_SIZE_UNIT(type)) == size)
		return TYPE_MAIN_VARIANT(type);
	return build_array_type_nelts(unsigned_char_type_node, size);
}

/* kmalloc() aligns powers of two to themselves, all else to words. */
static unsigned int slot_alignment(long size)
{
	unsigned int bytes = POINTER_SIZE_UNITS;

	if (!(size & (size - 1)) && size > bytes)
		bytes = size < 64 ? size : 64;
	return bytes * BITS_PER_UNIT;
}

static tree new_slot(struct graph *g, gimple *call, long size)
{
	tree slot = new_variable(g, slot_type(call, size), "kspan_slot");

	if (DECL_ALIGN(slot) < slot_alignment(size)) {
		SET_DECL_ALIGN(slot, slot_alignment(size));
		DECL_USER_ALIGN(slot) = 1;
	}
	TREE_ADDRESSABLE(slot) = 1;
	return slot;
}

/* What the compiler would fill a local with, if it is asked to fill them. */
static int fill_byte(struct graph *g, int obj)
{
	if (wants_zeroes(g, obj) || flag_auto_var_init == AUTO_INIT_ZERO)
		return 0;
	return flag_auto_var_init == AUTO_INIT_PATTERN ? 0xfe : -1;
}

static void fill_slot(struct graph *g, int obj, tree slot)
{
	tree fn = builtin_decl_implicit(BUILT_IN_MEMSET);
	int byte = fill_byte(g, obj);

	if (byte < 0)
		return;
	insert_before(g->objects[obj].stmt,
		      gimple_build_call(fn, 3, build_fold_addr_expr(slot),
					build_int_cst(integer_type_node, byte),
					build_int_cst(size_type_node,
						      g->objects[obj].size)));
}

/* A free becomes the end of the variable's life. */
static void end_slot(gimple *call, tree slot)
{
	gimple_stmt_iterator i = gsi_for_stmt(call);
	gimple *end = gimple_build_assign(slot, build_clobber(TREE_TYPE(slot),
							      CLOBBER_END));

	gimple_set_location(end, gimple_location(call));
	forget_memory(call);
	gsi_replace(&i, end, false);
}

static void place_in_slot(struct graph *g, const struct verdict *v)
{
	gimple *call = g->objects[v->obj].stmt, *address;
	gimple_stmt_iterator i = gsi_for_stmt(call);
	tree lhs = gimple_call_lhs(call), slot;

	slot = new_slot(g, call, g->objects[v->obj].size);
	fill_slot(g, v->obj, slot);
	address = gimple_build_assign(lhs, build1(ADDR_EXPR, TREE_TYPE(lhs), slot));
	gimple_set_location(address, gimple_location(call));
	forget_memory(call);
	gsi_replace(&i, address, false);
	for (gimple *free : v->life.mayfree)
		/* it is no statement any more where a placement was forced */
		if (gimple_bb(free) && (!option.force_place || v->life.frees.count(free)))
			end_slot(free, slot);
}

static void function_changed(struct graph *g)
{
	mark_virtual_operands_for_renaming(g->fun);
	update_ssa(TODO_update_ssa_only_virtuals);
	cgraph_edge::rebuild_edges();
}

/* Half of what the kernel warns of is for what is inlined, and for spilled registers. */
static bool frame_has_room(struct graph *g, long bytes)
{
	long frame = estimated_stack_frame_size(cgraph_node::get(g->decl));

	return bytes <= MAX_FRAME_BYTES &&
	       (warn_frame_larger_than_size <= 0 ||
		frame + bytes <= warn_frame_larger_than_size / 2);
}

static bool place_in_frame(struct graph *g, const struct verdict *v, long *frame_bytes)
{
	long size = g->objects[v->obj].size;

	if (!may_be_slot(g, v) || !frame_has_room(g, *frame_bytes + size))
		return false;
	*frame_bytes += size;
	print_placement(g, v, "placed in a slot");
	place_in_slot(g, v);
	return true;
}

static bool place_on_stack(struct graph *g, const struct verdict *v, tree *frame)
{
	if (!may_be_pushed(g, v) || !may_be_on_stack(g, v))
		return false;
	print_placement(g, v, "placed on a stack");
	if (!*frame)
		*frame = new_frame(g);
	push_object(g, v, *frame);
	return true;
}

static bool delay_free(struct graph *g, const struct verdict *v)
{
	if (!may_be_pushed(g, v) || !verify_object(g, v))
		return false;
	print_placement(g, v, "is freed at the end of its function");
	return true;
}

/* Slots first, as long as the frame stays small. */
static bool place_object(struct graph *g, const struct verdict *v, long *frame_bytes,
			 tree *frame, bool on_stack)
{
	if (option.place == PLACE_VERIFY)
		return delay_free(g, v);
	if (place_in_frame(g, v, frame_bytes))
		return true;
	return on_stack && place_on_stack(g, v, frame);
}

/*
 * Whether a stack is worth borrowing. It costs more than kspan's own allocation, of which
 * it has to replace several, and less than kmalloc()'s.
 */
static bool stack_pays(struct graph *g, const std::vector<struct verdict> &verdicts)
{
	int pushes = 0;

	for (const struct verdict &v : verdicts) {
		if (may_be_slot(g, &v) || !may_be_pushed(g, &v) || !may_be_on_stack(g, &v))
			continue;
		if (g->objects[v.obj].family != "kspan")
			return true;
		pushes++;
	}
	return pushes > 1 || option.force_place;
}

void place_objects(struct graph *g, const std::vector<struct verdict> &verdicts)
{
	tree frame = NULL_TREE;
	long frame_bytes = 0;
	bool changed = false;
	bool on_stack = option.place == PLACE_REGION && stack_pays(g, verdicts);

	for (const struct verdict &v : verdicts)
		if (g->objects[v.obj].kind == OBJ_ALLOC)
			changed |= place_object(g, &v, &frame_bytes, &frame, on_stack);
	if (frame)
		end_frame(g, frame);
	if (changed)
		function_changed(g);
}
