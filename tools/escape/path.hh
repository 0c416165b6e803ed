/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lives of objects, along the paths of a function.
 *
 * From an object's birth all paths are followed, and with them which variables hold
 * it for certain. A free through one of these ends the life. Branches that the object
 * rules out are not taken: a test for NULL or IS_ERR() of a variable that holds it,
 * a comparison with the address of something else.
 */
#ifndef KSPAN_ESCAPE_PATH_H
#define KSPAN_ESCAPE_PATH_H

#include "graph.hh"

/* A variable, or memory at an offset from a variable or pointer. */
struct holder {
	tree base;
	bool memory;
	long off;
};

bool operator<(const struct holder &a, const struct holder &b);

/* Who holds the object, and how far from its start that address is. */
typedef std::map<struct holder, long> holders_t;

/* holders.cc: what statements and edges do to them */
bool value_held(const holders_t &holders, tree value, long *off);
bool memory_held(const holders_t &holders, tree address, long off, long *at);
void step_statement(struct graph *g, holders_t &holders, gimple *stmt);
void step_edge(holders_t &holders, edge e);
bool edge_possible(const holders_t &holders, edge e);
gimple *last_statement(basic_block bb);

struct lifetime {
	bool freed;		/* on every path, for certain */
	bool leaks;		/* on some path nothing may have freed it */
	bool again;		/* it lives when its allocation runs again */
	bool by_callee;		/* a callee frees it, or may */
	bool vague;		/* some free may mean other objects too */
	std::set<gimple *> frees;	/* those that certainly free it, by name */
	std::set<gimple *> mayfree;	/* all that may */
	location_t leak_at;	/* where such a path ends */
};

void trace_object(struct graph *g, int obj, struct lifetime *life);
bool loop_carried(struct graph *g, int obj);
bool argument_always_freed(struct graph *g, int arg);
bool content_always_freed(struct graph *g, int arg, long off);

#endif
