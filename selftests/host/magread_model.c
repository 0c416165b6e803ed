// SPDX-License-Identifier: GPL-2.0
/*
 * A model of kspan_mag_read(): a CPU that changes a magazine, and one that reads
 * it meanwhile. What the reader accepts must have been the magazine's state
 * between two operations, at some time while it read.
 *
 * Memory is weakly ordered: all that the barriers allow is tried. What an operation
 * stores comes in any order between that which sets @busy and that which clears it.
 * All but pops and pushes make @seq odd for that time. The reader loads the top and
 * the counters in any order, twice, with @busy between; and @seq around all of it.
 *
 *	magread_model [OPS]	KTAP on stdout; after so many operations at most
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field { TOP, ALLOCS, NET_IN, NFIELDS, BUSY = NFIELDS, SEQ, NWORDS };

enum {
	CAPACITY	= 2,
	MAX_OPS		= 4,
	MAX_STORES	= MAX_OPS * (NFIELDS + 4),
	/* @seq, three, @busy, three, @seq. */
	NLOADS		= 2 * NFIELDS + 3,
};

struct state {
	int	value[NFIELDS];
};

struct store {
	int	field;
	int	value;
	int	op;
};

enum op { POP, PUSH, REFILL, FETCH_FULL, STOW_FULL, FLUSH, DRAIN, BROKEN, NOPS };

/* One operation; false if it cannot be done in this state. */
static bool apply(enum op op, struct state *s)
{
	int *top = &s->value[TOP];
	int *allocs = &s->value[ALLOCS];
	int *net_in = &s->value[NET_IN];

	switch (op) {
	case POP:
		if (!*top)
			return false;
		--*top;
		++*allocs;
		return true;
	case PUSH:
		if (*top == CAPACITY)
			return false;
		++*top;
		return true;
	case REFILL:	/* one for the caller, one that stays */
		if (*top == CAPACITY)
			return false;
		++*top;
		*net_in += 2;
		++*allocs;
		return true;
	case FETCH_FULL:	/* and pops */
		if (*top)
			return false;
		*top = CAPACITY - 1;
		*net_in += CAPACITY;
		++*allocs;
		return true;
	case STOW_FULL:	/* and pushes */
		if (*top != CAPACITY)
			return false;
		*top = 1;
		*net_in -= CAPACITY;
		return true;
	case FLUSH:	/* one goes, one comes */
		if (*top != CAPACITY)
			return false;
		*net_in -= 1;
		return true;
	case DRAIN:
		if (!*top)
			return false;
		*net_in -= *top;
		*top = 0;
		return true;
	case BROKEN:	/* a slot that somebody has written to leaves */
		if (!*top)
			return false;
		--*top;
		--*net_in;
		return true;
	default:
		return false;
	}
}

