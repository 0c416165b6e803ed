/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects on a kspan_stack: their allocations become calls of linux/kspan_frame.h. The
 * function borrows the stack when it allocates first, and gives it back at each of its
 * returns.
 */
#include "escape.hh"
#include "place.hh"

/* What linux/kspan_frame.h declares, and kspan.ko has. */
static tree frame_function(const char *name, tree type)
{
	tree fndecl = build_fn_decl(name, type);

	TREE_NOTHROW(fndecl) = 1;
	return fndecl;
}

static tree kmalloc_function(void)
{
	return frame_function("__kspan_frame_kmalloc",
			      build_function_type_list(ptr_type_node, ptr_type_node,
						       size_type_node, size_type_node,
						       unsigned_type_node, NULL_TREE));
}

static tree alloc_function(void)
{
	return frame_function("__kspan_frame_alloc",
			      build_function_type_list(ptr_type_node, ptr_type_node,
						       ptr_type_node, size_type_node,
						       size_type_node,
						       unsigned_type_node, NULL_TREE));
}

static tree void_function(const char *name)
{
	return frame_function(name, build_function_type_list(void_type_node,
							     ptr_type_node,
							     NULL_TREE));
}

static std::string callee_name(gimple *call)
{
	tree fndecl = gimple_call_fndecl(call);
	std::string name = fndecl && DECL_NAME(fndecl) ?
		IDENTIFIER_POINTER(DECL_NAME(fndecl)) : "";
	size_t at = name.rfind("_noprof");

	return at == std::string::npos ? name : name.substr(0, at);
}

/* Those that take a size, perhaps a number, and flags; not a node. */
static bool is_of(const std::string &name, const char *const *names)
{
	for (; *names; names++)
		if (name == *names)
			return true;
	return false;
}

static const char *const kmalloc_names[] = {
	"kmalloc", "kzalloc", "kmalloc_array", "kcalloc", NULL
};

static const char *const kspan_names[] = {
	"kspan_alloc", "kspan_zalloc", "kspan_alloc_array", "kspan_calloc", NULL
};

/* What is freed otherwise, as by a function of the module, is not for us to tell. */
bool may_be_on_stack(struct graph *g, const struct verdict *v)
{
	std::string name = callee_name(g->objects[v->obj].stmt);
	bool kspan = is_of(name, kspan_names);

	if (g->recursive || g->objects[v->obj].depth ||
	    (!kspan && !is_of(name, kmalloc_names)))
		return false;
	for (gimple *free : v->life.mayfree)
		if (callee_name(free) != (kspan ? "kspan_free" : "kfree"))
			return false;
	return true;
}

/* The stack that the function has borrowed, or NULL. */
tree new_frame(struct graph *g)
{
	tree frame = new_variable(g, ptr_type_node, "kspan_frame");

	TREE_ADDRESSABLE(frame) = 1;
	insert_at_entry(g, gimple_build_assign(frame, null_pointer_node));
	return frame;
}

void end_frame(struct graph *g, tree frame)
{
	tree fndecl = void_function("__kspan_frame_end"), stack;
	edge_iterator i;
	gimple *last;
	edge e;

	FOR_EACH_EDGE(e, i, EXIT_BLOCK_PTR_FOR_FN(g->fun)->preds) {
		last = last_statement(e->src);
		if (!last || gimple_code(last) != GIMPLE_RETURN)
			continue;
		stack = make_ssa_name(ptr_type_node);
		insert_before(last, gimple_build_assign(stack, frame));
		insert_before(last, gimple_build_call(fndecl, 1, stack));
	}
}

static void replace_call(gimple *old, gcall *call)
{
	gimple_stmt_iterator i = gsi_for_stmt(old);

	gimple_set_location(call, gimple_location(old));
	if (gimple_call_lhs(old))
		gimple_call_set_lhs(call, gimple_call_lhs(old));
	forget_memory(old);
	gsi_replace(&i, call, false);
}

/* The flags, and that the object has to be clear. */
static tree flags_of(struct graph *g, const struct verdict *v, tree flags)
{
	gimple *call = g->objects[v->obj].stmt, *clear;
	tree zero = build_int_cst(unsigned_type_node, GFP_ZERO_BIT), both;

	if (!g->objects[v->obj].zeroed)
		return flags;
	if (TREE_CODE(flags) == INTEGER_CST)
		return fold_build2(BIT_IOR_EXPR, unsigned_type_node,
				   fold_convert(unsigned_type_node, flags), zero);
	both = make_ssa_name(TREE_TYPE(flags));
	clear = gimple_build_assign(both, BIT_IOR_EXPR, flags,
				    fold_convert(TREE_TYPE(flags), zero));
	insert_before(call, clear);
	return both;
}

void push_object(struct graph *g, const struct verdict *v, tree frame)
{
	gimple *call = g->objects[v->obj].stmt;
	const struct summary *s = summary_of(gimple_call_fndecl(call));
	bool kspan = g->objects[v->obj].family == "kspan";
	int flags = (s->size_arg > s->count_arg ? s->size_arg : s->count_arg) + 1;
	vec<tree> args = vNULL;

	args.safe_push(build_fold_addr_expr(frame));
	if (kspan)
		args.safe_push(gimple_call_arg(call, 0));
	args.safe_push(s->count_arg < 0 ? build_one_cst(size_type_node) :
		       gimple_call_arg(call, s->count_arg));
	args.safe_push(gimple_call_arg(call, s->size_arg));
	args.safe_push(flags_of(g, v, gimple_call_arg(call, flags)));
	replace_call(call, gimple_build_call_vec(kspan ? alloc_function() :
						 kmalloc_function(), args));
	args.release();
	tree fndecl = void_function(kspan ? "__kspan_frame_free" : "__kspan_frame_kfree");

	for (gimple *free : v->life.mayfree)
		replace_call(free, gimple_build_call(fndecl, 1, gimple_call_arg(free, 0)));
}
