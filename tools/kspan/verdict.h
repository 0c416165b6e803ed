/* SPDX-License-Identifier: GPL-2.0 */
/* What replays of kspan and of the kernel's allocators come to, in a sentence. */
#ifndef KSPAN_VERDICT_H
#define KSPAN_VERDICT_H

#include "replay.h"

/* "no difference" where the spreads of the runs overlap. */
struct verdict {
	bool has_memory;
	bool memory_differs;
	int64_t saved_bytes;		/* at the peak; below zero: more */
	double saved_percent;
	bool has_time;
	bool time_differs;
	double time_ratio;		/* kspan's of the other's */
	double min_time_ratio;
	double max_time_ratio;
};

/* Against that backend; nothing is in it if one of both was not replayed. */
struct verdict verdict_of(const struct replay_report *report,
			  unsigned int backend);

/* Into @text; "" if there is nothing to say. */
void verdict_write(const struct verdict *verdict, const char *backend,
		   char *text, size_t text_bytes);

#endif /* KSPAN_VERDICT_H */
