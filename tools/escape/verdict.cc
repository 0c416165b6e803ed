/* SPDX-License-Identifier: GPL-2.0 */
/* Where each object of a function goes. */
#include "escape.hh"
#include "place.hh"
#include "verdict.hh"

static bool reaches(struct graph *g, int root, int obj, struct verdict *v)
{
	reach_t reach;

	walk_one(g, root, reach);
	if (!reach.count(obj))
		return false;
	v->root = root;
	v->reach = reach;
	return true;
}

static bool reaches_argument(struct graph *g, int obj, struct verdict *v)
{
	for (int arg : g->args)
		if (reaches(g, word_to_read(g, arg, ANY_OFFSET), obj, v))
			return true;
	for (auto &content : g->reached)
		if (reaches(g, g->objects[content.second].all, obj, v))
			return true;
	return false;
}

static enum destination destination_of(struct graph *g, int obj, struct verdict *v)
{
	if (reaches(g, g->heap, obj, v))
		return TO_HEAP;
	if (reaches_argument(g, obj, v))
		return TO_ARGUMENT;
	if (reaches(g, g->result, obj, v))
		return TO_RESULT;
	return TO_NOWHERE;
}

static bool used_for_dma(struct graph *g, int obj)
{
	for (const struct use &use : g->dmas)
		if (holds_object(g, use.loc, obj))
			return true;
	return false;
}

void judge(struct graph *g, int obj, struct verdict *v)
{
	v->obj = obj;
	if (g->given_up) {
		v->to = TO_HEAP;
		return;
	}
	v->to = destination_of(g, obj, v);
	v->dma = used_for_dma(g, obj);
	if (g->objects[obj].kind == OBJ_LOCAL) {
		v->outlives = returns_address(g, g->objects[obj].decl);
		if (v->outlives)
			reaches(g, g->result, obj, v);
		return;
	}
	v->carried = loop_carried(g, obj);
	trace_object(g, obj, &v->life);
}

/* Its life ends here on every path, and there is one of it at a time. */
bool is_certified(const struct verdict *v)
{
	return v->life.freed && !v->carried;
}

void report_function(struct graph *g)
{
	size_t i, nr = g->objects.size();
	std::vector<struct verdict> verdicts;
	struct verdict v;

	for (i = 0; i < nr; i++) {
		if (!own_object(&g->objects[i]))
			continue;
		v = {};
		judge(g, i, &v);
		print_verdict(g, &v);
		verdicts.push_back(v);
	}
	if (g->coarse)
		print_limit(g);
	if (option.params)
		print_parameters(g);
	if (option.place && !g->given_up)
		place_objects(g, verdicts);
}
