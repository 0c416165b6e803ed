/* SPDX-License-Identifier: GPL-2.0 */
/* From a function's graph to its summary. */
#include "escape.hh"
#include "path.hh"

/* With more words of one argument than this, a summary tells of any word. */
#define MAX_SUMMARY_WORDS	16
#define MAX_ENDS		4

typedef std::set<std::pair<struct endpoint, struct endpoint>> flows_t;

static struct endpoint make_end(enum endpoint_kind kind, int index, long off)
{
	struct endpoint end = { kind, index, off };

	return end;
}

/* What an address is to a caller. False: nothing it could know. */
static bool end_of_place(struct graph *g, int place, struct endpoint *end)
{
	struct place at = g->places[place];
	struct object *obj = &g->objects[at.obj];

	switch (obj->kind) {
	case OBJ_HEAP:
	case OBJ_CONST:
	case OBJ_FUNCTION:
		*end = make_end(END_HEAP, 0, 0);
		return true;
	case OBJ_ARG:
		*end = make_end(END_ARG, obj->index, at.off);
		return true;
	case OBJ_CONTENT:
		*end = make_end(END_CONTENT, obj->index, obj->off);
		return true;
	case OBJ_ALLOC:
	case OBJ_NEW:
		*end = make_end(END_NEW, 0, at.off);
		return true;
	default:
		return false;
	}
}

/*
 * *0+8<-*0+8 and heap<-heap say nothing. Objects that only the heap has are none of the
 * caller's; see flows_into_new() for the others.
 */
static bool says_nothing(const struct endpoint &to, const struct endpoint &from)
{
	if (to.kind == END_HEAP)
		return from.kind == END_HEAP || from.kind == END_NEW;
	if (from.kind != END_CONTENT || to.index != from.index)
		return false;
	if (to.kind == END_ARG)
		return to.off == from.off || to.off == ANY_OFFSET;
	return to.kind == END_CONTENT;
}

static void flows_into(struct graph *g, flows_t &flows, struct endpoint to, int loc)
{
	struct endpoint from;

	for (auto &held : g->locations[loc].holds)
		if (end_of_place(g, held.first, &from) && !says_nothing(to, from))
			flows.insert(std::make_pair(to, from));
}

static void flows_into_words(struct graph *g, flows_t &flows, enum endpoint_kind kind,
			     int obj)
{
	struct object *o = &g->objects[obj];

	flows_into(g, flows, make_end(kind, o->index, ANY_OFFSET), o->any);
	for (auto &word : o->words)
		flows_into(g, flows, make_end(kind, o->index, word.first), word.second);
}

/* A pointer to a local that is returned leads to what the local holds. */
static void add_visible(struct graph *g, int root, std::set<int> &visible)
{
	reach_t reach;

	walk_one(g, root, reach);
	for (auto &reached : reach)
		if (own_object(&g->objects[reached.first]))
			visible.insert(reached.first);
}

/* What is stored in objects that the caller gets is the caller's to know. */
static void flows_into_new(struct graph *g, flows_t &flows)
{
	std::set<int> visible;

	add_visible(g, g->result, visible);
	for (int arg : g->args)
		add_visible(g, word_to_read(g, arg, ANY_OFFSET), visible);
	for (auto &content : g->reached)
		add_visible(g, g->objects[content.second].all, visible);
	for (int obj : visible) {
		flows_into_words(g, flows, END_NEW, obj);
		if (g->objects[obj].kind != OBJ_LOCAL && holds_object(g, g->heap, obj))
			flows.insert(std::make_pair(make_end(END_HEAP, 0, 0),
						    make_end(END_NEW, 0, 0)));
	}
}

/*
 * Words of an object that hold the same as "any" word say nothing of their own, and
 * what is known to be in the heap need not be told word by word.
 */
static bool covered(const flows_t &flows, const std::pair<struct endpoint,
		    struct endpoint> &flow)
{
	struct endpoint to = flow.first, from = flow.second, any;

	if ((to.kind == END_ARG || to.kind == END_NEW || to.kind == END_CONTENT) &&
	    to.off != ANY_OFFSET) {
		any = make_end(to.kind, to.index, ANY_OFFSET);
		if (flows.count(std::make_pair(any, from)))
			return true;
	}
	if (from.kind == END_CONTENT && from.off != ANY_OFFSET) {
		any = make_end(END_CONTENT, from.index, ANY_OFFSET);
		if (flows.count(std::make_pair(to, any)))
			return true;
	}
	if (to.kind == END_HEAP && from.kind == END_CONTENT)
		return flows.count(std::make_pair(to,
				   make_end(END_ARG, from.index, 0)));
	return false;
}

