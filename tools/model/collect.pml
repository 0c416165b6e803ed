/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of how a collected heap is marked while it changes, for spin.
 *
 * Mutators work in sections: they load pointers from roots and objects, store them,
 * allocate, and ask a weak reference. Outside of sections they hold nothing. A collector
 * goes through a cycle and frees what is not marked. When it frees an object, nobody may
 * be able to reach it: not from the roots, and not from the pointers that a section
 * holds. All interleavings of a few steps on a few objects are tried.
 *
 * The protocol, with G for a grace period, which waits for the sections that are open
 * when it begins:
 *
 *	PREPARE	Stores take the old value out by an exchange, and shade it. New objects
 *		are grey: marked, and still to be looked into. G, after which nobody
 *		stores otherwise. G, after which no section is open that was there when
 *		somebody did.
 *	MARK	New objects are black: marked, and not looked into. Roots are shaded one
 *		by one, grey objects looked into until there are none. G: if something
 *		was shaded meanwhile, again. Under the lock of weak references, if there
 *		is still nothing grey:
 *	SWEEP	What is not marked is freed. Weak references to it give NULL.
 *
 * Why two grace periods at the start: a section that begins while an older one still
 * stores without shading can load a pointer just before the older one overwrites it.
 * Nothing has shaded it, and the snapshot does not contain it. Why grey: the
 * section may put such a pointer into a new object, without a store.
 *
 * Each of these names, defined, breaks the protocol in one place, and spin must find what
 * comes of it; see check.sh.
 *
 *	NO_BARRIER	stores never shade
 *	INSERTION	stores shade the new value, not the old
 *	SEPARATE	the old value is read and shaded first, and overwritten later
 *	MARK_FIRST	an object is marked first, and noted later
 *	EARLY_ROOTS	roots are shaded before any grace period
 *	ONE_GRACE	only one grace period before roots are shaded
 *	WHITE		new objects are not marked
 *	EARLY_BLACK	new objects are black from the start
 *	NO_LAST_GRACE	marking ends when there is nothing grey
 *	LATE_SHADE	what was shaded during the last grace period is not looked for
 *	WEAK_PLAIN	a weak reference gives its object and does not shade it
 *	WEAK_UNLOCKED	sweeping begins without the lock of weak references
 *
 * These do not:
 *
 *	LOADS_AND_STORES mutators do nothing else
 *	BOTH		 stores also shade the new value, which costs only time
 */

/* Steps of each mutator, and its sections. */
#ifndef OPS0
#define OPS0	3
#endif
#ifndef OPS1
#define OPS1	1
#endif
#ifndef SECTIONS
#define SECTIONS 2
#endif
#ifndef CYCLES
#define CYCLES	1
#endif

#define MUTATORS 2
#define OBJECTS	3
#define ROOTS	2
#define SLOTS	5	/* of the roots first, then one in each object */
#define SLOT(o)	(ROOTS + (o) - 1)

#define IDLE	0
#define PREPARE	1
#define MARK	2
#define SWEEP	3

byte phase = IDLE;
byte slot[SLOTS];		/* 0 is NULL, else an object */
bit live[OBJECTS + 1];
bit mark[OBJECTS + 1];
byte weak;			/* what the weak reference is of */
bit weak_lock;

/* What a CPU has shaded, and the collector not looked into: one bit for each object. */
byte grey[MUTATORS];

/* Sections: odd while one is open. Locals: the pointers that it holds. */
byte section[MUTATORS];
byte local_a[MUTATORS];
byte local_b[MUTATORS];

#define MARKING	(phase == PREPARE || phase == MARK)

/* ---- mutators --------------------------------------------------------------- */

/*
 * The object is noted in one step, its mark set in another. Who sees the mark does not
 * note it again, and is through.
 */