static const int orders[6][NFIELDS] = {
	{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
};

/* What makes a reader wrong. */
enum fault {
	NONE, IGNORES_BUSY, IGNORES_SEQ, READS_ONCE, NFAULTS,
};

static const char * const fault_names[NFAULTS] = {
	"what is read was so", "busy does not count", "the sequence does not count",
	"read once",
};

/* The writer: states between operations, and the stores that lead from one to the next. */
static struct state states[MAX_OPS + 1];
static struct store stores[MAX_STORES];
static int nstores;
static int nops;

/* The reader. */
static int loads[NLOADS];
static enum fault fault;

/* Of a run of both. */
static unsigned long naccepted;
static unsigned long generation;
static bool wrong;

/* All that the reader may have loaded so far, from where the writer was. */
struct run {
	int	load;
	int	nstored;
	int	first_op;
	int	seq;
	int	value[NFIELDS];
};

static int op_at(int nstored)
{
	return nstored ? stores[nstored - 1].op : 0;
}

static void accept(const struct run *run, int last_nstored)
{
	/* The last store of an operation ends it. */
	int last = last_nstored == nstores ? nops : op_at(last_nstored) + 1;
	int i;

	naccepted++;
	for (i = run->first_op; i <= last && i <= nops; i++) {
		if (!memcmp(states[i].value, run->value, sizeof(run->value)))
			return;
	}
	wrong = true;
}

/* Takes what has been loaded; false if the reader has to begin again. */
static bool take(struct run *run, int field, int value)
{
	bool first = run->load <= NFIELDS;

	switch (field) {
	case SEQ:
		if (!run->load)
			run->seq = value;
		return fault == IGNORES_SEQ ||
		       (!(value & 1) && value == run->seq);
	case BUSY:
		return fault == IGNORES_BUSY || !value;
	default:
		if (first)
			run->value[field] = value;
		return first || fault == READS_ONCE ||
		       value == run->value[field];
	}
}

/*
 * Whether a run has been met before, of the same writer and reader. All in it is
 * small; the table forgets by a new generation.
 */
static bool met(const struct run *run)
{
	static struct { unsigned long key, generation; } table[1 << 14];
	const unsigned long mask = (1 << 14) - 1;
	unsigned long key = run->load;
	unsigned long i;
	int field;

	key = key * 32 + run->nstored;
	key = key * 8 + run->first_op;
	key = key * 16 + run->seq;
	for (field = 0; field < NFIELDS; field++)
		key = key * 32 + (run->value[field] + 16);
	for (i = key * 0x9e3779b97f4a7c15UL >> 50;; i = (i + 1) & mask) {
		if (table[i].generation != generation)
			break;
		if (table[i].key == key)
			return true;
	}
	table[i].key = key;
	table[i].generation = generation;
	return false;
}

/* The reader goes on from here at once, or after any further stores. */
static void explore(struct run run, const int *memory)
{
	int now[NWORDS];

	memcpy(now, memory, sizeof(now));
	while (!wrong && !met(&run)) {
		struct run next = run;
		int field = loads[run.load];

		if (run.load == NLOADS) {
			accept(&run, run.nstored);
			return;
		}
		if (!next.load)
			next.first_op = op_at(next.nstored);
		if (take(&next, field, now[field])) {
			next.load++;
			explore(next, now);
		}
		if (run.nstored == nstores)
			return;
		now[stores[run.nstored].field] = stores[run.nstored].value;
		run.nstored++;
	}
}

static void read_all_ways(void)
{
	int memory[NWORDS] = { 0 };
	struct run run = { 0 };
	int i;

	memcpy(memory, states[0].value, sizeof(states[0].value));
	loads[0] = SEQ;
	loads[NFIELDS + 1] = BUSY;
	loads[NLOADS - 1] = SEQ;
	for (i = 0; i < 36; i++) {
		memcpy(loads + 1, orders[i / 6], sizeof(orders[0]));
		memcpy(loads + NFIELDS + 2, orders[i % 6], sizeof(orders[0]));
		generation++;
		explore(run, memory);
	}
}

static void put(int field, int value, int op)
{
	stores[nstores++] = (struct store){ field, value, op };
}

/* The fields that an operation changes, in an order; how many they are. */
static int changes(int op, int order, int *fields)
{
	int n = 0;
	int i;

	for (i = 0; i < NFIELDS; i++) {
		int field = orders[order][i];

		if (states[op + 1].value[field] != states[op].value[field])
			fields[n++] = field;
	}
	return n;
}

/* Whether an order before it has the same stores. */
static bool was_tried(int op, int order)
{
	int fields[NFIELDS];
	int n = changes(op, order, fields);
	int i;

	for (i = 0; i < order; i++) {
		int before[NFIELDS];

		changes(op, i, before);
		if (!memcmp(fields, before, n * sizeof(*fields)))
			return true;
	}
	return false;
}

static void write_op(enum op kind, int op, int order)
{
	bool slow = kind != POP && kind != PUSH;
	int fields[NFIELDS];
	int n = changes(op, order, fields);
	int i;

	put(BUSY, 1, op);
	if (slow)
		put(SEQ, 2 * op + 1, op);
	for (i = 0; i < n; i++)
		put(fields[i], states[op + 1].value[fields[i]], op);
	if (slow)
		put(SEQ, 2 * op + 2, op);
	put(BUSY, 0, op);
}

/* Operations from @op on, of which each stores in any order that it may. */
static void write_all_ways(int op, int most)
{
	int nbefore = nstores;
	int kind;
	int i;

	if (op) {
		nops = op;
		read_all_ways();
	}
	if (op == most)
		return;
	for (kind = 0; kind < NOPS && !wrong; kind++) {
		states[op + 1] = states[op];
		if (!apply(kind, &states[op + 1]))
			continue;
		for (i = 0; i < 6 && !wrong; i++) {
			if (was_tried(op, i))
				continue;
			write_op(kind, op, i);
			write_all_ways(op + 1, most);
			nstores = nbefore;
		}
	}
}

static bool holds(int most)
{
	int top;

	naccepted = 0;
	wrong = false;
	for (top = 0; top <= CAPACITY && !wrong; top++) {
		states[0] = (struct state){ { top, 0, top } };
		nstores = 0;
		write_all_ways(0, most);
	}
	return !wrong && naccepted;
}

int main(int argc, char **argv)
{
	int most = argc > 1 ? atoi(argv[1]) : 3;
	bool ok = holds(most);

	printf("KTAP version 1\n1..%d\n", NFAULTS);
	printf("# up to %d operations: %lu ends of a reading\n", most, naccepted);
	printf("%sok 1 %s\n", ok ? "" : "not ", fault_names[NONE]);
	for (fault = NONE + 1; fault < NFAULTS; fault++)
		printf("%sok %d seen: %s\n", holds(most) ? "not " : "", fault + 1,
		       fault_names[fault]);
	return 0;
}
