/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What callers know of a function: where its arguments go.
 *
 * A summary is a list of words. In each, N is the address passed as argument N (the
 * first is 0), *N+8 what the object there has at offset 8, **N+8 whatever is reached
 * from that; +? is an offset that is not known, new an object that the function has
 * allocated, result its value, heap everything else:
 *
 *	*0+8<-1		argument 1 is stored in the object of argument 0
 *	result<-0	argument 0 is returned
 *	heap<-*0+16	what the object holds at 16 gets known elsewhere
 *	frees=0		its object is freed on every path; mayfree=0, on some
 *	dma=0		its object is used for DMA
 *	params=2	arguments behind these go to the heap
 *	varargs		no, they do not
 *	alloc=kmalloc size=0*1 zero	an allocation, of argument 0 times 1 bytes
 *
 * The same words are in models.txt, written by hand, in the files beside the objects,
 * and in a database.
 */
#ifndef KSPAN_ESCAPE_SUMMARY_H
#define KSPAN_ESCAPE_SUMMARY_H

#include "gcc-common.hh"

enum endpoint_kind {
	END_HEAP,
	END_RESULT,
	END_NEW,
	END_ARG,	/* from: the address passed; to: a word of its object */
	END_CONTENT,	/* what is reached from that word */
};

struct endpoint {
	enum endpoint_kind kind;
	int index;	/* of the argument */
	long off;
};

bool operator<(const struct endpoint &a, const struct endpoint &b);
bool operator==(const struct endpoint &a, const struct endpoint &b);

struct summary {
	bool model;		/* written by hand: nobody looks into the function */
	int nr_params;		/* -1: extra arguments do not escape */
	std::set<std::pair<struct endpoint, struct endpoint>> flows;	/* to, from */
	std::set<struct endpoint> frees;	/* always */
	std::set<struct endpoint> mayfree;
	std::set<struct endpoint> dma;
	std::string family;	/* of an allocation function, else empty */
	int size_arg, count_arg;	/* -1: none */
	bool zeroed;
	long new_size;		/* of END_NEW, where it is one constant */
};

bool same_summary(const struct summary *a, const struct summary *b);
void empty_summary(struct summary *s);
bool parse_summary(const char *words, struct summary *s);
std::string print_summary(const struct summary *s);

/* Of functions by name: models first, then databases. */
bool read_summaries(const char *file, bool models);
const struct summary *summary_of_name(const char *name);

/* Of functions of this file, and those by name. NULL: nothing is known. */
const struct summary *summary_of(tree fndecl);
struct summary *own_summary(tree fndecl);
void set_own_summary(tree fndecl, const struct summary *s);
void write_own_summaries(const char *file);
bool has_model(tree fndecl);

struct graph;
void summarize(struct graph *g, struct summary *s);

#endif