inline shade(m, o)
{
	if
#ifdef MARK_FIRST
	:: atomic { o && !mark[o] -> mark[o] = 1; }
	   grey[m] = grey[m] | (1 << o);
#else
	:: atomic { o && !mark[o] -> grey[m] = grey[m] | (1 << o); }
	   mark[o] = 1;
#endif
	:: else
	fi
}

/*
 * Stores "new" in slot "where". The phase is looked at in one step, and the store comes
 * in a later one.
 */
inline store(m)
{
	if
	:: MARKING ->
#if defined(NO_BARRIER)
		slot[where] = new;
#elif defined(INSERTION)
		shade(m, new);
		slot[where] = new;
#elif defined(SEPARATE)
		old = slot[where];
		shade(m, old);
		slot[where] = new;
#else
		atomic { old = slot[where]; slot[where] = new; }
#ifdef BOTH
		shade(m, new);
#endif
		shade(m, old);
#endif
	:: else -> slot[where] = new;
	fi;
	atomic { old = 0; where = 0; new = 0; }
}

/* The pointer that was loaded last is in a, the one before it in b. */
inline hold(m, o)
{
	local_b[m] = local_a[m];
	local_a[m] = o;
}

/* The object is filled before anybody sees it, without stores. */
inline make(m)
{
#if defined(WHITE)
	old = IDLE;
#elif defined(EARLY_BLACK)
	old = (phase == PREPARE -> MARK : phase);
#else
	old = phase;
#endif
	atomic {
		if
		:: !live[OBJECTS] ->
			live[OBJECTS] = 1;
			slot[SLOT(OBJECTS)] = local_a[m];
			mark[OBJECTS] = (old != IDLE);
			if
			:: old == PREPARE -> grey[m] = grey[m] | (1 << OBJECTS);
			:: else
			fi;
			hold(m, OBJECTS);
		:: else
		fi;
		old = 0;
	}
}

inline weak_get(m)
{
	atomic { !weak_lock -> weak_lock = 1; old = weak; }
	if
	:: old && phase == SWEEP && !mark[old] -> old = 0;
#ifndef WEAK_PLAIN
	:: old && MARKING -> shade(m, old);
#endif
	:: else
	fi;
	atomic { hold(m, old); old = 0; weak_lock = 0; }
}

/*
 * A section is entered with what it does first: to enter it earlier would only make the
 * collector wait.
 */
inline begin(m)
{
	nops++;
	section[m] = section[m] + (section[m] % 2 == 0);
}

#define STEP	nops < ops && (section[m] % 2 || section[m] < 2 * SECTIONS)

proctype mutator(byte m, ops)
{
	byte nops = 0, old = 0, where = 0, new = 0;

	do
	:: atomic { STEP -> begin(m);
		if
		:: hold(m, slot[0]);
		:: hold(m, slot[1]);
		:: local_a[m] -> hold(m, slot[SLOT(local_a[m])]);
		fi }
	:: atomic { STEP -> begin(m);
		if
		:: where = 0; new = local_a[m];
		:: local_a[m] -> where = 0; new = 0;
		:: local_a[m] -> where = 1; new = local_a[m];
		:: local_a[m] -> where = SLOT(local_a[m]); new = local_b[m];
		:: local_b[m] -> where = SLOT(local_b[m]); new = local_a[m];
		fi };
	   store(m);
#ifndef LOADS_AND_STORES
	:: atomic { STEP && !live[OBJECTS] -> begin(m); };
	   make(m);
	:: atomic { STEP && weak -> begin(m); };
	   weak_get(m);
#endif
	:: atomic { section[m] % 2 ->
		local_a[m] = 0; local_b[m] = 0; section[m]++; }
	:: atomic { section[m] % 2 == 0 && !(STEP) -> break; }
	od
}

/* ---- the collector ----------------------------------------------------------- */

/* Each section that was open has ended; others may be open by now. */
inline grace()
{
	d_step { seen0 = section[0]; seen1 = section[1]; }
	atomic {
		(seen0 % 2 == 0 || section[0] != seen0) &&
		(seen1 % 2 == 0 || section[1] != seen1) ->
		seen0 = 0; seen1 = 0;
	}
}

