/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The graph of one function, as in Go's escape analysis.
 *
 * A location is whatever may hold an address: a variable in SSA form, a field of an
 * object, the result, the heap. A flow leads from one location to another and has a
 * weight: -1 for "the address of an object", 0 for a copy, 1 for a load. Flows of
 * weight -1 become places, which are what a location holds; copies hand places on;
 * a load or a store is resolved to copies as soon as it is known which objects its
 * pointer names. This is where C is not Go: in Go each store through a pointer goes
 * to the heap (option go-stores), here it goes into the objects that may be meant.
 *
 * An object is what an address points to. It is of the function (a local, or from an
 * allocation), or stands for all that an argument points to, or for all that is known
 * elsewhere (the heap). Its memory is cut into words; which word an access means is
 * known where the offset is a constant, and is "any" otherwise.
 *
 * The graph does not know the order of statements. path.cc does.
 */
#ifndef KSPAN_ESCAPE_GRAPH_H
#define KSPAN_ESCAPE_GRAPH_H

#include "gcc-common.hh"

#define ANY_OFFSET	LONG_MIN

enum object_kind {
	OBJ_HEAP,	/* everything that others know */
	OBJ_LOCAL,	/* a variable with an address */
	OBJ_ALLOC,	/* made by an allocation here */
	OBJ_NEW,	/* made by a callee and handed to us */
	OBJ_ARG,	/* what argument "index" points to */
	OBJ_CONTENT,	/* what is reached from word "off" of that */
	OBJ_FUNCTION,	/* a function whose address was taken */
	OBJ_CONST,	/* a constant table of this file */
};

struct object {
	enum object_kind kind;
	int index;			/* of the argument */
	long off;			/* of OBJ_CONTENT */
	tree decl;			/* OBJ_LOCAL, OBJ_FUNCTION, OBJ_CONST */
	gimple *stmt;			/* OBJ_ALLOC, OBJ_NEW */
	int any;			/* location that stores to any word fill */
	int all;			/* location that loads of any word read */
	std::map<long, int> words;	/* locations of known words */
	int nr_places;
	int depth;			/* of loops around its birth */
	std::string what;		/* "kmalloc(64)" */
	std::string family;
	long size;			/* in bytes, or -1 */
	bool zeroed;
};

/* An address: an object, and how far from its start. */
struct place {
	int obj;
	long off;
};

/* Why a location holds a place: it came from there, by this statement. */
struct reason {
	int from;			/* location, or -1 where it began */
	gimple *stmt;
	const char *how;
};

struct flow {
	int to;
	long off;			/* added to the address */
	gimple *stmt;
	const char *how;
};

struct location {
	tree expr;
	std::string label;
	std::map<int, struct reason> holds;	/* by place */
	std::vector<struct flow> copies;
	std::vector<struct flow> loads;
	std::vector<struct flow> stores;	/* "to" is what is stored */
};

/* A call whose argument's object is freed, or handed to a device. */
struct use {
	int loc;			/* holds the address */
	gimple *stmt;
	int arg;			/* of the call */
	long off;			/* of the word, where it is its content */
	bool direct;			/* the argument itself, by a known function */
	bool always;			/* on every path of the callee */
	bool content;			/* what the argument's object holds */
};

struct pending_call {
	gcall *call;
	int fn;				/* location of the function's address */
	std::set<tree> done;
	bool leaked;
};

struct graph {
	struct function *fun;
	tree decl;
	bool recursive;			/* it may call itself */
	bool coarse;			/* with its words apart it was too large */
	bool given_up;			/* as one it was too: all it has may escape */
	size_t steps;			/* so far, to solve it */
	std::vector<struct location> locations;
	std::vector<struct object> objects;
	std::vector<struct place> places;
	std::map<std::pair<int, long>, int> place_ids;
	std::vector<std::pair<int, int>> work;	/* location, place */
	std::set<std::pair<std::pair<int, int>, long>> known_copies;

	std::map<tree, int> values;		/* locations of SSA names */
	std::map<tree, int> decls;		/* objects of variables, functions */
	std::map<gimple *, int> births;		/* objects of allocating calls */
	std::map<std::pair<gimple *, std::pair<int, long>>, int> contents;
	std::vector<int> args;			/* objects, by argument */
	std::map<std::pair<int, long>, int> reached;	/* OBJ_CONTENT */
	int heap_obj;
	int heap;				/* what has escaped */
	int unknown;				/* a pointer to anywhere */
	int result;

	std::vector<struct use> frees;
	std::vector<struct use> dmas;
	std::vector<struct pending_call> indirect;
};

void graph_init(struct graph *g, tree decl);

int new_location(struct graph *g, tree expr, const char *label);
int new_object(struct graph *g, enum object_kind kind, tree decl, gimple *stmt);
int local_object(struct graph *g, tree decl);
int function_object(struct graph *g, tree decl);
int const_object(struct graph *g, tree decl);
int content_object(struct graph *g, int arg, long off);
int word_to_read(struct graph *g, int obj, long off);
int word_to_write(struct graph *g, int obj, long off);

/* One for each weight; add_store is the flow against the arrow. */
void add_address(struct graph *g, int to, int obj, long off, gimple *stmt,
		 const char *how);
void add_copy(struct graph *g, int to, int from, long off, gimple *stmt,
	      const char *how);
void add_load(struct graph *g, int to, int pointer, long off, gimple *stmt,
	      const char *how);
void add_store(struct graph *g, int pointer, long off, int from, gimple *stmt,
	       const char *how);
void graph_solve(struct graph *g);
bool graph_too_large(struct graph *g);

bool holds_object(struct graph *g, int loc, int obj);
bool holds_only(struct graph *g, int loc, int obj);
bool own_object(const struct object *obj);

/* What is reached from a location: each object, and the location that names it. */
typedef std::map<int, int> reach_t;
void walk_one(struct graph *g, int root, reach_t &reach);

#endif
