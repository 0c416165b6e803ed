/* SPDX-License-Identifier: GPL-2.0 */
/* What is said of an allocation, a local variable, a parameter. */
#ifndef KSPAN_ESCAPE_VERDICT_H
#define KSPAN_ESCAPE_VERDICT_H

#include "path.hh"

enum destination {
	TO_NOWHERE,		/* does not escape */
	TO_RESULT,
	TO_ARGUMENT,		/* is in an argument's object when the function returns */
	TO_HEAP,
};

struct verdict {
	int obj;
	enum destination to;
	int root;		/* where it is then: a location */
	reach_t reach;		/* of that root, to tell the chain */
	bool carried;		/* by a loop */
	bool dma;
	bool outlives;		/* a local's address that its function leaves behind */
	struct lifetime life;	/* of allocations */
};

/* verdict.cc */
void judge(struct graph *g, int obj, struct verdict *v);
bool is_certified(const struct verdict *v);
void report_function(struct graph *g);

/* returned.cc */
bool returns_address(struct graph *g, tree decl);

/* why.cc */
std::vector<std::string> chain_of(struct graph *g, const struct verdict *v);
std::string name_of_location(struct graph *g, int loc);

/* output.cc */
std::string source_location(location_t loc);
void print_verdict(struct graph *g, const struct verdict *v);
void print_placement(struct graph *g, const struct verdict *v, const char *how);
void print_parameters(struct graph *g);
void print_limit(struct graph *g);
void open_output(void);
void close_output(void);

#endif