/* The object that slot "at" refers to. */
inline shade_slot()
{
	if
	:: slot[at] && !mark[slot[at]] ->
		mark[slot[at]] = 1;
		mine = mine | (1 << slot[at]);
	:: else
	fi;
	at = 0;
}

inline shade_roots()
{
	d_step { at = 1; shade_slot(); }
	d_step { at = 0; shade_slot(); }
}

/* Takes what mutators have noted, and looks into it. */
inline drain()
{
	do
	:: d_step { mine | grey[0] | grey[1] ->
		mine = mine | grey[0] | grey[1];
		grey[0] = 0;
		grey[1] = 0;
	   }
	   if
	   :: mine & 2 -> d_step { mine = mine & ~2; at = SLOT(1); shade_slot(); }
	   :: mine & 4 -> d_step { mine = mine & ~4; at = SLOT(2); shade_slot(); }
	   :: mine & 8 -> d_step { mine = mine & ~8; at = SLOT(3); shade_slot(); }
	   fi
	:: else -> break
	od
}

/* Whom the roots and the open sections reach. */
inline reach()
{
	reached = (1 << slot[0]) | (1 << slot[1]) | (1 << local_a[0]) |
		  (1 << local_b[0]) | (1 << local_a[1]) | (1 << local_b[1]);
	at = 0;
	do
	:: at == OBJECTS * OBJECTS -> break
	:: else ->
		if
		:: reached & (1 << (at % OBJECTS + 1)) ->
			reached = reached | (1 << slot[SLOT(at % OBJECTS + 1)]);
		:: else
		fi;
		at++;
	od;
	at = 0;
}

inline sweep(o)
{
	if
	:: live[o] && !mark[o] ->
		assert(!(reached & (1 << o)));
		live[o] = 0;
		slot[SLOT(o)] = 0;
		weak = (weak == o -> 0 : weak);
	:: else
	fi
}

proctype collector()
{
	byte seen0 = 0, seen1 = 0, mine = 0, at = 0, reached = 0, ncycles = 0;

	do
	:: ncycles == CYCLES -> break
	:: else ->
		d_step {
			ncycles++;
			mark[1] = 0;
			mark[2] = 0;
			mark[3] = 0;
			phase = PREPARE;
		}
#ifdef EARLY_ROOTS
		shade_roots();
#endif
		grace();
#ifndef ONE_GRACE
		grace();
#endif
		phase = MARK;
#ifndef EARLY_ROOTS
		shade_roots();
#endif
		do
		:: true ->
			drain();
#ifndef NO_LAST_GRACE
			grace();
#endif
			/* Nothing: and nobody can shade before the phase is another. */
#ifndef WEAK_UNLOCKED
			atomic { !weak_lock -> weak_lock = 1; }
#endif
#ifdef LATE_SHADE
			atomic { phase = SWEEP; weak_lock = 0; break; }
#else
			if
			:: grey[0] == 0 ->
				if
				:: grey[1] == 0 ->
#ifdef WEAK_UNLOCKED
					skip;
#endif
					atomic { phase = SWEEP; weak_lock = 0; break; }
				:: else -> weak_lock = 0;
				fi
			:: else -> weak_lock = 0;
			fi
#endif
		od;
		atomic {
			reach();
			sweep(1);
			sweep(2);
			sweep(3);
			reached = 0;
		}
		phase = IDLE;
		/* Nobody that has seen a phase of this cycle acts on it in the next. */
		if
		:: ncycles < CYCLES -> grace();
		:: else
		fi
	od
}

init {
	atomic {
		live[1] = 1;
		live[2] = 1;
		slot[SLOT(1)] = 2;
		if
		:: slot[0] = 1; weak = 2;
#ifndef LOADS_AND_STORES
		:: weak = 1;
#endif
		fi;
		run mutator(0, OPS0);
		run mutator(1, OPS1);
		run collector();
	}
}
