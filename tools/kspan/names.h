/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers for names that come again and again. */
#ifndef KSPAN_NAMES_H
#define KSPAN_NAMES_H

#include <stdint.h>

struct names;

/* NULL without memory. */
struct names *names_new(void);
void names_free(struct names *names);

/* The number of a name, from 1; 0 for "", without memory, or if there are many. */
uint32_t names_number(struct names *names, const char *name);

/* The name of a number that names_number() gave; "" of 0. */
const char *names_text(const struct names *names, uint32_t number);

#endif /* KSPAN_NAMES_H */