static void drop_covered(flows_t &flows)
{
	flows_t left;

	for (auto &flow : flows)
		if (!covered(flows, flow))
			left.insert(flow);
	flows = left;
}

static struct endpoint blurred(struct endpoint end,
			       std::map<int, std::set<long>> &words)
{
	if ((end.kind == END_ARG || end.kind == END_CONTENT) &&
	    words[end.index].size() > MAX_SUMMARY_WORDS &&
	    (end.kind == END_CONTENT || end.off))
		end.off = ANY_OFFSET;
	return end;
}

static void blur(flows_t &flows)
{
	std::map<int, std::set<long>> words;
	flows_t less;

	for (auto &flow : flows) {
		if (flow.first.kind >= END_ARG)
			words[flow.first.index].insert(flow.first.off);
		if (flow.second.kind >= END_ARG)
			words[flow.second.index].insert(flow.second.off);
	}
	for (auto &flow : flows)
		less.insert(std::make_pair(blurred(flow.first, words),
					   blurred(flow.second, words)));
	flows = less;
}

/* Of more than a few words of one argument, a summary tells of any. */
static void blur_ends(std::set<struct endpoint> &ends)
{
	std::map<std::pair<int, int>, int> count;
	std::set<struct endpoint> less;

	for (const struct endpoint &end : ends)
		count[std::make_pair(end.kind, end.index)] +=
			end.off == ANY_OFFSET ? MAX_ENDS : 1;
	for (struct endpoint end : ends) {
		if (count[std::make_pair(end.kind, end.index)] > MAX_ENDS &&
		    (end.kind == END_CONTENT || end.off))
			end.off = ANY_OFFSET;
		less.insert(end);
	}
	ends = less;
}

static void ends_used(struct graph *g, const std::vector<struct use> &uses,
		      std::set<struct endpoint> &ends)
{
	struct endpoint end;

	for (const struct use &use : uses)
		for (auto &held : g->locations[use.loc].holds)
			if (end_of_place(g, held.first, &end) && end.kind >= END_ARG)
				ends.insert(end);
}

static bool always_frees(struct graph *g, const struct endpoint &end)
{
	if (end.off == ANY_OFFSET)
		return false;
	if (end.kind == END_ARG)
		return !end.off && argument_always_freed(g, end.index);
	return content_always_freed(g, end.index, end.off);
}

static void add_frees(struct graph *g, struct summary *s)
{
	std::set<struct endpoint> some;

	ends_used(g, g->frees, some);
	for (const struct endpoint &end : some) {
		if (always_frees(g, end))
			s->frees.insert(end);
		else
			s->mayfree.insert(end);
	}
}

/* One size, if all objects that the caller may get have it. */
static long size_of_new(struct graph *g)
{
	long size = -1;
	struct object *obj;

	for (auto &held : g->locations[g->result].holds) {
		obj = &g->objects[g->places[held.first].obj];
		if (obj->kind != OBJ_ALLOC && obj->kind != OBJ_NEW)
			continue;
		if (obj->size < 0 || (size >= 0 && size != obj->size))
			return -1;
		size = obj->size;
	}
	return size;
}

void summarize(struct graph *g, struct summary *s)
{
	empty_summary(s);
	s->nr_params = g->args.size();
	flows_into(g, s->flows, make_end(END_HEAP, 0, 0), g->heap);
	flows_into(g, s->flows, make_end(END_RESULT, 0, 0), g->result);
	for (int arg : g->args)
		flows_into_words(g, s->flows, END_ARG, arg);
	for (auto &content : g->reached)
		flows_into(g, s->flows,
			   make_end(END_CONTENT, g->objects[content.second].index,
				    g->objects[content.second].off),
			   g->objects[content.second].any);
	flows_into_new(g, s->flows);
	blur(s->flows);
	drop_covered(s->flows);
	ends_used(g, g->dmas, s->dma);
	blur_ends(s->dma);
	add_frees(g, s);
	blur_ends(s->mayfree);
	s->new_size = size_of_new(g);
}
