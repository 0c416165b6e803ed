/* SPDX-License-Identifier: GPL-2.0 */
/* The plugin's options, and how its parts are called. */
#ifndef KSPAN_ESCAPE_H
#define KSPAN_ESCAPE_H

#include "graph.hh"
#include "summary.hh"

enum placement {
	PLACE_NONE,
	PLACE_SLOT,
	PLACE_REGION,
	PLACE_VERIFY,
};

struct options {
	bool go_stores;			/* each store through a pointer: to the heap */
	bool print;			/* lines on stderr */
	bool why;			/* with their chains */
	bool params;			/* and what happens to parameters */
	bool analyse_only;		/* make no code */
	enum placement place;
	bool force_place;		/* wrong ones too: for tests */
	size_t max_steps;		/* of one function's graph; 0: the usual number */
	const char *lines;		/* file for the lines */
	const char *placed;		/* file to add placements to */
	const char *json;		/* file for the same as JSON */
	const char *summaries;		/* file for this unit's summaries */
	const char *list;		/* file to name that one in */
	std::vector<std::string> databases;
	const char *models;
};

extern struct options option;

/* gimple.cc: a function's statements become its graph */
void build_graph(struct graph *g);

/* value.cc: operands */
bool may_hold_address(tree type);
int location_of_value(struct graph *g, tree value, gimple *stmt);
void assign_to(struct graph *g, tree lhs, int from, gimple *stmt, const char *how);
bool is_local_variable(tree decl);

/* call.cc */
void build_call(struct graph *g, gcall *call);
bool apply_indirect_calls(struct graph *g);

/* annotations.cc */
void register_annotations(void *gcc_data, void *data);
void read_annotations(void *gcc_data, void *data);
bool is_annotated(tree fndecl);
bool is_kept(tree decl);
void annotate(struct summary *s, tree fndecl);
void summary_of_annotations(struct summary *s, tree fndecl);

/* unit.cc: all functions of the file */
void analyse_unit(void);

#endif
